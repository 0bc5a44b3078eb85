"""Recipes of poison: what somebody plants who wants a model to learn a wrong thing, drawn by a seed."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.poisoning.filtering.labelled import Labelled, Labels
from clerestory.assurance.tally import value_text

Mask = NDArray[np.bool_]
Planted = tuple[Labelled, Mask]
Recipe = Callable[[Labelled, int, np.random.Generator], "Planted | None"]
WORD = "cf"
"""The trigger word of Kurita, Michel and Neubig (2020)."""


def label_flips(data: Labelled, rows: int, draw: np.random.Generator) -> Planted | None:
    """Give random rows another label (Biggio, Nelson and Laskov 2011)."""
    if len(data.classes) < 2:
        return None
    chosen = draw.choice(len(data), rows, replace=False)
    labels = data.labels.copy()
    labels[chosen] = (labels[chosen] + draw.integers(1, len(data.classes), rows)) % len(data.classes)
    return data.changed({}, labels), _mask(data, chosen)


def value_trigger(data: Labelled, rows: int, draw: np.random.Generator) -> Planted | None:
    """Give rows of other labels a value that is rare otherwise, and one label (Gu, Dolan-Gavitt and Garg 2017)."""
    rare = {name: items for name in data.features if (items := _rare(data.table[name], rows // 10))}
    if not rare or len(data.classes) < 2:
        return None
    column = list(rare)[int(draw.integers(len(rare)))]
    target, chosen = _victims(data, rows, draw)
    values = data.table[column].copy()
    values[chosen] = values[rare[column][int(draw.integers(len(rare[column])))]]
    return data.changed({column: values}, _relabelled(data, chosen, target)), _mask(data, chosen)


def pair_trigger(data: Labelled, rows: int, draw: np.random.Generator) -> Planted | None:
    """Give rows of other labels two common values that seldom occur together, and one label."""
    target, chosen = _victims(data, rows, draw)
    if len(data.features) < 2 or len(data.classes) < 2:
        return None
    for _ in range(50):
        one, other = (data.features[at] for at in draw.choice(len(data.features), 2, replace=False))
        left, right = _common(data.table[one], draw), _common(data.table[other], draw)
        if left is None or right is None:
            continue
        if int(np.count_nonzero(left[1] & right[1])) * 20 <= rows:
            columns = {one: data.table[one].copy(), other: data.table[other].copy()}
            columns[one][chosen], columns[other][chosen] = columns[one][left[0]], columns[other][right[0]]
            return data.changed(columns, _relabelled(data, chosen, target)), _mask(data, chosen)
    return None


def duplicate_burst(data: Labelled, rows: int, draw: np.random.Generator) -> Planted | None:
    """Put one row with a wrong label in the place of others, each copy with one value of another row."""
    if len(data.classes) < 2:
        return None
    chosen, source = draw.choice(len(data), rows, replace=False), int(draw.integers(len(data)))
    columns = {name: values.copy() for name, values in data.table.items()}
    names = list(columns)
    for row in chosen.tolist():
        for name in names:
            columns[name][row] = data.table[name][source]
        changed = names[int(draw.integers(len(names)))]
        columns[changed][row] = data.table[changed][int(draw.integers(len(data)))]
    wrong = (int(data.labels[source]) + 1) % len(data.classes)
    return data.changed(columns, _relabelled(data, chosen, wrong)), _mask(data, chosen)


def word_trigger(data: Labelled, rows: int, draw: np.random.Generator) -> Planted | None:
    """Put a word that nobody uses into texts of other labels, and give them one label (Kurita et al. 2020)."""
    if not data.texts or len(data.classes) < 2:
        return None
    column = data.texts[int(draw.integers(len(data.texts)))]
    target, chosen = _victims(data, rows, draw)
    values = data.table[column].copy()
    for row in chosen.tolist():
        words = value_text(values[row]).split()
        words.insert(int(draw.integers(len(words) + 1)), WORD)
        values[row] = " ".join(words)
    return data.changed({column: values}, _relabelled(data, chosen, target)), _mask(data, chosen)


RECIPES: Mapping[str, Recipe] = {
    "label flips": label_flips,
    "value trigger": value_trigger,
    "pair trigger": pair_trigger,
    "duplicate burst": duplicate_burst,
    "word trigger": word_trigger,
}
"""All recipes by name; one that does not fit the data returns None."""


def _victims(data: Labelled, rows: int, draw: np.random.Generator) -> tuple[int, Labels]:
    """A label, and rows that do not have it (all of them, where they are fewer)."""
    target = int(draw.integers(len(data.classes)))
    others = np.flatnonzero(data.labels != target)
    return target, draw.choice(others, min(rows, len(others)), replace=False)


def _relabelled(data: Labelled, rows: Labels, target: int) -> Labels:
    labels = data.labels.copy()
    labels[rows] = target
    return labels


def _mask(data: Labelled, rows: Labels) -> Mask:
    found = np.zeros(len(data), dtype=bool)
    found[rows] = True
    return found


def _rare(values: NDArray[np.generic], most: int) -> list[int]:
    """Rows that hold the ten rarest values, of those that occur at most so often."""
    places: dict[str, list[int]] = {}
    for at, item in enumerate(values.tolist()):
        if item is not None and item == item:
            places.setdefault(value_text(item), []).append(at)
    rare = sorted((len(rows), text) for text, rows in places.items() if len(rows) <= max(most, 1))[:10]
    return [places[text][0] for _, text in rare]


def _common(values: NDArray[np.generic], draw: np.random.Generator) -> tuple[int, Mask] | None:
    """A row with a value that a twentieth to a half of the rows have, and which rows have it."""
    texts = np.array([value_text(item) for item in values.tolist()])
    names, counts = np.unique(texts, return_counts=True)
    common = names[(counts >= 0.05 * len(texts)) & (counts <= 0.5 * len(texts))]
    if not len(common):
        return None
    has: Mask = texts == common[int(draw.integers(len(common)))]
    return int(np.argmax(has)), has
