"""One decision explained: the reasons for it, and the cheapest feasible change that would have turned it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from clerestory.assurance.explainability.shapley import Floats
from clerestory.assurance.robustness.feasible import Rules, space_of
from clerestory.assurance.robustness.search import Search
from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial import Move, Predict, Table, Unanswered

Ask = Callable[[Table], Floats]
"""From rows with all inputs of a model to their scores; may raise `Unanswered`."""
Said = TypeVar("Said")
MOST_REASONS = 4
"""More reasons than this tell a person nothing (12 CFR 1002.9, official interpretation, paragraph 9(b)(2))."""


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """An input that spoke for the decision, and by how much, in the unit of the score."""

    feature: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What one input is, and what it would have to be."""

    feature: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The cheapest feasible change found that turns a decision, with both scores, its cost and the questions asked."""

    differences: tuple[Difference, ...]
    cost: float
    score_before: float
    score_after: float
    queries: int


def reason_codes(
    features: Sequence[str], contributions: Sequence[float], *, accepted: bool, most: int = MOST_REASONS
) -> tuple[ReasonCode, ...]:
    """Return the inputs that spoke most for a decision, at most ``most``, the strongest first.

    Reasons for a refusal are the inputs that lowered the score, for an acceptance those that raised it. None is given
    that spoke for the other side. Equal ones stand in the order of the features.
    """
    side = 1.0 if accepted else -1.0
    speaking = [(side * part, name) for part, name in zip(contributions, features, strict=True) if side * part > 0]
    speaking.sort(key=lambda item: -item[0])
    return tuple(ReasonCode(name, side * size) for size, name in speaking[:most])


def counterfactual(
    ask: Ask, case: Table, sample: Table, rules: Rules, *, threshold: float, queries: int = 1_000, seed: int = 0
) -> Counterfactual | None:
    """Return what would have turned the decision about one case, by the search of `robustness.search`.

    None says that nothing was found within the questions and the rules, not that there is nothing.

    Args:
        ask: the model.
        case: one row with all its inputs.
        sample: rows of the same inputs that show which values occur.
        rules: what the person can change, how far, and at what cost.
        threshold: score from which on the decision is yes.
        queries: questions at most.
        seed: seed of the search.

    Raises:
        ParameterRefused: the rules name a column that the case does not have, or one of another kind.
    """
    before = float(ask(case)[0])
    space = space_of("counterfactual", rules, sample, case)
    search = Search(space=space, scores=np.array([before]), threshold=threshold, queries=queries, seed=seed)
    found = answer_all(search.run(), ask)
    if not found.turned[0]:
        return None
    after = space.changed(np.zeros(1, dtype=np.intp), found.change)
    differences = tuple(
        Difference(name, _text(case[name]), _text(after[name]))
        for at, name in enumerate(space.columns)
        if found.change[0, at] != 0
    )
    return Counterfactual(differences, float(found.cost[0]), before, float(ask(after)[0]), int(found.queries[0]) + 2)


def answer_all(talk: Generator[Move, Any, Said], ask: Ask) -> Said:
    """Answer all questions for scores of a generator, and return what it returns; raise TypeError for another move."""
    answer: object = None
    error: Unanswered | None = None
    while True:
        try:
            move = talk.send(answer) if error is None else talk.throw(error)
        except StopIteration as end:
            said: Said = end.value
            return said
        if not isinstance(move, Predict):
            raise TypeError(f"a {type(move).__name__} is no question for scores")
        try:
            answer, error = ask(move.table), None
        except Unanswered as raised:
            answer, error = None, raised


def _text(values: "np.ndarray[Any, Any]") -> str:
    value = values.tolist()[0]
    return value_text(round(value, 9) if isinstance(value, float) else value)
