"""A finished capability names only tests that exist, and a bad-input twin for each claim."""

from pathlib import Path

import pytest

from tools.claims import ROOT, exists, problems

HEAD = 'capability = "log"\nfinished = true\n'


def problems_of(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "docs" / "claims").mkdir(parents=True)
    (tmp_path / "docs" / "claims" / "log.toml").write_text(text)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_log.py").write_text(
        "def test_order(): ...\nclass TestBad:\n    def test_flip(self): ...\n"
    )
    return list(problems(tmp_path))


def claim(**values: str) -> str:
    whole = {
        "id": "order",
        "claim": "Order holds.",
        "test": "tests/test_log.py::test_order",
        "why": "it takes no input",
    } | values
    return HEAD + "[[claim]]\n" + "".join(f'{key} = "{value}"\n' for key, value in whole.items())


def test_claims_of_the_product_are_sound() -> None:
    assert list(problems(ROOT)) == []


def test_sound_claim_passes(tmp_path: Path) -> None:
    assert problems_of(tmp_path, claim(bad="tests/test_log.py::TestBad::test_flip[one]")) == []


@pytest.mark.parametrize(
    "text,part",
    [
        (claim(test="tests/test_log.py::test_gone"), "test names no test"),
        (claim(test="tests/test_gone.py::test_order"), "test names no test"),
        (claim(test=""), "test is missing"),
        (claim(bad="tests/test_log.py::test_gone"), "bad names no test"),
        (claim(why=""), "no bad-input twin"),
        (claim(shown_by="docs/gone.png"), "shown_by names no file"),
        (claim(proof="x"), "unknown key 'proof'"),
        (claim() + claim().removeprefix(HEAD), "the id stands twice"),
        (HEAD, "finished without a claim"),
        ('capability = "other"\nfinished = false\n', "capability must be 'log'"),
        ('capability = "log"\nfinished = "yes"\n', "finished must be true or false"),
        ("finished = ", "cannot be read"),
    ],
)
def test_unsound_claim_is_named(tmp_path: Path, text: str, part: str) -> None:
    found = problems_of(tmp_path, text)
    assert any(part in problem for problem in found), found


def test_unfinished_capability_may_name_tests_to_come(tmp_path: Path) -> None:
    assert problems_of(tmp_path, claim(test="", why="").replace("true", "false")) == []


def test_test_of_a_class_is_found_by_its_whole_name() -> None:
    assert exists(ROOT, "tests/house/test_claims.py::test_sound_claim_passes")
    assert not exists(ROOT, "tests/house/test_claims.py::claim")
