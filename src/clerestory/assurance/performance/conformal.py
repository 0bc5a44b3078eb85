"""Split conformal prediction: which answers are still likely, from how far answers were off on cases set apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


def threshold(scores: Floats, miscoverage: float) -> float:
    """Return the ceil((n + 1)(1 - miscoverage))-th smallest of n scores; infinite where there are too few for it.

    With it a new case of the same kind is covered with a probability of at least 1 - miscoverage (Vovk, Gammerman and
    Shafer 2005; Papadopoulos et al. 2002).
    """
    place = ceil(round((len(scores) + 1) * (1 - miscoverage), 9))
    return inf if place > len(scores) else float(np.sort(scores)[place - 1])


def thresholds(scores: Floats, kinds: Places, asked: Places, miscoverage: float) -> Floats:
    """Return for each asked case the threshold of its kind: Mondrian conformal prediction (Vovk et al. 2005).

    Args:
        scores: of the cases set apart.
        kinds: their kinds.
        asked: kinds of the cases that are asked about.
        miscoverage: share that may be missed.
    """
    of_kind = {kind: threshold(scores[kinds == kind], miscoverage) for kind in np.unique(asked).tolist()}
    return np.array([of_kind[kind] for kind in asked.tolist()], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Selective:
    """Error when only the most certain answers are given: area under the risk-coverage curve, and risk of all."""

    area: float
    risk: float
    best: float

    @property
    def excess(self) -> float:
        """The area above that of a certainty which ranks every error last."""
        return self.area - self.best


def risk_coverage(certainty: Floats, wrong: npt.NDArray[np.bool_]) -> Selective:
    """Return the mean over k of the share of errors among the k most certain answers (AURC).

    Geifman, Uziel and El-Yaniv (2019). Answers of equal certainty count with the errors that they have on average.
    """
    n = len(wrong)
    order = np.argsort(-certainty, kind="stable")
    ranked, errors = certainty[order], wrong[order].astype(np.float64)
    _, place, counts = np.unique(-ranked, return_inverse=True, return_counts=True)
    even = (np.bincount(place, errors) / counts)[place]
    steps = np.arange(1, n + 1)
    misses = int(wrong.sum())
    best = float(np.mean(np.maximum(steps - (n - misses), 0) / steps))
    return Selective(float(np.mean(np.cumsum(even) / steps)), misses / n, best)


def places(texts: Sequence[str], names: Sequence[str]) -> Places:
    """Return the place of each text among the names, -1 where it is none of them."""
    place = {name: at for at, name in enumerate(names)}
    return np.array([place.get(text, -1) for text in texts], dtype=np.int64)
