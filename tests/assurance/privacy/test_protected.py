"""What attacks with the original find in a transformed table, and what it is still good for: answers from outside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import mutual_info_score, roc_auc_score

from clerestory.assurance.personal_data.anonymity import anonymity, classes_of
from clerestory.assurance.privacy.protected.disclosure import disclosed
from clerestory.assurance.privacy.protected.kept_information import cuts_of, kept_information, steps_of
from clerestory.assurance.privacy.protected.kept_use import kept_use, mcnemar
from clerestory.assurance.privacy.protected.linkage import Known, linked
from clerestory.assurance.privacy.transformation import CannotTransform, rare_rows

# The 4-anonymous inpatient table of Machanavajjhala et al. (2007), figure 2: three classes of four.
CLASSES = np.repeat([0, 1, 2], 4)
ILLNESS = np.array([0, 0, 1, 1, 2, 0, 1, 1, 2, 2, 2, 2])  # heart disease, viral infection, cancer


def every(rows: int) -> np.ndarray:
    return np.arange(rows, dtype=np.int64)


def test_the_homogeneity_attack_of_the_l_diversity_paper_learns_the_class_of_cancer():
    found = disclosed(CLASSES, ILLNESS, ILLNESS)
    assert found.certain == pytest.approx(4 / 12)  # everybody of the third class has cancer
    assert found.learned == pytest.approx((2 + 2 + 4) / 12)
    assert found.base == pytest.approx(5 / 12)  # cancer is the most frequent: 1 + 4
    # Without the own row a class of two and two tells the other illness: the attacker is wrong by the person's absence.
    assert found.without < found.learned
    assert anonymity([CLASSES], ILLNESS).diversity == 1


def test_a_person_with_a_value_of_their_own_is_learned_by_being_there_alone():
    alone = disclosed(every(4), np.array([0, 1, 1, 1]), np.array([0, 1, 1, 1]))
    assert (alone.learned, alone.certain) == (1.0, 1.0)
    assert alone.without == pytest.approx(3 / 4)  # what is left is the most frequent value of all


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.data())
def test_linkage_without_noise_finds_one_in_the_class(codes, data):
    own = np.array(codes, dtype=np.int64)
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(own), max_size=len(own))))
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    found = linked(own, own[kept], place)
    if kept.any():
        sizes = np.bincount(own[kept])[own[kept]]
        assert found.found.value == pytest.approx(float((1 / sizes).mean()))
        assert found.found.value == pytest.approx(anonymity([own[kept]]).risk)
        assert found.certain == pytest.approx(float((sizes == 1).mean()))
    assert (found.attacked, found.persons) == (int(kept.sum()), int(kept.sum()))


def test_linkage_by_distance_finds_everybody_without_noise_and_one_in_n_with_much():
    draw = np.random.default_rng(3)
    person = draw.normal(size=400)
    flat = np.zeros(400, dtype=np.int64)
    exact = linked(flat, flat, every(400), [Known(person, person, 1.0)])
    assert (exact.found.value, exact.certain) == (1.0, 1.0)
    shaken = linked(flat, flat, every(400), [Known(person, draw.permutation(person) + draw.normal(size=400) * 50, 1.0)])
    assert shaken.found.value < 0.03
    mixed = linked(flat, flat, every(400), [Known(flat * 1.0, flat * 1.0, 0.0)])
    assert mixed.found.value == pytest.approx(1 / 400)


def test_any_row_of_a_person_is_right():
    own, person = np.array([0, 0, 0, 1, 1]), np.array([7, 7, 8, 9, 9])
    found = linked(own, own, every(5), person=person)
    assert found.found.value == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.certain == pytest.approx(2 / 5)  # two rows alone in their class, and both of one person
    flat = Known(own * 0.0, own * 0.0, 1.0)
    assert linked(own, own, every(5), [flat], person=person) == found
    turned = np.array([4, 3, 2, 1, 0])
    assert linked(own, own[turned], turned, person=person) == found


def test_what_a_column_keeps_is_the_mutual_information_of_scikit_learn():
    draw = np.random.default_rng(5)
    before = draw.integers(0, 12, 3_000)
    after = before // 4
    found = kept_information(before, after, 0.5, after, after)
    assert found.kept == pytest.approx(mutual_info_score(before, after) / mutual_info_score(before, before))
    assert (found.distance, found.changed) == (0.0, 0.5)
    assert kept_information(before, before, 0.0, before, before).kept == pytest.approx(1.0)
    assert kept_information(before, before * 0, 1.0, before * 0, before * 0).kept == 0.0
    # Total variation of (1/2, 1/2) and (3/4, 1/4) is 1/4 (Gibbs and Su 2002).
    assert kept_information(after, after, 0.0, np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])).distance == 0.25


def test_numbers_with_many_values_are_told_apart_by_quantiles():
    numbers = np.append(np.arange(1_000.0), np.nan)
    codes = steps_of(numbers, cuts_of(numbers))
    assert codes[-1] == 0 and len(np.unique(codes)) == 51
    assert np.ptp(np.bincount(codes[:-1])[1:]) <= 1
    assert steps_of(np.array([3.0, 1.0, 2.0]), cuts_of(np.array([3.0, 1.0, 2.0]))).tolist() == [3, 1, 2]


def learnable(rows: int = 4_000) -> tuple[dict[str, np.ndarray], np.ndarray]:
    draw = np.random.default_rng(8)
    x = draw.normal(size=rows)
    return {"x": x, "noise": draw.normal(size=rows)}, draw.random(rows) < 1 / (1 + np.exp(-2 * x))


def test_a_table_that_is_not_changed_loses_nothing_and_an_empty_one_all():
    table, label = learnable()
    kept = np.ones(len(label), dtype=bool)
    same = kept_use(table, table, table, label, label, kept, seed=1)
    assert same.difference.value == 0.0 and same.p == 1.0
    held = np.random.default_rng(1).random(len(label)) < 0.4
    # Both inputs are learned, so the area is at most a little off that of x alone, as scikit-learn counts it.
    assert same.before.value == pytest.approx(roc_auc_score(label[held], table["x"][held]), abs=0.01)
    nothing = {name: values * 0 for name, values in table.items()}
    lost = kept_use(table, nothing, nothing, label, label, kept, seed=1)
    assert lost.after.value == pytest.approx(0.5)
    assert lost.difference.high < -0.2 and lost.p < 1e-6
    assert same.member_before.area.low < 0.5 < same.member_before.area.high
    assert same.member_before.rate == 0.01  # 1,600 non-members are enough for 1 %, not for 0.1 %


def test_a_model_that_learned_by_heart_tells_who_was_in():
    draw = np.random.default_rng(2)
    label = draw.random(300) < 0.5
    table = {f"c{at}": draw.normal(size=300) for at in range(160)}
    found = kept_use(table, table, table, label, label, np.ones(300, dtype=bool), seed=3)
    assert found.member_before.area.low > 0.6


def test_too_few_rows_or_columns_are_one_clear_error():
    table, label = learnable(40)
    with pytest.raises(CannotTransform, match="Too few rows"):
        kept_use(table, table, table, label, label, np.zeros(40, dtype=bool), seed=1)
    with pytest.raises(CannotTransform, match="No column is left"):
        kept_use(table, {}, {}, label, label, np.ones(40, dtype=bool), seed=1)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_paired_test_is_that_of_scipy(one, other):
    expected = 1.0 if one + other == 0 else binomtest(one, one + other).pvalue
    assert mcnemar(one, other) == pytest.approx(expected, rel=1e-9)


def test_persons_with_several_rows_hide_nobody_but_themselves():
    quasi, person = np.array([1, 1, 1, 2, 2]), np.array([7, 7, 7, 8, 9])
    assert anonymity([quasi]).k == 2
    assert anonymity([quasi], person=person).k == 1
    assert rare_rows([quasi], 2).tolist() == [False] * 5
    assert rare_rows([quasi], 2, person=person).tolist() == [True, True, True, False, False]


def test_classes_with_too_few_sensitive_values_are_left_out():
    rare = rare_rows([CLASSES], 4, sensitive=[ILLNESS], diversity=2)
    assert rare.tolist() == [False] * 8 + [True] * 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=60))
def test_nobody_is_learned_better_without_being_there_in_a_class_of_one_value(rows):
    own = classes_of([np.array([row[0] for row in rows]), np.array([row[1] for row in rows])])
    told = np.array([row[2] for row in rows])
    found = disclosed(own, told, told)
    assert 0 <= found.without <= 1 and found.certain <= found.learned <= 1
    assert found.learned >= found.base - 1e-12  # the best guess per class is never worse than one guess for all
