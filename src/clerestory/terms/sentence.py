"""Sentences for people that remember how they were made, so that whoever shows them can say them in another language.

A sentence is English text like any other: to the command line, to logs and to tests. It is made where something is
refused, on floors that know no language; it is translated where it is shown, by who knows the reader. A value may be a
sentence itself, such as the word for a role. Refuses nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Gettext = Callable[[str], str]
Ngettext = Callable[[str, str, int], str]


class Sentence(str):
    """English text with the template and the values that it was made of."""

    __slots__ = ("many", "number", "one", "values")

    one: str
    many: str
    number: int
    values: Mapping[str, object]

    def said(self, gettext: Gettext, ngettext: Ngettext) -> str:
        """Say it by the translations of a language; in English where they have no words for it."""
        if not self:
            return ""
        template = ngettext(self.one, self.many, self.number) if self.many else gettext(self.one)
        values = {name: translated(value, gettext, ngettext) for name, value in self.values.items()}
        return template.format(**values) if values else template


class Enumeration(Sentence):
    """Words one after another, each of which is said by itself."""

    __slots__ = ("between", "words")

    between: str
    words: tuple[str, ...]

    def said(self, gettext: Gettext, ngettext: Ngettext) -> str:
        """Say each of them."""
        words = [str(translated(word, gettext, ngettext)) for word in self.words]
        return str(translated(self.between, gettext, ngettext)).join(words)


def gettext(template: str, /, **values: object) -> Sentence:
    """Make a sentence of a template and what stands in its braces: a text, number, day or another sentence."""
    return _made(template, "", 0, values)


def ngettext(one: str, many: str, /, *, n: int, **values: object) -> Sentence:
    """Make a sentence that is another one for a number other than 1."""
    return _made(one, many, n, {"n": n, **values})


def word(name: str) -> Sentence:
    """Make a word of a name that machines write with underscores; its translation stands under the words of it."""
    return _made(name.replace("_", " "), "", 0, {}, text=name)


def enumeration(words: Iterable[str], between: str = ", ") -> Enumeration:
    """Make a list of words, each of which has a translation of its own."""
    each = tuple(one if isinstance(one, Sentence) else word(one) for one in words)
    made = Enumeration(between.join(each))
    made.between, made.words = between, each
    return made


def translated(value: Any, gettext: Gettext, ngettext: Ngettext) -> Any:
    """Return a sentence in another language, and anything else as it is."""
    return value.said(gettext, ngettext) if isinstance(value, Sentence) else value


def _made(one: str, many: str, number: int, values: Mapping[str, object], text: str = "") -> Sentence:
    template = many if many and number != 1 else one
    made = Sentence(text or (template.format(**values) if values else template))
    made.one, made.many, made.number, made.values = one, many, number, values
    return made
