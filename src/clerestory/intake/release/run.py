"""Makes a differentially private release: counts, holds the ledger, refuses what it cannot pay, adds noise, spends.

The output names no digest of the data: whoever knows all rows but one could try the last one out.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import inf
from pathlib import Path

from clerestory.assurance.privacy.budget_ledger import Entry
from clerestory.assurance.privacy.privacy_loss import enclosed, merged
from clerestory.assurance.privacy.released.answer import (
    mean_of,
    quantiles_of,
    step_of,
    sum_most,
)
from clerestory.intake.data import Dataset, find_dataset
from clerestory.intake.manifest import FILE_NAME, Manifest, read
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.protect.reading import read_table
from clerestory.intake.release.count import bounded, columns_of, counted
from clerestory.intake.release.ledger_file import MADE_HERE, opened
from clerestory.intake.release.noise import Draw, Source, best_source
from clerestory.intake.release.request import Budget, Question, Wanted, budget_of
from clerestory.intake.run import tool_version
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import moment_text

FORMAT = "clerestory-release"
_SOURCES = {
    "geometric": "two-sided geometric noise (Ghosh, Roughgarden and Sundararajan 2009)",
    "gaussian": "discrete normal noise (Canonne, Kamath and Steinke 2020)",
}


class BudgetSpent(ClerestoryError):
    """The release would spend more than the ceiling, or what was spent cannot be accounted for; nothing is released."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release that was made: the document that left, and what it did to the budget."""

    output: Path
    document: Mapping[str, object]
    before: float
    after: float
    ceiling: float
    delta: float
    ledger: str


def release(wanted: Wanted, *, now: datetime, source: Source | None = None) -> Released:
    """Make a release, or none.

    Args:
        wanted: what is asked for.
        now: the day of the entry.
        source: what draws the noise; `best_source` but in a test.

    Raises:
        BudgetSpent: it would cost more than is left.
        LedgerChanged, LedgerUnusable, LedgerNotWritten: the ledger cannot be relied on or written.
        ManifestUnusable: request, manifest and data do not fit.
    """
    source = source or best_source()
    manifest = read(wanted.folder / FILE_NAME)
    budget = budget_of(manifest, wanted.dataset)
    dataset = _dataset(wanted, manifest)
    if (wanted.folder / wanted.output).resolve() in {file.resolve() for file in dataset.source.files}:
        raise ManifestUnusable(f"{wanted.where} is the data itself.", "Write into another file.")
    names = columns_of(wanted, dataset.columns)
    # Where a question needs no column at all, one of them still says how many rows there are.
    frame = read_table(dataset, names or tuple(dataset.columns)[:1])
    people = max(budget.people or 0, frame.height, 1)  # as the check counts them
    if not 0 <= budget.delta < 1 / people:
        raise BudgetSpent(
            f"{budget.where}: delta {budget.delta:g} is not below 1 / {people}, the people of the data.",
            "Give a smaller delta.",
        )
    used = bounded(frame, wanted)
    exact = [counted(used, question) for question in wanted.questions]
    with opened(budget.ledger, budget.name) as ledger:
        before, after = _affordable(ledger.entries, wanted, budget)
        told = [_answer(q, vectors, wanted, source.draw) for q, vectors in zip(wanted.questions, exact, strict=True)]
        document = _document(wanted, budget, told, now)
        body = _body(document, told, csv_form=wanted.output.lower().endswith(".csv"))
        digest = hashlib.sha256(body).hexdigest()
        output = wanted.folder / wanted.output
        ledger.spend(
            [_entry(q, wanted, budget, now, f"{source.words}; sha256:{digest}") for q in wanted.questions],
            output,
            body,
        )
    return Released(
        output=output,
        document=document,
        before=before,
        after=after,
        ceiling=inf if budget.criterion.upper is None else budget.criterion.upper,
        delta=budget.delta,
        ledger=budget.name,
    )


def _dataset(wanted: Wanted, manifest: Manifest) -> Dataset:
    if wanted.input is not None:
        return find_dataset(wanted.input, wanted.folder, role="input", what=f"{wanted.file}: [release] input")
    if not manifest.data.current:
        raise ManifestUnusable(
            f"{wanted.file}: [release] names no input, and the manifest has no [data].", 'Add input = "people.parquet".'
        )
    return find_dataset(manifest.data.current, manifest.folder, role="input", what=manifest.where("data", "current"))


