"""What makes a table safer to release, and what that costs: coarser values, left-out rows, tokens, noise.

Each function takes columns of a trial's table and gives new ones; nothing is changed in place. None of them alone makes
data anonymous: measure with `anonymity` afterwards, and attack.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.performance.score_pair import count_score_pair
from clerestory.assurance.personal_data.anonymity import classes_of, diversity_of, sizes_of
from clerestory.assurance.privacy.plain_model import Floats, design, fit
from clerestory.assurance.privacy.privacy_loss import Release
from clerestory.assurance.statistics.area import paired_area_difference
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.trial import Table
from clerestory.terms.error import ClerestoryError

Column = NDArray[np.generic]
SUPPRESSED = "(suppressed)"
SHORTEST_KEY = 16


class CannotTransform(ClerestoryError):
    """A transformation was asked for with a setting that protects nobody or has no meaning."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A column with noise, and what it adds to the ledger of privacy losses per row."""

    values: Column
    release: Release


@dataclass(frozen=True, slots=True)
class Loss:
    """What a transformation costs: area under the curve of a plain model before and after, and their difference.

    ``changed``: share of cells that differ, by column; ``rows_left``: share of the rows that are still there.
    """

    before: float
    after: float
    difference: Interval
    changed: Mapping[str, float]
    rows_left: float


def generalise_number(values: Column, width: float, *, start: float = 0.0) -> Column:
    """Return a number as the band of a width that it lies in, as text such as ``30 to 40`` (the upper end outside).

    Raises:
        CannotTransform: the width is not positive.
    """
    if not width > 0:
        raise CannotTransform(f"A band of {width:g} holds nothing.", "Give a positive width in the column's unit.")
    numbers = values.astype(np.float64)
    low = start + np.floor((numbers - start) / width) * width
    found = [f"{a:g} to {a + width:g}" if np.isfinite(a) else None for a in low.tolist()]
    return np.array(found, dtype=object)


def generalise_category(values: Column, to: Mapping[str, str]) -> Column:
    """Return each value as the coarser one that a table names for it; what it does not name is suppressed."""
    found = [None if item is None else to.get(str(item), SUPPRESSED) for item in values.tolist()]
    return np.array(found, dtype=object)


def rare_rows(
    quasi: Sequence[Column],
    k: int,
    *,
    person: Column | None = None,
    sensitive: Sequence[Column] = (),
    diversity: int = 1,
) -> NDArray[np.bool_]:
    """Return which rows are in a class that hides too few: leave them out, and k-anonymity and l-diversity hold.

    Args:
        quasi: columns that somebody may know of a person.
        k: persons that a class of equal quasi-identifiers must have.
        person: whose row it is; without it each row is a person.
        sensitive: columns of each of which a class must have several values.
        diversity: how many (distinct l-diversity, Machanavajjhala et al. 2007).

    Raises:
        CannotTransform: k is below 2.
        NothingToCompare: there is no column or no row.
    """
    if k < 2:
        raise CannotTransform(f"{k}-anonymity hides nobody.", "Give k of 2 or more.")
    own = classes_of(quasi)
    poor = sizes_of(own, person) < k
    for column in sensitive:
        poor |= diversity_of(own, column)[0] < diversity
    found: NDArray[np.bool_] = poor[own]
    return found


def pseudonymise(values: Column, key: bytes, *, column: str, length: int = 16) -> Column:
    """Return each value as a token: HMAC-SHA256 (RFC 2104) under a key, of the column's name and the value.

    Equal values give equal tokens in one column and others in another. Without the key nobody can try out values, as
    they can with a plain hash; with it, anybody can: pseudonymous data remain personal data (GDPR, article 4(5)).

    Args:
        values: the column; missing stays missing.
        key: at least 16 bytes, kept apart from the data.
        column: its name.
        length: hexadecimal digits of a token, 8 to 64.

    Raises:
        CannotTransform: the key or the token is too short.
    """
    if len(key) < SHORTEST_KEY or not 8 <= length <= 64:
        raise CannotTransform(
            "A short key or token can be tried out.", f"Give a key of {SHORTEST_KEY} bytes and 8 to 64 digits."
        )

    def token(item: object) -> str | None:
        if item is None or item != item:
            return None
        text = f"{len(column)}:{column}{item}".encode()
        return hmac.new(key, text, hashlib.sha256).hexdigest()[:length]

    return np.array([token(item) for item in values.tolist()], dtype=object)


