"""The confident joint against its definition (Northcutt, Jiang and Chuang 2021, equation 1), row by row."""

import random

from clerestory.assurance.tally import ConfidentJoint, ConfidentJointTally
from tests.store.engine.conftest import Count


def test_one_column_of_probabilities_is_enough_for_two_classes(count: Count) -> None:
    draw = random.Random(3)
    chance = [draw.random() for _ in range(400)]
    label = [None if draw.random() < 0.05 else draw.random() < p for p in chance]
    asked = ConfidentJoint("label", probabilities=(("true", "p"),))
    found = count([asked], {"label": label, "p": chance}).tallies[asked]
    rows = [(given, {True: p, False: 1 - p}) for given, p in zip(label, chance, strict=True) if given is not None]
    mean = {
        c: sum(p[c] for given, p in rows if given is c) / sum(given is c for given, _ in rows) for c in (True, False)
    }
    joint = {(i, j): 0 for i in (False, True) for j in (False, True)}
    for given, p in rows:
        sure = [c for c in (False, True) if p[c] >= mean[c]]
        if sure:
            joint[bool(given), max(sure, key=lambda c: p[c])] += 1
    assert found == ConfidentJointTally(
        classes=("false", "true"),
        labelled=(sum(given is False for given in label), sum(given is True for given in label)),
        joint=((joint[False, False], joint[False, True]), (joint[True, False], joint[True, True])),
        unlabelled=label.count(None),
    )


def test_features_train_a_model_in_folds_on_as_many_rows_as_asked(count: Count) -> None:
    draw = random.Random(4)
    table = {"x": [draw.gauss(0, 1) for _ in range(600)], "c": [draw.choice("ab") for _ in range(600)]}
    table["label"] = ["good" if x + draw.gauss(0, 0.3) > 0 else "bad" for x in table["x"]]  # type: ignore[operator]
    asked = ConfidentJoint("label", features=("c", "x"), max_rows=300)
    found = count([asked], table).tallies[asked]
    assert isinstance(found, ConfidentJointTally)
    assert (found.classes, sum(found.labelled)) == (("bad", "good"), 300)
    right = found.joint[0][0] + found.joint[1][1]
    assert right > 0.8 * sum(map(sum, found.joint))
    assert count([asked], table).tallies[asked] == found


def test_a_label_without_probability_is_named(count: Count) -> None:
    asked = ConfidentJoint("label", probabilities=(("a", "p"),))
    found = count([asked], {"label": ["a", "b", "c"], "p": [0.1, 0.2, 0.3]})
    assert "'b'" in found.refused[asked].problem