def _affordable(entries: Sequence[Entry], wanted: Wanted, budget: Budget) -> tuple[float, float]:
    """Return the epsilon spent before and after; refuse what cannot be accounted for or goes beyond the ceiling."""
    own = [entry for entry in entries if budget.dataset in (None, entry.dataset)]
    odd = [entry for entry in own if entry.unit != budget.unit or entry.release.mechanism == "declared"]
    if odd:
        raise BudgetSpent(
            f"{budget.name} has {len(odd)} entries that are declared only, or per another unit than {budget.unit}.",
            "Write how they were made, or account for them in a ledger of their own.",
        )
    spent = [entry.release for entry in own]
    asked = [question.price.release() for question in wanted.questions]
    before, after = (
        enclosed(merged(releases), budget.delta).epsilon if releases else 0.0 for releases in (spent, [*spent, *asked])
    )
    if not budget.criterion.holds(min(after, 1e300)):
        raise BudgetSpent(
            f"The release would bring the epsilon spent on {wanted.dataset!r} from {before:.4g} to {after:.4g} at "
            f"delta {budget.delta:g}, and the ceiling is {budget.criterion}. Nothing was released.",
            "Ask less, or with a smaller epsilon. Budget that is spent does not come back.",
        )
    return before, after


def _answer(question: Question, vectors: list[list[int]], wanted: Wanted, draw: Draw) -> list[Mapping[str, object]]:
    rows, cells = wanted.rows_per_person, question.cells()
    heads = [dict(zip(question.by, cell, strict=True)) for cell in cells]
    if question.what == "sum":
        step = step_of(question.lowest, question.highest)
        told, spread = draw(vectors[0], sum_most(question.lowest, question.highest, rows), question.price)
        return [{"group": h, "value": n * step, "noise": spread.half * step} for h, n in zip(heads, told, strict=True)]
    if question.what == "mean":
        half = question.price.of(Fraction(1, 2))
        wide = (question.highest - question.lowest) / 2
        step = step_of(-wide, wide)
        sums, _ = draw(vectors[0], sum_most(-wide, wide, rows), half)
        counts, _ = draw(vectors[1], rows, half)
        return [
            {"group": h, "value": mean_of(s * step, n, question.lowest, question.highest), "count": n}
            for h, s, n in zip(heads, sums, counts, strict=True)
        ]
    told, spread = draw(vectors[0], rows, question.price)
    if question.what == "count":
        return [{"group": h, "value": n, "noise": spread.half} for h, n in zip(heads, told, strict=True)]
    return list(_binned(question, heads, told, spread.half))


def _binned(
    question: Question, heads: Sequence[Mapping[str, str]], told: Sequence[int], half: float
) -> Iterator[Mapping[str, object]]:
    bins = len(question.edges) - 1
    for at, head in enumerate(heads):
        own = told[at * bins : (at + 1) * bins]
        if question.what == "quantiles":
            found = quantiles_of(own, question.edges, question.quantiles)
            yield from ({"group": head, "quantile": share, "value": value} for share, value in found.items())
        else:
            for lower, upper, n in zip(question.edges, question.edges[1:], own, strict=False):
                yield {"group": head, "from": lower, "to": upper, "value": n, "noise": half}


def _document(
    wanted: Wanted, budget: Budget, told: Sequence[Sequence[Mapping[str, object]]], now: datetime
) -> Mapping[str, object]:
    return {
        "format": FORMAT,
        "v": 1,
        "tool": f"clerestory {tool_version()}",
        "at": moment_text(now),
        "dataset": wanted.dataset,
        "unit": budget.unit,
        "rows_per_person": wanted.rows_per_person,
        "request": wanted.digest,
        "questions": [
            {
                "name": question.name,
                "what": question.what,
                "column": question.column,
                "mechanism": question.price.mechanism,
                "rho" if question.price.mechanism == "gaussian" else "epsilon": float(question.price.size),
                **(
                    {"lowest": question.lowest, "highest": question.highest} if question.what in ("sum", "mean") else {}
                ),
                "answers": list(answers),
            }
            for question, answers in zip(wanted.questions, told, strict=True)
        ],
    }


def _body(document: Mapping[str, object], told: Sequence[Sequence[Mapping[str, object]]], *, csv_form: bool) -> bytes:
    if not csv_form:
        return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    questions: list[Mapping[str, object]] = document["questions"]  # type: ignore[assignment]
    stream = io.StringIO()
    keys = ("quantile", "from", "to", "count", "value", "noise")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["question", "group", *keys])
    for question, answers in zip(questions, told, strict=True):
        for answer in answers:
            group = "; ".join(f"{name}={value}" for name, value in dict(answer["group"]).items())  # type: ignore[call-overload]
            writer.writerow([question["name"], group, *(answer.get(key, "") for key in keys)])
    return stream.getvalue().encode()


def _entry(question: Question, wanted: Wanted, budget: Budget, now: datetime, made_by: str) -> Mapping[str, object]:
    made = question.price.release()
    size = {"rho": made.rho} if made.mechanism == "zcdp" else {"epsilon": made.epsilon}
    return {
        "day": now.date().isoformat(),
        "what": question.name,
        "dataset": wanted.dataset,
        "unit": budget.unit,
        "mechanism": made.mechanism,
        **size,
        "source": f"{MADE_HERE} {tool_version()}: {_SOURCES[question.price.mechanism]}{made_by}",
    }
