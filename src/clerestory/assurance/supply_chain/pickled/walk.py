"""Walks the instructions of a pickle without carrying one out: which names it imports, calls and builds on.

The stack of the unpickler is followed, so that names that are put together from the memo, from duplicated strings or
over several instructions are seen as the unpickler would see them. What cannot be followed is a finding, never a pass.
"""

import io
import pickletools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_TEXTS = {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
_NUMBERS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
_BYTES = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_TUPLE": (), "EMPTY_LIST": None, "EMPTY_DICT": None, "EMPTY_SET": None}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MOST = 20_000_000
"""Instructions followed at most; a longer stream is not judged."""


@dataclass(frozen=True, slots=True)
class Name:
    """What GLOBAL, STACK_GLOBAL or INST imports."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True)
class Made:
    """What a call gave: by which name, with which arguments, and the state put on it."""

    by: object
    arguments: object = ()
    state: object = None


class _Mark:
    """The mark on the stack."""


class _Unknown:
    """A value that is not followed."""


MARK, UNKNOWN = _Mark(), _Unknown()


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name: ``imports``, ``calls`` or ``builds on``; ``name`` None: which one cannot be told."""

    instruction: str
    doing: str
    name: Name | None
    at: int


@dataclass(slots=True)
class Walked:
    """What a stream does, where it ends, and whether it was followed to its STOP; ``fault`` says why not."""

    uses: list[Use] = field(default_factory=list)
    end: int = 0
    whole: bool = False
    fault: str = ""
    result: object = None


@dataclass(slots=True)
class Walk:
    """A walk under way over one stream; ``joblib``: skip the raw bytes that joblib writes behind its arrays."""

    body: bytes
    start: int = 0
    joblib: bool = False
    stack: list[object] = field(default_factory=list)
    memo: dict[int, object] = field(default_factory=dict)
    found: Walked = field(default_factory=Walked)

    def run(self) -> Walked:
        """Follow the stream to its STOP, or as far as it can be read: the unpickler would act on that much, too."""
        stream = io.BytesIO(self.body)
        stream.seek(self.start)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # texts with odd escapes: they are followed, whatever they are
                self._follow(stream)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, UnicodeError) as error:
            self.found.fault = f"broken at byte {stream.tell()} ({type(error).__name__})"
        self.found.end = stream.tell()
        return self.found

    def _follow(self, stream: io.BytesIO) -> None:
        for count, (code, argument, at) in enumerate(pickletools.genops(stream)):
            if count > _MOST:
                self.found.fault = f"more than {_MOST} instructions"
                return
            self._step(code.name, code, argument, at or 0)
            if code.name == "BUILD" and self.joblib:
                self._past_array(stream)
            if code.name == "STOP":
                self.found.whole = True

    def _past_array(self, stream: io.BytesIO) -> None:
        """Step over the numbers of an array, or walk the stream of its own that holds an array of objects."""
        kind = array_kind(self.stack[-1])
        if kind == "O":
            inner = Walk(self.body, stream.tell(), joblib=True).run()
            self.found.uses.extend(inner.uses)
            stream.seek(inner.end)
        elif kind:
            stream.seek(_raw_after(self.stack[-1], stream.tell(), self.body), io.SEEK_CUR)

    def _step(self, name: str, code: pickletools.OpcodeInfo, argument: Any, at: int) -> None:
        if name in _TEXTS or name in _NUMBERS or name in _BYTES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self.stack.append({"EMPTY_TUPLE": (), "EMPTY_LIST": [], "EMPTY_DICT": {}, "EMPTY_SET": UNKNOWN}[name])
        elif name == "STOP":
            self.found.result = self.stack.pop()
        elif not (self._memo(name, argument) or self._gather(name) or self._acts(name, argument, at)):
            self._other(code)

    def _memo(self, name: str, argument: Any) -> bool:
        if name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[int(argument)] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[int(argument)])
        elif name == "DUP":
            self.stack.append(self.stack[-1])
        elif name == "POP":
            self.stack.pop()
        else:
            return False
        return True

    def _gather(self, name: str) -> bool:
        """Follow what puts values together: tuples, lists and dictionaries, of which arguments are made."""
        if name == "MARK":
            self.stack.append(MARK)
        elif name == "POP_MARK":
            self._to_mark()
        elif name in _TUPLES:
            items = [self.stack.pop() for _ in range(_TUPLES[name])]
            self.stack.append(tuple(reversed(items)))
        elif name == "TUPLE":
            self.stack.append(tuple(self._to_mark()))
        elif name == "LIST":
            self.stack.append(self._to_mark())
        elif name in ("DICT", "SETITEMS", "SETITEM"):
            self._set(name)
        elif name in ("APPEND", "APPENDS"):
            items = self._to_mark() if name == "APPENDS" else [self.stack.pop()]
            if isinstance(self.stack[-1], list):
                self.stack[-1].extend(items)
        elif name in ("ADDITEMS", "FROZENSET"):
            self._to_mark()
            if name == "FROZENSET":
                self.stack.append(UNKNOWN)
        else:
            return False
        return True

    def _set(self, name: str) -> None:
        items = self._to_mark() if name != "SETITEM" else [self.stack.pop(), self.stack.pop()][::-1]
        if name == "DICT":
            self.stack.append({})
        target = self.stack[-1]
        if isinstance(target, dict):
            target.update({key: value for key, value in zip(items[::2], items[1::2], strict=False) if _plain(key)})

    def _acts(self, name: str, argument: Any, at: int) -> bool:
        """Follow what imports or calls."""
        if name == "GLOBAL":
            self.stack.append(self._import(name, *_split(str(argument)), at))
        elif name == "STACK_GLOBAL":
            attribute, module = self.stack.pop(), self.stack.pop()
            self.stack.append(self._import(name, module, attribute, at))
        elif name == "INST":
            arguments = tuple(self._to_mark())
            imported = self._import(name, *_split(str(argument)), at)
            self.stack.append(self._call(name, imported, arguments, at))
        elif name == "OBJ":
            called, *arguments_list = self._to_mark()
            self.stack.append(self._call(name, called, tuple(arguments_list), at))
        elif name in ("REDUCE", "NEWOBJ"):
            given, called = self.stack.pop(), self.stack.pop()
            self.stack.append(self._call(name, called, given, at))
        elif name == "NEWOBJ_EX":
            named, given, called = self.stack.pop(), self.stack.pop(), self.stack.pop()
            self.stack.append(self._call(name, called, (given, named), at))
        elif name == "BUILD":
            self._build(at)
        elif name in ("EXT1", "EXT2", "EXT4"):
            # What a number of the copyreg registry stands for is known to the process that loads it alone.
            self._use(name, "imports", None, at)
            self.stack.append(UNKNOWN)
        else:
            return False
        return True

    def _import(self, name: str, module: object, attribute: object, at: int) -> Name | _Unknown:
        known = isinstance(module, str) and isinstance(attribute, str)
        imported = Name(str(module), str(attribute)) if known else None
        self._use(name, "imports", imported, at)
        return UNKNOWN if imported is None else imported

    def _call(self, name: str, called: object, arguments: object, at: int) -> Made:
        self._use(name, "calls", called if isinstance(called, Name) else None, at)
        return Made(called, arguments)

    def _build(self, at: int) -> None:
        state, built = self.stack.pop(), self.stack[-1]
        if isinstance(built, Made):
            built.state = state
            self._use("BUILD", "builds on", built.by if isinstance(built.by, Name) else None, at)
        else:
            # Attributes set on a class, a module or something unseen change what later calls do.
            self._use("BUILD", "sets attributes of", None, at)

    def _use(self, instruction: str, doing: str, name: Name | None, at: int) -> None:
        self.found.uses.append(Use(instruction, doing, name, at))

    def _other(self, code: pickletools.OpcodeInfo) -> None:
        """Move the stack as the instruction does and put something unknown where it gives something."""
        for _ in code.stack_before:
            self.stack.pop()
        self.stack.extend(UNKNOWN for _ in code.stack_after)

    def _to_mark(self) -> list[object]:
        items: list[object] = []
        while not isinstance(self.stack[-1], _Mark):
            items.append(self.stack.pop())
        self.stack.pop()
        return items[::-1]


