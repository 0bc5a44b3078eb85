"""Rows with their labels, as the filters and the recipes of poison take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import value_text
from clerestory.assurance.trial import Table

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Columns of features, which of them are free text, and per row the place of its label in ``classes``."""

    table: Mapping[str, NDArray[np.generic]]
    texts: tuple[str, ...]
    labels: Labels
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that are no free text."""
        return tuple(name for name in self.table if name not in self.texts)

    def changed(self, columns: Mapping[str, NDArray[np.generic]], labels: Labels) -> "Labelled":
        """Return the rows with some columns and all labels replaced."""
        return replace(self, table={**self.table, **columns}, labels=labels)


def labelled(table: Table, features: Sequence[str], texts: Sequence[str], label: str) -> tuple[Labelled, Labels]:
    """Return the rows that have a label, and their places in the table."""
    items = table[label].tolist()
    kept = np.flatnonzero(np.array([item is not None and item == item for item in items], dtype=bool))
    names, codes = np.unique(np.array([value_text(items[at]) for at in kept], dtype=str), return_inverse=True)
    columns = {name: table[name][kept] for name in (*features, *texts)}
    return Labelled(columns, tuple(texts), np.asarray(codes, dtype=np.int64), tuple(names.tolist())), kept
