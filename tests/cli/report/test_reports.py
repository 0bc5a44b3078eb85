"""One run in every form: the same verdicts, what could not be said is never passed, and the page opens from disk."""

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import polars as pl
import pytest

from tests.cli.conftest import Clerestory
from tests.intake.conftest import CHECKS, MANIFEST, decisions

ROOT = Path(__file__).parents[3]
MORE = """
[[check]]
name = "performance.calibration"
criterion = "<= 0.1"
source = "own"

[[check]]
name = "drift.chi-square"
criterion = "<= 0.2"
source = "own"
columns = ["sex"]

[[check]]
name = "performance.task-metric"
criterion = ">= 0.99"
source = "out of <reach> & \\"quoted\\""
metric = "accuracy"

[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "own"
range = { sex = [0, 1] }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    decisions().write_parquet(tmp_path / "current.parquet")
    decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "clerestory.toml").write_text(MANIFEST + MORE, encoding="utf-8")
    return tmp_path


def written(clerestory: Clerestory, folder: Path) -> dict[str, str]:
    names = {"--sarif": "run.sarif", "--in-toto": "run.intoto.json", "--html": "run.html", "--junit": "run.xml"}
    options = [part for option, name in names.items() for part in (option, str(folder / name))]
    assert clerestory("check", folder, *options).code == 1
    return {name: (folder / name).read_text(encoding="utf-8") for name in names.values()}


def test_sarif_puts_failures_at_their_line_and_what_could_not_run_beside_the_results(clerestory, folder):
    document = json.loads(written(clerestory, folder)["run.sarif"])
    (run,) = document["runs"]
    assert document["version"] == "2.1.0"
    failed = [result for result in run["results"] if result["level"] == "error"]
    assert [(result["ruleId"], result["kind"]) for result in failed] == [("performance.task-metric", "fail")]
    line = failed[0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    text = (folder / "clerestory.toml").read_text().splitlines()
    assert text[line - 1] == 'name = "performance.task-metric"'
    assert "out of <reach>" in "\n".join(text[line - 1 : line + 3])
    assert all(
        run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"]
    )
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["associatedRule"]["id"] == "data_quality.contract"
    assert {result["kind"] for result in run["results"]} <= {"pass", "fail", "open"}


def test_the_in_toto_statement_names_what_was_tested_by_digest_and_passes_nothing_that_did_not(clerestory, folder):
    statement = json.loads(written(clerestory, folder)["run.intoto.json"])
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://in-toto.io/attestation/test-result/v0.1",
    )
    digest = hashlib.sha256((folder / "current.parquet").read_bytes()).hexdigest()
    assert {"name": "current.parquet", "digest": {"sha256": digest}} in statement["subject"]
    predicate = statement["predicate"]
    assert predicate["result"] == "FAILED"
    assert len(predicate["failedTests"]) == 1
    assert [name.split()[0] for name in predicate["warnedTests"]] == ["data_quality.contract"]
    counts = ET.fromstring(written(clerestory, folder)["run.xml"]).attrib
    assert int(counts["tests"]) == sum(len(predicate[key]) for key in ("passedTests", "warnedTests", "failedTests"))


def test_the_page_loads_nothing_and_its_policy_allows_its_own_style_alone(clerestory, folder):
    page = written(clerestory, folder)["run.html"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert "unsafe" not in page
    assert not re.search(r"<script|<link|<img|\ssrc=|\sstyle=|\son\w+=|@import|url\(", page)


def test_the_page_draws_each_check_and_writes_the_numbers_below(clerestory, folder):
    page = written(clerestory, folder)["run.html"]
    assert page.count("<section id=") == 8
    assert 'aria-label="fairness.selection-rate-ratio by group"' in page
    assert 'aria-label="Calibration"' in page
    assert 'aria-label="Distribution of income"' in page
    assert 'aria-label="Distribution of sex"' in page
    assert "out of &lt;reach&gt; &amp; &quot;quoted&quot;" in page
    assert "<reach>" not in page
    assert "<td>female" not in page or '<th scope="row">' in page
    assert hashlib.sha256((folder / "current.parquet").read_bytes()).hexdigest() in page


def test_no_name_from_the_data_becomes_markup(clerestory, folder):
    evil = decisions().with_columns(
        sex=pl.when(pl.col("sex") == "male").then(pl.lit('<script>alert("x")</script>')).otherwise(pl.col("sex"))
    )
    evil.write_parquet(folder / "current.parquet")
    page = written(clerestory, folder)["run.html"]
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_repeated_run_gives_the_same_numbers_and_says_so(clerestory, folder):
    assert clerestory("check", folder, "--out", str(folder / "first.json")).code == 1
    said = clerestory("check", folder, "--repeat", str(folder / "first.json"))
    assert said.code == 0
    assert "The numbers of all 8 checks are the same." in said.out


def test_other_data_give_other_numbers_and_the_repeat_names_both(clerestory, folder):
    clerestory("check", folder, "--out", str(folder / "first.json"))
    decisions(seed=5).write_parquet(folder / "current.parquet")
    text = (folder / "clerestory.toml").read_text()
    (folder / "clerestory.toml").write_text(text.replace(CHECKS.strip().split("\n\n")[0], "", 1))
    said = clerestory("check", folder, "--repeat", str(folder / "first.json"))
    assert said.code == 1
    assert "different: performance.task-metric >= 0.6" in said.out
    assert "gone: fairness.selection-rate-ratio" in said.out
    assert re.search(r"current data: sha256:\w+ → sha256:\w+", said.out.replace("\n", ""))
    assert "The numbers are not the same" in said.out


@pytest.mark.parametrize("body", [b"", b"{}", b'{"format": "clerestory-run", "v": 1}', b"\xff\xfe"])
def test_what_is_no_run_cannot_be_repeated_and_says_so(clerestory, folder, body):
    (folder / "first.json").write_bytes(body)
    said = clerestory("check", folder, "--repeat", str(folder / "first.json"))
    assert said.code == 2
    assert said.err.startswith("Problem: ")
    assert clerestory("check", folder, "--repeat", str(folder / "nowhere.json")).code == 2


def test_the_json_is_as_the_published_schema_says_and_the_schema_refuses_a_verdict_of_what_did_not_run(
    clerestory, folder
):
    schema = json.loads((ROOT / "docs" / "reference" / "check-report.schema.json").read_text(encoding="utf-8"))
    said = clerestory("check", folder, "--json")
    document = json.loads(said.out)
    jsonschema_rs.validate(schema, document)
    silent = next(check for check in document["checks"] if check["outcome"] == "could_not_run")
    silent["verdict"] = "PASS"
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, document)
