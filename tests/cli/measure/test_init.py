"""``clerestory init`` writes a manifest that can be checked, and never takes anything away."""

import json
import tomllib
from pathlib import Path

import polars as pl

from tests.cli.conftest import Clerestory
from tests.intake.conftest import decisions


def test_an_empty_folder_gets_a_commented_manifest_that_says_what_is_missing(
    clerestory: Clerestory, tmp_path: Path
) -> None:
    said = clerestory("init", tmp_path)
    assert said.code == 0
    text = (tmp_path / "clerestory.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["system"]["stage"] == "verification and validation"
    assert text.count("#") > 10
    checked = clerestory("check", tmp_path)
    assert checked.code == 2
    assert "data/decisions.parquet" in checked.err


def test_the_sample_runs_at_once(clerestory: Clerestory, tmp_path: Path) -> None:
    assert clerestory("init", tmp_path, "--sample").code == 0
    said = clerestory("check", tmp_path, "--json")
    assert said.code in (0, 3)
    found = json.loads(said.out)
    assert {check["outcome"] for check in found["checks"]} == {"judged"}
    assert {check["verdict"] for check in found["checks"]} <= {"PASS", "INCONCLUSIVE"}
    assert "CC BY 4.0" in (tmp_path / "data" / "README.md").read_text(encoding="utf-8")


def test_columns_and_files_that_are_there_are_proposed(clerestory: Clerestory, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    granted = pl.when("approved").then(pl.lit("granted")).otherwise(pl.lit("denied")).alias("decision")
    table = decisions().with_columns(granted).drop("approved")
    table.write_parquet(tmp_path / "data" / "test_2026.parquet")
    table.write_csv(tmp_path / "data" / "train.csv")
    (tmp_path / "scorer.onnx").write_bytes(b"x")
    assert clerestory("init", tmp_path).code == 0
    manifest = tomllib.loads((tmp_path / "clerestory.toml").read_text(encoding="utf-8"))
    assert manifest["data"] | {"min_group_size": 30, "max_unjudged_share": 0.05} == {
        "current": "data/test_2026.parquet", "reference": "data/train.csv", "outcome": "decision",
        "favourable": "granted", "label": "repaid", "score": "score", "timestamp": "decided_at", "keys": ["case_id"],
        "sensitive_features": ["sex"], "min_group_size": 30, "max_unjudged_share": 0.05,
    }  # fmt: skip
    assert manifest["model"] == {"path": "scorer.onnx"}
    assert clerestory("check", tmp_path).code in (0, 1, 3)


def test_odd_names_of_columns_and_folders_are_written_so_that_they_read_back(
    clerestory: Clerestory, tmp_path: Path
) -> None:
    folder = tmp_path / 'Ärzte & "Co"'
    folder.mkdir()
    pl.DataFrame({'a "b" c': [1, 2], "ümlaut": ["x", "y"]}).write_parquet(folder / "x.parquet")
    assert clerestory("init", folder).code == 0
    manifest = tomllib.loads((folder / "clerestory.toml").read_text(encoding="utf-8"))
    assert manifest["check"][0]["columns"] == {'a "b" c': "integer", "ümlaut": "text"}
    assert clerestory("check", folder).code == 0


def test_what_is_there_is_never_replaced_without_force(clerestory: Clerestory, tmp_path: Path) -> None:
    (tmp_path / "clerestory.toml").write_text("mine", encoding="utf-8")
    for arguments in (("init", tmp_path), ("init", tmp_path, "--sample")):
        said = clerestory(*arguments)
        assert (said.code, said.out) == (2, "")
        assert "--force" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["clerestory.toml"]
    assert (tmp_path / "clerestory.toml").read_text(encoding="utf-8") == "mine"
    assert clerestory("init", tmp_path, "--force").code == 0
    assert "mine" not in (tmp_path / "clerestory.toml").read_text(encoding="utf-8")


def test_machines_are_told_what_was_written(clerestory: Clerestory, tmp_path: Path) -> None:
    said = clerestory("init", tmp_path, "--json")
    assert json.loads(said.out) == {"folder": str(tmp_path), "written": ["clerestory.toml"]}
