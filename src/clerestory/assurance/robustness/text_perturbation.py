"""Share of decisions that change when a text is written another way, or move against what was added to it."""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.robustness import wording
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import (
    Move,
    Predict,
    Sample,
    Sampled,
    Table,
    Talk,
    Tried,
    Unanswered,
    trial_of,
    trial_tally,
    worst_cell,
)
from clerestory.assurance.trial.asking import FEATURES, THRESHOLD
from clerestory.terms.error import ClerestoryError

NAME = "robustness.text-perturbation"
RAISES, LOWERS = "raises", "lowers"
_PARAMETERS = (
    FEATURES,
    Parameter(
        name="texts",
        kind="columns",
        required=True,
        names_slice=True,
        meaning="Columns of text that are written another way, one at a time.",
    ),
    Parameter(
        name="kinds",
        kind="texts",
        default=tuple(wording.SAME),
        names_slice=True,
        meaning="What happens to them: typo, case, look-alike, space, form, name.",
    ),
    Parameter(
        name="words",
        kind="count",
        default=1,
        names_slice=True,
        meaning="Words of a text that get a typo or look-alikes.",
    ),
    Parameter(
        name="keep", kind="texts", meaning="Words that carry the meaning and keep their spelling, besides negations."
    ),
    Parameter(
        name="names",
        kind="texts",
        names_slice=True,
        meaning="Names of which one takes the place of another; without any, none is swapped.",
    ),
    Parameter(
        name="paraphrases",
        kind="table of column",
        names_slice=True,
        meaning="Column with the same text in other words, as a person wrote it, by column of text.",
    ),
    Parameter(
        name="raises",
        kind="texts",
        names_slice=True,
        meaning="Sentences that, added to a text, must not lower the score.",
    ),
    Parameter(
        name="lowers",
        kind="texts",
        names_slice=True,
        meaning="Sentences that, added to a text, must not raise the score.",
    ),
    Parameter(
        name="tolerance",
        kind="number",
        default=0.0,
        names_slice=True,
        meaning="Movement of the score in the wrong direction that is not counted.",
    ),
    THRESHOLD,
    Parameter(name="rows", kind="count", default=1_000, meaning="Rows that are tried at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of the changes."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    for kind in parameters.texts("kinds"):
        if kind not in wording.SAME:
            raise ParameterRefused(f"{NAME}: there is no kind {kind!r}.", f"Choose of: {', '.join(wording.SAME)}.")
    for column in parameters.texts("texts"):
        if column not in parameters.texts("features"):
            raise ParameterRefused(f"{NAME} changes {column!r}, which the model does not take.", "Take it out.")
    for column in parameters.table("paraphrases"):
        if column not in parameters.texts("texts"):
            raise ParameterRefused(f"{NAME}: paraphrases names {column!r}, which is not in texts.", "Name it there.")
    if len(parameters.texts("names")) == 1:
        raise ParameterRefused(f"{NAME}: one name cannot be swapped.", "Give two names at least.")
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Ask for decisions about texts as they are and about each other way to write them."""
    features, threshold = parameters.texts("features"), parameters.number("threshold")
    others = tuple(str(column) for column in parameters.table("paraphrases").values())
    columns = tuple(dict.fromkeys((*features, *others)))
    sampled: Sampled = yield Sample(columns, parameters.count("rows"), parameters.count("seed"))
    rows = len(next(iter(sampled.table.values()), ()))
    _require_text(sampled.table, (*parameters.texts("texts"), *others))
    inputs = {name: sampled.table[name] for name in features}
    scores = np.asarray((yield Predict(inputs)), dtype=np.float64)
    cells, left_out, no_score, silent = [], [], [], 0
    for kind, column, changed in _changes(sampled.table, parameters):
        place = np.flatnonzero([new != old for new, old in zip(changed, sampled.table[column], strict=True)])
        if not len(place):
            left_out.append(f"{kind} {column}")
            continue
        table = {name: values[place] for name, values in inputs.items()} | {column: changed[place]}
        try:
            moved = yield from _asked(table, inputs)
        except Unanswered:
            silent += len(place)
            continue
        if np.isnan(moved).any():
            no_score.append(f"{int(np.isnan(moved).sum())} of {kind} {column}")
        hits = _hits(kind, moved, scores[place], threshold, parameters.number("tolerance"))
        cells.append(TrialCell(kind=(kind, column), n=len(place), hits=hits))
    notes = {"rows": f"{rows} of {sampled.total}", "seed": str(parameters.count("seed"))}
    if left_out:
        notes["changed no text"] = ", ".join(left_out)
    if no_score:
        notes["refused by the model"] = ", ".join(no_score)
    return TrialTally(
        cells=tuple(sorted(cells, key=lambda cell: cell.kind)), unanswered=silent, notes=tuple(sorted(notes.items()))
    )


def _asked(table: Table, as_they_were: Table) -> Generator[Move, Any, NDArray[np.float64]]:
    """Ask for scores; not a number for a row that the model refuses, found by halves. A model that is gone raises."""
    rows = len(next(iter(table.values())))
    try:
        return np.asarray((yield Predict(table)), dtype=np.float64)
    except Unanswered:
        raise
    except ClerestoryError:
        yield Predict({name: values[:1] for name, values in as_they_were.items()})
        if rows == 1:
            return np.full(1, np.nan)
    first = yield from _asked({name: values[: rows // 2] for name, values in table.items()}, as_they_were)
    second = yield from _asked({name: values[rows // 2 :] for name, values in table.items()}, as_they_were)
    return np.concatenate([first, second])


def _require_text(table: Table, columns: tuple[str, ...]) -> None:
    for column in columns:
        if any(value is not None and not isinstance(value, str) for value in table[column].tolist()):
            raise ParameterRefused(f"{NAME}: column {column!r} holds no text.", "Name columns of text.")


def _changes(table: Table, parameters: Parameters) -> Iterator[tuple[str, str, NDArray[np.object_]]]:
    """Return the kind of change, its column, and the column as it is after it."""
    draw = np.random.default_rng(parameters.count("seed"))
    for column in parameters.texts("texts"):
        texts = [value for value in table[column].tolist() if value is not None]
        words = wording.Words(
            known=wording.words_in(texts),
            keep=wording.NEGATIONS | {word.casefold() for word in parameters.texts("keep")},
            many=parameters.count("words"),
            names=parameters.texts("names"),
        )
        for kind in parameters.texts("kinds"):
            yield kind, column, _each(table[column], _rewritten(kind, words, draw))
        if column in parameters.table("paraphrases"):
            other = table[str(parameters.table("paraphrases")[column])]
            lacking = np.array([text is None for text in other.tolist()], dtype=np.bool_)
            yield "paraphrase", column, np.where(lacking, table[column], other)
        for kind in (RAISES, LOWERS):
            for at, sentence in enumerate(parameters.texts(kind)):
                yield f"{kind} {at + 1}", column, _each(table[column], partial(_with, end=sentence))


def _each(texts: NDArray[np.object_], change: Callable[[str], str]) -> NDArray[np.object_]:
    return np.array([None if text is None else change(text) for text in texts.tolist()], dtype=object)


def _rewritten(kind: str, words: wording.Words, draw: np.random.Generator) -> Callable[[str], str]:
    return lambda text: wording.SAME[kind](text, words, draw)


def _with(text: str, end: str) -> str:
    return f"{text} {end}"


def _hits(
    kind: str, moved: NDArray[np.float64], scores: NDArray[np.float64], threshold: float, tolerance: float
) -> int:
    """Count the decisions that changed, or the scores that moved the wrong way; no score at all is a changed one."""
    gone = np.isnan(moved)
    if kind.startswith((RAISES, LOWERS)):
        rise = moved - scores if kind.startswith(RAISES) else scores - moved
        return int(np.count_nonzero(gone | (rise < -tolerance)))
    return int(np.count_nonzero(gone | ((moved >= threshold) != (scores >= threshold))))


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, needs=("model",), trial=perform)
def text_perturbation(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how many decisions change when a text is written another way; the worst kind of change counts.

    Formula: per kind and column the cases that fail / the cases that the change touched. Invariance: the decision
    (score >= threshold) differs from that about the text as it was, after a typo (letters exchanged, left out or
    doubled inside a word), another case, look-alike letters of another alphabet (Unicode Technical Standard 39),
    other white space, the other Unicode form of an accent, another name of those given, or other words of the same
    meaning that a person wrote (``paraphrases``). Direction: a sentence is added that must not lower (``raises``) or
    not raise (``lowers``) the score, and it moves the wrong way by more than the tolerance. A text that the model
    refuses to score has no decision and fails. The value is the largest such rate. Unit: share of cases. Interval:
    Wilson (1927) per cell at 1 - 0.05 / cells (Bonferroni), so that all hold at once. Kinds with fewer than 30 cases
    are shown, not judged; above 5 % of the cases in such kinds or without an answer the check is INCONCLUSIVE.
    Left out, because they can change the true answer: negations and the words to ``keep``, typos that make a word of
    the texts, words under four letters, numbers, abbreviations in capitals; texts that a change leaves as they are
    are no cases. Invariance and directional tests: Ribeiro et al. (2020). The limit is the organisation's: no
    standard gives one. Misleads where a name truly matters to the decision, or an added sentence contradicts the
    text; and one kind of typo that a model withstands says nothing of an attacker who searches for the worst one.

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask or a kind is not known.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    how = Tried(check=NAME, method="flip rate, Wilson, Bonferroni over column and kind")
    return worst_cell(how, trial_tally(NAME, tallies, parameters))
