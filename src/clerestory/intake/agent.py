"""The enforcement point under test: asked about one act at a time, as a Python entry or over HTTP.

The question is a JSON object: ``principal``, ``tool``, ``arguments``, ``context``, ``approved_by`` and ``key``. The
answer is one too: ``decision`` (``allowed``, ``denied`` or ``waits``), ``effects`` (texts, what happened by this act)
and ``text``. Anything else is no answer. A Python function gets the question and returns the answer as a dict.
"""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from clerestory.assurance.trial import Act, Acted, Unanswered
from clerestory.intake.asking.endpoint import Endpoint
from clerestory.intake.asking.entry import Entry
from clerestory.intake.asking.key import bearer
from clerestory.intake.data import file_digest
from clerestory.intake.manifest.agent import AgentTable
from clerestory.terms.error import ClerestoryError

DECISIONS = ("allowed", "denied", "waits")
MOST_SILENT = 20
_Way = Callable[[object], object]


class AgentSilent(ClerestoryError):
    """The enforcement point gave no answer many times in a row: nothing is learnt by going on."""


class AskedAgent:
    """Asks about acts in turn. ``notes`` say which enforcement point answers.

    A process starts with the first act, and a key is read with the first question, so that other checks run without.
    """

    def __init__(self, folder: Path, table: AgentTable) -> None:
        self._folder, self._table = folder, table
        self._ways: dict[bool, _Way] = {}
        self._silent = 0
        self.notes = {"agent": _name(folder, table)}

    def __call__(self, act: Act) -> Acted:
        """Return what came of an act.

        Raises:
            Unanswered: it raised, took too long, ended, or answered in another form.
            AgentSilent: so it did many times in a row.
            EntryUnusable, EndpointUnusable: it cannot be asked at all.
        """
        way = self._way(once=act.once)
        started = time.monotonic()
        try:
            said = acted(way(question(act)), time.monotonic() - started)
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

    def _way(self, *, once: bool) -> _Way:
        """Return how to ask; ``once`` takes a refusal for now as the answer that it is."""
        table = self._table
        if table.entry is not None:
            if not self._ways:
                self._ways[False] = Entry(self._folder, table.entry, timeout_s=table.timeout_s).ask
            return self._ways[False]
        if once not in self._ways:
            self._ways[once] = Endpoint(
                table.url or "",
                bearer(table.key_env),
                timeout_s=table.timeout_s,
                retries=0 if once else table.retries,
                per_minute=None if once else table.requests_per_minute,
            ).ask
        return self._ways[once]


def _name(folder: Path, table: AgentTable) -> str:
    """Name the enforcement point: its address, or its function with the digest of the module's file."""
    if table.entry is None:
        parts = urlsplit(table.url or "")
        return f"{parts.scheme}://{parts.netloc}{parts.path}"
    file = folder / (table.entry.partition(":")[0].replace(".", "/") + ".py")
    return f"{table.entry} {file_digest(file)}" if file.is_file() else table.entry


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
