"""``clerestory bias-audit``: the tables of the rules with their rates, what is declared is said to be, bad input."""

import csv
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.registry import find
from clerestory.cli.report.bias_audit import one_year_after
from clerestory.intake.manifest import read
from clerestory.intake.receive.document import PushedRun, read_pushed
from clerestory.intake.receive.recompute import recompute
from clerestory.ledger.canonical import decode
from tests.cli.conftest import Clerestory
from tests.intake.conftest import SYSTEM

# After 6 RCNY 5-301 (b), the example of an employer that screens resumes: applicants, selected, rate, ratio. The counts
# were written down from memory and not held against the text; each rate and ratio follows from its counts by hand.
SEX = {"Male": (1390, 667, 48, 1.0), "Female": (1181, 555, 47, 0.979)}
RACE = {
    "Hispanic or Latino": (408, 204, 50, 0.97),
    "White": (797, 412, 52, 1.00),
    "Black or African American": (390, 170, 44, 0.84),
    "Native Hawaiian or Pacific Islander": (119, 52, 44, 0.85),
    "Asian": (616, 302, 49, 0.95),
    "Native American or Alaska Native": (41, 18, 44, 0.85),
    "Two or More Races": (213, 96, 45, 0.87),
}
BOTH = {
    ("Hispanic or Latino", "Male"): (205, 90, 43.9, 0.841),
    ("White", "Male"): (412, 215, 52.2, 1.000),
    ("Black or African American", "Male"): (226, 95, 42.0, 0.806),
    ("Asian", "Male"): (321, 167, 52.0, 0.997),
    ("Hispanic or Latino", "Female"): (190, 82, 43.2, 0.827),
    ("White", "Female"): (385, 197, 51.2, 0.981),
    ("Black or African American", "Female"): (164, 75, 45.7, 0.876),
    ("Asian", "Female"): (295, 135, 45.8, 0.877),
}
DATA = """
[data]
current = "current.parquet"
outcome = "selected"
sensitive_features = ["sex", "race"]
"""
DECLARED = """
[bias_audit]
sex = "sex"
race_ethnicity = "race"
tool = "Resume screener 2"
audited_on = 2026-03-02
distributed_on = 2026-01-15
data = "historical"
source = "Applications of 2025 to twelve employers, as their tracking systems hold them"
auditor = "Example Audit & Partners"
independence = "We had no part in using, developing or distributing the tool."
"""
CHECK = """
[[check]]
name = "fairness.selection-rate-ratio"
criterion = ">= 0.8"
source = "29 CFR 1607.4 (D)"
"""
MANIFEST = SYSTEM + DATA + DECLARED + CHECK


def people(table: dict, sex=None, race=None) -> pl.DataFrame:
    """Rows that are selected as often as a table says; the feature that a table does not split by is one value."""
    rows = []
    for name, (n, selected, *_) in table.items():
        who = {"sex": sex or (name if race else name[1]), "race": race or (name if sex else name[0])}
        rows += [{**who, "selected": at < selected} for at in range(n)]
    return pl.DataFrame(rows, schema={"sex": pl.String, "race": pl.String, "selected": pl.Boolean})


def written(clerestory: Clerestory, folder: Path, data: pl.DataFrame, manifest: str = MANIFEST) -> dict:
    """Run the command with all its files, and return what machines read and the page."""
    data.write_parquet(folder / "current.parquet")
    (folder / "clerestory.toml").write_text(manifest, encoding="utf-8")
    files = {name: folder / f"audit.{name}" for name in ("html", "csv", "xlsx")}
    options = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    said = clerestory("bias-audit", folder, *options, "--json")
    assert said.out, said.err
    document = json.loads(said.out)
    page = files["html"].read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text(encoding="utf-8-sig"))))
    sheets = zipfile.ZipFile(files["xlsx"])
    return {"code": said.code, "page": page, "csv": rows, "xlsx": sheets, **document}


def rows_of(found: dict, title: str) -> dict[str, dict]:
    return {row["category"]: row for row in found["tables"] if row["categories"] == title}


