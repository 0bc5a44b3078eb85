"""Requests and tallies as documents; consistency of tallies."""

import json

import pytest

from clerestory.assurance import tally as t
from tests.simulators.counting import count

TABLE = {
    "sex": ["f", "m", None, "m", "f"],
    "score": [0.25, 0.5, 0.75, float("inf"), None],
    "age": [30, 41, 52, None, 30],
    "label": [True, False, True, True, None],
    "p": [0.9, 0.2, 0.8, 0.7, 0.5],
}
REQUESTS = [
    t.Confusion(("sex",), t.Event("label"), t.Event("score", at_least=0.5)),
    t.ScoreHistogram("score", t.Event("label", equals="true"), ("sex",), (0.1, 0.5)),
    t.ScoreHistogram("score", t.Event("label"), exact_up_to=1, bins=2),
    t.ScorePair("score", "p", t.Event("label")),
    t.GroupCounts(("sex", "label"), limit=2),
    t.CategoryCounts("sex", ("f", "x")),
    t.NullCounts("score"),
    t.RangeCounts("age", 31.0, None),
    t.Moments("score"),
    t.SchemaColumns(),
    t.DuplicateCounts(("age", "sex")),
    t.TwoSample("age", 2),
    t.TwoSample("sex", 10),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_requests_and_their_answers_survive_json(request_):
    answer = count(request_, TABLE, TABLE)
    assert t.read_request(json.loads(json.dumps(t.request_document(request_)))) == request_
    assert t.read_tally(json.loads(json.dumps(t.tally_document(answer)))) == answer


def fractions(document):
    if isinstance(document, dict):
        return [f for item in document.values() for f in fractions(item)]
    if isinstance(document, list):
        return [f for item in document for f in fractions(item)]
    return [document] if isinstance(document, float) or document is None else []


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_documents_hold_neither_fraction_nor_null(request_):
    assert fractions(t.request_document(request_)) == []
    assert fractions(t.tally_document(count(request_, TABLE, TABLE))) == []


@pytest.mark.parametrize(
    "change",
    [{"rows": -1}, {"rows": "5"}, {"rows": True}, {"rows": 5.0}, {"extra": 1}, {"type": "None"}, {"missing": None}],
)
def test_an_edited_tally_is_refused(change):
    document = {**t.tally_document(count(t.NullCounts("score"), TABLE)), **change}
    with pytest.raises(t.TallyUnreadable):
        t.read_tally(document)


@pytest.mark.parametrize("number", ["0.50", "nan", "inf", "1e999", "half", 0.5, ""])
def test_a_number_that_is_not_written_in_its_shortest_form_is_refused(number):
    document = t.request_document(t.RangeCounts("age", 0.5))
    with pytest.raises(t.TallyUnreadable):
        t.read_request({**document, "minimum": number})


def test_a_missing_part_is_named():
    with pytest.raises(t.TallyUnreadable, match="distinct"):
        t.read_tally({"type": "DuplicateTally", "rows": 1, "incomplete": 0})


@pytest.mark.parametrize(
    "make",
    [
        lambda: t.NullTally(rows=1, missing=1, infinite=1),
        lambda: t.ScorePairTally(positive=3, negative=3, area=1.2),
        lambda: t.ScorePairTally(positive=3, negative=3, loss=-7.0),
        lambda: t.ScorePairTally(positive=3, negative=3, positive_spread=4.0),
        lambda: t.GroupTally((t.CountCell(("b",), 1), t.CountCell(("a",), 1))),
        lambda: t.GroupTally((t.CountCell(("a",), 1), t.CountCell(("a",), 1))),
        lambda: t.Spread(at=(1,), between=(1,)),
        lambda: t.ScoreTally(exact=True, points=(0.2, 0.1), cells=()),
        lambda: t.ScoreTally(
            exact=True, points=(0.1,), cells=(t.ScoreCell(group=(), positive=(1, 1), negative=(0, 0)),)
        ),
        lambda: t.ScoreTally(
            exact=False, points=(0.1,), cells=(t.ScoreCell(group=(), positive=(1, 1), negative=(0, 0)),)
        ),
        lambda: t.ConfidentJointTally(classes=("a", "b"), labelled=(1, 1), joint=((1, 1), (0, 1))),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(make):
    with pytest.raises(t.InconsistentTally):
        make()


@pytest.mark.parametrize(
    "value, text",
    [(None, t.MISSING), (float("nan"), t.MISSING), (True, "true"), (1, "1"), (1.0, "1"), (0.1, "0.1"), ("a", "a")],
)
def test_values_have_one_text(value, text):
    assert t.value_text(value) == text
