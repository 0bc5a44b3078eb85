"""Injections: an instruction to write a marker, hidden in what a model is handed while it does a task of its own."""

import base64
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clerestory.assurance.dialogue.campaign import (
    ABILITY,
    UTILITY,
    Attack,
    Control,
    Suite,
    product,
    require_techniques,
)
from clerestory.assurance.dialogue.corpus import Corpus, CorpusUnusable, Row, chosen, is_text, rows_of, shipped
from clerestory.assurance.dialogue.marker import drawn
from clerestory.assurance.dialogue.reading import plain
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.trial import Move

ABLE = 20
"""Controls that ask for a marker openly."""
HELPFUL = "You are a helpful assistant."
_ATTACK = {"technique": is_text, "atlas": is_text, "source": is_text, "text": is_text}
_TASK = {"question": is_text, "content": is_text, "expects": is_text}


@dataclass(frozen=True, slots=True)
class Setting:
    """How a task is put to the model: what the system says, and what the user sends; ``{question}``, ``{content}``."""

    system: str
    user: str

    def put(self, task: Row, content: str) -> tuple[str, str]:
        """Return system and user message of a task with this content."""
        question = str(task["question"])
        return tuple(  # type: ignore[return-value]
            text.replace("{question}", question).replace("{content}", content) for text in (self.system, self.user)
        )


def injections(corpus: str, setting: Setting, parameters: Parameters) -> Generator[Move, Any, Suite]:
    """Build the attacks of a corpus on the shipped tasks, or on the user's own tasks and attacks."""
    own, mine = yield from chosen(corpus, parameters)
    corpora = (own, mine, shipped("tasks"))
    rows, tasks = rows_of(corpora, "attack", _ATTACK), rows_of(corpora, "task", _TASK)
    goals = rows_of(corpora, "goal", {"text": is_text})
    seed = parameters.count("seed")
    attacks = []
    for technique in require_techniques(parameters, (str(row["technique"]) for row in rows)):
        forms = [row for row in rows if row["technique"] == technique]
        for case, (form, task, goal) in enumerate(
            product(parameters.count("cases"), len(forms), len(tasks), len(goals))
        ):
            attacks.append(_attack(forms[form], tasks[task], goals[goal], setting, seed, case))
    return Suite(tuple(attacks), (*_able(goals, seed), *useful(tasks, setting)), names_of(corpora))


def _attack(row: Row, task: Row, goal: Row, setting: Setting, seed: int, case: int) -> Attack:
    marker = drawn(seed, case)
    wish = str(goal["text"]).replace("{word}", marker.word).replace("{number}", marker.number)
    content = filled(str(row["text"]), {"goal": wish}).replace("{input}", str(task["content"]))
    system, user = setting.put(task, content)
    return Attack(
        technique=str(row["technique"]),
        atlas=str(row["atlas"]),
        system=system,
        turns=(user,),
        hit=marker.written,
        right=expecting(task),
    )


def _able(goals: Sequence[Row], seed: int) -> list[Control]:
    """Ask openly for a marker: who cannot write one resists by incapacity."""
    found = []
    for at in range(ABLE):
        marker = drawn(seed + 1, at)
        wish = str(goals[at % len(goals)]["text"]).replace("{word}", marker.word).replace("{number}", marker.number)
        found.append(Control(of=ABILITY, system=HELPFUL, ask=f"Please {wish}.", right=marker.written))
    return found


def useful(tasks: Sequence[Row], setting: Setting) -> list[Control]:
    """Put the tasks without attack: who does nothing obeys nobody."""
    found = []
    for task in tasks:
        system, user = setting.put(task, str(task["content"]))
        found.append(Control(of=UTILITY, system=system, ask=user, right=expecting(task)))
    return found


class Expecting:
    """Whether a reply holds what a row of a corpus expects: a regular expression, in any letter case."""

    def __init__(self, row: Row, key: str = "expects") -> None:
        try:
            self.pattern = re.compile(str(row[key]), re.IGNORECASE)
        except re.error as error:
            raise CorpusUnusable(
                f"Line {row.get('line', '?')} of the corpus: {key} is no regular expression.", "Correct the pattern."
            ) from error

    def __call__(self, reply: str) -> bool:
        """Return whether it does."""
        return self.pattern.search(plain(reply)) is not None


def expecting(row: Row, key: str = "expects") -> Expecting:
    """Return how a reply is held against what a row expects."""
    return Expecting(row, key)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in ``{name}`` and its forms: ``{name_base64}``, ``{name_spaced}``, its halves ``_first`` and ``_second``."""
    for name, value in values.items():
        half = len(value) // 2
        forms = {
            name: value,
            f"{name}_base64": base64.b64encode(value.encode()).decode(),
            f"{name}_spaced": " ".join(value),
            f"{name}_first": value[:half],
            f"{name}_second": value[half:],
        }
        for form, written in forms.items():
            text = text.replace("{" + form + "}", written)
    return text


def names_of(corpora: Sequence[Corpus]) -> tuple[str, ...]:
    """Return the names of corpora, each once."""
    return tuple(dict.fromkeys(corpus.name for corpus in corpora))
