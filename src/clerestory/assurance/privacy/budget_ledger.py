"""The ledger of differentially private releases and training runs, read strictly: a wrong entry is one clear error."""

import csv
import io
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite

from clerestory.assurance.privacy.privacy_loss import MECHANISMS, Release, batches_as_passes
from clerestory.terms.error import ClerestoryError

KEYS = (
    "day", "what", "dataset", "unit", "mechanism", "sensitivity", "noise", "sampling_rate", "sampling", "steps", "runs",
    "epsilon", "delta", "rho", "source",
)  # fmt: skip
"""What an entry may say; ``dataset``, ``unit`` and ``mechanism`` it must say."""
_MOST = 10**12
_LONGEST = 120
"""Letters of what was released that are kept for people."""
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "gaussian": ("sensitivity", "noise"),
    "laplace": ("sensitivity", "noise"),
    "randomized response": ("epsilon",),
    "pure": ("epsilon", "source"),
    "zcdp": ("rho", "source"),
    "declared": ("epsilon",),
}


class LedgerUnusable(ClerestoryError):
    """The ledger of releases is missing, unreadable, or an entry says too little or something impossible."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: on which data, per which unit of privacy, what was released, and when if it says so."""

    dataset: str
    unit: str
    release: Release
    shuffled: bool
    day: str = ""
    what: str = ""


def read_ledger(path: str, body: bytes | None) -> tuple[Entry, ...]:
    """Read a ledger from TOML (``[[release]]``), JSON (``{"release": [...]}`` or a list) or CSV with a header.

    Raises:
        LedgerUnusable: there is no such file, it is of another form, or an entry is wrong.
    """
    if body is None:
        raise LedgerUnusable(f"There is no ledger {path}.", "Write every release and training run into it.")
    entries = _tables(path, body)
    return tuple(_Line(f"{path}, release {at}", table).entry() for at, table in enumerate(entries, start=1))


def _tables(path: str, body: bytes) -> Sequence[Mapping[str, object]]:
    ending = path.rpartition(".")[2].lower()
    remedy = "Write it as TOML with [[release]], as JSON, or as CSV with a header."
    try:
        text = body.decode("utf-8-sig")
        if ending == "csv":
            found: object = [
                {key: item for key, item in row.items() if item} for row in csv.DictReader(io.StringIO(text))
            ]
        elif ending in ("toml", "json"):
            found = tomllib.loads(text) if ending == "toml" else json.loads(text)
        else:
            raise LedgerUnusable(f"{path} ends in none of .toml, .json and .csv.", remedy)
    except ValueError as error:
        raise LedgerUnusable(f"{path} cannot be read: {error}.", remedy) from error
    if isinstance(found, Mapping):
        found = found.get("release", None if found else [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise LedgerUnusable(f"{path} holds no list of releases.", remedy)
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    where: str
    table: Mapping[str, object]

    def entry(self) -> Entry:
        unknown = [key for key in self.table if key not in KEYS]
        if unknown:
            raise LedgerUnusable(f"{self.where} has an unknown key {unknown[0]!r}.", f"Known are: {', '.join(KEYS)}.")
        mechanism = self._text("mechanism")
        if mechanism not in MECHANISMS:
            raise LedgerUnusable(f"{self.where}: mechanism is {mechanism!r}.", f"Choose of: {', '.join(MECHANISMS)}.")
        for key in _NEEDS[mechanism]:
            if key not in self.table:
                raise LedgerUnusable(
                    f"{self.where}: a {mechanism} mechanism needs {key}.",
                    "Add it, or call the mechanism declared when nobody knows more than the claim.",
                )
        day = self._day()
        rate = self._number("sampling_rate", 1.0, highest=1.0)
        if rate < 1 and mechanism in ("zcdp", "declared"):
            raise LedgerUnusable(f"{self.where}: {mechanism} cannot be amplified by sampling.", "Leave it out.")
        steps = self._count("steps")
        shuffled = rate < 1 and self._sampling() == "shuffle"
        times = (batches_as_passes(rate, steps) if shuffled else steps) * self._count("runs")
        release = self._release(mechanism, 1.0 if shuffled else rate, times)
        what = " ".join(str(self.table.get("what", "")).split())[:_LONGEST]
        return Entry(self._text("dataset"), self._text("unit"), release, shuffled, day, what)

    def _release(self, mechanism: str, rate: float, times: int) -> Release:
        noisy = mechanism in ("gaussian", "laplace")
        return Release(
            mechanism=mechanism,
            noise=self._number("noise") / self._number("sensitivity") if noisy else 0.0,
            epsilon=self._number("epsilon") if "epsilon" in _NEEDS[mechanism] else 0.0,
            delta=self._number("delta", 0.0, highest=1.0) if mechanism == "declared" else 0.0,
            rho=self._number("rho") if mechanism == "zcdp" else 0.0,
            sampling_rate=rate,
            times=times,
        )

    def _sampling(self) -> str:
        """Amplification is proven for Poisson samples; whoever shuffles must say so, and nobody may leave it open."""
        found = self.table.get("sampling")
        if found not in ("poisson", "shuffle"):
            raise LedgerUnusable(
                f"{self.where}: sampling is {found!r}, and batches are drawn or shuffled.",
                'Say sampling = "poisson" or "shuffle", as the code does it.',
            )
        return str(found)

    def _text(self, key: str) -> str:
        found = self.table.get(key)
        if not isinstance(found, str) or not found.strip():
            raise LedgerUnusable(f"{self.where} says no {key}.", f'Add {key} = "...".')
        return found.strip().lower() if key in ("mechanism", "unit") else found.strip()

    def _number(self, key: str, default: float | None = None, *, highest: float = 1e300) -> float:
        found = self.table.get(key, default)
        try:
            number = float(found) if isinstance(found, int | float | str) and not isinstance(found, bool) else -1.0
        except ValueError:
            number = -1.0
        least = 0.0 if key == "delta" else 5e-324
        if not isfinite(number) or not least <= number <= highest:
            raise LedgerUnusable(f"{self.where}: {key} is {found!r}.", "Give a positive number of the size it can be.")
        return number

    def _count(self, key: str) -> int:
        number = self._number(key, 1, highest=_MOST)
        if number != int(number) or number < 1:
            raise LedgerUnusable(f"{self.where}: {key} is {number:g}.", "Give a whole number from 1 on.")
        return int(number)

    def _day(self) -> str:
        found = self.table.get("day")
        if found is None:
            return ""
        if isinstance(found, date):
            return f"{found:%Y-%m-%d}"
        try:
            return date.fromisoformat(str(found)).isoformat()
        except ValueError as error:
            raise LedgerUnusable(f"{self.where}: day is {found!r}.", "Write it as 2026-11-21.") from error
