"""The filter against planted rows: which rows people should look at first, within a budget, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.poisoning.filtering import neighbours, trigger
from clerestory.assurance.poisoning.filtering.burst import burst_evidence
from clerestory.assurance.poisoning.filtering.labelled import Labelled

BURST, TRIGGER, LABEL, OUTLIER = "burst", "trigger", "label", "outlier"
NEIGHBOURS = 10
_OUTLIERS = 0.1
"""Share of the budget that is left that goes to rows which stand out in their class."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Suspect rows, the most suspect first, and of each what made it so: burst, trigger, label or outlier."""

    rows: NDArray[np.int64]
    reasons: tuple[str, ...]

    def mask(self, rows: int) -> NDArray[np.bool_]:
        """Return which of so many rows are suspect."""
        found = np.zeros(rows, dtype=bool)
        found[self.rows] = True
        return found


def suspects(data: Labelled, *, budget: int) -> Suspects:
    """Return at most ``budget`` suspect rows.

    First come rows in a burst and rows with a trigger beyond chance, which are few in clean data; then rows whose
    nearest rows carry another label, those first that have a value which may be a trigger; and for a tenth of what is
    left those that stand out in their class. A row that no neighbour contradicts is never suspect for its label.
    """
    places = neighbours.points(data)
    bursts, (triggers, _) = burst_evidence(data), trigger.search(data)
    against = neighbours.disagreement(places, data.labels, NEIGHBOURS)
    spectral = neighbours.spectral_score(places, data.labels)
    taken: dict[int, str] = {}
    sure = np.where(triggers > 1, triggers, 0.0) + np.where(bursts > 0, 1 + bursts, 0.0)
    _take(taken, sure, np.where(bursts > 0, BURST, TRIGGER).tolist(), budget)
    left = budget - len(taken)
    _take(taken, spectral * (spectral > 1), [OUTLIER] * len(data), len(taken) + int(_OUTLIERS * left))
    against = against * (1 + np.minimum(triggers, 1.0)) + 1e-6 * against * spectral / (1 + spectral)
    _take(taken, against, [LABEL] * len(data), budget)
    return Suspects(np.array(list(taken), dtype=np.int64), tuple(taken.values()))


def _take(taken: dict[int, str], evidence: NDArray[np.float64], reasons: Sequence[str], budget: int) -> None:
    """Add the rows with the most evidence until the budget is used; rows without any are never added."""
    for row in np.argsort(-evidence, kind="stable").tolist():
        if len(taken) >= budget or evidence[row] <= 0:
            return
        taken.setdefault(row, reasons[row])