@pytest.mark.parametrize(
    "table, given, title",
    [
        (SEX, {"race": "White"}, "Sex categories"),
        (RACE, {"sex": "Male"}, "Race/ethnicity categories"),
        (BOTH, {}, "Intersectional categories"),
    ],
)
def test_the_tables_of_the_rules_are_published_with_their_rates_and_ratios(clerestory, tmp_path, table, given, title):
    found = written(clerestory, tmp_path, people(table, **given))
    shown = rows_of(found, title)
    for name, (n, selected, rate, ratio) in table.items():
        row = shown[name if isinstance(name, str) else ", ".join(name)]
        assert (row["applicants"], row["selected"], row["status"]) == (n, selected, "calculated")
        assert 100 * row["value"] == pytest.approx(rate, abs=0.5 if isinstance(rate, int) else 0.051)
        assert row["impact_ratio"] == pytest.approx(ratio, abs=0.0051)
        assert row["below_four_fifths"] == "no"
        assert f"{n:,}</td><td>{selected:,}</td><td>{100 * row['value']:.1f} %</td>" in found["page"]
    assert found["code"] in (0, 3)  # nobody is surely below four fifths


def adults(rows: int = 6_000) -> pl.DataFrame:
    frame = pl.read_parquet("src/clerestory/demo/data/adult_train.parquet")[:rows]
    race = pl.when(pl.int_range(pl.len()) % 40 == 0).then(pl.lit("Prefer not to say")).otherwise(pl.col("race"))
    return frame.select("sex", race.alias("race"), selected="income_over_50k")


SMALL = 'unknown_values = ["Prefer not to say"]\nexclude_below = 0.02\nexclude_because = "too few for a rate & ratio"\n'


def test_census_incomes_are_published_with_unknown_and_small_categories_counted(clerestory, tmp_path):
    data = adults()
    found = written(clerestory, tmp_path, data, MANIFEST + SMALL)
    race = rows_of(found, "Race/ethnicity categories")
    unknown = data.filter(pl.col("race") == "Prefer not to say").height
    assert (race["unknown"]["applicants"], race["unknown"]["impact_ratio"]) == (unknown, None)
    assert race["unknown"]["status"] == "unknown category"
    other = data.filter(pl.col("race") == "Other")
    assert race["Other"]["status"] == "excluded"
    assert race["Other"]["applicants"] == other.height
    assert race["Other"]["value"] == pytest.approx(other["selected"].mean())
    assert "too few for a rate & ratio" in race["Other"]["note"]
    assert "too few for a rate &amp; ratio" in found["page"]
    sex = rows_of(found, "Sex categories")
    rates = dict(data.group_by("sex").agg(pl.col("selected").mean()).iter_rows())
    assert sex["Female"]["impact_ratio"] == pytest.approx(rates["Female"] / rates["Male"])
    assert sex["Female"]["below_four_fifths"] == "yes"
    assert found["code"] == 1
    assert f"also used on {unknown:,} individuals of an unknown category" in found["page"]
    assert len(found["csv"]) == len(found["tables"])
    book = found["xlsx"].read("xl/sharedStrings.xml").decode()
    assert "Date of the most recent bias audit" in book
    assert "Prefer not to say" not in book  # it is one of the unknown
    # Everybody who is assessed stands in each table exactly once.
    for title in ("Sex categories", "Race/ethnicity categories", "Intersectional categories"):
        assert sum(row["applicants"] for row in rows_of(found, title).values()) == data.height


def test_the_page_says_what_is_declared_and_opens_from_disk_without_script(clerestory, tmp_path):
    page = written(clerestory, tmp_path, people(SEX, race="White"))["page"]
    for said in (
        "2026-03-02 (not to be relied on after 2027-03-02)",
        "<td>2026-01-15</td>",
        "Example Audit &amp; Partners (declared, not verified)",
        "no part in using, developing",
        "historical data",
        "twelve employers",
        "Not legal advice",
        "The law sets no mark to pass",
    ):
        assert said in page
    assert not re.search(r"<script|<link|<img|\ssrc=|\sstyle=|\son\w+=|@import|url\(", page)
    assert page.count("<h1>") == 1


def test_without_a_declared_auditor_the_page_says_that_it_is_no_bias_audit(clerestory, tmp_path):
    lines = [line for line in MANIFEST.splitlines() if not line.startswith(("auditor", "independence"))]
    found = written(clerestory, tmp_path, people(SEX, race="White"), "\n".join(lines))
    assert "no bias audit in the sense of the law" in found["summary"]["Independent auditor"]
    assert "no bias audit in the sense of the law" in found["page"]


