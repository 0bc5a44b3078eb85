"""Writes ``verify.py`` out of the modules of the product's own verifier, so that there is one verifier and not two.

The text of the modules is kept: only imports go, names that two modules give to different things are told apart, and
what is younger than Python 3.9 is written in an older way. The same sources give the same bytes on every Python.
"""

import ast
import builtins
import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files

from clerestory import __version__
from clerestory.catalogue.load import load_document
from clerestory.catalogue.released import releases
from clerestory.report.verifier.gather import OWN, Gathering, Module, NotGathered, Reader, Statement, Symbol
from clerestory.report.verifier.lower import Edit, lowered

_HERE = "clerestory.report.verifier"
_KEPT, _OLDER = f"{_HERE}.kept", f"{_HERE}.older"
START: Symbol = ("clerestory.verify.command", "run")
INSTEAD: Mapping[Symbol, Symbol] = {
    ("clerestory.ledger.sign", "holds"): (f"{_HERE}.curve", "holds"),
    ("clerestory.catalogue.load", "load_document"): (_KEPT, "load_document"),
    ("clerestory.catalogue.released", "releases"): (_KEPT, "releases"),
    ("dataclasses", "dataclass"): (_OLDER, "dataclass"),
    ("datetime", "UTC"): (_OLDER, "UTC"),
    ("enum", "StrEnum"): (_OLDER, "Words"),
    ("bisect", "insort"): (_OLDER, "insort"),
    ("builtins", "zip"): (_OLDER, "zip_"),
}
"""What stands in the one file for what the product takes from elsewhere."""

_REMARK = re.compile(rb"  # (?:noqa|type: ignore|fmt:)[^\n]*(?=\n)")
_HEAD = '''#!/usr/bin/env python3
"""Checks an audit pack of Clerestory offline, with Python 3.9 or newer and nothing else.

    python3 -I -S verify.py northlight.zip --trust northlight-trust.json

Every hash, signature and content is checked and every status is derived again; `--json` gives one document, `--help`
says the rest. Nothing is loaded from anywhere: no package, no network. It gives the same verdict as
`clerestory-verify` of the same version, of whose modules `clerestory pack verifier` wrote it; whoever has the same
version writes the same bytes. It asserts nothing about itself: compare its SHA-256 with the published one, or write
it yourself, and do not take it from whom you check.

Clerestory {version}. Copyright the Clerestory authors. Licensed under the Apache License 2.0.
SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

{imports}
'''
_KEPT_TEXT = '''"""The released rules and the digests of all releases, as they were when this file was written."""

import json
from functools import cache

from clerestory.catalogue.released import Release
from clerestory.terms.fact import Document

_RULES = r"""{rules}"""

_RELEASES = r"""{releases}"""


@cache
def load_document() -> Document:
    """Return the rules of the catalogue, with which those of a pack are compared."""
    return json.loads(_RULES)


@cache
def releases() -> tuple[Release, ...]:
    """Return every release, the newest last."""
    return tuple(Release(one["version"], one["digests"]) for one in json.loads(_RELEASES))
'''


def verifier() -> bytes:
    """Return ``verify.py`` of this version.

    Raises:
        NotGathered: a module is written in a way that cannot be put into one file.
    """
    return one_file(_source, START, INSTEAD, first=_OLDER)


def one_file(reader: Reader, start: Symbol, instead: Mapping[Symbol, Symbol], first: str = "") -> bytes:
    """Return one file that does what a function of ours does, by the modules that a reader gives.

    ``instead`` names what stands for something else; of what it stands for, the module ``first`` is set before all.

    Raises:
        NotGathered: a module is written in a way that cannot be put into one file.
    """
    gathering = Gathering(reader, instead)
    if first:
        gathering.load(first)
    gathering.need(start)
    return _File(gathering, start).text()


def digest(data: bytes) -> str:
    """Return the SHA-256 by which a verifier is published."""
    return sha256(data).hexdigest()


def _source(module: str) -> str:
    """Return the text of a module; of the one that holds data it is made here."""
    if module == _KEPT:
        rules = {"rules": load_document()["rules"]}
        known = [{"version": one.version, "digests": dict(one.digests)} for one in releases()]
        return _KEPT_TEXT.replace("{rules}", _data(rules)).replace("{releases}", _data(known))
    place = files("clerestory")
    for part in module.split(".")[1:]:
        place = place.joinpath(part)
    file = (
        place.joinpath("__init__.py")
        if place.is_dir()
        else files("clerestory").joinpath(*module.split(".")[1:-1], module.rpartition(".")[2] + ".py")
    )
    if not file.is_file():
        raise LookupError(module)
    return file.read_text(encoding="utf-8")


def _data(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True)


