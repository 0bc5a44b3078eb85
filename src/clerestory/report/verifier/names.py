"""Finds what each name in a module stands for, and where it has to be written anew when modules become one file.

Names inside functions, classes and comprehensions that are bound there stay as they are. Places are offsets in the
bytes of a module, so that everything else of its text is kept: remarks, line breaks, spelling.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LITERAL = re.compile(rb"""(?P<kind>[A-Za-z]*)(?P<quote>\"{3}|'{3}|"|')""")


@dataclass(frozen=True, slots=True)
class Use:
    """A name of the module's own scope that stands somewhere, perhaps with what is asked of a module by it."""

    name: str
    attribute: str
    start: int
    end: int
    """Of the name with its attribute."""
    short_end: int
    """Of the name alone."""


class Places:
    """Turns lines and columns of a text into offsets in its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts = [0]
        for line in data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Where a node begins."""
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Where a node ends."""
        return self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)

    def line(self, number: int) -> int:
        """Where a line begins, counted from 1; one behind the last is the end."""
        return self._starts[min(number, len(self._starts)) - 1]


def bound_in(node: ast.AST) -> set[str]:
    """Return the names that a function or lambda binds in its own scope."""
    found: set[str] = set()
    if isinstance(node, _Scope):
        arguments = node.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        found = {one.arg for one in given if one is not None}
    for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda) else []:
        found |= set(_bound(statement))
    return found


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, _Comprehension):
        yield from (one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
        return
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((one.asname or one.name).partition(".")[0] for one in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


class Finder(ast.NodeVisitor):
    """Collects the uses of names of the module's own scope in one statement."""

    def __init__(self, data: bytes, places: Places, scopes: tuple[frozenset[str], ...] = ()) -> None:
        self.data, self.places, self.scopes = data, places, scopes
        self.uses: list[Use] = []
        self.locals: set[str] = set().union(*scopes)

    def visit_Name(self, node: ast.Name) -> None:
        self._use(node, "", node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self._use(node.value, node.attr, node)
        else:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults, node.returns):
            if part is not None:
                self.visit(part)
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        for one in given:
            if one is not None and one.annotation is not None:
                self.visit(one.annotation)
        self._inside(bound_in(node), *node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in (*node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        self._inside(bound_in(node), node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(part)
        own = frozenset(bound_in(node))
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                self.visit(statement)  # a class is no scope for what stands inside its functions
            else:
                self._inside(set(own), statement)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        names = {name.id for one in node.generators for name in ast.walk(one.target) if isinstance(name, ast.Name)}

        rest: list[ast.AST] = [one.iter for one in node.generators[1:]]
        for one in node.generators:
            rest += [one.target, *one.ifs]
        rest += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(names, *rest)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what stands inside; a comprehension is a scope of its own."""
        if isinstance(node, _Comprehension):
            self._comprehension(node)
        else:
            super().generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Read the expressions of an f-string again: older Pythons do not say where they stand."""
        start, end = self.places.start(node), self.places.end(node)
        for place, text in _fields(self.data[start:end]):
            inner = Finder(b"(" + text + b")", Places(b"(" + text + b")"), self.scopes)
            inner.visit(ast.parse("(" + text.decode() + ")", mode="eval").body)
            base = start + place - 1
            self.uses += [
                Use(u.name, u.attribute, base + u.start, base + u.end, base + u.short_end) for u in inner.uses
            ]
            self.locals |= inner.locals

    def _inside(self, names: set[str], *nodes: ast.AST) -> None:
        outer, self.scopes = self.scopes, (*self.scopes, frozenset(names))
        self.locals |= names
        for node in nodes:
            self.visit(node)
        self.scopes = outer

    def _use(self, name: ast.Name, attribute: str, whole: ast.expr) -> None:
        if any(name.id in scope for scope in self.scopes):
            return
        start = self.places.start(name)
        end, short = self.places.end(whole), self.places.end(name)
        self.uses.append(Use(name.id, attribute, start, end, short))


def _fields(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield place and text of each expression in the f-strings among the literals of a text."""
    place = 0
    while found := _LITERAL.search(text, place):
        quote, kind, place = found["quote"], found["kind"].lower(), found.end()
        inside = b"f" in kind
        while text[place : place + len(quote)] != quote:
            if text[place : place + 1] == b"\\" or (inside and text[place : place + 2] in (b"{{", b"}}")):
                place += 2
            elif inside and text[place : place + 1] == b"{":
                for start, part in _field(text, place):
                    yield start, part
                    place = start + len(part)
                place = _closed(text, place)
            else:
                place += 1
        place += len(quote)


def _field(text: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield the expression behind a brace, and those in what says how it is written."""
    start, depth, place = place + 1, 0, place + 1
    while depth or text[place : place + 1] not in (b"}", b":", b"!") or text[place : place + 2] == b"!=":
        one = text[place : place + 1]
        if one in (b'"', b"'"):
            place = text.index(one, place + 1)
        depth += (one in (b"(", b"[", b"{")) - (one in (b")", b"]", b"}"))
        place += 1 + (text[place : place + 2] == b"!=")
    yield start, text[start:place]
    while text[place : place + 1] != b"}":
        if text[place : place + 1] == b"{":
            yield from _field(text, place)
            place = text.index(b"}", place)
        place += 1


def _closed(text: bytes, place: int) -> int:
    while text[place : place + 1] != b"}":
        place += 1
    return place + 1
