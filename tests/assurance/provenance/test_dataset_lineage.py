"""Lineage: digests of versions, links to parents, loops, and the files themselves."""

import hashlib
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.checksums import content_digest
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "provenance.dataset-lineage"
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def version(name: str, files: dict[str, bytes], parents: tuple[dict, ...] = (), **more: str) -> dict:
    digests = {path: f"sha256:{hashlib.sha256(body).hexdigest()}" for path, body in files.items()}
    return {"id": name, "files": digests, "digest": content_digest(digests), "parents": list(parents), **more}


RAW, CLEAN = {"raw.csv": b"abc"}, {"clean.csv": b"ab", "labels.csv": b"c"}
FIRST = version("raw", RAW, source="national office of statistics")
SECOND = version("clean", CLEAN, ({"id": "raw", "digest": FIRST["digest"]},))


def lineage(*versions: dict) -> str:
    return json.dumps({"version": versions})


def at(folder, *versions, **files):
    return measured(
        NAME, write(folder, {"lineage.json": lineage(*versions)} | RAW | CLEAN | files), lineage="lineage.json"
    )


def test_the_digest_of_a_version_is_that_of_the_list_which_sha256sum_writes(tmp_path):
    write(tmp_path, {"a.csv": "abc", "b.csv": "b"})
    lines = subprocess.run(["sha256sum", "a.csv", "b.csv"], cwd=tmp_path, capture_output=True, check=True).stdout
    digests = {"b.csv": hashlib.sha256(b"b").hexdigest(), "a.csv": ABC}
    assert content_digest(digests) == f"sha256:{hashlib.sha256(lines).hexdigest()}"


def test_a_whole_lineage_passes(tmp_path):
    found = at(tmp_path, FIRST, SECOND)
    assert {cell.group: cell.n for cell in found.by_group} == {"file": 3, "link": 1, "origin": 1, "version": 2}
    assert verdict(found) is Verdict.PASS


LATER = version("raw", {"raw.csv": b"abc", "clean.csv": b"ab"}, source="x")
BROKEN = {
    "a file was changed": ((FIRST, SECOND), {"raw.csv": b"abd"}, "raw.csv has another content"),
    "a digest is not that of the files": ((FIRST | {"digest": f"sha256:{ABC}"},), {}, "not that of its files"),
    "the parent was changed after": ((LATER, SECOND), {}, "another digest now"),
    "the parent is not there": ((SECOND,), {}, "there is no such version"),
    "a loop": ((SECOND | {"parents": [{"id": "b"}]}, version("b", RAW, ({"id": "clean"},))), {}, "in a loop"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_verify_fails_and_is_named(what, tmp_path):
    versions, files, why = BROKEN[what]
    found = at(tmp_path, *versions, **files)
    assert why in " ".join(found.details.values())
    assert verdict(found) is Verdict.FAIL


def test_what_is_not_there_or_not_said_is_not_judged(tmp_path):
    first = {key: item for key, item in FIRST.items() if key != "source"}
    found = at(tmp_path, first, version("clean", {"gone.csv": b""}, ({"id": "raw"},)))
    assert (found.value, found.high) == (0.0, 3.0)
    assert verdict(found) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "text, problem",
    [
        (None, "no file"),
        ('{"version": [{"id": "a"}]}', "has no 'digest'"),
        (lineage(FIRST, FIRST), "twice"),
        (lineage(FIRST | {"files": 3}), "no table of digests"),
        ('{"version": 3}', "no list of tables"),
    ],
)
def test_a_lineage_of_another_form_is_refused(text, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, {} if text is None else {"lineage.json": text}), lineage="lineage.json")


def test_an_empty_lineage_says_nothing(tmp_path):
    assert measured(NAME, write(tmp_path, {"lineage.toml": ""})).reason is Reason.INSUFFICIENT_DATA


@given(st.dictionaries(st.sampled_from("abcdef"), st.binary(max_size=3), min_size=1), st.data())
def test_any_other_content_of_any_file_gives_another_digest(files, data):
    digests = {path: hashlib.sha256(body).hexdigest() for path, body in files.items()}
    chosen = data.draw(st.sampled_from(sorted(files)))
    changed = digests | {chosen: hashlib.sha256(files[chosen] + b"!").hexdigest()}
    assert content_digest(digests) != content_digest(changed)
    assert content_digest(dict(reversed(digests.items()))) == content_digest(digests)
