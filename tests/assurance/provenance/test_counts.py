"""As many files and links count as were changed: lineages and lists of sources, checked against digests of others."""

import hashlib
import json
import shutil

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

LINEAGE, SOURCE = "provenance.dataset-lineage", "provenance.source-integrity"
REAL_FILES = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STATES = st.lists(st.sampled_from(["same", "changed", "gone"]), min_size=1, max_size=5)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def version(name: str, files: dict[str, bytes], **more: object) -> dict[str, object]:
    """Write a version as documented: its digest is that of the list which sha256sum writes of its files."""
    lines = "".join(f"{digest(body)}  {path}\n" for path, body in sorted(files.items()))
    digests = {path: f"sha256:{digest(body)}" for path, body in files.items()}
    return {"id": name, "files": digests, "digest": f"sha256:{digest(lines.encode())}", "source": "x", **more}


def emptied(folder):
    """Return the folder without what an earlier example wrote."""
    for item in folder.iterdir():
        shutil.rmtree(item) if item.is_dir() else item.unlink()
    return folder


def test_a_version_of_the_published_digest_of_abc_is_kept_and_its_file_with_one_more_byte_is_not(tmp_path):
    # FIPS 180-4: SHA-256 of "abc". GNU coreutils 9.1, sha256sum of the file that holds the line for abc.csv.
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    listed = "af1720fb8408d4b125a72f38d97c36e0e21bc68b07b8d2fba29b5c54902f815d"
    first = {
        "id": "raw",
        "files": {"abc.csv": f"sha256:{abc}"},
        "digest": f"sha256:{listed}",
        "source": "x",
        "parents": [],
    }
    folder = write(tmp_path, {"lineage.json": json.dumps({"version": [first]}), "abc.csv": "abc"})
    found = measured(LINEAGE, folder, lineage="lineage.json")
    assert (found.value, found.high, found.n) == (0.0, 0.0, 3)
    changed = measured(LINEAGE, write(folder, {"abc.csv": "abcd"}), lineage="lineage.json")
    assert changed.value == 1.0
    assert "abc.csv has another content" in changed.details["file: broken"]


@REAL_FILES
@given(STATES, st.booleans())
def test_as_many_files_of_a_lineage_count_as_have_another_content(tmp_path, states, turned):
    files = {f"f{number}.csv": bytes([number]) for number in range(len(states))}
    parent = version("raw", files, parents=[])
    child = version("clean", files, parents=[{"id": "raw", "digest": parent["digest"]}])
    versions = [child, parent] if turned else [parent, child]
    there = {
        name: body + b"!" * (state == "changed")
        for (name, body), state in zip(files.items(), states, strict=True)
        if state != "gone"
    }
    write(emptied(tmp_path), there | {"lineage.json": json.dumps({"version": versions})})
    found = measured(LINEAGE, tmp_path, lineage="lineage.json")
    assert found.value == states.count("changed")  # a file of both versions is one file
    assert found.high == found.value + states.count("gone")
    assert (verdict(found) is Verdict.PASS) is (set(states) == {"same"})


@REAL_FILES
@given(STATES, st.booleans(), st.integers(0, 2))
def test_as_many_listed_files_count_as_are_changed_or_gone_and_others_when_asked(tmp_path, states, turned, more):
    files = {f"f{number}.csv": bytes([number]) for number in range(len(states))}
    lines = [f"{digest(body)}  {name}\n" for name, body in files.items()]
    there = {
        f"d/{name}": body + b"!" * (state == "changed")
        for (name, body), state in zip(files.items(), states, strict=True)
        if state != "gone"
    } | {f"d/more{number}.csv": b"x" for number in range(more)}
    write(emptied(tmp_path), there | {"d/SHA256SUMS": "".join(lines[::-1] if turned else lines)})
    other = sum(state != "same" for state in states)
    assert measured(SOURCE, tmp_path).value == other
    assert measured(SOURCE, tmp_path, closed=True).value == other + more
