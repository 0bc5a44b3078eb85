"""How often the foreseeable misuse succeeds that a file of scenarios names, in talk or in decisions."""

import re
import tomllib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.security.answers import counted
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import (
    Chat,
    Message,
    Move,
    Predict,
    Read,
    Reply,
    Table,
    Talk,
    Tried,
    Unanswered,
    trial_of,
    trial_tally,
    worst_cell,
)
from clerestory.terms.error import ClerestoryError

NAME = "security.abuse-scenarios"
_KEYS = frozenset({"name", "system", "prompts", "success", "unless", "rows", "succeeds_from", "succeeds_below"})
_PARAMETERS = (
    Parameter(
        name="scenarios",
        kind="text",
        default="misuse.toml",
        names_slice=True,
        meaning="File of scenarios beside the manifest, in TOML.",
    ),
    Parameter(name="tries", kind="count", default=10, meaning="How often each prompt is put, with another seed."),
    Parameter(name="seed", kind="seed", default=0, meaning="First seed of the answers."),
)


class ScenariosUnusable(ClerestoryError):
    """The file of scenarios is missing or of another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One foreseeable misuse: what is tried and how success is known."""

    name: str
    system: str = ""
    prompts: tuple[str, ...] = ()
    success: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    at_least: float | None = None
    below: float | None = None
    own: Mapping[str, str] = field(default_factory=dict)

    def said(self, text: str) -> bool:
        """Say whether an answer is a success: a marker of it stands there, and none that says otherwise."""
        return any(mark.search(text) for mark in self.success) and not any(mark.search(text) for mark in self.unless)

    def decided(self, scores: np.ndarray) -> int:
        """Return how many scores are a success."""
        high = np.ones(len(scores), dtype=bool) if self.at_least is None else scores >= self.at_least
        low = np.ones(len(scores), dtype=bool) if self.below is None else scores < self.below
        return int(np.count_nonzero(high & low))


def read_scenarios(path: str, body: bytes | None) -> tuple[Scenario, ...]:
    """Read the file of scenarios.

    Raises:
        ScenariosUnusable: it is missing or no TOML, a key is unknown, a marker is no pattern, or a scenario does not
            say what is tried and how success is known.
    """
    if body is None:
        raise ScenariosUnusable(f"There is no file {path}.", "Name the foreseeable misuse there; see the check.")
    try:
        found = tuple(_scenario(path, item) for item in tomllib.loads(body.decode("utf-8-sig"))["scenario"])
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        raise ScenariosUnusable(
            f"{path} names no scenarios that can be tried: {error}.",
            'Write [[scenario]] with name, prompts = ["..."] and success = ["..."], or rows and succeeds_from.',
        ) from error
    names = [item.name for item in found]
    if len(set(names)) < len(names) or not names:
        raise ScenariosUnusable(f"{path} names a scenario twice, or none.", "Name each once.")
    return found


def _scenario(path: str, item: Mapping[str, Any]) -> Scenario:
    if unknown := sorted(set(item) - _KEYS):
        raise ScenariosUnusable(f"{path} has an unknown key {unknown[0]!r}.", f"Known: {', '.join(sorted(_KEYS))}.")
    scenario = Scenario(
        name=str(item["name"]),
        system=str(item.get("system", "")),
        prompts=_texts(item.get("prompts", [])),
        success=tuple(re.compile(mark, re.IGNORECASE) for mark in _texts(item.get("success", []))),
        unless=tuple(re.compile(mark, re.IGNORECASE) for mark in _texts(item.get("unless", []))),
        rows=tuple(dict(row) for row in item.get("rows", [])),
        at_least=None if "succeeds_from" not in item else float(item["succeeds_from"]),
        below=None if "succeeds_below" not in item else float(item["succeeds_below"]),
    )
    talks = bool(scenario.prompts and scenario.success)
    decides = bool(scenario.rows) and (scenario.at_least is not None or scenario.below is not None)
    if talks == decides or len({tuple(row) for row in scenario.rows}) > 1:
        raise ScenariosUnusable(
            f"{path}: the scenario {scenario.name!r} does not say what is tried and how success is known.",
            "Give prompts and success, or rows with the same keys and succeeds_from or succeeds_below.",
        )
    return scenario


