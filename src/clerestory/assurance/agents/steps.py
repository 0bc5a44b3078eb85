"""The record of what an agent did: steps of runs, one JSON object per line.

Each line: ``run`` (text), ``step`` (whole number from 1 or 0 on), ``action`` (text: tool or state), and perhaps
``agent`` (text) and ``human`` (text: who decided on this step; absent or empty: nobody). Other keys are left alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.terms.error import ClerestoryError


class RecordUnusable(ClerestoryError):
    """The record of steps is missing, empty, or a line of it is no step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded step."""

    run: str
    number: int
    action: str
    agent: str = ""
    human: str = ""


def read_steps(path: str, body: bytes | None) -> Mapping[str, tuple[Step, ...]]:
    """Return the steps by run, each in the order of their numbers.

    Raises:
        RecordUnusable: the file is missing or empty, or a line is no step.
    """
    if body is None:
        raise RecordUnusable(f"There is no record {path}.", "Write one JSON object per step: run, step, action.")
    runs: dict[str, list[Step]] = {}
    for number, line in enumerate(body.decode("utf-8", "replace").splitlines(), 1):
        if line.strip():
            step = _step(path, number, line)
            runs.setdefault(step.run, []).append(step)
    if not runs:
        raise RecordUnusable(f"{path} holds no step.", "Record some runs.")
    return {run: tuple(sorted(steps, key=lambda step: step.number)) for run, steps in sorted(runs.items())}


def has_gap(steps: tuple[Step, ...]) -> bool:
    """Say whether a number is missing or stands there twice: then what happened is not known."""
    numbers = [step.number for step in steps]
    return numbers[0] not in (0, 1) or numbers != list(range(numbers[0], numbers[0] + len(numbers)))


def _step(path: str, number: int, line: str) -> Step:
    try:
        item = json.loads(line)
        at = item["step"]
        if isinstance(at, bool) or not isinstance(at, int):
            raise TypeError("step")
        texts = {key: item.get(key) or "" for key in ("run", "action", "agent", "human")}
        if not all(isinstance(text, str) for text in texts.values()) or not texts["run"] or not texts["action"]:
            raise TypeError("text")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordUnusable(
            f"{path}, line {number} is no step.", 'Write {"run": "r1", "step": 1, "action": "search"}.'
        ) from error
    return Step(number=at, **texts)