def test_scores_above_the_median_are_the_other_rate_and_both_stand_in_one_page(clerestory, tmp_path):
    data = people(SEX, race="White").with_columns(score=pl.int_range(pl.len()).cast(pl.Float64))
    scoring = MANIFEST + CHECK.replace("[[check]]", '[[check]]\nrate = "scoring"\nscore = "score"')
    found = written(clerestory, tmp_path, data, scoring)
    rates = {row["rate"] for row in found["tables"]}
    assert rates == {"selection", "scoring"}
    female = next(row for row in found["tables"] if (row["rate"], row["category"]) == ("scoring", "Female"))
    above = (data["score"] > data["score"].median()).filter(data["sex"] == "Female").mean()
    assert female["value"] == pytest.approx(above)
    assert "Scoring rates and impact ratios" in found["page"]


def test_a_name_from_the_data_is_neither_markup_nor_a_formula(clerestory, tmp_path):
    data = people(SEX, race="White").with_columns(
        race=pl.when(pl.col("sex") == "Male").then(pl.lit("=1+1")).otherwise(pl.lit("<b>x</b>"))
    )
    found = written(clerestory, tmp_path, data)
    assert "<b>" not in found["page"]
    assert not any(value.startswith("=") for row in found["csv"] for value in row.values())
    assert "<f>" not in found["xlsx"].read("xl/worksheets/sheet2.xml").decode()


@pytest.mark.parametrize(
    "old, new, problem",
    [
        (DECLARED, "", "declares no bias audit"),
        ("audited_on = 2026-03-02", "audited_on = 2999-01-01", "yet to come"),
        ("audited_on = 2026-03-02", 'audited_on = "March"', "audited_on is 'March'"),
        ("audited_on = 2026-03-02\n", "", "has no 'audited_on'"),
        ('data = "historical"', 'data = "test"', "does not say why"),
        ('data = "historical"', 'data = "synthetic"', "data is 'synthetic'"),
        ('independence = "We had no part in using, developing or distributing the tool."', "", "no 'independence'"),
        ('race_ethnicity = "race"', 'race_ethnicity = "sex"', "both sex and race_ethnicity"),
        ('race_ethnicity = "race"', 'race_ethnicity = "selected"', "the audit is about sex, selected"),
        ('criterion = ">= 0.8"', 'criterion = ">= 0.8"\nintersections = false', "intersections = true"),
        ('sensitive_features = ["sex", "race"]', 'sensitive_features = ["sex"]', "compares sex"),
        ("[[check]]", '[[check]]\nname = "performance.task-metric"\ncriterion = ">= 0"\nsource = "own"\n[[check]]', ""),
    ],
)
def test_what_cannot_be_published_is_refused_and_nothing_is_written(clerestory, tmp_path, old, new, problem):
    people(SEX, race="White").write_parquet(tmp_path / "current.parquet")
    assert old in MANIFEST
    (tmp_path / "clerestory.toml").write_text(MANIFEST.replace(old, new, 1), encoding="utf-8")
    said = clerestory("bias-audit", tmp_path, "--html", str(tmp_path / "audit.html"))
    if not problem:  # checks that do not belong to the audit are left alone, even where they could not run
        assert said.code in (0, 3)
        return
    assert said.code == 2
    assert problem in f"{said.err} ".replace("\n", " ")
    assert not (tmp_path / "audit.html").exists()


def test_an_audit_holds_for_a_year_even_from_a_leap_day():
    assert one_year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert one_year_after(date(2026, 3, 2)) == date(2027, 3, 2)


def test_the_manifests_of_the_documentation_are_read_as_they_stand(tmp_path):
    text = Path("docs/fairness.md").read_text(encoding="utf-8")
    audit, mitigation = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    read_one = read(_project(tmp_path, SYSTEM + audit))
    assert read_one.bias_audit is not None
    known = {parameter.name for parameter in find("fairness.selection-rate-ratio").parameters}
    assert set(read_one.checks[0].parameters) <= known
    assert read(_project(tmp_path, SYSTEM + mitigation + CHECK)).mitigation is not None


def _project(folder: Path, manifest: str) -> Path:
    (folder / "clerestory.toml").write_text(manifest, encoding="utf-8")
    return folder


def test_the_run_of_an_audit_is_computed_again_by_a_server_with_the_same_verdict(clerestory, tmp_path):
    adults().write_parquet(tmp_path / "current.parquet")
    (tmp_path / "clerestory.toml").write_text(MANIFEST + SMALL, encoding="utf-8")
    assert clerestory("bias-audit", tmp_path, "--html", tmp_path / "a.html", "--out", tmp_path / "run.json").code == 1
    (computed,) = recompute(read_pushed(PushedRun, decode((tmp_path / "run.json").read_bytes())))
    assert computed.verdict == "FAIL"
    assert "Prefer not to say" in computed.slice
