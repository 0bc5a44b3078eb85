"""Licence expressions of SPDX: read by their grammar, and held against lists of what is allowed and what is denied."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*(\(|\)|(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9][A-Za-z0-9.-]*\+?)")
_WORDS = ("AND", "OR", "WITH")
_DEEPEST = 50


class NotAnExpression(Exception):
    """A text is no licence expression; ``str`` says where it breaks."""


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence, perhaps with an exception to it."""

    name: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.name} WITH {self.exception}" if self.exception else self.name


@dataclass(frozen=True, slots=True)
class Both:
    """Several terms that hold together (``AND``), or of which one may be chosen (``OR``)."""

    operator: str
    parts: "tuple[Expression, ...]"


Expression = Licence | Both


def parse(text: str) -> Expression:
    """Return the tree of an expression: WITH binds closest, then AND, then OR (SPDX 2.3, annex D).

    Raises:
        NotAnExpression: the text breaks the grammar.
    """
    tokens = _tokens(text)
    tree, rest = _any(tokens, 0)
    if rest:
        raise NotAnExpression(f"{rest[0]!r} stands where it cannot")
    return tree


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotAnExpression(f"{text[at:].strip()[:20]!r} is no part of an expression")
        found.append(match[1])
        at = match.end()
    return found


def _any(tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    return _chain("OR", tokens, depth)


def _chain(operator: str, tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    inner = _all if operator == "OR" else _one
    part, rest = inner(tokens, depth)
    parts = [part]
    while rest and rest[0].upper() == operator:
        part, rest = inner(rest[1:], depth)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Both(operator, tuple(parts))), rest


def _all(tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    return _chain("AND", tokens, depth)


def _one(tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    if not tokens or depth > _DEEPEST:
        raise NotAnExpression("it breaks off" if depth <= _DEEPEST else "it is too deep")
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        tree, rest = _any(rest, depth + 1)
        if not rest or rest[0] != ")":
            raise NotAnExpression("a bracket is not closed")
        return tree, rest[1:]
    if first == ")" or first.upper() in _WORDS:
        raise NotAnExpression(f"{first!r} stands where it cannot")
    if rest and rest[0].upper() == "WITH":
        if len(rest) < 2 or rest[1] in "()" or rest[1].upper() in _WORDS:
            raise NotAnExpression("WITH names no exception")
        return Licence(first, rest[1]), rest[2:]
    return Licence(first), rest


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed and what is denied, in small letters."""

    allow: frozenset[str]
    deny: frozenset[str]

    @classmethod
    def of(cls, allow: Iterable[str], deny: Iterable[str]) -> "Rules":
        """Return rules from two lists of licences; SPDX names them without regard to large and small letters."""
        return cls(frozenset(item.lower() for item in allow), frozenset(item.lower() for item in deny))

    def says(self, name: str) -> bool | None:
        """Return whether one licence is allowed; None where neither list has it."""
        name = name.lower()
        return False if name in self.deny else True if name in self.allow else None


def permitted(tree: Expression, rules: Rules) -> bool | None:
    """Return whether terms can be kept to: of OR one is enough, of AND all are needed.

    An exception only adds permissions: with it, the licence itself decides unless the pair is listed.
    """
    if isinstance(tree, Licence):
        listed = rules.says(str(tree)) if tree.exception else None
        if listed is None and tree.name.endswith("+"):
            listed = (
                rules.says(tree.name) if rules.says(tree.name) is not None else rules.says(f"{tree.name[:-1]}-or-later")
            )
        return rules.says(tree.name.rstrip("+")) if listed is None else listed
    answers = [permitted(part, rules) for part in tree.parts]
    decides = tree.operator == "OR"
    if decides in answers:
        return decides
    return None if None in answers else not decides
