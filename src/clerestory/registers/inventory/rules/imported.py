"""Systems out of a CSV or XLSX file: what is wrong by row and field, and which systems are likely the same one twice.

Computes no formula and writes nothing. It says what is alike; people decide whether it is a duplicate.
"""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

from clerestory.registers.inventory.rules.record import AISystem, InventoryRefused, Stage, check_system, read_system
from clerestory.registers.inventory.rules.tier import check_areas, free_id, tier_rules
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word

MOST_ROWS, MOST_COLUMNS, LARGEST, LARGEST_UNPACKED = 20_000, 60, 20_000_000, 100_000_000
MOST_MARKS = 5_000_000
"""More opening brackets than twenty thousand rows need; each becomes something that no size of a file tells."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})[0-9]+")


class FileUnreadable(InventoryRefused):
    """A file is empty, too large, or no table."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The head and the rows of a file; each row is as long as the head, and has the number that people see."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_sheet(body: bytes, name: str) -> Sheet:
    """Read a file by its content; its name says nothing but how to call it.

    Raises:
        FileUnreadable: it is empty, too large, no CSV in UTF-8 and no XLSX, or has no head.
    """
    if not body.strip():
        raise FileUnreadable(_("{name} is empty.", name=name), _("Choose a file with a head and rows."))
    if len(body) > LARGEST:
        raise FileUnreadable(
            _("{name} has more than {largest} bytes.", name=name, largest=LARGEST),
            _("Use at most {largest}, in several files.", largest=LARGEST),
        )
    lines = list(_xlsx(body, name) if body[:4] == b"PK\x03\x04" else _csv(body, name))
    filled = [(number, cells) for number, cells in lines if any(cells)]
    if not filled:
        raise FileUnreadable(_("{name} holds no rows.", name=name), _("Choose a file with a head and rows."))
    head = filled[0][1]
    if len(filled) - 1 > MOST_ROWS or len(head) > MOST_COLUMNS:
        raise FileUnreadable(
            _("{name} has {count} rows and {columns} columns.", name=name, count=len(filled) - 1, columns=len(head)),
            _(
                "Use at most {most_rows} rows and {most_columns} columns, in several files.",
                most_rows=MOST_ROWS,
                most_columns=MOST_COLUMNS,
            ),
        )
    twice = next((title for title in head if title and head.count(title) > 1), None)
    if twice is not None:
        raise FileUnreadable(
            _("{name} has the column {twice!r} twice.", name=name, twice=twice), _("Keep one of both.")
        )
    width = len(head)
    rows = tuple((number, (*cells, *("",) * width)[:width]) for number, cells in filled[1:])
    return Sheet(head, rows)


def _csv(body: bytes, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            _("{name} is neither XLSX nor text in UTF-8.", name=name), _("Save it as CSV in UTF-8.")
        ) from error
    if "\x00" in text:
        raise FileUnreadable(_("{name} holds bytes that are no text.", name=name), _("Save it as CSV in UTF-8."))
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        for cells in reader:
            yield reader.line_num, tuple(_bare(cell) for cell in cells)
    except csv.Error as error:
        raise FileUnreadable(
            _("{name} is no CSV: {error}.", name=name, error=error), _("Save it again as CSV in UTF-8.")
        ) from error


