"""The lines of the page on language models are corpora as they stand there: each check takes them."""

import re
from pathlib import Path

import pytest

from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Chat, Reply
from clerestory.intake.manifest import read
from tests.intake.conftest import MANIFEST
from tests.simulators.answering import drive

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "language-models.md").read_text(encoding="utf-8")
LAYOUT = Layout(columns={"x": "number"}, asked=frozenset({"language_model"}))


def blocks() -> list[tuple[str, str]]:
    """Return the names of the checks with the lines that the page gives for them."""
    found = []
    for part in PAGE.split("\nFor ")[1:]:
        lines = part.split("```json\n")[1].split("```")[0]
        names = re.findall(r"`([a-z]+(?:-[a-z]+)*)`", part.split(",")[0].split(":")[0])
        found += [(name, lines) for name in names]
    return found


def test_the_page_shows_lines_for_every_check_that_takes_a_corpus():
    assert {name for name, _ in blocks()} == {
        "prompt-injection", "indirect-injection", "jailbreak", "system-prompt-leak", "retrieval-poisoning", "refusal",
        "groundedness", "task-evaluation",
    }  # fmt: skip


@pytest.mark.parametrize("name, lines", blocks())
def test_the_lines_of_the_page_are_a_corpus_that_the_check_takes(name: str, lines: str) -> None:
    check, asked = find(f"language_models.{name}"), []

    def answer(chat: Chat) -> Reply:
        asked.append(chat)
        return Reply("Irma.")

    parameters = check.complete({"corpus": "own.jsonl"}, LAYOUT)
    tally = drive(check.begin(parameters), chat=answer, files={"own.jsonl": lines.encode()})
    assert dict(tally.notes)["corpus"].startswith("own.jsonl sha256:")
    assert asked


def test_the_table_of_the_page_is_read(tmp_path: Path) -> None:
    table = PAGE.split("```toml\n")[1].split("```")[0]
    text = MANIFEST.replace("[[check]]", f"{table}\n[[check]]", 1)
    (tmp_path / "clerestory.toml").write_text(text, encoding="utf-8")
    found = read(tmp_path).language_model
    assert found is not None
    assert found.judge is not None