def walk(body: bytes, start: int = 0) -> Walked:
    """Walk one stream that begins at ``start``; where joblib wrote arrays in between, both as joblib would and as not.

    Nobody knows with what the file will be loaded, so what either way would do counts.
    """
    plain = Walk(body, start).run()
    if not any(use.name == WRAPPER for use in plain.uses):
        return plain
    stepped = Walk(body, start, joblib=True).run()
    seen = set(stepped.uses)
    stepped.uses.extend(use for use in plain.uses if use not in seen and _imports(use))
    return stepped


def walk_all(body: bytes, most: int = 1_000) -> Iterator[Walked]:
    """Walk the streams that follow one another, until the rest is none; the first is walked whatever it is."""
    start = 0
    for _ in range(most):
        found = walk(body, start)
        if start and not found.whole and not any(_imports(use) for use in found.uses):
            return
        yield found
        start = found.end
        if not found.whole or start >= len(body):
            return


WRAPPER = Name("joblib.numpy_pickle", "NumpyArrayWrapper")


def _imports(use: Use) -> bool:
    """Tell whether a use names something that can be imported at all, which chance bytes do not."""
    return use.name is not None and all(part.isidentifier() for part in str(use.name).split("."))


def _split(written: str) -> tuple[object, object]:
    """Split what the tool joins with a space; with a second space nobody can tell where the name begins."""
    module, _, name = written.partition(" ")
    return (UNKNOWN, UNKNOWN) if " " in name or not name else (module, name)


def _plain(key: object) -> bool:
    return isinstance(key, str | int | bytes | float)


def array_kind(built: object) -> str:
    """Return the letter of the type of number of an array that joblib describes; empty for anything else."""
    if not isinstance(built, Made) or built.by != WRAPPER or not isinstance(built.state, dict):
        return ""
    kind = built.state.get("dtype")
    if not isinstance(kind, Made) or not isinstance(kind.arguments, tuple) or not kind.arguments:
        return ""
    code = kind.arguments[0]
    return code[0] if isinstance(code, str) and code[1:].isdigit() and code[0] in "biufcSVUOmM?" else ""


def _raw_after(built: object, at: int, body: bytes) -> int:
    """Return how many raw bytes joblib wrote behind the description of an array: padding and numbers."""
    state: Any = built.state if isinstance(built, Made) else {}
    code, shape = state["dtype"].arguments[0], state.get("shape")
    count = int(code[1:]) * (4 if code[0] == "U" else 1)
    for extent in shape if isinstance(shape, tuple) else (0,):
        count *= extent if isinstance(extent, int) else 0
    aligned = state.get("numpy_array_alignment_bytes") is not None and at < len(body)
    return count + (1 + body[at] if aligned else 0)
