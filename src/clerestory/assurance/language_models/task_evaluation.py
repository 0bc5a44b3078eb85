"""Share of tasks that a language model does right, scored exactly, by pattern, by number or by a judge."""

import re
from collections import Counter
from collections.abc import Generator
from typing import Any

from clerestory.assurance.dialogue.campaign import SEED, said
from clerestory.assurance.dialogue.corpus import OWN, CorpusUnusable, Row, chosen, is_text, rows_of
from clerestory.assurance.dialogue.injection import expecting, names_of
from clerestory.assurance.dialogue.judging import (
    AGREEMENT,
    CALIBRATION,
    INDEPENDENT,
    JUDGE,
    agreement_of,
    asked,
    calibration_cells,
    labelled,
    labels_said,
    seen,
)
from clerestory.assurance.dialogue.reading import plain
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.interval import Interval, critical, weighted_sum
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Message, Move, Talk, trial_of, trial_tally

NAME = "language_models.task-evaluation"
MINIMUM_ITEMS = 30
ITEM, SAME = "item", "same every time"
SCORED, JUDGED = "scored", "judged"
_EXACT, _REGEX, _NUMERIC, _JUDGE = "exact", "regex", "numeric", "judge"
_QUESTION = "Does the reply meet the rubric in every point?"
_NUMBER = re.compile(r"-?\d+(?:[ ,]\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PARAMETERS = (
    OWN,
    SEED,
    JUDGE,
    AGREEMENT,
    INDEPENDENT,
    Parameter(name="skills", kind="texts", names_slice=True, meaning="Skills that are tried; all of the corpus."),
    Parameter(name="tries", kind="count", default=1, meaning="Times that each task is put; the first one counts."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold the judge, where there is one, against graded replies; then put every task."""
    corpora = yield from chosen("task-evaluation", parameters)
    rows = rows_of(corpora, "item", {"skill": is_text, "prompt": is_text, "scoring": is_text, "expected": _is_given})
    items = _chosen_items(rows, parameters)
    pairs: list[tuple[bool, bool | None]] = []
    known: tuple[Row, ...] = ()
    if any(row["scoring"] == _JUDGE for row in items):
        needs = {"prompt": is_text, "rubric": is_text, "reply": is_text, "right": lambda value: isinstance(value, bool)}
        known = labelled(rows_of(corpora, "graded", needs), parameters)
        for row in known:
            grade = yield from _judged(str(row["prompt"]), str(row["rubric"]), str(row["reply"]), parameters)
            pairs.append((bool(row["right"]), grade))
    n, hits, unanswered = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), 0
    for row in items:
        grades = []
        for attempt in range(parameters.count("tries")):
            reply = yield from said((Message("user", str(row["prompt"])),), parameters.count("seed") + attempt)
            grades.append(None if reply is None else (yield from _graded(row, reply, parameters)))
        if grades[0] is None:
            unanswered += 1
            continue
        kind = (ITEM, JUDGED if row["scoring"] == _JUDGE else SCORED, str(row["skill"]))
        n[kind] += 1
        hits[kind] += grades[0]
        if len(grades) > 1 and None not in grades:
            n[SAME, str(row["skill"])] += 1
            hits[SAME, str(row["skill"])] += len(set(grades)) == 1
    cells = [TrialCell(kind=kind, n=n[kind], hits=hits[kind]) for kind in n] + calibration_cells(pairs)
    notes = {"corpus": "; ".join(names_of(corpora)), "tasks": f"{len(items)} of {len(rows)}"}
    notes |= labels_said(known)
    return TrialTally(
        cells=tuple(sorted(cells, key=lambda cell: cell.kind)),
        unanswered=unanswered,
        notes=tuple(sorted(notes.items())),
    )


def _chosen_items(rows: tuple[Row, ...], parameters: Parameters) -> tuple[Row, ...]:
    skills, wanted = sorted({str(row["skill"]) for row in rows}), parameters.texts("skills")
    for skill in wanted:
        if skill not in skills:
            raise CorpusUnusable(f"The corpus has no skill {skill!r}.", f"It has: {', '.join(skills)}.")
    for row in rows:
        _require_scoring(row)
    return tuple(
        row
        for row in rows
        if (not wanted or row["skill"] in wanted) and (row["scoring"] != _JUDGE or parameters.flag("judge"))
    )


def _require_scoring(row: Row) -> None:
    scoring, expected = row["scoring"], row["expected"]
    number = isinstance(expected, int | float) and not isinstance(expected, bool)
    tolerance = row.get("tolerance", 0)
    if scoring not in (_EXACT, _REGEX, _NUMERIC, _JUDGE):
        problem = f"scoring is {scoring!r}"
    elif (scoring == _NUMERIC) != number:
        problem = f"expected is {expected!r}, and scoring is {scoring}"
    elif isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or tolerance < 0:
        problem = f"tolerance is {tolerance!r}"
    else:
        return
    raise CorpusUnusable(
        f"The corpus, line {row['line']}: {problem}.",
        "Score exact, regex or judge with a text, or numeric with a number and a tolerance.",
    )


def _graded(row: Row, reply: str, parameters: Parameters) -> Generator[Move, Any, bool | None]:
    if row["scoring"] == _JUDGE:
        return (yield from _judged(str(row["prompt"]), str(row["expected"]), reply, parameters))
    if row["scoring"] == _REGEX:
        return expecting(row, "expected")(reply)
    if row["scoring"] == _NUMERIC:
        return is_number(reply, float(row["expected"]), float(row.get("tolerance", 0)))
    return _bare(reply) == _bare(str(row["expected"]))


def _judged(prompt: str, rubric: str, reply: str, parameters: Parameters) -> Generator[Move, Any, bool | None]:
    material = {"Task": prompt, "Rubric": rubric, "Reply": reply}
    return (yield from asked(_QUESTION, material, parameters.count("seed")))


def is_number(reply: str, expected: float, tolerance: float) -> bool:
    """Return whether the last number of a reply is the expected one; thousands may be set apart by commas."""
    found = _NUMBER.findall(plain(reply))
    if not found:
        return False
    value = float(found[-1].replace(",", "").replace(" ", ""))
    return abs(value - expected) <= tolerance + 1e-9 * max(abs(expected), 1.0)


def _bare(text: str) -> str:
    return " ".join(plain(text).strip().strip("\"'.").split())


def _is_given(value: object) -> bool:
    return is_text(value) or (isinstance(value, int | float) and not isinstance(value, bool))


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("language_model",),
    better="higher",
    trial=perform,
)
def task_evaluation(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the share of tasks that the model does right at the first try.

    Formula: right / tasks answered. A task is right where the reply is the expected text (letters as they are, spaces
    and the last point aside), holds the expected pattern, ends with the expected number within the tolerance, or meets
    the rubric for a judge. What a judge saw is corrected for its errors on graded replies, (p + Sp - 1) / (Se + Sp - 1)
    (Rogan and Gladen 1978), and weighted with the rest by numbers of tasks. Unit: share of tasks. Interval: Wilson
    (1927) for what is scored without judge; for what is judged one that reaches over that of Lang and Reiczigel (2014)
    and Wilson's; both together by recovery of variances (Zou and Donner 2008). INCONCLUSIVE below 30 tasks; judge not
    calibrated where tasks are judged and the lower end of kappa with graded replies is under ``min_agreement`` or fewer
    than 30 are graded. Judged tasks are left out unless ``judge`` is true. Skills are shown, not judged one by one;
    sameness over repeated tries stands beside. The limit is the organisation's, and so should be the corpus: the
    shipped one is small and general. Misleads where tasks stood in the training data. Liang et al. (2023), HELM; Zheng
    et al. (2023) on judges.

    Raises:
        ParameterRefused: through `Check.complete`, when no language model is named.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    agreement = agreement_of(tally)
    scored, judged = _total(tally, SCORED), _total(tally, JUDGED)
    n = scored[1] + judged[1]
    parts: list[tuple[Interval, int]] = []
    reason: Reason | None = None
    if scored[1]:
        parts.append((wilson(*scored), scored[1]))
    if judged[1]:
        if agreement.errors.informative:
            parts.append((seen(*judged, agreement.errors, z=critical()), judged[1]))
        if not agreement.suffices(parameters.number("min_agreement")):
            reason = Reason.NOT_CALIBRATED
    found: Interval | None = None
    if n < MINIMUM_ITEMS:
        reason = Reason.INSUFFICIENT_DATA
    elif sum(weight for _, weight in parts) == n:
        found = weighted_sum([part for part, _ in parts], [weight / n for _, weight in parts])
    tried = n + tally.unanswered
    return Measurement(
        check=NAME,
        method="share right, Wilson, judged tasks corrected for the judge",
        method_version="1",
        value=None if found is None else min(found.value, 1.0),
        low=None if found is None else max(found.low, 0.0),
        high=None if found is None else max(min(found.high, 1.0), min(found.value, 1.0)),
        n=n,
        by_group=(
            *(_shown(cell) for cell in tally.cells if cell.kind[0] != CALIBRATION),
            *((agreement.shown(),) if agreement.known or agreement.silent else ()),
        ),
        share_unassessable=tally.unanswered / tried if tried else 1.0,
        max_unjudged_share=0.05,
        reason=reason,
        details=dict(tally.notes) | ({"tasks without an answer": str(tally.unanswered)} if tally.unanswered else {}),
    )


def _total(tally: TrialTally, how: str) -> tuple[int, int]:
    cells = [cell for cell in tally.cells if cell.kind[:2] == (ITEM, how)]
    return sum(cell.hits for cell in cells), sum(cell.n for cell in cells)


def _shown(cell: TrialCell) -> GroupResult:
    rate = wilson(cell.hits, cell.n)
    name = f"{SAME}: {cell.kind[1]}" if cell.kind[0] == SAME else ", ".join(cell.kind[1:][::-1])
    return GroupResult(
        group=name, value=rate.value, low=rate.low, high=rate.high, n=cell.n, assessed=False,
        note=f"{cell.hits} of {cell.n}; shown beside",
    )  # fmt: skip
