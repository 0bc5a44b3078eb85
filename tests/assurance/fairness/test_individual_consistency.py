"""Like cases: neighbours as scikit-learn finds them, flips as the theory says, groups, real data, bad input."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import StandardScaler

from clerestory.assurance.fairness.neighbours import nearest
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, Unanswered, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "fairness.individual-consistency"
CHECK = find(NAME)
GERMAN = "src/clerestory/demo/data/german_credit.parquet"
NUMBERS = ["duration_months", "credit_amount", "age"]


def completed(table: Table, **given_: object):
    columns = {name: "text" if values.dtype == object else "number" for name, values in table.items()}
    layout = Layout(
        columns=columns,
        outcome="said" if "said" in columns else None,
        sensitive_features=("sex",),
        asked=frozenset({"model"}),
    )
    return CHECK.complete(given_, layout)


def measured(table: Table, model: object = None, **given_: object) -> Measurement:
    parameters = completed(table, **given_)
    tally = drive(CHECK.begin(parameters), tables={"current": table}, predict=model)  # type: ignore[arg-type]
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def named(found: Measurement, group: str):
    return next(item for item in found.by_group if item.group == group)


def people(n: int, seed: int, *, bent: float = 0.0) -> Table:
    """Decisions by the sign of x; a share of the women's are turned round by chance."""
    draw = np.random.default_rng(seed)
    x, sex = draw.normal(size=n), draw.choice(["f", "m"], n).astype(object)
    turned = (sex == "f") & (draw.random(n) < bent)
    return {"x": x, "y": draw.normal(size=n), "sex": sex, "said": ((x > 0) != turned).astype(np.float64)}


def loans() -> Table:
    frame = pl.read_parquet(GERMAN)
    return {name: array_of(frame[name]) for name in [*NUMBERS, "sex"]}


def test_decisions_against_neighbours_are_those_of_scikit_learn_on_german_loans():
    table = loans()
    table["said"] = (np.random.default_rng(1).random(1_000) < 0.3 + 0.4 * (table["age"] > 30)).astype(np.float64)
    found = measured(table, features=NUMBERS)
    rows = np.random.default_rng(0).permutation(1_000)
    asked, pool = rows[:500], rows[500:]
    points = StandardScaler().fit_transform(np.stack([table[name] for name in NUMBERS], axis=1))
    model = KNeighborsClassifier(n_neighbors=5, algorithm="brute").fit(points[pool], table["said"][pool])
    women = table["sex"][asked] == "female"
    differs = model.predict(points[asked]) != table["said"][asked]
    assert named(found, "everybody").value == pytest.approx(differs.mean())
    assert named(found, "sex=female").value == pytest.approx(differs[women].mean())
    assert found.value == pytest.approx(max(differs.mean(), differs[women].mean(), differs[~women].mean()))
    # Zemel et al. (2013), section 5: yNN = 1 - mean |decision - mean decision of the k nearest|.
    near = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(points[pool]).kneighbors(points[asked])[1]
    consistency = 1 - np.abs(table["said"][asked] - table["said"][pool][near].mean(axis=1)).mean()
    assert float(found.details["consistency (Zemel et al. 2013)"]) == pytest.approx(consistency, abs=1e-6)


def test_a_rule_passes_and_one_that_is_bent_for_women_fails_and_shows_where():
    plain = measured(people(2_000, 2), features=["x", "y"])
    assert judge(plain, CHECK.criterion("<= 0.15")).verdict is Verdict.PASS
    bent = measured(people(2_000, 3, bent=0.3), features=["x", "y"])
    assert judge(bent, CHECK.criterion("<= 0.15")).verdict is Verdict.FAIL
    assert named(bent, "sex=f").low > named(bent, "sex=m").high


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.floats(0.0, 0.5), st.sampled_from([0.01, 100.0]))
def test_neither_units_nor_the_names_of_groups_nor_the_side_that_is_called_yes_change_anything(seed, bent, unit):
    table = people(200, seed, bent=bent)
    found = measured(table, features=["x", "y"])
    assert 0 <= found.low <= found.value <= found.high <= 1
    for other in (
        {**table, "x": unit * table["x"] - 3, "y": table["y"] / unit},
        {**table, "said": 1 - table["said"]},
        {**table, "sex": np.where(table["sex"] == "f", "z", "a").astype(object)},
    ):
        again = measured(other, features=["x", "y"])
        assert (again.value, again.low, again.high, again.n) == (found.value, found.low, found.high, found.n)


def test_sensitive_features_and_decisions_do_not_make_cases_alike():
    table = people(600, 4)
    assert measured(table).value == measured(table, features=["x", "y", "sex", "said"]).value
    assert measured(table).value == measured(table, features=["x", "y"]).value


