"""An ML engineer: an empty folder, one command for a sample, one to check it, one change that CI stops."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl

from clerestory.ledger.canonical import decode
from tests.cli.conftest import Clerestory, clerestory

__all__ = ["clerestory"]


def test_from_an_empty_folder_to_a_build_that_a_failed_criterion_stops(clerestory: Clerestory, tmp_path: Path) -> None:
    folder = tmp_path / "credit"
    folder.mkdir()

    assert clerestory("init", folder, "--sample").code == 0
    first = clerestory("check", folder, "--json", "--junit", folder / "checks.xml")
    assert first.code in (0, 3), first.err
    before = {(check["name"], check["slice"]): check for check in json.loads(first.out)["checks"]}
    assert ET.parse(folder / "checks.xml").getroot().get("failures") == "0"
    kept = decode((folder / ".clerestory" / "last-run.json").read_bytes())

    file = folder / "data" / "decisions.parquet"
    refused = pl.when(pl.col("sex") == "female").then(pl.col("score") >= 0.9).otherwise(pl.col("approved"))
    pl.read_parquet(file).with_columns(refused.alias("approved")).write_parquet(file)
    second = clerestory("check", folder, "--json", "--junit", folder / "checks.xml")
    assert second.code == 1
    after = {(check["name"], check["slice"]): check for check in json.loads(second.out)["checks"]}
    (ratio,) = [check for (name, _), check in after.items() if name == "fairness.selection-rate-ratio"]
    assert ratio["verdict"] == "FAIL"
    assert ratio["interval"][1] < 0.8
    women = next(group for group in ratio["by_group"] if group["group"] == "sex=female")
    assert women["value"] < 0.5
    assert ET.parse(folder / "checks.xml").getroot().get("failures") != "0"

    same = [name for name, _ in before if name.startswith("data_quality.schema")]
    assert same
    changed = decode((folder / ".clerestory" / "last-run.json").read_bytes())
    assert changed["data"]["current"]["id"] != kept["data"]["current"]["id"]  # type: ignore[index]
    assert changed["model"] == kept["model"]


def test_a_wrong_word_in_the_manifest_is_found_before_anything_runs(clerestory: Clerestory, tmp_path: Path) -> None:
    assert clerestory("init", tmp_path, "--sample").code == 0
    manifest = tmp_path / "clerestory.toml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("sensitive_features", "sensitive_feature"), "utf-8"
    )
    said = clerestory("check", tmp_path)
    assert said.code == 2
    assert "line 22: [data] has an unknown key" in said.err
    assert "Did you mean 'sensitive_features'?" in said.err
    assert not (tmp_path / ".clerestory").exists()
