"""``clerestory check``: exit codes, the document for machines, JUnit, the run file, and bad input."""

import json
import os
import pickle
import resource
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from clerestory.ledger.canonical import decode
from tests.cli.conftest import Clerestory
from tests.intake.conftest import CHECKS, MANIFEST, decisions

MODEL = '\n[model]\npath = "model.bin"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a project whose checks all pass."""
    decisions().write_parquet(tmp_path / "current.parquet")
    decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def change(folder: Path, old: str, new: str) -> Path:
    """Change the manifest of a project."""
    file = folder / "clerestory.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def add_check(folder: Path, name: str, criterion: str, more: str) -> Path:
    """Add a check to the manifest of a project."""
    with (folder / "clerestory.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[check]]\nname = "{name}"\ncriterion = "{criterion}"\nsource = "own"\n{more}\n')
    return folder


def test_all_passed_ends_with_zero_and_a_table(clerestory: Clerestory, folder: Path) -> None:
    said = clerestory("check", folder)
    assert said.code == 0
    assert "fairness.selection-rate-ratio" in said.out
    assert "4 passed, 0 failed, 0 inconclusive." in said.out
    assert "PASS" in said.out


def test_a_failed_criterion_ends_with_one_even_beside_what_could_not_run(clerestory: Clerestory, folder: Path) -> None:
    add_check(folder, "data_quality.contract", "<= 0", "range = { sex = [0, 1] }")
    assert clerestory("check", folder).code == 3
    add_check(folder, "data_quality.contract", "<= 0", "range = { income = [0, 0.5] }")
    said = clerestory("check", folder)
    assert said.code == 1
    assert "FAIL" in said.out
    assert "could not run" in said.out


def test_machines_get_one_document_of_the_agreed_shape(clerestory: Clerestory, folder: Path) -> None:
    add_check(folder, "data_quality.contract", "<= 0", "range = { sex = [0, 1] }")
    said = clerestory("check", folder, "--json")
    found = json.loads(said.out)
    assert set(found) == {"system", "run", "engine", "checks"}
    assert (found["system"], found["engine"].split()[0]) == ("credit-scoring", "polars")
    agreed = {"name", "outcome", "verdict", "value", "interval", "n", "criterion", "source", "reason", "by_group"}
    for check in found["checks"]:
        assert agreed <= set(check)
    judged, idle = found["checks"][0], found["checks"][-1]
    assert judged["interval"][0] <= judged["value"] <= judged["interval"][1]
    assert {"group", "value", "interval", "n"} <= set(judged["by_group"][0])
    assert (idle["outcome"], idle["verdict"], idle["value"], idle["interval"], idle["n"]) == (
        "could_not_run", None, None, None, None,
    )  # fmt: skip
    assert "4 passed" in said.err


def test_ci_reads_junit(clerestory: Clerestory, folder: Path) -> None:
    add_check(folder, "data_quality.contract", "<= 0", "range = { income = [0, 0.5] }")
    add_check(folder, "data_quality.contract", "<= 0", "range = { sex = [0, 1] }")
    change(folder, 'criterion = ">= 0.6"', 'criterion = ">= 0.75"')
    clerestory("check", folder, "--junit", folder / "checks.xml")
    suite = ET.parse(folder / "checks.xml").getroot()[0]
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "credit-scoring", "tests": "6", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    tags = [[part.tag for part in case] for case in suite]
    assert tags == [[], ["skipped"], [], [], ["failure"], ["error"]]
    assert suite[0].get("classname") == "fairness"


def test_the_run_is_kept_for_push_and_written_where_asked(clerestory: Clerestory, folder: Path) -> None:
    assert clerestory("check", folder, "--out", folder / "deep" / "run.json").code == 0
    written = (folder / "deep" / "run.json").read_bytes()
    assert written == (folder / ".clerestory" / "last-run.json").read_bytes()
    document = decode(written)
    assert document["system"]["id"] == "credit-scoring"  # type: ignore[index,call-overload]
    assert {check["verdict"] for check in document["checks"]} == {"PASS"}  # type: ignore[attr-defined]
    assert not [path for path in folder.rglob(".*") if path.is_file()]


def test_nothing_is_kept_where_that_is_asked(clerestory: Clerestory, folder: Path) -> None:
    clerestory("check", folder, "--no-save")
    assert not (folder / ".clerestory").exists()


@pytest.mark.parametrize(
    "old,new,text",
    [
        ('owner = "', 'ownr = "', "[system] has no 'owner'"),
        ("current.parquet", "gone.parquet", "no such file"),
        ('label = "repaid"', 'label = "repayed"', "Did you mean 'repaid'?"),
        ('name = "performance.task-metric"', 'name = "performance.task-metrics"', "performance.task-metric"),
        ('min_group_size = "x"', "", ""),
    ],
)
def test_a_wrong_manifest_ends_with_two_and_nothing_is_recorded(
    clerestory: Clerestory, folder: Path, old: str, new: str, text: str
) -> None:
    if text:
        change(folder, old, new)
    else:
        change(folder, 'score = "score"', f'score = "score"\n{old}')
    said = clerestory("check", folder, "--json", "--out", folder / "run.json")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Problem: ")
    assert "Remedy:" in said.err
    assert text in said.err
    assert not (folder / "run.json").exists()
    assert not (folder / ".clerestory").exists()


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_refused_whatever_it_is_called(clerestory: Clerestory, folder: Path, protocol: int) -> None:
    change(folder, CHECKS, MODEL + CHECKS)
    (folder / "model.bin").write_bytes(pickle.dumps({"weights": [1.5, 2.5], "name": "x"}, protocol))
    said = clerestory("check", folder)
    assert said.code == 2
    assert "is a pickle" in said.err
    assert "ONNX" in said.err
    assert "allow_pickle = true" in said.err


class Treacherous:
    """Writes a file when it is opened as a pickle."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


def test_a_pickle_that_is_allowed_is_named_by_its_digest_and_not_opened_where_nobody_asks_it(
    clerestory: Clerestory, folder: Path, tmp_path: Path
) -> None:
    change(folder, CHECKS, MODEL + "allow_pickle = true\n" + CHECKS)
    (folder / "model.bin").write_bytes(pickle.dumps(Treacherous(tmp_path / "opened")))
    assert clerestory("check", folder).code == 0
    assert not (tmp_path / "opened").exists()


def test_a_model_is_named_by_its_digest_and_checks_of_it_are_about_that_version(
    clerestory: Clerestory, folder: Path
) -> None:
    change(folder, CHECKS, MODEL + CHECKS)
    (folder / "model.bin").write_bytes(b'{"weights": [1, 2]}')
    assert clerestory("check", folder).code == 0
    document = decode((folder / ".clerestory" / "last-run.json").read_bytes())
    digest = "sha256:" + __import__("hashlib").sha256(b'{"weights": [1, 2]}').hexdigest()
    assert document["model"]["artefact_digest"] == digest  # type: ignore[index,call-overload]
    assert document["checks"][0]["subject"] == {"kind": "model_version", "id": f"credit-scoring/{digest[7:19]}"}  # type: ignore[index]
    (folder / "model.bin").write_bytes(b"")
    assert "is empty" in clerestory("check", folder).err
    (folder / "model.bin").unlink()
    assert "no such file" in clerestory("check", folder).err


def test_a_full_disk_leaves_nothing_half_written(folder: Path) -> None:
    code = "from clerestory.cli.main import run; import sys; sys.argv[0] = 'clerestory'; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(folder), "--json", "--out", str(folder / "run.json")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["clerestory.toml", "current.parquet", "reference.parquet"]


def test_a_folder_that_cannot_be_written_is_one_clear_error(clerestory: Clerestory, folder: Path) -> None:
    said = clerestory("check", folder, "--out", "/proc/run.json")
    assert (said.code, said.out) == (2, "")
    assert "/proc/run.json cannot be written" in said.err
    (folder / ".clerestory").write_text("in the way", encoding="utf-8")
    said = clerestory("check", folder)
    assert said.code == 2
    assert "--no-save" in said.err
    assert clerestory("check", folder, "--no-save").code == 0


def test_an_unknown_engine_is_refused(clerestory: Clerestory, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clerestory("check", folder, "--engine", "abacus").code == 2
    monkeypatch.setenv("CLERESTORY_ENGINE", "abacus")
    assert "abacus" in clerestory("check", folder).err


def test_odd_values_in_the_data_never_end_in_a_traceback(clerestory: Clerestory, folder: Path) -> None:
    data = decisions()
    odd = {
        "empty": data.head(0),
        "one row": data.head(1),
        "all null": data.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in data.schema.items()),
        "no type": data.with_columns(pl.lit(None).alias("repaid")),
        "three outcomes": data.with_columns((pl.col("case_id") % 3).alias("approved")),
        "lists": data.with_columns(pl.concat_list("income").alias("income")),
        "decimals": data.with_columns(pl.col("income").cast(pl.Decimal(20, 4))),
        "categories": data.with_columns(pl.col("sex").cast(pl.Categorical)),
        "one side": data.with_columns(pl.lit(True).alias("approved"), pl.lit(False).alias("repaid")),
        "huge": data.with_columns((pl.col("income") * 1e300).alias("income")),
    }
    for name, table in odd.items():
        table.write_parquet(folder / "current.parquet")
        said = clerestory("check", folder)
        assert said.code in (0, 1, 3), name
        assert "Traceback" not in said.err, name
