"""Recipes of hostile feedback: what somebody sends who wants the next training to learn a wrong thing."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from clerestory.assurance.poisoning.filtering.feedback import Codes, Feedback, Mask

Hostile = tuple[Feedback, Mask]
RING = 10
"""Accounts of a ring."""
STUFFED = 20
"""Times that a ballot stuffer says the same of one item."""


def flood(feedback: Feedback, rows: int, draw: np.random.Generator) -> Hostile:
    """One new source contradicts what is said, of random items, in many rows."""
    items = _items(feedback, rows, draw)
    return _sent(feedback, np.full(rows, _new(feedback)), items, _contrary(feedback, items, draw))


def turned(feedback: Feedback, rows: int, draw: np.random.Generator) -> Hostile:
    """Known sources turn: what they say is contradicted from now on, source by source until the rows are reached."""
    counts = np.bincount(feedback.sources)
    chosen: list[int] = []
    for source in draw.permutation(np.flatnonzero(counts)).tolist():
        if not chosen or counts[chosen].sum() + counts[source] <= rows:
            chosen.append(source)
    hostile = np.isin(feedback.sources, chosen)
    labels = feedback.labels.copy()
    labels[hostile] = _contrary(feedback, feedback.items[hostile], draw)
    return replace(feedback, labels=labels), hostile


def ring(feedback: Feedback, rows: int, draw: np.random.Generator) -> Hostile:
    """Ten new sources say the same contrary thing of the same items: on these they may be the majority."""
    each = max(rows // RING, 1)
    items = draw.choice(np.unique(feedback.items), min(each, len(np.unique(feedback.items))), replace=False)
    labels = _contrary(feedback, items, draw)
    sources = np.repeat(_new(feedback) + np.arange(RING), len(items))
    return _sent(feedback, sources, np.tile(items, RING), np.tile(labels, RING))


def stuffing(feedback: Feedback, rows: int, draw: np.random.Generator) -> Hostile:
    """One new source says the same contrary thing of a few items twenty times each."""
    items = _items(feedback, max(rows // STUFFED, 1), draw)
    labels = _contrary(feedback, items, draw)
    repeated = np.repeat(np.arange(len(items)), STUFFED)
    return _sent(feedback, np.full(len(repeated), _new(feedback)), items[repeated], labels[repeated])


RECIPES: Mapping[str, Callable[[Feedback, int, np.random.Generator], Hostile]] = {
    "flood": flood,
    "turned": turned,
    "ring": ring,
    "stuffing": stuffing,
}


def _items(feedback: Feedback, rows: int, draw: np.random.Generator) -> Codes:
    """Items that are spoken of, each once while there are enough."""
    known = np.unique(feedback.items)
    return np.concatenate([draw.permutation(known) for _ in range(-(-rows // len(known)))])[:rows]


def _contrary(feedback: Feedback, items: Codes, draw: np.random.Generator) -> Codes:
    """For each item a label that is not the one most said of it (or the one expected)."""
    size = int(feedback.items.max()) + 1
    votes = np.bincount(feedback.items * feedback.classes + feedback.labels, minlength=size * feedback.classes)
    said = votes.reshape(size, feedback.classes).argmax(axis=1)
    if feedback.expected is not None:
        known = feedback.expected >= 0
        said[feedback.items[known]] = feedback.expected[known]
    return np.asarray((said[items] + draw.integers(1, feedback.classes, len(items))) % feedback.classes)


def _new(feedback: Feedback) -> int:
    return int(feedback.sources.max()) + 1


def _sent(feedback: Feedback, sources: Codes, items: Codes, labels: Codes) -> Hostile:
    """Add rows at the end."""
    expected = None
    if feedback.expected is not None:
        known = np.full(int(feedback.items.max()) + 1, -1)
        known[feedback.items] = feedback.expected
        expected = np.concatenate([feedback.expected, known[items]])
    sent = Feedback(
        np.concatenate([feedback.sources, sources]),
        np.concatenate([feedback.items, items]),
        np.concatenate([feedback.labels, labels]),
        feedback.classes,
        expected,
    )
    return sent, np.arange(len(sent)) >= len(feedback)
