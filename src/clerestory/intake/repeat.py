"""Whether a run gives the same numbers as an earlier one, check by check, and what was not the same to begin with."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

from clerestory.intake.result import FORMAT, VERSION, Run
from clerestory.terms.error import ClerestoryError

SAME, DIFFERENT, GONE, NEW = "same", "different", "gone", "new"


class RunUnreadable(ClerestoryError):
    """A file is no run that this version wrote."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One check in both runs: same, different, gone from this run, or new in it; ``before`` and ``now`` are values."""

    name: str
    outcome: str
    before: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The comparison of two runs. ``origins`` are pairs of what differs in data, model, code or libraries."""

    checks: tuple[Compared, ...]
    origins: tuple[tuple[str, str, str], ...]

    @property
    def is_same(self) -> bool:
        """Whether every check of the earlier run is there and gives the same numbers."""
        return all(check.outcome in (SAME, NEW) for check in self.checks)


def read_run(file: Path) -> Mapping[str, Any]:
    """Read the file of an earlier run.

    Raises:
        RunUnreadable: there is no such file, or it is no run of this version.
    """
    try:
        document = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise RunUnreadable(f"There is no run {file}.", "Name a file that `clerestory check --out` wrote.") from error
    except (OSError, ValueError) as error:
        raise RunUnreadable(f"{file} is no run: {error}.", "Name a file that `clerestory check` wrote.") from error
    if not isinstance(document, dict) or (document.get("format"), document.get("v")) != (FORMAT, VERSION):
        raise RunUnreadable(f"{file} is no run of this version.", "Name a file that `clerestory check` wrote.")
    return document


def compare(before: Mapping[str, Any], run: Run) -> Repeated:
    """Compare an earlier run with this one. Numbers are the same up to the last digits of another machine.

    Raises:
        RunUnreadable: the earlier run lacks a part.
    """
    now = run.document()
    try:
        old, new = (_checks(document) for document in (before, now))
        return Repeated(tuple(_compared(old, new)), tuple(_origins(before, now)))
    except (KeyError, TypeError, AttributeError) as error:
        raise RunUnreadable(f"The earlier run lacks {error}.", "Name a file that `clerestory check` wrote.") from error


def _checks(document: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {(check["name"], check["criterion"], check["slice"]): check for check in document["checks"]}


def _compared(
    old: Mapping[tuple[str, str, str], Mapping[str, Any]], new: Mapping[tuple[str, str, str], Mapping[str, Any]]
) -> Iterator[Compared]:
    for key, check in old.items():
        name = " ".join(part for part in key if part)
        if key not in new:
            yield Compared(name, GONE, _said(check))
            continue
        parts = ("outcome", "verdict", "measurement")
        alike = all(same(check.get(part), new[key].get(part)) for part in parts)
        yield Compared(name, SAME if alike else DIFFERENT, _said(check), _said(new[key]))
    for key, check in new.items():
        if key not in old:
            yield Compared(" ".join(part for part in key if part), NEW, "", _said(check))


def _said(check: Mapping[str, Any]) -> str:
    found = check.get("measurement") or {}
    return f"{check.get('verdict') or check['outcome']} {found.get('value', '')}".strip()


def _origins(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between the runs besides their numbers: what, before, now."""
    old, new = _named(before), _named(now)
    for what in sorted({*old, *new}):
        if old.get(what, "") != new.get(what, ""):
            yield what, old.get(what, ""), new.get(what, "")


def _named(document: Mapping[str, Any]) -> dict[str, str]:
    named = {"manifest": document["manifest_digest"], "engine": document["engine"]}
    named |= {f"{use} data": dataset["content_digest"] for use, dataset in document["data"].items()}
    if document.get("model"):
        named["model"] = document["model"]["artefact_digest"]
    named["clerestory"] = document["tool"]["version"]
    return named | dict(document.get("environment") or {})


def same(said: object, computed: object) -> bool:
    """Say whether two parts agree; numbers written as text may differ in the last digits of another machine."""
    if isinstance(said, Mapping) and isinstance(computed, Mapping):
        return said.keys() == computed.keys() and all(same(said[key], computed[key]) for key in said)
    if isinstance(said, list) and isinstance(computed, list):
        return len(said) == len(computed) and all(map(same, said, computed))
    if isinstance(said, str) and isinstance(computed, str) and said != computed:
        try:
            return isclose(float(said), float(computed), rel_tol=1e-9, abs_tol=1e-12)
        except ValueError:
            return False
    return type(said) is type(computed) and said == computed
