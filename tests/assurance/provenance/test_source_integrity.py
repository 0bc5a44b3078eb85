"""What arrived against what the source lists: digests as their tools write them, published vectors, signed lists."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.checksums import listed
from clerestory.assurance.trial.files import FileUnusable, has_digest, split_digest
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.signing import pem, signature

NAME = "provenance.source-integrity"
KEY = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
ABC = {  # FIPS 180-4 and RFC 1321: digests of "abc"
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
}


@pytest.mark.parametrize("algorithm", ABC)
def test_digests_are_the_published_ones_with_and_without_their_name(algorithm):
    for written in (ABC[algorithm], f"{algorithm}:{ABC[algorithm].upper()}", f"{algorithm} = {ABC[algorithm]}"):
        assert has_digest(b"abc", written) is True
        assert has_digest(b"abd", written) is False
    assert split_digest(f"sha512:{ABC[algorithm]}") is None


def test_a_list_as_sha256sum_writes_it_is_read_and_agrees(tmp_path):
    folder = write(tmp_path, {"data/a b.csv": "1,2\n", "data/sub/c.bin": b"\x00\xff"})
    command = ["sha256sum", "a b.csv", "sub/c.bin"]
    lines = subprocess.run(command, cwd=folder / "data", capture_output=True, check=True).stdout
    found = measured(NAME, write(folder, {"data/SHA256SUMS": lines}), closed=True)
    assert (found.value, found.high, found.n) == (0.0, 0.0, 2)
    assert verdict(found) is Verdict.PASS


@pytest.mark.parametrize(
    "name, body",
    [
        ("d/SHA256SUMS", f"{ABC['sha256']} *a.txt\n"),
        ("d/SHA256SUMS", f"SHA256 (a.txt) = {ABC['sha256']}\n"),
        ("d/datapackage.json", json.dumps({"resources": [{"path": "a.txt", "hash": f"sha256:{ABC['sha256']}"}]})),
        ("d/croissant.json", json.dumps({"distribution": [{"contentUrl": "a.txt", "sha256": ABC["sha256"]}]})),
        ("d/sums.csv", f"path,digest\na.txt,{ABC['sha256']}\n"),
        ("d/sums.json", json.dumps({"a.txt": ABC["sha256"]})),
    ],
)
def test_every_form_of_a_list_gives_the_same(name, body, tmp_path):
    found = measured(NAME, write(tmp_path, {"d/a.txt": "abc", name: body}), lists=[name])
    assert (found.value, found.high, found.n) == (0.0, 0.0, 1)
    write(tmp_path, {"d/a.txt": "abd"})
    assert verdict(measured(NAME, tmp_path, lists=[name])) is Verdict.FAIL


def test_a_missing_file_counts_a_forgeable_digest_is_not_judged_and_a_file_besides_counts_when_asked(tmp_path):
    folder = write(
        tmp_path, {"d/a.txt": "abc", "d/b.txt": "abc", "d/SHA256SUMS": f"{ABC['md5']}  a.txt\n{ABC['sha256']}  gone\n"}
    )
    found = measured(NAME, folder)
    assert (found.value, found.high) == (1.0, 2.0)
    assert "gone is not there" in found.details["file: broken"]
    assert "can be forged" in found.details["file: not judged"]
    assert measured(NAME, folder, closed=True).value == 2.0


def test_with_keys_the_list_itself_must_be_signed(tmp_path):
    body = f"{ABC['sha256']}  a.txt\n".encode()
    folder = write(tmp_path, {"a.txt": "abc", "SHA256SUMS": body, "keys/s.pem": pem(KEY)})
    assert verdict(measured(NAME, folder, keys=["keys/*.pem"])) is Verdict.FAIL
    write(folder, {"SHA256SUMS.sig": signature(KEY, body)})
    assert verdict(measured(NAME, folder, keys=["keys/*.pem"])) is Verdict.PASS


@pytest.mark.parametrize(
    "body, problem", [("no digest\n", "line 1"), ("", "lists no file"), (b"\xff\xfe\x00", "no text")]
)
def test_a_list_of_another_form_is_refused(body, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, {"SHA256SUMS": body}))


def test_no_list_says_nothing_and_no_path_leads_out_of_the_folder(tmp_path):
    assert measured(NAME, tmp_path).reason is Reason.INSUFFICIENT_DATA
    found = measured(NAME, write(tmp_path, {"SHA256SUMS": f"{ABC['sha256']}  ../../etc/passwd\n"}))
    assert "leads out of the folder" in found.details["file: not judged"]


def test_the_demo_data_agree_with_their_own_digests(tmp_path):
    demo = Path(__file__).parents[3] / "src" / "clerestory" / "demo" / "data"
    files = {file.name: file.read_bytes() for file in demo.rglob("*") if file.suffix == ".parquet"}
    assert files
    lines = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in files.items())
    assert verdict(measured(NAME, write(tmp_path, files | {"SHA256SUMS": lines}))) is Verdict.PASS


@given(
    st.dictionaries(
        st.text("abcXYZ _-", min_size=1, max_size=8).filter(lambda n: n.strip() == n), st.binary(max_size=4), min_size=1
    )
)
def test_what_is_listed_is_read_back(files):
    lines = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in files.items())
    assert listed("SHA256SUMS", lines.encode()) == [(n, hashlib.sha256(b).hexdigest()) for n, b in files.items()]
