"""Reads the modules that a program is made of, and finds which of their statements it needs."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from clerestory.report.verifier.names import Finder, Places, Use

Symbol = tuple[str, str]
"""A module and a name in it; the module stands alone with an empty name."""
OWN = "clerestory."


class NotGathered(Exception):
    """A module is written in a way that cannot be put into one file."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a module's own scope with the text that explains it."""

    node: ast.stmt
    start: int
    end: int
    defines: frozenset[str]
    uses: tuple[Use, ...]
    locals: frozenset[str]


@dataclass(slots=True)
class Module:
    """A module: its text, its statements, and what its names stand for."""

    name: str
    data: bytes
    says: str
    places: Places
    imports: dict[str, Symbol] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    def symbol(self, use: Use) -> Symbol:
        """Return what a name stands for where it is used; builtins belong to the module `builtins`."""
        if any(use.name in one.defines for one in self.statements):
            return self.name, use.name
        module, name = self.imports.get(use.name, ("builtins", use.name))
        if name or not module.startswith(OWN):
            return module, name
        if not use.attribute:
            raise NotGathered(f"{self.name}: the module {module} is used as a value")
        return module, use.attribute


Reader = Callable[[str], str]
"""Gives the text of a module by its name; raises `LookupError` where there is none."""


def read_module(name: str, text: str, known: Callable[[str], bool]) -> Module:
    """Read a module; ``known`` tells whether there is a module of a name."""
    data, tree = text.encode(), ast.parse(text)
    places = Places(data)
    module = Module(name, data, ast.get_docstring(tree) or "", places)
    last = 0
    for number, node in enumerate(tree.body):
        start, last = last, places.line((node.end_lineno or 0) + 1)
        if isinstance(node, ast.Import | ast.ImportFrom):
            module.imports.update(_imports(node, known))
        elif _is_text(node):
            if number and module.statements:
                module.statements[-1] = _longer(module.statements[-1], last)
        elif not _is_main(node):
            finder = Finder(data, places)
            finder.visit(node)
            defines = frozenset(_defines(node))
            found = Statement(node, start, last, defines, tuple(finder.uses), frozenset(finder.locals))
            module.statements.append(found)
    return module


def _longer(one: Statement, end: int) -> Statement:
    return Statement(one.node, one.start, end, one.defines, one.uses, one.locals)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _imports(node: ast.Import | ast.ImportFrom, known: Callable[[str], bool]) -> Iterator[tuple[str, Symbol]]:
    for one in node.names:
        if isinstance(node, ast.Import):
            if "." in one.name:
                raise NotGathered(f"import {one.name}: name what you need of it")
            yield one.asname or one.name, (one.name, "")
        elif known(f"{node.module}.{one.name}"):
            yield one.asname or one.name, (f"{node.module}.{one.name}", "")
        else:
            yield one.asname or one.name, (str(node.module), one.name)


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))
    else:
        raise NotGathered(f"line {node.lineno}: only definitions may stand in a module that becomes part of one file")


class Gathering:
    """The modules that a program loads, in the order of their imports, and the statements that it needs."""

    def __init__(self, reader: Reader, instead: Mapping[Symbol, Symbol]) -> None:
        self._reader, self.instead = reader, instead
        self._texts: dict[str, str | None] = {}
        self.modules: dict[str, Module] = {}
        self.needed: set[tuple[str, int]] = set()

    def load(self, name: str) -> Module:
        """Read a module and, before it, all that it imports of ours."""
        if name in self.modules:
            return self.modules[name]
        text = self._text(name)
        if text is None:
            raise NotGathered(f"there is no module {name}")
        module = read_module(name, text, lambda other: other.startswith(OWN) and self._text(other) is not None)
        for other, _ in module.imports.values():
            if other.startswith(OWN):
                self.load(other)
        self.modules[name] = module
        return module

    def need(self, symbol: Symbol) -> None:
        """Take the statement that defines a symbol, and all that it uses."""
        waiting = [symbol]
        while waiting:
            module_name, name = waiting.pop()
            if not module_name.startswith(OWN):
                continue
            module = self.load(module_name)
            for number, one in enumerate(module.statements):
                if name in one.defines and (module_name, number) not in self.needed:
                    self.needed.add((module_name, number))
                    waiting += [self.meant(module, use) for use in one.uses]
            if not any(name in one.defines for one in module.statements):
                raise NotGathered(f"{module_name} defines no {name}")

    def meant(self, module: Module, use: Use) -> Symbol:
        """Return what a use stands for in the one file; a module that stands for another may still use that one."""
        symbol = module.symbol(use)
        other = self.instead.get(symbol, symbol)
        return symbol if other[0] == module.name else other

    def statements(self, module: Module) -> Iterator[Statement]:
        """Yield the statements of a module that are needed."""
        for number, one in enumerate(module.statements):
            if (module.name, number) in self.needed:
                yield one

    def _text(self, name: str) -> str | None:
        if name not in self._texts:
            try:
                self._texts[name] = self._reader(name)
            except LookupError:
                self._texts[name] = None
        return self._texts[name]
