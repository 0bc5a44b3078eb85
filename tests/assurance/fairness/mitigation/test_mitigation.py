"""Weights, thresholds and their comparison: the paper's example, fairlearn's choices, exact tests, and bad input."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.fairness.mitigation.comparison import People, accuracy, by_group, changes, exchanged
from clerestory.assurance.fairness.mitigation.reweighing import NotReweighable, weights
from clerestory.assurance.fairness.mitigation.thresholds import NoThresholds, learn, selected

# fairlearn 0.15.0, ThresholdOptimizer(constraints="demographic_parity", prefit, grid_size=1000) on data for which it
# needs no lot: scores, labels, and whom it selects. The first 20 people are group a, the others group b.
FAIRLEARN = [
    (
        [0.303, 0.599, 0.681, 0.223, 0.318, 0.943, 0.256, 0.304, 0.959, 0.698, 0.495, 0.609, 0.73, 0.42, 0.31, 0.83,
         0.736, 0.61, 0.853, 0.639, 0.785, 0.164, 0.443, 0.387, 0.283, 0.473, 0.188, 0.642, 0.694, 0.103, 0.374, 0.222,
         0.066, 0.717, 0.344, 0.118, 0.539, 0.162, 0.721, 0.174],
        "1110010110101101111110010111010101101010",
        "0110010011111101111110111111101101101010",
    ),
    (
        [0.963, 0.814, 0.301, 0.862, 0.879, 0.48, 0.609, 0.682, 0.471, 0.697, 0.786, 0.889, 0.47, 0.543, 0.675, 0.981,
         0.942, 0.247, 0.812, 0.326, 0.222, 0.467, 0.624, 0.139, 0.741, 0.279, 0.67, 0.718, 0.182, 0.131, 0.703, 0.117,
         0.632, 0.795, 0.065, 0.453, 0.282, 0.567, 0.704, 0.258],
        "1101100101110111101000101011000001001110",
        "1101100101110011101001101011001011011110",
    ),
]  # fmt: skip


def flags(text):
    return np.array([letter == "1" for letter in text])


def test_weights_are_those_of_the_papers_example():
    # Kamiran and Calders (2012), job applications: of ten people four men and two women have the positive label.
    sex = ["m"] * 5 + ["f"] * 5
    label = flags("1111011000")
    found = dict(zip(zip(sex, label.tolist(), strict=True), weights(sex, label).tolist(), strict=True))
    printed = {("m", True): 0.75, ("f", True): 1.5, ("m", False): 2.0, ("f", False): 0.67}
    assert found == {key: pytest.approx(value, abs=0.005) for key, value in printed.items()}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=60))
def test_weighted_every_group_has_the_same_share_of_positive_labels(rows):
    rows += list(product("abc", (True, False)))
    who, label = [row[0] for row in rows], np.array([row[1] for row in rows])
    found = weights(who, label)
    assert found.sum() == pytest.approx(len(rows))
    for name in "abc":
        mine = np.array(who) == name
        assert found[mine & label].sum() / found[mine].sum() == pytest.approx(label.mean())


def test_a_group_without_one_of_the_labels_has_no_weights():
    with pytest.raises(NotReweighable, match="nobody of 'f' has the positive label"):
        weights(["m", "m", "f"], flags("100"))
    with pytest.raises(NotReweighable):
        weights([], flags(""))


@pytest.mark.parametrize("scores, labels, chosen", FAIRLEARN)
def test_thresholds_select_whom_fairlearn_selects_where_it_needs_no_lot(scores, labels, chosen):
    groups = np.array(["a"] * 20 + ["b"] * 20)
    found = learn(np.array(scores), flags(labels), groups)
    assert selected(np.array(scores), groups, found, 0.5).tolist() == flags(chosen).tolist()


@given(st.integers(0, 10_000), st.sampled_from(["selection", "true_positive"]))
def test_learned_rates_differ_by_one_percent_or_one_person_at_most(seed, equal):
    draw = np.random.default_rng(seed)
    groups = np.array(["a"] * 150 + ["b"] * 90)
    scores = draw.random(240) * np.where(groups == "a", 1.0, 0.7)
    label = draw.random(240) < scores
    label[[0, 239]] = True
    chosen = selected(scores, groups, learn(scores, label, groups, equal=equal), 0.5)
    base = label if equal == "true_positive" else np.ones(240, bool)
    rates = [chosen[base & (groups == name)].mean() for name in "ab"]
    people = min(int((base & (groups == name)).sum()) for name in "ab")
    assert abs(rates[0] - rates[1]) <= max(0.01, 1 / people) + 1e-9


def test_a_group_without_learned_threshold_keeps_the_common_one():
    groups, scores = np.array(["a", "b", "new"]), np.array([0.2, 0.2, 0.6])
    assert selected(scores, groups, {"a": 0.1, "b": 0.3}, 0.5).tolist() == [True, False, True]


@pytest.mark.parametrize(
    "groups, labels, problem", [(["a", "a"], "10", "two groups"), (["a", "b"], "10", "Nobody of 'b'")]
)
def test_what_no_threshold_can_make_equal_is_refused(groups, labels, problem):
    with pytest.raises(NoThresholds, match=problem):
        learn(np.array([0.1, 0.9]), flags(labels), np.array(groups), equal="true_positive")


def test_the_exact_test_counts_every_way_in_which_people_could_have_changed():
    for first, second in product([(3, 1), (0, 4), (2, 2)], [(1, 0), (0, 3), (5, 1)]):
        n, m = 11, 7
        seen = abs((first[0] - first[1]) / n - (second[0] - second[1]) / m)
        hits, all_ = 0, 0
        for ways in product((1, -1), repeat=sum(first) + sum(second)):
            one, other = sum(ways[: sum(first)]), sum(ways[sum(first) :])
            hits += abs(one / n - other / m) >= seen - 1e-12
            all_ += 1
        assert exchanged(first, n, second, m) == pytest.approx(hits / all_)


def test_in_one_group_alone_the_exact_test_is_the_sign_test_of_scipy():
    from scipy.stats import binomtest

    assert exchanged((14, 5), 60, (0, 0), 50) == pytest.approx(binomtest(14, 19).pvalue)
    assert exchanged((900, 700), 9_000, (0, 0), 50) == pytest.approx(binomtest(900, 1_600).pvalue)


def people(n=400, seed=0):
    draw = np.random.default_rng(seed)
    groups = np.array(["m"] * n + ["f"] * n + ["x"] * 10)
    return People(positive=draw.random(2 * n + 10) < 0.5, groups=groups, high="m", low="f")


def test_a_gap_that_is_closed_is_seen_and_nothing_is_seen_where_nothing_changed():
    who = people()
    draw = np.random.default_rng(1)
    before = draw.random(len(who.groups)) < np.where(who.groups == "m", 0.6, 0.4)
    after = np.where(who.groups == "f", draw.random(len(before)) < 0.6, before)
    gap = next(item for item in changes(before, after, who) if item.name == "selection rate gap")
    assert gap.before.low > 0.1
    assert gap.change.high < 0
    assert gap.p < 0.001
    assert gap.change.value == pytest.approx(gap.after.value - gap.before.value)
    same = changes(before, before, who)
    assert all(item.p == 1.0 for item in same if item.p is not None)
    assert accuracy(before, before, who.positive).change.value == 0


def test_small_groups_are_shown_and_do_not_count():
    who = people()
    before = np.zeros(len(who.groups), bool)
    before[-10:] = True
    before[:20] = True
    shown = {item.group: item for item in by_group(before, before, who)}
    assert (shown["x"].n, shown["x"].judged) == (10, False)
    largest = next(item for item in changes(before, before, who) if item.name.startswith("largest"))
    assert largest.before.value == pytest.approx(0.05)
    few = People(positive=who.positive, groups=who.groups, high="m", low="x")
    assert changes(before, before, few)[0].change is None


@pytest.mark.parametrize("n, m, rate, up, down", [(60, 60, 0.3, 0.2, 0.02), (100, 400, 0.1, 0.05, 0.05)])
def test_the_interval_of_the_change_of_a_gap_holds_the_truth(n, m, rate, up, down):
    draw, held, runs = np.random.default_rng(7), 0, 200
    groups = np.array(["m"] * n + ["f"] * m)
    who = People(positive=np.ones(n + m, bool), groups=groups, high="m", low="f")
    for _ in range(runs):
        before = draw.random(n + m) < rate
        moved = np.where(before, draw.random(n + m) >= down, draw.random(n + m) < up)
        after = np.where(groups == "m", moved, before)
        change = changes(before, after, who)[0].change
        held += change.low <= (1 - rate) * up - rate * down <= change.high
    assert held / runs >= 0.92  # 0.95 less two standard errors


def test_false_alarms_of_the_paired_test_are_at_most_five_percent():
    draw = np.random.default_rng(5)
    who, alarms = people(100, 2), 0
    for _ in range(300):
        before = draw.random(len(who.groups)) < 0.4
        moved = draw.random(len(before)) < 0.2
        after = np.where(moved, draw.random(len(before)) < 0.4, before)
        found = changes(before, after, who)[0]
        alarms += found.p < 0.05
    assert alarms / 300 <= 0.07  # 0.05 and three standard errors of a test that is exact, and so a little shy
