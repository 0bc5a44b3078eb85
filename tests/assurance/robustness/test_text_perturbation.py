"""Texts written another way: the rates of the theory, models that do and do not mind, and what must not be changed."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.robustness import wording
from clerestory.assurance.trial import Table, Unanswered, trial_of
from clerestory.terms.error import ClerestoryError
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "robustness.text-perturbation"
CHECK = find(NAME)
DATA = Path(__file__).parents[3] / "src/clerestory/demo/data"
LAYOUT = Layout(
    columns={"text": "text", "age": "number"}, features=("text", "age"), threshold=0.5, asked=frozenset({"model"})
)
WORDS = ["wonderful", "yesterday", "delivery", "arrived", "morning"]
# From confusables.txt of Unicode Technical Standard 39: the code points that look like the Latin letters in this order.
LOOK_ALIKES = "0430 0441 0435 0456 0458 043E 0440 0455 0445 0443 0410 0412 0421 0415 041D 041A 041C 041E 0420 0422 0425"
LATIN = "aceijopsxyABCEHKMOPTX"


def reviews(n: int = 1_000, seed: int = 5) -> Table:
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.permutation(WORDS)) for _ in range(n)]
    return {"text": np.array(texts, dtype=object), "age": draw.integers(18, 80, n).astype(np.float64)}


def by_the_word(table: Table) -> np.ndarray:
    """Say yes where the one word stands, spelled exactly so."""
    return np.array([float("wonderful" in text) for text in table["text"]])


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def measured(model: object = by_the_word, table: Table | None = None, **given: object) -> Measurement:
    parameters = CHECK.complete({"texts": ["text"]} | given, LAYOUT)
    tally = drive(CHECK.begin(parameters), tables={"current": table or reviews()}, predict=model)  # type: ignore[arg-type]
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def rate(found: Measurement, kind: str) -> float | None:
    return {cell.group: cell.value for cell in found.by_group}[f"{kind}, text"]


def test_a_typo_in_one_of_five_words_flips_one_in_five_of_a_model_that_reads_one():
    found = measured(kinds=["typo"])
    assert found.value == pytest.approx(0.2, abs=4 * (0.2 * 0.8 / 1_000) ** 0.5)
    assert measured(kinds=["typo"], words=5).value == 1.0
    assert measured(kinds=["typo"], words=5, keep=["wonderful"]).value == 0.0


def test_a_model_that_reads_exact_spelling_fails_and_one_that_evens_it_out_passes():
    exact = measured(kinds=["case", "space", "look-alike"], words=5)
    assert judge(exact, CHECK.criterion("<= 0.05")).verdict is Verdict.FAIL
    assert (rate(exact, "case"), rate(exact, "look-alike"), rate(exact, "space")) == (1.0, 1.0, 0.0)
    even = measured(lambda t: np.array([float("wonderful" in plain(x)) for x in t["text"]]), kinds=["case", "space"])
    assert judge(even, CHECK.criterion("<= 0.05")).verdict is Verdict.PASS


def test_an_added_sentence_must_move_the_score_its_way():
    def counting(table: Table) -> np.ndarray:
        return np.array([0.5 + 0.1 * text.count("good") - 0.1 * text.count("bad") for text in table["text"]])

    right = measured(counting, kinds=["space"], raises=["It was good."], lowers=["It was bad."])
    assert right.value == 0.0
    wrong = measured(counting, kinds=["space"], raises=["It was bad."])
    assert rate(wrong, "raises 1") == 1.0
    assert measured(counting, kinds=["space"], raises=["It was bad."], tolerance=0.2).value == 0.0


def test_a_swapped_name_that_decides_is_found_and_texts_without_a_name_are_no_cases():
    texts = [f"{('Anna', 'Emre')[at % 2]} asks for a loan" if at < 400 else "No name here" for at in range(500)]
    table = {"text": np.array(texts, dtype=object), "age": np.zeros(500)}

    def biased(asked: Table) -> np.ndarray:
        return np.array([float("Emre" not in text) for text in asked["text"]])

    found = measured(biased, table, kinds=["name"], names=["Anna", "Emre"])
    assert (found.value, found.n) == (1.0, 400)
    assert measured(lambda t: np.ones(len(t["text"])), table, kinds=["name"], names=["Anna", "Emre"]).value == 0.0


def test_other_words_of_a_person_are_tried_where_there_are_some():
    table = reviews(200)
    other = np.array([None if at % 2 else f"marvellous {at}" for at in range(200)], dtype=object)
    layout = replace(LAYOUT, columns={**LAYOUT.columns, "other": "text"})
    parameters = CHECK.complete({"texts": ["text"], "kinds": ["space"], "paraphrases": {"text": "other"}}, layout)
    tally = drive(CHECK.begin(parameters), tables={"current": {**table, "other": other}}, predict=by_the_word)
    found = CHECK.measure({trial_of(NAME, parameters): tally}, parameters)
    shown = {cell.group: (cell.value, cell.n) for cell in found.by_group}
    assert shown == {"paraphrase, text": (1.0, 100), "space, text": (0.0, 200)}


def test_on_the_census_data_a_model_that_matches_occupations_letter_by_letter_fails():
    data = pl.read_parquet(DATA / "adult_test.parquet").head(2_000)
    table = {"text": np.array(data["occupation"].to_list(), dtype=object), "age": data["age"].to_numpy().astype(float)}
    well_paid = {"Exec-managerial", "Prof-specialty"}
    folded = {plain(item) for item in well_paid}
    exact = measured(lambda t: np.array([float(x in well_paid) for x in t["text"]]), table, kinds=["case", "space"])
    assert judge(exact, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL
    even = measured(
        lambda t: np.array([float(x is not None and plain(x) in folded) for x in t["text"]]),
        table,
        kinds=["case", "space"],
    )
    assert judge(even, CHECK.criterion("<= 0.1")).verdict is Verdict.PASS


def test_look_alikes_are_those_of_the_unicode_standard_and_forms_are_equal():
    points = [chr(int(code, 16)) for code in LOOK_ALIKES.split()]
    draw = np.random.default_rng(0)
    for letter, point in zip(LATIN, points, strict=True):
        assert wording.look_alike(f"qqqq{letter}", wording.Words(), draw) == f"qqqq{point}"
    assert wording.form("caf\u00e9", wording.Words(), draw) == "cafe\u0301"
    assert wording.form("cafe\u0301", wording.Words(), draw) == "caf\u00e9"


@given(st.text(max_size=60), st.integers(0, 2**32 - 1))
def test_a_typo_touches_no_negation_number_or_abbreviation_and_makes_no_known_word(text, seed):
    text = f"It is not 1234 EUR, never nothing, form {text}"
    words = wording.Words(known=wording.words_in([text, "from"]), many=99)
    made = wording.typo(text, words, np.random.default_rng(seed))
    for kept in ("not", "1234", "EUR", "never", "nothing"):
        assert kept in made
    assert "from" not in made.split()


@pytest.mark.parametrize("kind", wording.SAME)
@given(text=st.text(max_size=40), seed=st.integers(0, 2**32 - 1))
def test_every_change_gives_the_same_text_for_the_same_seed(kind, text, seed):
    words = wording.Words(names=("Ann", "Bob"))
    one, two = (wording.SAME[kind](text, words, np.random.default_rng(seed)) for _ in range(2))
    assert one == two


def test_too_few_texts_and_no_answers_say_nothing():
    assert measured(table=reviews(20)).reason is Reason.INSUFFICIENT_DATA
    calls = iter(range(100))

    def once(table: Table) -> np.ndarray:
        if next(calls):
            raise Unanswered("No answer.", "Wait.")
        return by_the_word(table)

    found = measured(once, kinds=["case"])
    assert (found.value, found.share_unassessable) == (None, 1.0)


class Unknown(ClerestoryError):
    """A model does not know a word."""


def test_a_text_that_the_model_refuses_has_no_decision_and_is_counted_one_by_one():
    known = set(reviews()["text"][:700])

    def strict(table: Table) -> np.ndarray:
        if not known >= {text.strip() for text in table["text"]}:
            raise Unknown("A word is not known.", "Train on it.")
        return np.ones(len(table["text"]))

    table = reviews(100)
    found = measured(strict, table, kinds=["space", "case"])
    assert rate(found, "case") == 1.0
    assert "100 of case text" in found.details["refused by the model"]
    with pytest.raises(Unknown):
        measured(lambda _table: (_ for _ in ()).throw(Unknown("Gone.", "Start it.")))


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"texts": ["age"]}, "holds no text"),
        ({"texts": ["letter"]}, "which the data does not have"),
        ({"kinds": ["typos"]}, "there is no kind 'typos'"),
        ({"names": ["Anna"]}, "one name cannot be swapped"),
    ],
)
def test_bad_input_is_refused_in_one_clear_sentence(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        measured(**given)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["case", "typo", "look-alike", "space"]), st.integers(1, 3))
def test_the_side_that_is_called_yes_changes_no_rate_and_who_reads_nothing_never_flips(seed, kind, words):
    table, given_ = reviews(60, seed), {"kinds": [kind], "words": words, "seed": seed}
    found = measured(by_the_word, table, **given_)
    turned = measured(lambda asked: 1 - by_the_word(asked), table, **given_)
    assert (turned.value, turned.low, turned.high) == (found.value, found.low, found.high)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert measured(lambda asked: np.ones(len(asked["text"])), table, **given_).value == 0.0
