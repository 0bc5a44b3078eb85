"""[language_model] is read strictly; a wrong key is named with its line, and what may be a key is never shown."""

import pytest

from clerestory.intake.manifest import read
from clerestory.intake.manifest.section import ManifestUnusable
from tests.intake.conftest import MANIFEST, Project

GOOD = """
[language_model]
url = "http://10.0.0.7:8080/v1"
model = "clerk-7b"
key_env = "CLERK_KEY"
system_prompt = "prompt.txt"
requests_per_minute = 30
timeout_s = 20
retries = 2
temperature = 0

[language_model.judge]
entry = "judging:judge"
"""


def text(table: str) -> str:
    return MANIFEST.replace("[[check]]", f"{table}\n[[check]]", 1)


def test_model_and_judge_are_read(project: Project) -> None:
    found = read(project(text(GOOD))).language_model
    assert found is not None
    assert (found.url, found.model, found.requests_per_minute) == ("http://10.0.0.7:8080/v1", "clerk-7b", 30)
    assert (found.timeout_s, found.retries, found.temperature) == (20, 2, 0.0)
    assert found.judge is not None
    assert found.judge.entry == "judging:judge"


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("retries = 2", "retrys = 2", "unknown key 'retrys'"),
        ('url = "http://10.0.0.7:8080/v1"', "", "neither of url and entry"),
        ('model = "clerk-7b"', 'model = "clerk-7b"\nentry = "a:b"', "both of url and entry"),
        ('model = "clerk-7b"', "", "a url and no model"),
        ("10.0.0.7:8080", "user:secret@10.0.0.7", "no http"),
        ("http://", "ftp://", "no http"),
        ("timeout_s = 20", "timeout_s = 6000", "timeout_s is 6000"),
        ("temperature = 0", "temperature = 3", "temperature is 3"),
        ("requests_per_minute = 30", "requests_per_minute = 0", "requests_per_minute is 0"),
        ('"judging:judge"', '"judging"', "entry is 'judging'"),
        ('"judging:judge"', '"judging:judge"\nkey_env = "K"', "key_env does not go with entry"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(project: Project, old: str, new: str, problem: str) -> None:
    with pytest.raises(ManifestUnusable, match=r"line \d+.*language_model") as refused:
        read(project(text(GOOD.replace(old, new))))
    assert problem in refused.value.problem


def test_what_may_be_a_key_itself_is_not_shown(project: Project) -> None:
    with pytest.raises(ManifestUnusable, match="key_env is no name") as refused:
        read(project(text(GOOD.replace("CLERK_KEY", "sk-very-secret"))))
    assert "very-secret" not in str(refused.value)