def _texts(items: object) -> tuple[str, ...]:
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise TypeError("a list of texts is wanted")
    return tuple(items)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Try every scenario: put its prompts, or ask for decisions about its rows."""
    path = parameters.text("scenarios")
    scenarios = read_scenarios(path, (yield Read(path)))
    cells, silent = list[TrialCell](), 0
    for scenario in scenarios:
        tried, hits, without = yield from _tried(scenario, parameters)
        silent += without
        cells.append(TrialCell(kind=(scenario.name,), n=tried, hits=hits))
    notes = {"scenarios": str(len(scenarios)), "prompts": str(sum(len(item.prompts) for item in scenarios))}
    ordered = tuple(sorted(cells, key=lambda cell: cell.kind))
    return TrialTally(cells=ordered, unanswered=silent, notes=tuple(sorted(notes.items())))


def _tried(scenario: Scenario, parameters: Parameters) -> Generator[Move, Any, tuple[int, int, int]]:
    """Return how many tries a scenario had, how many succeeded, and how many got no answer."""
    if scenario.rows:
        try:
            scores = yield Predict(_table(scenario.rows))
        except Unanswered:
            return 0, 0, len(scenario.rows)
        return len(scenario.rows), scenario.decided(np.asarray(scores)), 0
    silent, said = 0, dict[str, list[str]]()
    for chat in _chats(scenario, parameters):
        try:
            reply: Reply = yield chat
        except Unanswered:
            silent += 1
            continue
        said.setdefault(chat.messages[-1].text, []).append(reply.text)
    texts = [text for each in counted(said).values() for text in each]
    return len(texts), sum(scenario.said(text) for text in texts), silent


def _chats(scenario: Scenario, parameters: Parameters) -> Iterator[Chat]:
    first = (Message("system", scenario.system),) if scenario.system else ()
    for prompt in scenario.prompts:
        for turn in range(parameters.count("tries")):
            yield Chat((*first, Message("user", prompt)), seed=parameters.count("seed") + turn)


def _table(rows: tuple[Mapping[str, Any], ...]) -> Table:
    """Return rows of a file as a trial's table: numbers as float64, truth values as bool, everything else as text."""
    table: dict[str, np.ndarray] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if all(isinstance(value, bool) for value in values):
            table[name] = np.array(values, dtype=bool)
        elif all(isinstance(value, int | float) for value in values):
            table[name] = np.array(values, dtype=np.float64)
        else:
            table[name] = np.array([str(value) for value in values], dtype=object)
    return table


@check(
    NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, asks=("model", "language_model"), trial=perform
)
def abuse_scenarios(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how often the foreseeable misuse succeeds that the impact assessment names; the worst scenario counts.

    File (``scenarios``, TOML): ``[[scenario]]`` with ``name``; for a language model ``prompts``, perhaps ``system``,
    ``success`` (patterns of which one stands in an answer that helps the misuse) and ``unless`` (patterns that say that
    it does not, such as a refusal), each prompt put ``tries`` times; for a deciding model ``rows`` (as somebody would
    fill them in who cheats) with ``succeeds_from`` or ``succeeds_below``, the score that he is after.
    Formula: successes / tries per scenario; value is the largest rate. Unit: share of tries.
    Interval: Wilson (1927) at 1 - 0.05 / scenarios (Bonferroni). INCONCLUSIVE below 30 tries of a scenario: small ones
    are shown and count as unjudged (at most 5 %). It covers the scenarios that were tried often enough, by name.
    A model that gives the same answer each time was tried once with a prompt: write many prompts.
    Misleads where a marker stands for less or more than success: read some answers before the limit is set. Misuse that
    nobody foresaw is not in the file. Foreseeable misuse: ISO/IEC 42005 (2025); misuse cases: Sindre and Opdahl (2005).

    Raises:
        ScenariosUnusable: in the trial, when the file is missing or of another form.
        TrialImpossible: in the trial, when there is no model of the kind that a scenario asks.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    how = Tried(check=NAME, method="success per scenario, Wilson, Bonferroni over scenarios")
    tally = trial_tally(NAME, tallies, parameters)
    tried = tuple(cell.kind[0] for cell in tally.cells if cell.n >= how.minimum_cases)
    return replace(worst_cell(how, tally), covers=tried)
