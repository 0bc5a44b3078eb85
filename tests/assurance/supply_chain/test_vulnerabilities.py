"""Known weaknesses: published records, scores and orders of versions; what cannot be judged is never cleared."""

import io
import json
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.supply_chain.weakness.severity import base_score
from clerestory.assurance.trial.files import FileUnusable
from clerestory.assurance.trial.version import order, satisfies
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "supply_chain.vulnerabilities"
VECTORS = Path(__file__).parents[2] / "vectors" / "supply_chain"
OSV = (VECTORS / "osv_requests.json").read_text(encoding="utf-8")
FRESH = {"as_of": "2023-09-30T00:00:00.000000Z"}


def sbom(*parts: tuple[str, str]) -> str:
    components = [{"type": "library", "name": purl, "purl": purl, "version": version} for purl, version in parts]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components})


@pytest.mark.parametrize("version, hit", [("2.2.1", 0), ("2.3.0", 1), ("2.30.0", 1), ("2.31.0", 0), ("2.32.4", 0)])
def test_a_published_weakness_of_two_databases_counts_once_in_the_versions_that_have_it(version, hit, tmp_path):
    # GHSA-j8r2-6x86-q33q and PYSEC-2023-74 are the same: introduced 2.3.0, fixed 2.31.0.
    folder = write(tmp_path, {"osv.json": OSV, "requirements.txt": f"Requests=={version} \\\n    --hash=sha256:00\n"})
    found = measured(NAME, folder, **FRESH)
    assert (found.value, found.low, found.high, found.n) == (hit, hit, hit, 1)
    assert verdict(found) is (Verdict.FAIL if hit else Verdict.PASS)
    assert found.details["newest record of the export"] == "2023-09-20T19:19:30Z"


def test_what_is_accepted_has_a_reason_and_is_shown_with_its_number(tmp_path):
    folder = write(tmp_path, {"osv.json": OSV, "requirements.txt": "requests==2.30.0\n"})
    found = measured(NAME, folder, accepted=["CVE-2023-32681: no proxy is used"], **FRESH)
    assert found.value == 0.0
    assert found.details["not counted, accepted"].startswith("1: requests 2.30.0: CVE-2023-32681")
    assert found.details["not counted, accepted"].endswith("no proxy is used")
    assert measured(NAME, folder, severity="critical", **FRESH).details["not counted, below critical"].startswith("1: ")
    for without in ("CVE-2023-32681", "CVE-2023-32681: ", ": no proxy"[:2]):
        with pytest.raises(ParameterRefused, match="without a reason"):
            measured(NAME, folder, accepted=[without], **FRESH)


def test_a_lock_is_read_with_those_that_it_includes_and_one_that_is_not_there_is_not_judged(tmp_path):
    lock = "-r locks/base.txt\n--requirement=locks/more.txt\n-c limits.txt\nrequests==2.31.0\n"
    files = {"osv.json": OSV, "requirements.txt": lock, "locks/base.txt": "requests==2.30.0\n-r ../requirements.txt\n"}
    found = measured(NAME, write(tmp_path, {**files, "locks/more.txt": "# none\n"}), **FRESH)
    assert (found.value, found.high, found.n) == (1.0, 1.0, 2)
    (tmp_path / "locks" / "more.txt").unlink()
    found = measured(NAME, tmp_path, **FRESH)
    assert (found.value, found.high) == (1.0, 2.0)
    assert "locks/more.txt, which a lock includes, is not there" in found.details["list of parts: not judged"]
    found = measured(NAME, write(tmp_path, {"requirements.txt": "-r ../outside.txt\nrequests==2.31.0\n"}), **FRESH)
    assert verdict(found) is Verdict.INCONCLUSIVE
    assert "lies elsewhere" in found.details["list of parts: not judged"]


def test_the_level_of_one_name_holds_for_the_other_and_below_the_limit_does_not_count(tmp_path):
    folder = write(tmp_path, {"osv.json": OSV, "a.cdx.json": sbom(("pkg:pypi/requests@2.30.0", ""))})
    assert "(medium)" in measured(NAME, folder, **FRESH).details["PyPI: broken"]
    assert measured(NAME, folder, severity="medium", **FRESH).value == 1.0
    assert measured(NAME, folder, severity="high", **FRESH).value == 0.0
    assert measured(NAME, folder, accepted=["CVE-2023-32681: no proxy is used"], **FRESH).value == 0.0