def _xlsx(body: bytes, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            if sum(one.file_size for one in book.infolist()) > LARGEST_UNPACKED:
                raise FileUnreadable(
                    _(
                        "{name} unpacks to more than {largest_unpacked} bytes.",
                        name=name,
                        largest_unpacked=LARGEST_UNPACKED,
                    ),
                    _("Use several files."),
                )
            shared = _shared(book)
            sheets = sorted(one for one in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", one))
            root = _tree(book.read(sheets[0]))
            yield from _rows(root, shared)
    except _NO_BOOK as error:
        raise FileUnreadable(
            _("{name} is no XLSX that can be read.", name=name),
            _("Save it again without a password, or as CSV in UTF-8."),
        ) from error


_NO_BOOK = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, KeyError, IndexError, ValueError, ET.ParseError,
)  # fmt: skip
"""What a book that is broken, locked or packed otherwise raises; a lock and an unknown packing are RuntimeErrors."""


def _tree(body: bytes) -> ET.Element:
    """Read XML that defines nothing of its own, so that it cannot grow, and that holds no more than a sheet does."""
    plain = body.replace(b"\0", b"")  # as in UTF-8, where it is UTF-16
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise ValueError("a document type has no place in a sheet")
    if plain.count(b"<") > MOST_MARKS:
        raise ValueError("it holds more than a sheet of that many rows and columns does")
    return ET.fromstring(body)  # noqa: S314  without a document type there are no entities to expand


def _shared(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    items = _tree(book.read("xl/sharedStrings.xml")).iter(f"{_MAIN}si")
    return ["".join(part.text or "" for part in item.iter(f"{_MAIN}t")) for item in items]


def _rows(root: ET.Element, shared: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for place, row in enumerate(root.iter(f"{_MAIN}row"), start=1):
        cells: list[str] = []
        for cell in row.iter(f"{_MAIN}c"):
            at = _column(cell.get("r", ""), len(cells))
            if at > 4 * MOST_COLUMNS:
                break
            cells.extend([""] * (at - len(cells)))
            cells.append(_value(cell, shared))
        yield int(row.get("r", place)), tuple(cells)


def _value(cell: ET.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return _bare("".join(part.text or "" for part in cell.iter(f"{_MAIN}t")))
    held = cell.find(f"{_MAIN}v")
    text = "" if held is None else held.text or ""
    if cell.get("t") == "s" and text:
        text = shared[int(text) if text.isdecimal() else len(shared)]  # a negative one would count from the end
    elif cell.get("t") == "b":
        text = "true" if text == "1" else "false"
    return _bare(text)


def _column(place: str, otherwise: int) -> int:
    found = _CELL.fullmatch(place)
    if found is None:
        return otherwise
    number = 0
    for letter in found[1]:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _bare(text: str) -> str:
    """Return the text of a cell; the mark that exports put before a formula, so that none is computed, goes."""
    stripped = text.strip()
    return stripped[1:] if stripped[:1] == "'" and stripped[1:2] in "=+-@" and len(stripped) > 1 else stripped


SAME_NAME, LIKE_NAME, HALF_NAME, LIKE_PURPOSE = 0.999, 0.7, 0.45, 0.6
MOST = 5
_OTHER_NUMBER = 0.5
"""Names that are alike but for a number are mostly a series, seldom one thing twice."""
_COMMON = 60
"""A word that more systems share tells none of them apart."""


@dataclass(frozen=True, slots=True)
class Known:
    """What of a system tells it apart: name, purpose, suppliers, and digests of its models."""

    system_id: str
    name: str
    purpose: str
    suppliers: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """A system that is likely the same, how alike it is of 100, and what is alike."""

    system_id: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Systems by the words that tell them apart, so that ten thousand can be compared with each other."""

    systems: dict[str, Known] = field(default_factory=dict)
    _by: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, system: Known) -> None:
        """Take a system in."""
        self.systems[system.system_id] = system
        for key in _keys(system):
            self._by[key].append(system.system_id)

    def likely(self, system: Known) -> tuple[Likeness, ...]:
        """Return the systems that are likely the same as one, of those that share a telling word with it."""
        shared = (self._by.get(key, ()) for key in _keys(system))
        near = {one for ids in shared if len(ids) <= _COMMON for one in ids} - {system.system_id}
        return likely(system, (self.systems[one] for one in near))


def likely(system: Known, others: Iterable[Known]) -> tuple[Likeness, ...]:
    """Return the systems that are likely the same as one, the likeliest first, at most five."""
    found = (compare(system, other) for other in others if other.system_id != system.system_id)
    return tuple(sorted((one for one in found if one), key=lambda one: (-one.score, one.system_id))[:MOST])


def compare(one: Known, other: Known) -> Likeness | None:
    """Return why two systems are likely the same, or None where they are not."""
    less = _OTHER_NUMBER if _numbers(one.name) != _numbers(other.name) else 1.0
    name, purpose = less * alike(one.name, other.name), less * alike_words(one.purpose, other.purpose)
    digest = bool(set(one.digests) & set(other.digests))
    if name < HALF_NAME and not digest and purpose < LIKE_PURPOSE:
        return None
    supplier = bool({normal(s) for s in one.suppliers} & {normal(s) for s in other.suppliers})
    if not (digest or name >= LIKE_NAME or purpose >= LIKE_PURPOSE or (supplier and name >= HALF_NAME)):
        return None
    reasons = [
        ("same model", digest),
        ("same name", name >= SAME_NAME),
        ("like name", HALF_NAME <= name < SAME_NAME),
        ("like purpose", purpose >= LIKE_PURPOSE),
        ("same supplier", supplier),
    ]
    score = max(100 * digest, round(100 * (0.6 * name + 0.3 * purpose + 0.1 * supplier)))
    return Likeness(other.system_id, score, tuple(reason for reason, holds in reasons if holds))


def alike(one: str, other: str) -> float:
    """Return how alike two texts are, from 0 to 1: shared runs of three letters among all of theirs (Jaccard)."""
    return _share(_runs(normal(one)), _runs(normal(other)))


def alike_words(one: str, other: str) -> float:
    """Return how alike two sentences are, from 0 to 1: shared words among all of theirs (Jaccard)."""
    return _share(frozenset(normal(one).split()), frozenset(normal(other).split()))


@lru_cache(maxsize=65_536)
def normal(text: str) -> str:
    """Return a text without case, accents and marks, each word after one space."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join(kept.split())


def _keys(system: Known) -> Sequence[str]:
    words = normal(system.name).split()
    whole = [f"name {normal(system.name)}", f"purpose {normal(system.purpose)}"]
    return [*dict.fromkeys((*words, *whole, *(f"digest {digest}" for digest in system.digests)))]


def _numbers(text: str) -> frozenset[str]:
    return frozenset(word for word in normal(text).split() if word.isdecimal())


@lru_cache(maxsize=65_536)
def _runs(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2)) if text else frozenset()


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


NEEDED = ("name", "purpose", "owner")
TRUTHS = ("affects_people", "interacts", "has_customers", "in_scope", "involves_third_parties")
LISTS = ("use_areas", "ai_role", "suppliers", "affected_groups")
FIELDS = (*NEEDED, "system_id", *TRUTHS, *LISTS, "stage", "deployment_context", "autonomy_level")
_ALSO = {
    "title": "name", "system": "name", "ai system": "name", "description": "purpose", "use case": "purpose",
    "what it is for": "purpose", "responsible": "owner", "owner email": "owner", "e mail": "owner", "email": "owner",
    "id": "system_id", "system id": "system_id", "area": "use_areas", "areas": "use_areas",
    "where it is used": "use_areas", "our part": "ai_role", "role": "ai_role", "supplier": "suppliers",
    "vendor": "suppliers", "autonomy": "autonomy_level", "people affected": "affects_people",
    "affects people": "affects_people", "in scope": "in_scope", "customers": "has_customers",
}  # fmt: skip
_TRUE, _FALSE, _UNKNOWN = {"yes", "true", "1", "y", "x", "ja"}, {"no", "false", "0", "n", "nein"}, {"", "unknown", "?"}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one row: its number in the file, the field, the problem and the remedy."""

    row: int
    field: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RowSystem:
    """A row that can be registered."""

    row: int
    system: AISystem


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What a file would register, and what is wrong with it."""

    systems: tuple[RowSystem, ...]
    problems: tuple[RowProblem, ...]


def guess_mapping(head: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Return which column means what, by field: as it was imported last, or by name."""
    found = {name: column for name, column in remembered.items() if column in head and name in FIELDS}
    for column in head:
        said = normal(column.replace("_", " "))
        name = _ALSO.get(said, said.replace(" ", "_"))
        if name in FIELDS and name not in found and column not in found.values():
            found[name] = column
    return found


def read_rows(
    sheet: Sheet,
    mapping: Mapping[str, str],
    people: Mapping[str, str],
    taken: set[str],
    progress: Callable[[int], None] = lambda _done: None,
) -> ReadRows:
    """Read every row; ``people`` gives the id of a member by address or name, ``taken`` the ids in the inventory."""
    missing = [name for name in NEEDED if name not in mapping]
    if missing:
        found = [RowProblem(1, name, f"No column means {name}.", f"Name one of: {', '.join(sheet.head)}.")
                 for name in missing]  # fmt: skip
        return ReadRows((), tuple(found))
    places = {name: sheet.head.index(column) for name, column in mapping.items() if column in sheet.head}
    systems, problems, ids = [], [], dict.fromkeys(taken, 0)
    numbers: dict[str, int] = {}
    for done, (number, cells) in enumerate(sheet.rows):
        said = {name: cells[place] for name, place in places.items()}
        wrong = _row(number, said, people, ids, numbers)
        if isinstance(wrong, RowSystem):
            systems.append(wrong)
            ids[wrong.system.system_id] = number
        else:
            problems.extend(wrong)
        if done % 500 == 0:
            progress(done)
    return ReadRows(tuple(systems), tuple(problems))


def _row(
    number: int,
    said: Mapping[str, str],
    people: Mapping[str, str],
    ids: Mapping[str, int],
    numbers: dict[str, int],
) -> RowSystem | list[RowProblem]:
    problems = [
        RowProblem(number, name, _("The {what} is empty.", what=word(name)), _("Give the {what}.", what=word(name)))
        for name in NEEDED
        if not said[name]
    ]
    values: dict[str, Any] = {name: said.get(name, "") for name in ("name", "purpose", "deployment_context")}
    owner = people.get(said["owner"].casefold())
    if owner is None and said["owner"]:
        problems.append(
            RowProblem(
                number,
                "owner",
                _("{name!r} is no member.", name=said["owner"][:80]),
                _("Give the address of a member."),
            )
        )
    values["owner"] = owner or "nobody"
    for name in TRUTHS:
        values[name], wrong = _truth(said.get(name, ""))
        if wrong:
            problems.append(
                RowProblem(
                    number,
                    name,
                    _("{said!r} is neither yes nor no.", said=said[name][:80]),
                    _("Use yes, no or nothing."),
                )
            )
    for name in LISTS:
        values[name] = [part.strip() for part in said.get(name, "").replace("|", ";").split(";") if part.strip()]
    level = said.get("autonomy_level", "")
    values["autonomy_level"] = int(level) if level.isdecimal() and len(level) < 3 else None
    if level and values["autonomy_level"] is None and level.casefold() not in _UNKNOWN:
        problems.append(
            RowProblem(
                number, "autonomy_level", _("{level!r} is no level.", level=level[:80]), _("Give a level from 1 to 5.")
            )
        )
    values["stage"] = said.get("stage") or str(Stage.OPERATION)
    values["assumed"] = [] if said.get("stage") else ["stage"]
    wanted = said.get("system_id", "")
    values["system_id"] = wanted or free_id(said["name"], ids, numbers)
    if wanted in ids:
        where = _("row {row} of the file", row=ids[wanted]) if ids[wanted] else _("the inventory")
        problems.append(
            RowProblem(
                number,
                "system_id",
                _("{wanted!r} is in {where} already.", wanted=wanted, where=where),
                _("Choose another id."),
            )
        )
    return problems or _checked(number, values)


def _checked(number: int, values: Mapping[str, Any]) -> RowSystem | list[RowProblem]:
    try:
        system = read_system(values)
        check_system(system)
        check_areas(system.use_areas, tier_rules())
        if system.in_scope is False:
            return [RowProblem(number, "in_scope", "Leaving a system out of the scope is a decision.",
                               "Leave it empty, and decide it under Context and scope.")]  # fmt: skip
    except ClerestoryError as error:
        return [RowProblem(number, _field_of(error.problem), error.problem, error.remedy)]
    return RowSystem(number, system)


def _field_of(problem: str) -> str:
    words = problem.casefold()
    known = {"purpose": "purpose", "name of": "name", "area of use": "use_areas", "areas of use": "use_areas",
             "stage": "stage", "ai role": "ai_role", "autonomy": "autonomy_level", "id of a system": "system_id",
             "place of": "deployment_context"}  # fmt: skip
    return next((name for said, name in known.items() if said in words), "suppliers")


def _truth(text: str) -> tuple[bool | None, bool]:
    said = text.casefold()
    if said in _TRUE | _FALSE:
        return said in _TRUE, False
    return None, said not in _UNKNOWN
