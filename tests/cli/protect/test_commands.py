"""``clerestory transform`` and ``clerestory release`` as a person meets them: files are whole or not there."""

import json
import tomllib
from pathlib import Path

import polars as pl
import pytest

from tests.intake.protect.test_transform import SWEENEY, TWO_ANONYMOUS
from tests.intake.release.test_release import COUNT, MANIFEST, REQUEST


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """Give the table of Sweeney with its recipe."""
    (tmp_path / "private.csv").write_text(SWEENEY)
    (tmp_path / "zip.csv").write_text("02141,0214*\n02138,0213*\n02139,0213*\n")
    (tmp_path / "transform.toml").write_text(TWO_ANONYMOUS)
    return tmp_path


@pytest.fixture
def budget(tmp_path: Path) -> Path:
    """Give data with a budget of 1 and a request for 0.6 of it."""
    pl.DataFrame({"sex": ["Female", "Male"] * 500}).write_parquet(tmp_path / "people.parquet")
    (tmp_path / "clerestory.toml").write_text(MANIFEST)
    (tmp_path / "release.toml").write_text(REQUEST.format(output="figures.json", more="") + COUNT.format(epsilon=0.6))
    return tmp_path


def test_a_table_is_transformed_and_the_report_printed(clerestory, private):
    said = clerestory("transform", private / "transform.toml", "--lineage", private / "lineage.toml", "--json")
    assert said.code == 0
    report = json.loads(said.out)
    assert report == json.loads((private / "released.csv.report.json").read_text())
    assert pl.read_csv(private / "released.csv").height == 11
    assert "persons found by linkage" in said.err and "45.45%" in said.err
    versions = tomllib.loads((private / "lineage.toml").read_text())["version"]
    assert [version["id"] for version in versions] == ["private.csv", "released.csv"]
    assert versions[1]["parents"] == [{"id": "private.csv", "digest": versions[0]["digest"]}]


def test_what_is_there_is_not_replaced_unless_asked(clerestory, private):
    (private / "released.csv").write_text("kept")
    said = clerestory("transform", private / "transform.toml")
    assert said.code == 2 and "is there already" in said.err
    assert (private / "released.csv").read_text() == "kept"
    assert clerestory("transform", private / "transform.toml", "--force").code == 0
    assert (private / "released.csv").read_text() != "kept"


def test_a_second_version_of_one_name_is_not_written_into_a_lineage(clerestory, private):
    assert clerestory("transform", private / "transform.toml", "--lineage", private / "lineage.toml").code == 0
    lineage = (private / "lineage.toml").read_text()
    said = clerestory("transform", private / "transform.toml", "--force", "--lineage", private / "lineage.toml")
    assert said.code == 2 and "has a version" in said.err
    assert (private / "lineage.toml").read_text() == lineage
    (private / "lineage.toml").write_text("not toml")
    assert (
        clerestory("transform", private / "transform.toml", "--force", "--lineage", private / "lineage.toml").code == 2
    )


@pytest.mark.parametrize(
    "options",
    [
        ("--report", "released.csv"),
        ("--report", "transform.toml", "--force"),
        ("--lineage", "transform.toml"),
        ("--report", "key.txt", "--force"),
        ("--lineage", "one.toml", "--report", "./one.toml"),
    ],
)
def test_two_things_never_go_into_one_file(clerestory, private, monkeypatch, options):
    monkeypatch.chdir(private)
    (private / "key.txt").write_text("0123456789abcdef0123456789abcdef")
    (private / "transform.toml").write_text(TWO_ANONYMOUS.replace("k = 2", 'k = 2\nkey_file = "key.txt"'))
    before = {file.name: file.read_bytes() for file in private.iterdir()}
    said = clerestory("transform", "transform.toml", *options)
    assert said.code == 2 and "another file of this run" in said.err
    assert {file.name: file.read_bytes() for file in private.iterdir()} == before


def test_bad_input_leaves_nothing_behind(clerestory, private):
    (private / "transform.toml").write_text(TWO_ANONYMOUS.replace("k = 2", "k = 12"))
    before = sorted(file.name for file in private.iterdir())
    said = clerestory("transform", private / "transform.toml")
    assert said.code == 2
    assert said.err.startswith("Problem: With every step taken 100.0% of the rows would be left out")
    assert "Remedy:" in said.err and "Traceback" not in said.err
    assert sorted(file.name for file in private.iterdir()) == before
    assert clerestory("transform", private / "nowhere.toml").code == 2


def test_a_disk_that_takes_no_file_leaves_nothing_behind(clerestory, private):
    (private / "transform.toml").write_text(TWO_ANONYMOUS.replace('"released.csv"', '"private.csv/x.csv"'))
    before = sorted(file.name for file in private.iterdir())
    said = clerestory("transform", private / "transform.toml")
    assert said.code == 2 and "cannot be written" in said.err
    assert sorted(file.name for file in private.iterdir()) == before


def test_a_release_says_what_it_spent(clerestory, budget):
    said = clerestory("release", budget / "release.toml", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert told["epsilon"] == {"before": 0.0, "after": pytest.approx(0.6), "ceiling": 1.0, "delta": 1e-06}
    assert told["released"] == json.loads((budget / "figures.json").read_text())
    assert "0 before, 0.6 now, of 1 at delta 1e-06" in said.err


def test_a_release_beyond_the_ceiling_is_refused_with_what_to_do(clerestory, budget):
    assert clerestory("release", budget / "release.toml").code == 0
    figures, ledger = (budget / "figures.json").read_bytes(), (budget / "privacy_budget.toml").read_bytes()
    said = clerestory("release", budget / "release.toml")
    assert said.code == 2 and "is there already" in said.err
    said = clerestory("release", budget / "release.toml", "--force")
    assert said.code == 2
    assert "from 0.6 to 1.2" in said.err and "Budget that is spent does not come back" in said.err
    assert (budget / "figures.json").read_bytes() == figures
    assert (budget / "privacy_budget.toml").read_bytes() == ledger


@pytest.mark.parametrize("command", ["transform", "release"])
def test_each_has_help_with_an_example(clerestory, command):
    said = clerestory(command, "--help")
    assert said.code == 0
    assert f"Example: clerestory {command}" in " ".join(said.out.split())
