"""Other ways to write the same text: what a reader takes for the same, and what is left alone because it may not be.

A perturbation that changes what the text says changes the true answer, and a model that follows it is right. So words
that turn a meaning (negations, and those a check names) keep their spelling, a typo must not make a word that occurs in
the texts, short words, numbers and abbreviations in capitals are not touched, and what did not change is no case.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

NEGATIONS = frozenset(
    {
        "no", "not", "none", "never", "nothing", "nobody", "neither", "nor", "without", "cannot",
        "nein", "nicht", "kein", "keine", "keinen", "keiner", "keines", "nie", "niemals", "nichts", "niemand", "weder",
        "noch", "ohne",
    }
)  # fmt: skip
"""Words that turn the meaning of a sentence, in English and German."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST = 4
_LOOK_ALIKES = str.maketrans(
    {
        "a": "\u0430", "c": "\u0441", "e": "\u0435", "i": "\u0456", "j": "\u0458", "o": "\u043e", "p": "\u0440",
        "s": "\u0455", "x": "\u0445", "y": "\u0443", "A": "\u0410", "B": "\u0412", "C": "\u0421", "E": "\u0415",
        "H": "\u041d", "K": "\u041a", "M": "\u041c", "O": "\u041e", "P": "\u0420", "T": "\u0422", "X": "\u0425",
    }
)  # fmt: skip
"""Latin letters and Cyrillic ones that look the same (confusables of Unicode Technical Standard 39)."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a perturbation must know: the words that occur, those to keep, how many to change, and names to swap."""

    known: Collection[str] = frozenset()
    keep: Collection[str] = NEGATIONS
    many: int = 1
    names: Sequence[str] = field(default=())


Change = Callable[[str, Words, np.random.Generator], str]


def words_in(texts: Sequence[str]) -> frozenset[str]:
    """Return all words of some texts, folded to one case."""
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))


def typo(text: str, words: Words, draw: np.random.Generator) -> str:
    """Mistype some words: two letters exchanged, one left out, or one doubled; never the first or last letter."""

    def mistyped(word: str) -> str:
        for _ in range(4):
            at, how = int(draw.integers(1, len(word) - 2)), int(draw.integers(3))
            exchanged = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            made = (exchanged, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:])[how]
            if made.casefold() not in words.known and made != word:
                return made
        return word

    return _some_words(text, words, draw, mistyped)


def look_alike(text: str, words: Words, draw: np.random.Generator) -> str:
    """Write some words with letters of another alphabet that look the same."""
    return _some_words(text, words, draw, lambda word: word.translate(_LOOK_ALIKES))


def case(text: str, words: Words, draw: np.random.Generator) -> str:
    """Write everything small, or large where that changes nothing; abbreviations in capitals stay."""
    del words, draw
    small = _WORD.sub(lambda match: match[0] if _is_abbreviation(match[0]) else match[0].lower(), text)
    return small if small != text else text.upper()


def space(text: str, words: Words, draw: np.random.Generator) -> str:
    """Double a space, make one a no-break space, and put spaces around the text."""
    del words
    gaps = [match.start() for match in re.finditer(" ", text)]
    if gaps:
        at = gaps[int(draw.integers(len(gaps)))]
        text = text[:at] + ("  ", "\u00a0")[int(draw.integers(2))] + text[at + 1 :]
    return f" {text} "


def form(text: str, words: Words, draw: np.random.Generator) -> str:
    """Write letters with accents in the other of the two forms that Unicode takes for equal."""
    del words, draw
    apart = unicodedata.normalize("NFD", text)
    return apart if apart != text else unicodedata.normalize("NFC", text)


def name(text: str, words: Words, draw: np.random.Generator) -> str:
    """Put another of the given names in place of each that occurs."""
    others = {one: [other for other in words.names if other != one] for one in words.names}

    def swapped(match: re.Match[str]) -> str:
        choices = others.get(match[0], [])
        return choices[int(draw.integers(len(choices)))] if choices else match[0]

    return _WORD.sub(swapped, text)


SAME: dict[str, Change] = {
    "typo": typo,
    "case": case,
    "look-alike": look_alike,
    "space": space,
    "form": form,
    "name": name,
}
"""Changes after which the decision must be the same, by their names."""


def _some_words(text: str, words: Words, draw: np.random.Generator, change: Callable[[str], str]) -> str:
    fit = [match for match in _WORD.finditer(text) if _may_change(match[0], words)]
    chosen = draw.permutation(len(fit))[: words.many]
    for match in sorted((fit[at] for at in chosen.tolist()), key=lambda match: -match.start()):
        text = text[: match.start()] + change(match[0]) + text[match.end() :]
    return text


def _may_change(word: str, words: Words) -> bool:
    folded = word.casefold()
    negated = folded.endswith(("n't", "n’t"))
    return len(word) >= _SHORTEST and not _is_abbreviation(word) and not negated and folded not in words.keep


def _is_abbreviation(word: str) -> bool:
    return 2 <= len(word) <= 5 and word.isupper()
