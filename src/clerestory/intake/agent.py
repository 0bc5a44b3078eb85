"""The enforcement point under test: asked about one act at a time, as a Python entry or over HTTP.

The question is a JSON object: ``principal``, ``tool``, ``arguments``, ``context``, ``approved_by`` and ``key``. The
answer is one too: ``decision`` (``allowed``, ``denied`` or ``waits``), ``effects`` (texts, what happened by this act)
and ``text``. Anything else is no answer. A Python function gets the question and returns the answer as a dict.
"""

import time
from pathlib import Path
from typing import Protocol

from clerestory.assurance.trial import Act, Acted, Unanswered
from clerestory.intake.asking.endpoint import Endpoint
from clerestory.intake.asking.entry import Entry
from clerestory.intake.asking.key import bearer
from clerestory.intake.manifest.agent import AgentTable
from clerestory.terms.error import ClerestoryError

DECISIONS = ("allowed", "denied", "waits")
MOST_SILENT = 20


class AgentSilent(ClerestoryError):
    """The enforcement point gave no answer many times in a row: nothing is learnt by going on."""


class _Asked(Protocol):
    def __call__(self, document: object) -> object: ...


class AskedAgent:
    """Asks about acts in turn. ``once`` is the way of asking that takes a refusal for now as the answer it is."""

    def __init__(self, ask: _Asked, once: _Asked) -> None:
        self._ask, self._once = ask, once
        self._silent = 0

    def __call__(self, act: Act) -> Acted:
        """Return what came of an act.

        Raises:
            Unanswered: it raised, took too long, ended, or answered in another form.
            AgentSilent: so it did many times in a row.
        """
        started = time.monotonic()
        try:
            said = acted((self._once if act.once else self._ask)(question(act)), time.monotonic() - started)
        except Unanswered as error:
            self._silent += not act.once
            if self._silent >= MOST_SILENT and not act.once:
                raise AgentSilent(
                    f"The agent gave no answer {self._silent} times in a row; the last time: {error.problem}",
                    error.remedy,
                ) from error
            raise
        self._silent = 0
        return said


def asked_agent(folder: Path, table: AgentTable) -> AskedAgent:
    """Return the enforcement point that [agent] names; a process starts with the first act, in the manifest's folder.

    Raises:
        EndpointUnusable: the variable with the key is not set.
    """
    if table.entry is not None:
        entry = Entry(folder, table.entry, timeout_s=table.timeout_s)
        return AskedAgent(entry.call, entry.call)
    ways = [
        Endpoint(
            table.url or "",
            bearer(table.key_env),
            timeout_s=table.timeout_s,
            retries=retries,
            per_minute=None if retries == 0 else table.requests_per_minute,
        )
        for retries in (table.retries, 0)
    ]
    return AskedAgent(ways[0].post, ways[1].post)


def question(act: Act) -> dict[str, object]:
    """Return an act as the JSON object that the enforcement point gets."""
    return {
        "principal": act.principal,
        "tool": act.call.tool,
        "arguments": dict(act.call.arguments),
        "context": dict(act.context),
        "approved_by": act.approved_by,
        "key": act.key,
    }


def acted(said: object, seconds: float = 0.0) -> Acted:
    """Read what the enforcement point answered; raise `Unanswered` where it has another form."""
    if not isinstance(said, dict) or said.get("decision") not in DECISIONS:
        raise Unanswered(
            "The agent answered without a decision.", 'Answer {"decision": "allowed", "denied" or "waits", ...}.'
        )
    effects, text = said.get("effects", []), said.get("text", "")
    if not isinstance(effects, list) or not all(isinstance(item, str) for item in effects) or not isinstance(text, str):
        raise Unanswered(
            "The agent answered with effects or text of another form.", "Give effects as a list of texts, text as text."
        )
    return Acted(str(said["decision"]), tuple(effects), text, seconds)
