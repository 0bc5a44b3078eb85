"""What runs is what was approved: hashed now, and the approval signed."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.signing import pem, signature, statement

NAME = "pipeline.artefact-identity"
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # SHA-256 of "abc": FIPS 180-4, appendix B.1
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
APPROVED = f"{ABC}  models/model.onnx\n"


def test_what_was_approved_passes_and_every_other_content_fails(tmp_path):
    files = {"approved.sha256": APPROVED, "deployed/model.onnx": "abc"}
    found = measured(NAME, write(tmp_path, files))
    assert verdict(found) is Verdict.PASS
    assert found.figures["deployed_digest"] == found.figures["approved_digest"]
    found = measured(NAME, write(tmp_path, {"deployed/model.onnx": "abd"}))
    assert verdict(found) is Verdict.FAIL
    assert found.figures["deployed_digest"] != found.figures["approved_digest"]
    write(tmp_path, {"deployed/model.onnx": "abc", "deployed/plugin.so": "x"})
    assert "was not approved" in measured(NAME, tmp_path).details["file: broken"]
    (tmp_path / "deployed/plugin.so").unlink()
    write(tmp_path, {"approved.sha256": APPROVED + f"{ABC}  tokenizer.json\n"})
    assert "approved and is not deployed" in measured(NAME, tmp_path).details["file: broken"]


def test_an_approval_by_a_digest_that_can_be_forged_is_none(tmp_path):
    md5 = "900150983cd24fb0d6963f7d28e17f72"  # MD5 of "abc": RFC 1321, appendix A.5
    files = {"approved.sha256": f"{md5}  model.onnx\n", "deployed/model.onnx": "abc"}
    found = measured(NAME, write(tmp_path, files))
    assert "can be forged" in found.details["file: broken"]
    assert "approved_digest" not in found.figures


def test_where_keys_are_trusted_one_of_them_must_have_signed(tmp_path):
    files = {"approved.sha256": APPROVED, "deployed/model.onnx": "abc", "keys/release.pem": pem(KEY)}
    folder = write(tmp_path, files)
    keys = {"keys": ["keys/*.pem"]}
    assert "has no signature" in measured(NAME, folder, **keys).details["approval: broken"]
    write(folder, {"approved.sha256.sig": signature(OTHER, APPROVED.encode())})
    assert "is not signed by a trusted key" in measured(NAME, folder, **keys).details["approval: broken"]
    write(folder, {"approved.sha256.sig": signature(KEY, APPROVED.encode())})
    assert verdict(measured(NAME, folder, **keys)) is Verdict.PASS
    write(folder, {"approved.sha256": APPROVED.replace("ba78", "ba79")})
    assert verdict(measured(NAME, folder, **keys)) is Verdict.FAIL


def test_a_signed_statement_approves_what_it_names(tmp_path):
    files = {"deployed/model.onnx": "abc", "keys/release.pem": pem(KEY)}
    folder, asked = write(tmp_path, files), {"approved": "release.intoto.json", "keys": ["keys/*.pem"]}
    write(folder, {"release.intoto.json": statement({"model.onnx": ABC}, "https://slsa.dev/provenance/v1", KEY)})
    assert verdict(measured(NAME, folder, **asked)) is Verdict.PASS
    write(folder, {"release.intoto.json": statement({"model.onnx": ABC}, "https://slsa.dev/provenance/v1", OTHER)})
    assert verdict(measured(NAME, folder, **asked)) is Verdict.FAIL
    with pytest.raises(FileUnusable, match="no key is trusted"):
        measured(NAME, folder, approved="release.intoto.json")


@pytest.mark.parametrize(
    "files, problem",
    [
        ({}, "There is no file 'approved.sha256'"),
        ({"approved.sha256": ""}, "lists no file"),
        ({"approved.sha256": f"{ABC}  a/m\n{'0' * 64}  b/m\n"}, "two contents"),
        ({"approved.sha256": APPROVED, "deployed/a/m": "1", "deployed/b/m": "2"}, "Two deployed files"),
    ],
)
def test_an_approval_that_says_nothing_or_two_things_is_refused(tmp_path, files, problem):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, files))


def test_where_nothing_is_deployed_an_approved_file_is_missing(tmp_path):
    found = measured(NAME, write(tmp_path, {"approved.sha256": APPROVED}))
    assert (found.value, found.reason) == (1.0, None)
    assert found.reason is not Reason.INSUFFICIENT_DATA
    assert verdict(found) is Verdict.FAIL


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(st.binary(max_size=2), st.binary(max_size=2)), min_size=1))
def test_as_many_files_count_as_differ(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("one")
    lines = "".join(f"{hashlib.sha256(old).hexdigest()}  {name}\n" for name, (old, _) in files.items())
    write(folder, {"approved.sha256": lines} | {f"deployed/{name}": new for name, (_, new) in files.items()})
    assert measured(NAME, folder).value == sum(old != new for old, new in files.values())