def test_the_interval_holds_what_fresh_cases_find_among_the_same_neighbours():
    held = 0
    for seed in range(40):
        table = people(400, seed, bent=0.2)
        found = measured(table, features=["x"])
        pool = np.random.default_rng(0).permutation(400)[200:]
        fresh = people(2_000, 10_000 + seed, bent=0.2)
        near = nearest(fresh["x"][:, None], table["x"][pool][:, None], 5)
        truth = np.mean((table["said"][pool][near].mean(axis=1) > 0.5) != (fresh["said"] == 1))
        everybody = named(found, "everybody")
        held += everybody.low <= truth <= everybody.high
    assert held >= 37


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 4).map(lambda half: 2 * half - 1))
def test_neighbours_are_never_farther_than_those_left_out(seed, count):
    draw = np.random.default_rng(seed)
    asked, pool = draw.integers(0, 4, (7, 2)).astype(float), draw.integers(0, 4, (12, 2)).astype(float)
    far = ((asked[:, None] - pool[None]) ** 2).sum(axis=2)
    for row, chosen in zip(far, nearest(asked, pool, count), strict=True):
        assert len(set(chosen.tolist())) == count
        assert row[chosen].max() <= np.delete(row, chosen).min()


def test_a_model_that_leans_on_sex_flips_the_cases_between_its_two_limits():
    table = {"x": np.linspace(-2, 2, 1_000), "sex": np.array(["f", "m"] * 500, dtype=object)}

    def model(asked: Table) -> np.ndarray:
        return 0.5 + asked["x"] / 10 + np.where(asked["sex"] == "m", 0.05, 0.0)

    # It decides yes from x >= 0 on for women and from x >= -0.5 on for men: one case in eight hangs on sex alone.
    found = measured(table, model, measure="counterfactual", features=["x", "sex"])
    assert named(found, "everybody").value == pytest.approx(0.125, abs=2e-3)
    assert judge(found, CHECK.criterion("<= 0.05")).verdict is Verdict.FAIL
    blind = measured(table, lambda asked: 0.5 + asked["x"] / 10, measure="counterfactual", features=["x", "sex"])
    assert blind.value == 0.0
    assert judge(blind, CHECK.criterion("<= 0.05")).verdict is Verdict.PASS


def test_a_model_of_german_loans_with_sex_as_input_flips_as_its_own_weight_says():
    table = loans()
    points = np.stack([table[name] for name in NUMBERS] + [(table["sex"] == "male").astype(float)], axis=1)
    scaler = StandardScaler().fit(points)
    good = pl.read_parquet(GERMAN)["good_credit"].to_numpy()
    fitted = LogisticRegression().fit(scaler.transform(points), good)

    def model(asked: Table) -> np.ndarray:
        columns = [asked[name] for name in NUMBERS] + [(asked["sex"] == "male").astype(float)]
        return fitted.predict_proba(scaler.transform(np.stack(columns, axis=1)))[:, 1]

    found = measured(table, model, measure="counterfactual", features=[*NUMBERS, "sex"], threshold=0.7)
    both = [model({**table, "sex": np.full(1_000, sex, dtype=object)}) >= 0.7 for sex in ("female", "male")]
    assert named(found, "everybody").value == pytest.approx((both[0] != both[1]).mean())
    assert judge(found, CHECK.criterion("<= 0.05")).verdict is Verdict.FAIL


def test_a_number_is_changed_to_its_quantiles_and_no_answer_counts_as_changed():
    table = {"x": np.zeros(200), "sex": np.arange(200, dtype=np.float64)}
    asked = {"measure": "counterfactual", "features": ["sex"]}
    found = measured(table, lambda rows: (rows["sex"] >= 100).astype(float), **asked)
    assert named(found, "everybody").value == 1.0

    def sulks(rows: Table) -> np.ndarray:
        if len(set(rows["sex"].tolist())) == 1:
            raise Unanswered("No score.", "Give one.")
        return np.ones(200)

    silent = measured(table, sulks, **asked)
    assert named(silent, "everybody").value == 1.0
    assert "no decision with sex" in silent.details


def test_few_cases_say_nothing():
    few = measured(people(40, 1))
    assert (few.value, few.reason) == (None, Reason.INSUFFICIENT_DATA)
    none = people(50, 1)
    none["said"] = np.full(50, np.nan)
    assert measured(none).reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    "given_, problem",
    [
        ({"neighbours": 4}, "even"),
        ({"features": ["sex", "said"]}, "no feature"),
        ({"measure": "counterfactual", "features": ["x"]}, "takes no sensitive feature"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(given_, problem):
    table = people(10, 1)
    with pytest.raises(ParameterRefused, match=problem):
        completed(table, **given_)


def test_without_decisions_there_is_nothing_to_compare():
    table = {"x": np.zeros(9), "sex": np.array(["f"] * 9, dtype=object)}
    with pytest.raises(ParameterRefused, match="outcome is missing"):
        completed(table)
