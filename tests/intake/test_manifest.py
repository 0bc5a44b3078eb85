"""The manifest is read strictly: what is wrong is named with its place, and what is right stands there complete."""

from pathlib import Path

import pytest

from clerestory.intake.manifest import read
from clerestory.intake.manifest.section import ManifestUnusable
from tests.intake.conftest import CHECKS, DATA, MANIFEST, SYSTEM


def refused(tmp_path: Path, text: str) -> ManifestUnusable:
    """Return what reading the text says."""
    file = tmp_path / "clerestory.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestUnusable) as caught:
        read(file)
    return caught.value


def line_of(text: str, start: str) -> int:
    """Return the number of the first line that starts so."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def test_a_manifest_is_read_whole_with_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
    manifest = read(tmp_path)
    assert (manifest.system.id, manifest.system.ai_role) == ("credit-scoring", ("provider",))
    assert (manifest.data.role, manifest.data.reference_role, manifest.data.min_group_size) == ("test", "reference", 30)
    assert manifest.data.max_unjudged_share == 0.05
    assert [check.name for check in manifest.checks][1:3] == ["performance.task-metric", "data_quality.contract"]
    assert manifest.checks[1].parameters == {"metric": "accuracy"}
    assert manifest.digest.startswith("sha256:")


def test_all_roles_of_an_organisation_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "clerestory.toml").write_text(
        MANIFEST.replace('"provider"', '["provider", "customer"]'), encoding="utf-8"
    )
    assert read(tmp_path).system.ai_role == ("provider", "customer")


@pytest.mark.parametrize(
    "change,problem,remedy",
    [
        (('owner = "', 'ownr = "'), "[system] has no 'owner'", 'owner = "..."'),
        (("owner =", 'nickname = "x"\nowner ='), "[system] has an unknown key 'nickname'", "name"),
        (("[data]", "[dta]"), "there is no table [dta]", "Did you mean 'data'?"),
        (("sensitive_features", "sensitive_feature"), "unknown key 'sensitive_feature'", "'sensitive_features'"),
        (('id = "credit-scoring"', 'id = "Credit Scoring"'), "[system] id is 'Credit Scoring'", "small letters"),
        (('stage = "verification', 'stage = "verifikation'), "[system] stage is", "'verification and validation'"),
        (('ai_role = "provider"', 'ai_role = "provder"'), "[system] ai_role is 'provder'", "'provider'"),
        (('name = "Credit scoring"', "name = 7"), "[system] name is 7", "a text in quotes"),
        (('= ["sex"]', "= [1]"), "[data] sensitive_features is [1]", "list of texts"),
        (('= ["sex"]', '= ["sex", "sex"]'), "twice", "once"),
        (("score =", 'min_group_size = "30"\nscore ='), "[data] min_group_size is '30'", "whole number"),
        (("score =", "min_group_size = 0\nscore ="), "[data] min_group_size is 0", "at least 2"),
        (("score =", "max_unjudged_share = 5\nscore ="), "[data] max_unjudged_share is 5", "between 0 and 1"),
        (('criterion = ">= 0.8"\n', ""), "[check] has no 'criterion'", "criterion"),
        (('source = "four-fifths rule"\n', ""), "[check] has no 'source'", "source"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_remedy(
    tmp_path: Path, change: tuple[str, str], problem: str, remedy: str
) -> None:
    error = refused(tmp_path, MANIFEST.replace(*change, 1))
    assert problem in error.problem
    assert remedy in error.remedy


def test_the_line_of_a_wrong_key_is_named_in_every_table(tmp_path: Path) -> None:
    for start, wrong in (("owner", 'ownerr = "x"'), ("label", 'labell = "x"')):
        text = MANIFEST.replace(f"{start} =", f"{wrong}\n{start} =", 1)
        assert f"line {line_of(text, wrong)}:" in refused(tmp_path, text).problem
    text = MANIFEST.replace('source = "four-fifths rule"', "source = 1")
    assert f"line {line_of(text, 'source = 1')}:" in refused(tmp_path, text).problem


def test_a_missing_file_a_folder_without_one_and_no_toml_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.toml"):
        with pytest.raises(ManifestUnusable, match=r"There is no manifest .*clerestory init"):
            read(path)
    assert "line 2" in refused(tmp_path, "[system]\nid = \n").problem
    (tmp_path / "clerestory.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestUnusable, match="is no TOML"):
        read(tmp_path)


def test_tables_must_be_there_and_be_tables(tmp_path: Path) -> None:
    assert "[system] is missing" in refused(tmp_path, DATA + CHECKS).problem
    assert "no [[check]]" in refused(tmp_path, SYSTEM + DATA).problem
    assert "[check] is one table" in refused(tmp_path, SYSTEM + DATA + '[check]\nname = "x"\n').problem
    assert "[system] is no table" in refused(tmp_path, "system = 1\n" + DATA + CHECKS).problem


def test_the_same_check_twice_is_refused(tmp_path: Path) -> None:
    again = CHECKS.split("[[check]]")[1]
    assert "twice" in refused(tmp_path, MANIFEST + "[[check]]" + again).problem


def test_line_ends_and_marks_of_other_editors_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "clerestory.toml").write_bytes(b"\xef\xbb\xbf" + MANIFEST.replace("\n", "\r\n").encode())
    assert read(tmp_path).system.name == "Credit scoring"