def with_laplace_noise(
    values: Column, lowest: float, highest: float, epsilon: float, draw: np.random.Generator
) -> Noisy:
    """Return numbers with Laplace noise of scale (highest - lowest) / epsilon (Dwork et al. 2006), in whole steps.

    Each row by itself is then epsilon-private for its person (local model). Values are cut to the range first, for the
    range is the sensitivity and must not come from the data. The result is rounded to a power of two near the scale /
    1024 and cut again, so that the low bits of floating point tell nothing of the value (Mironov 2012).

    Raises:
        CannotTransform: epsilon or the range is not positive.
    """
    if not (epsilon > 0 and highest > lowest):
        raise CannotTransform("Noise needs a range and an epsilon above 0.", "Give lowest < highest and epsilon > 0.")
    scale = (highest - lowest) / epsilon
    step = float(2.0 ** np.floor(np.log2(scale / 1024)))
    kept = np.round(np.clip(values.astype(np.float64), lowest, highest) / step)
    noise = np.round(draw.laplace(0.0, scale / step, len(kept)))
    # Rounding moves two values apart by at most one step more than their range.
    spent = epsilon * (1 + step / (highest - lowest))
    return Noisy(np.clip((kept + noise) * step, lowest, highest), Release(mechanism="pure", epsilon=spent))


def with_random_answers(values: Column, options: Sequence[str], epsilon: float, draw: np.random.Generator) -> Noisy:
    """Return categories kept with chance exp(e) / (exp(e) + k - 1), else another at random (Warner 1965; k values).

    Raises:
        CannotTransform: epsilon is not positive, there are fewer than two options, or a value is none of them.
    """
    if not epsilon > 0 or len(set(options)) < 2:
        raise CannotTransform("A random answer needs two options and an epsilon above 0.", "Give both.")
    names = sorted(set(options))
    place = {name: at for at, name in enumerate(names)}
    if any(str(item) not in place for item in values.tolist()):
        raise CannotTransform("A value is none of the options.", "Name every value, a missing one too.")
    true = np.array([place[str(item)] for item in values.tolist()])
    keep = draw.random(len(true)) < exp(epsilon) / (exp(epsilon) + len(names) - 1)
    told = np.where(keep, true, (true + draw.integers(1, len(names), len(true))) % len(names))
    return Noisy(
        np.array([names[at] for at in told.tolist()], dtype=object),
        Release(mechanism="randomized response", epsilon=epsilon),
    )


def loss_of_use(before: Table, after: Table, label: NDArray[np.bool_], kept: NDArray[np.bool_], *, seed: int) -> Loss:
    """Measure what a table is still good for: predicting a label by a plain model, before and after.

    Both models learn from one half of the rows (after: only of those that are left) and are measured on the other half,
    all of it before and after on the rows that are left. The difference of the areas has the interval of DeLong et al.
    (1988).

    Args:
        before: the table as it was.
        after: the transformed table, all rows of it, those left out included.
        label: what is predicted.
        kept: which rows are left.
        seed: decides the halves.

    Raises:
        CannotTransform: too few rows of either label are left to learn from.
    """
    half = np.random.default_rng(seed).permutation(len(label)) % 2 == 0
    measured = kept & ~half
    if min(int(label[measured].sum()), int((~label[measured]).sum())) < 2 or len(set(label[kept & half].tolist())) < 2:
        raise CannotTransform("Too few rows are left to tell what the table is good for.", "Suppress less.")
    scores = []
    for table, learn in ((before, half), (after, half & kept)):
        x = design(list(table.values()))
        scores.append(x[measured] @ fit(x[learn], label[learn].astype(np.float64)))
    tally = count_score_pair(_finite(scores[1]), _finite(scores[0]), label[measured], unlabelled=0)
    difference = paired_area_difference(
        tally.area, tally.other_area, (tally.positive_spread, tally.negative_spread), (tally.positive, tally.negative)
    )
    changed = {name: float(np.mean(_texts(before[name]) != _texts(after[name]))) for name in before if name in after}
    return Loss(tally.other_area, tally.area, difference, changed, float(kept.mean()))


def _finite(scores: Floats) -> Floats:
    return np.asarray(scores, dtype=np.float64)


def _texts(column: Column) -> NDArray[np.str_]:
    return np.array([str(item) for item in column.tolist()])
