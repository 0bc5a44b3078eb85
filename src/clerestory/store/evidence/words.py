"""The words by which an entry is found: what stands in its facts, split and lower-cased, as bytes."""

import re
from collections.abc import Iterator, Mapping

from clerestory.terms.evidence import Evidence, Person
from clerestory.terms.fact import Fact

MOST_WORDS = 40
LONGEST = 40
_WORD = re.compile(r"[^\W_]+(?:[.-][^\W_]+)*")


def words_of(evidence: Evidence | Fact, entry_id: str, leaf_hash: str) -> set[bytes]:
    """Return the words of an entry: ids and names first, then the texts of its values, at most `MOST_WORDS`."""
    words: dict[bytes, None] = {as_word(entry_id): None, as_word(leaf_hash): None}
    for text in _texts(evidence):
        for word in split_words(text):
            if len(words) >= MOST_WORDS:
                return set(words)
            words[word] = None
    return set(words)


def whole_words(text: str) -> list[bytes]:
    """Return the words of a text as somebody who searches types them: dots and hyphens hold a word together."""
    return list(dict.fromkeys(as_word(match[0]) for match in _WORD.finditer(text.lower())))


def split_words(text: str) -> list[bytes]:
    """Split a text into words, and words with dots or hyphens into their parts too."""
    found: dict[bytes, None] = {}
    for match in _WORD.finditer(text.lower()):
        whole = match[0]
        found[as_word(whole)] = None
        for part in re.split(r"[.-]", whole):
            found[as_word(part)] = None
    return list(found)


def as_word(text: str) -> bytes:
    """Return a word as it is stored: lower case, UTF-8, cut to its longest length."""
    return text.lower().encode()[:LONGEST]


def _texts(evidence: Evidence | Fact) -> Iterator[str]:
    yield evidence.kind
    yield evidence.subject.id
    yield evidence.subject.kind
    yield evidence.entity
    producer = evidence.produced_by
    yield producer.person_id if isinstance(producer, Person) else producer.tool
    for value in evidence.values.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from value
        elif isinstance(value, Mapping):
            yield from value.values()