class _File:
    def __init__(self, gathering: Gathering, start: Symbol) -> None:
        self.gathering, self.start = gathering, start
        self.foreign: dict[str, Symbol] = {}
        self.names = dict(self._names())

    def text(self) -> bytes:
        parts = [self._section(module) for module in self.gathering.modules.values()]
        head = _HEAD.format(version=__version__, imports="\n".join(self._imports()))
        end = f'\n\nif __name__ == "__main__":\n    {self.names[self.start]}()\n'
        return head.encode() + b"".join(parts) + end.encode()

    def _names(self) -> Iterator[tuple[Symbol, str]]:
        """Yield the name of each symbol in the one file; one that means two things gets its module's name too."""
        modules = self.gathering.modules.values()
        used = {
            self.gathering.meant(module, use): None
            for module in modules
            for one in self.gathering.statements(module)
            for use in one.uses
        }
        for symbol in used:
            if symbol[0] not in ("builtins",) and not symbol[0].startswith(OWN):
                name = symbol[1] or symbol[0]
                if self.foreign.setdefault(name, symbol) != symbol:
                    raise NotGathered(f"{name} is both {symbol} and {self.foreign[name]}")
                yield symbol, name
        taken = {*self.foreign, *dir(builtins), self.start[1]}
        own = [
            (module.name, name)
            for module in modules
            for one in self.gathering.statements(module)
            for name in sorted(one.defines)
        ]
        times: dict[str, int] = {}
        for _, name in own:
            times[name] = times.get(name, 0) + 1
        inside = {name for module in modules for one in self.gathering.statements(module) for name in one.locals}
        for symbol in own:
            module_name, name = symbol
            free = symbol == self.start or (times[name] == 1 and name not in taken and name not in inside)
            for parts in range(module_name.count(".") + 1):
                if free:
                    break
                tail = "_".join(module_name.split(".")[-1 - parts :])
                name = f"{symbol[1]}_{tail}"
                free = name not in times and name not in taken and name not in inside
            taken.add(name)
            yield symbol, name

    def _imports(self) -> Iterator[str]:
        modules: dict[str, list[str]] = {}
        for module, name in self.foreign.values():
            modules.setdefault(module, []).extend([name] if name else [])
        plain = {module for module, name in self.foreign.values() if not name}
        for module in sorted(modules):
            if module in plain:
                yield f"import {module}"
            if modules[module]:
                yield f"from {module} import {', '.join(sorted(modules[module]))}"

    def _section(self, module: Module) -> bytes:
        statements = list(self.gathering.statements(module))
        if not statements:
            return b""
        path = module.name.replace(".", "/") + ".py"
        title = [f"# {'-' * 118}", f"# {path}", "#", *(f"# {line}".rstrip() for line in module.says.splitlines())]
        body = b"".join(self._statement(module, one) for one in statements)
        return ("\n\n" + "\n".join(title) + "\n").encode() + body

    def _statement(self, module: Module, one: Statement) -> bytes:
        edits = [*lowered(one.node, module.places), *self._renamed(module, one)]
        kept = module.data[one.start : one.end]
        found: list[bytes] = []
        place = 0
        for start, end, text in sorted(_outer(edits, one.node)):
            found += [kept[place : start - one.start], text]
            place = end - one.start
        text = _REMARK.sub(b"", b"".join([*found, kept[place:]]))
        return _spaced(text, one.node)

    def _renamed(self, module: Module, one: Statement) -> Iterator[Edit]:
        if isinstance(one.node, ast.FunctionDef | ast.ClassDef):
            name = self.names[module.name, one.node.name]
            word = b"class " if isinstance(one.node, ast.ClassDef) else b"def "
            start = module.data.index(word, module.places.start(one.node)) + len(word)
            yield start, start + len(one.node.name.encode()), name.encode()
        for use in one.uses:
            symbol = self.gathering.meant(module, use)
            if symbol[0] == "builtins":
                continue
            name = self.names[symbol]
            whole = use.attribute and symbol[1] == use.attribute and symbol[0].startswith(OWN)
            by_module = whole and module.imports.get(use.name, ("", "-"))[1] == ""
            end = use.end if by_module else use.short_end
            if module.data[use.start : end] != name.encode():
                if use.name != name and name in one.locals:
                    raise NotGathered(f"{module.name}: {name} is bound where {use.name} is meant")
                yield use.start, end, name.encode()


def _outer(edits: list[Edit], node: ast.stmt) -> list[Edit]:
    """Return the changes without those inside a text that another one replaces whole."""
    whole = [(start, end) for start, end, _ in edits if isinstance(node, ast.Assign) and end > start]
    return [e for e in edits if not any(s <= e[0] and e[1] <= t and (s, t) != e[:2] for s, t in whole)]


def _spaced(text: bytes, node: ast.stmt) -> bytes:
    lines = 2 if isinstance(node, ast.FunctionDef | ast.ClassDef) else 0
    bare = text.lstrip(b"\n")
    return b"\n" * (lines or min(len(text) - len(bare), 1)) + bare