def test_real_sboms_from_wheels_are_not_cleared_by_an_export_that_does_not_know_them(tmp_path):
    files = {
        name: (VECTORS / name).read_bytes() for name in ("scikit_learn_1.9.1.cdx.json", "hypothesis_6.170.15.cdx.json")
    }
    found = measured(NAME, write(tmp_path, files | {"osv.json": OSV}), **FRESH)
    assert {cell.group: (cell.n, cell.note.partition(":")[0]) for cell in found.by_group} == {
        "PyPI": (1, "0 of 1"),
        "crates.io": (0, "13 not judged"),
        "rpm": (0, "1 not judged"),
    }
    assert verdict(found) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "lock, given, why",
    [
        ("requests\n", FRESH, "no version"),
        ("requests==2.31.0\n", {"as_of": "2026-11-21T00:00:00.000000Z"}, "days before"),
        ("requests==banana\n", FRESH, "cannot be compared"),
        ("requests==2.*\n", FRESH, "no version"),
    ],
)
def test_what_cannot_be_judged_is_counted_as_such(lock, given, why, tmp_path):
    found = measured(NAME, write(tmp_path, {"osv.json": OSV, "requirements.txt": lock}), **given)
    assert why in found.details["PyPI: not judged"]
    assert found.reason is Reason.INSUFFICIENT_DATA


def test_an_export_may_be_a_zip_lines_or_an_answer_and_a_wheel_lists_itself_and_what_it_asks_for(tmp_path):
    body, wheel = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for record in json.loads(OSV):
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "requests-2.30.0.dist-info/METADATA", "Name: requests\nVersion: 2.30.0\nRequires-Dist: idna<4,>=2.5\n\nx"
        )
    lines = "\n".join(json.dumps(record) for record in json.loads(OSV))
    for name, export in (
        ("osv.zip", body.getvalue()),
        ("osv.jsonl", lines),
        ("osv.json", json.dumps({"vulns": json.loads(OSV)})),
    ):
        found = measured(
            NAME, write(tmp_path / name, {name: export, "r.whl": wheel.getvalue()}), parts=["*.whl"], **FRESH
        )
        assert (found.value, found.high) == (1.0, 2.0)


@pytest.mark.parametrize(
    "files, problem",
    [
        ({"requirements.txt": "a==1"}, "No export"),
        ({"osv.json": "{}", "requirements.txt": "a==1"}, "no record of OSV"),
        ({"osv.json": "[", "requirements.txt": "a==1"}, "no JSON"),
        ({"osv.json": OSV, "x.cdx.json": '{"a": 1}'}, "neither CycloneDX nor SPDX"),
    ],
)
def test_files_of_another_form_are_refused_with_one_clear_error(files, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, files), **FRESH)


def test_nothing_listed_says_nothing(tmp_path):
    assert measured(NAME, write(tmp_path, {"osv.json": OSV})).reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    "vector, score",
    [  # examples of FIRST, CVSS v3.1, with their published scores
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", 4.2),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:4.0/AV:N", None),
        ("CVSS:3.1/AV:Q", None),
    ],
)
def test_base_scores_are_those_that_first_published(vector, score):
    assert base_score(vector) == score


def test_versions_sort_as_pep_440_and_semantic_versioning_say():
    pep = """1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345
        1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1"""
    assert all(order("PyPI", a) < order("PyPI", b) for a, b in pairwise(pep.split()))
    semantic = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0"
    assert all(order("npm", a) < order("npm", b) for a, b in pairwise(semantic.split()))
    assert order("Maven", "1.0") is None


numbers = st.integers(0, 12)
versions = st.builds(
    lambda epoch, release, tail: (f"{epoch}!" if epoch else "") + ".".join(map(str, release)) + tail,
    st.integers(0, 1),
    st.lists(numbers, min_size=1, max_size=4),
    st.sampled_from(["", "a1", ".b2", "-rc.3", ".post1", "-2", ".dev4", "a1.dev2", ".post3.dev1", "+local.1"]),
)


@given(versions, versions, st.sampled_from(["==", "!=", "<=", ">=", "<", ">", "~="]))
def test_the_order_of_versions_and_ranges_is_that_of_packaging(one, two, sign):
    assert (order("PyPI", one) < order("PyPI", two)) is (Version(one) < Version(two))
    assert (order("PyPI", one) == order("PyPI", two)) is (Version(one) == Version(two))
    public = two.split("+")[0]
    if sign == "~=" and len(Version(public).release) < 2:
        assert satisfies(one, sign + public) is None
    else:
        assert satisfies(one, sign + public) is SpecifierSet(sign + public).contains(one, prereleases=True)


@given(versions, st.lists(numbers, min_size=1, max_size=3), st.sampled_from(["==", "!="]))
def test_a_range_by_its_beginning_is_that_of_packaging(one, numbers, sign):
    wanted = f"{sign}{'.'.join(map(str, numbers))}.*"
    assert satisfies(one, wanted) is SpecifierSet(wanted).contains(one, prereleases=True)
