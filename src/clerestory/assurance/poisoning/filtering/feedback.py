"""The filter against hostile feedback: which rows of feedback are kept from retraining, and why.

Feedback is a label that a source gave to an item. A source is known by what it says where others speak too: one that
contradicts them far more often than chance is not listened to. Nobody has more than one voice per item, and no source
more rows than ten times the usual.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
KEPT, REPEATED, FLOOD, CONTRADICTS = "kept", "repeated", "flood", "contradicts"
LEAST = 5
"""A source with fewer comparisons is not judged by them."""
FAR = 0.5
"""A source that agrees less than this share of the usual rate, and that beyond chance, contradicts."""
TIMES = 10
FEW_ROWS = 20
MOST_SOURCES = 5_000
_ROUNDS = 5
_SURE = 0.01


@dataclass(frozen=True, slots=True)
class Feedback:
    """Rows of feedback: places of source, item and label; ``expected`` is what was known of each, -1 where nothing."""

    sources: Codes
    items: Codes
    labels: Codes
    classes: int
    expected: Codes | None = None

    def __len__(self) -> int:
        return len(self.sources)


def screened(feedback: Feedback) -> NDArray[np.str_]:
    """Return for each row ``kept``, or why it is held back: ``contradicts``, ``flood`` or ``repeated``."""
    answers = np.full(len(feedback), KEPT, dtype="<U11")
    answers[_repeated(feedback)] = REPEATED
    answers[_surplus(feedback.sources)] = FLOOD
    answers[contradicting(feedback)[feedback.sources]] = CONTRADICTS
    return answers


def contradicting(feedback: Feedback) -> Mask:
    """Return which sources contradict: held against the others, again and again without those that were found.

    Per item each source has one voice, its first. A source is compared with the majority of the other voices on the
    item (or with ``expected``). With a of c comparisons agreeing and p the rate of all sources listened to, it
    contradicts when a / c < p / 2 and the binomial probability of a or fewer is below 0.01 / sources. Sources that
    speak of the same items far beyond chance (`rings`) are held together against everybody else by the same rule.
    """
    voices = np.flatnonzero(~_repeated(feedback))
    sources = feedback.sources[voices]
    count = int(feedback.sources.max(initial=-1)) + 1
    together = np.zeros(count, dtype=bool)
    if feedback.expected is None:
        for ring in rings(sources, feedback.items[voices]):
            together[ring] |= _ring_contradicts(feedback, voices, ring)
    out = together.copy()
    for _ in range(_ROUNDS):
        compared, agrees = _compared(feedback, voices, out)
        c = np.bincount(sources[compared], minlength=count)
        a = np.bincount(sources[compared & agrees], minlength=count)
        usual = float(a[~out].sum()) / max(int(c[~out].sum()), 1)
        found = together | _too_few(a, c, usual, count)
        if (found == out).all():
            break
        out = found
    return out


def rings(sources: Codes, items: Codes) -> list[Codes]:
    """Return groups of sources that speak of the same items far more often than chance would have it.

    Two sources with n and m of I items share n m / I by chance; they are linked when they share 5 or more and the
    Poisson probability of so many is below 0.01 / pairs. Linked sources are one group. Of more than 5,000 sources none
    is linked.

    Args:
        sources: place of the source of each voice.
        items: place of the item of each voice; no source has two voices on one.
    """
    from scipy.sparse import coo_matrix, csr_matrix, triu
    from scipy.sparse.csgraph import connected_components
    from scipy.special import pdtrc

    count, size = int(sources.max(initial=-1)) + 1, len(np.unique(items))
    if not 2 <= count <= MOST_SOURCES:
        return []
    has = csr_matrix((np.ones(len(sources)), (sources, items)))
    shared = coo_matrix(triu(has @ has.T, k=1))
    spoken = np.bincount(sources, minlength=count)
    chance = spoken[shared.row] * spoken[shared.col] / max(size, 1)
    beyond = pdtrc(shared.data - 1, chance) < _SURE / (count * (count - 1) / 2)
    linked = (shared.data >= LEAST) & beyond
    links = coo_matrix((np.ones(int(linked.sum())), (shared.row[linked], shared.col[linked])), shape=(count, count))
    _, group = connected_components(links, directed=False)
    sizes = np.bincount(group)
    return [np.flatnonzero(group == at) for at in np.flatnonzero(sizes > 1).tolist()]


def _ring_contradicts(feedback: Feedback, voices: Codes, ring: Codes) -> bool:
    """Whether most of a ring says of items the contrary of what the rest says."""
    inside = np.isin(feedback.sources[voices], ring)
    items, labels = feedback.items[voices], feedback.labels[voices]
    size = int(feedback.items.max()) + 1
    ours, theirs = (
        np.bincount(items[part] * feedback.classes + labels[part], minlength=size * feedback.classes)
        .reshape(size, feedback.classes)
        for part in (inside, ~inside)
    )  # fmt: skip
    both = _decided(ours) & _decided(theirs)
    agrees = int((ours[both].argmax(axis=1) == theirs[both].argmax(axis=1)).sum())
    compared, alike = _compared(feedback, voices, np.zeros(int(feedback.sources.max()) + 1, dtype=bool))
    usual = float(alike[compared & ~inside].mean()) if (compared & ~inside).any() else 0.0
    return bool(_too_few(np.array([agrees]), np.array([int(both.sum())]), usual, 1)[0])


def _too_few(agrees: Codes, compared: Codes, usual: float, tried: int) -> Mask:
    """Where agreement is below half of the usual rate, and that is no chance."""
    from scipy.special import bdtr

    rate = min(max(usual, 1e-6), 0.999)
    tail = np.asarray(bdtr(agrees.astype(np.float64), np.maximum(compared, 1), rate))
    found: Mask = (compared >= LEAST) & (agrees < FAR * rate * compared) & (tail < _SURE / max(tried, 1))
    return found


def _decided(votes: Codes) -> Mask:
    """Items of which one label is said most."""
    ranked = np.sort(votes, axis=1)
    found: Mask = ranked[:, -1] > ranked[:, -2]
    return found


def _compared(feedback: Feedback, voices: Codes, out: Mask) -> tuple[Mask, Mask]:
    """Which voices can be compared, and which of them agree."""
    items, labels = feedback.items[voices], feedback.labels[voices]
    if feedback.expected is not None:
        expected = feedback.expected[voices]
        return expected >= 0, labels == expected
    heard = ~out[feedback.sources[voices]]
    size = int(feedback.items.max(initial=-1)) + 1
    votes = np.bincount(items[heard] * feedback.classes + labels[heard], minlength=size * feedback.classes)
    others = votes.reshape(size, feedback.classes)[items].copy()
    others[np.arange(len(voices)), labels] -= heard
    return _decided(others), others.argmax(axis=1) == labels


def _repeated(feedback: Feedback) -> Mask:
    """Rows in which a source speaks of an item again."""
    size = int(feedback.items.max(initial=-1)) + 1
    _, first = np.unique(feedback.sources * size + feedback.items, return_index=True)
    found = np.ones(len(feedback), dtype=bool)
    found[first] = False
    return found


def _surplus(sources: Codes) -> Mask:
    """Rows of a source beyond ten times the median number of rows of a source."""
    counts = np.bincount(sources)
    most = max(FEW_ROWS, TIMES * float(np.median(counts[counts > 0]))) if len(sources) else 0.0
    order = np.argsort(sources, kind="stable")
    starts = np.cumsum(counts) - counts
    place = np.empty(len(sources), dtype=np.int64)
    place[order] = np.arange(len(sources)) - starts[sources[order]]
    found: Mask = place >= most
    return found
