"""The recipe of a transformation, a TOML file beside the manifest: read strictly, opens no data."""

import csv
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clerestory.intake.manifest.section import ManifestUnusable, Place, Section, Value
from clerestory.terms.ids import Digest

TABLES = ("transform", "column")
PERIODS = ("month", "year")
WAYS = ("generalise", "pseudonymise", "noise", "random answers", "suppress", "remove")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way to make a column coarser: bands of a width, months or years of a day, or a table of values."""

    label: str
    width: float | None = None
    period: str | None = None
    start: float = 0.0
    to: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRecipe:
    """What happens to one column. ``steps`` from fine to coarse; the first is taken, and further ones until k holds."""

    name: str
    way: str
    steps: tuple[Step, ...] = ()
    length: int = 16
    lowest: float = 0.0
    highest: float = 0.0
    epsilon: float = 0.0
    options: tuple[str, ...] = ()
    least: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole recipe. ``digest`` is of the file's bytes; paths are as written and start from its folder."""

    file: Path
    digest: Digest
    place: Place
    output: str
    input: str | None
    columns: Mapping[str, ColumnRecipe]
    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    person: str | None
    keep: tuple[str, ...]
    k: int
    diversity: int
    most_left_out: float
    label: str | None
    positive: str | int | float | bool | None
    key_file: str | None
    key_env: str | None
    seed: int

    @property
    def folder(self) -> Path:
        """The folder that paths start from."""
        return self.file.parent

    def where(self, key: str) -> str:
        """Return ``file, line 3: [transform] key`` for messages."""
        return f"{self.place.of('transform', key)}: [transform] {key}"


def read_recipe(file: Path) -> Recipe:
    """Read a recipe.

    Raises:
        ManifestUnusable: the file is missing or no TOML, or something in it is missing, unknown or of a wrong type.
    """
    body, document, place = read_toml(file, TABLES)
    columns = document.get("column", [])
    if not isinstance(columns, list):
        raise ManifestUnusable(f"{place.of('column')}: [column] is one table.", "Write each as [[column]].")
    found: dict[str, ColumnRecipe] = {}
    for index, values in enumerate(columns):
        section = Section(place, "column", values, index)
        column = _column(section, file.parent)
        if column.name in found:
            raise section.error("name", f"[[column]] {column.name!r} stands there twice", "Keep one of the two.")
        found[column.name] = column
    if "transform" not in document:
        raise ManifestUnusable(f"{file}: the table [transform] is missing.", "Add it with output and columns to keep.")
    section = Section(place, "transform", document["transform"])
    recipe = Recipe(
        file=file,
        digest=Digest("sha256:" + hashlib.sha256(body).hexdigest()),
        place=place,
        output=section.text("output"),
        input=section.text_or_none("input"),
        columns=found,
        quasi_identifiers=section.texts("quasi_identifiers"),
        sensitive=section.texts("sensitive"),
        person=section.text_or_none("person"),
        keep=section.texts("keep"),
        k=section.whole("k", 0, least=2),
        diversity=section.whole("l", 1, least=2),
        most_left_out=section.share("most_left_out", 0.05),
        label=section.text_or_none("label"),
        positive=section.plain("positive"),
        key_file=section.text_or_none("key_file"),
        key_env=section.text_or_none("key_env"),
        seed=section.whole("seed", 0, least=0),
    )
    section.close()
    _require_whole(recipe, section)
    return recipe


def read_toml(file: Path, tables: tuple[str, ...]) -> tuple[bytes, Mapping[str, object], Place]:
    """Read a TOML file that has no other tables than these.

    Raises:
        ManifestUnusable: it is missing or no TOML, or has another table.
    """
    try:
        body = file.read_bytes()
        text = body.decode("utf-8-sig")
        document = tomllib.loads(text)
    except FileNotFoundError as error:
        raise ManifestUnusable(f"There is no file {file}.", "Name the TOML file beside the manifest.") from error
    except OSError as error:
        raise ManifestUnusable(f"{file} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestUnusable(f"{file} is no TOML: {error}.", "Correct the line; texts stand in quotes.") from error
    place = Place(file, text)
    for table in document:
        if table not in tables:
            raise ManifestUnusable(
                f"{place.of(table, table)}: there is no table [{table}].", f"Known here: {', '.join(tables)}."
            )
    return body, document, place


def _require_whole(recipe: Recipe, section: Section) -> None:
    tokens = [column for column in recipe.columns.values() if column.way == "pseudonymise"]
    if tokens and (recipe.key_file is None) == (recipe.key_env is None):
        raise section.error(
            "key_file",
            "[transform] must name one place of the key for tokens",
            "Give key_file, a file of 16 bytes or more, or key_env, a variable of the environment.",
        )
    if recipe.k and not recipe.quasi_identifiers:
        raise section.error("k", "[transform] has k and no quasi_identifiers", "Name what others may know of a person.")
    if recipe.diversity > 1 and not (recipe.sensitive and recipe.k):
        raise section.error("l", "[transform] has l without k and sensitive", "Name k and the sensitive columns.")
    if recipe.label is None and recipe.positive is not None:
        raise section.error("positive", "[transform] has positive and no label", "Name the label, or leave it out.")
    removed = {column.name for column in recipe.columns.values() if column.way == "remove"}
    for key, names in (("quasi_identifiers", recipe.quasi_identifiers), ("sensitive", recipe.sensitive)):
        gone = [name for name in names if name in removed]
        if gone:
            raise section.error(key, f"[transform] {key} names {gone[0]!r}, which is removed", "Leave it out there.")
    if [c for c in recipe.columns.values() if len(c.steps) > 1] and not recipe.k:
        raise section.error("k", "several steps are given and no k that says when to stop", "Give k, or one step each.")


def _column(section: Section, folder: Path) -> ColumnRecipe:
    name = section.text("name")
    way = section.choice("do", WAYS)
    where = section.where("do")
    if way is None:
        raise section.error("do", f"[[column]] {name!r} does not say what to do", f"Add do: {', '.join(WAYS)}.")
    read = ColumnRecipe(
        name=name,
        way=way,
        where=where,
        steps=_steps(section, folder) if way == "generalise" else (),
        length=section.whole("length", 16, least=8) if way == "pseudonymise" else 16,
        lowest=_number(section, "lowest") if way == "noise" else 0.0,
        highest=_number(section, "highest") if way == "noise" else 0.0,
        epsilon=_number(section, "epsilon") if way in ("noise", "random answers") else 0.0,
        options=section.texts("options") if way == "random answers" else (),
        least=section.whole("least", 10, least=2) if way == "suppress" else 0,
    )
    section.close()
    if way in ("noise", "random answers") and not read.epsilon > 0:
        raise section.error("epsilon", f"[[column]] epsilon is {read.epsilon:g}", "Give an epsilon above 0.")
    if way == "noise" and not read.highest > read.lowest:
        raise section.error("lowest", "[[column]] the range holds nothing", "Give lowest < highest, not of the data.")
    return read


def _steps(section: Section, folder: Path) -> tuple[Step, ...]:
    ways = {
        "width": section.plain("width"),
        "widths": section.list_or_none("widths"),
        "periods": section.choices("periods", PERIODS) or None,
        "to": section.table_or_none("to"),
        "hierarchy": section.text_or_none("hierarchy"),
    }
    start, level = section.plain("start"), section.whole("level", 0, least=1)
    given = [key for key, value in ways.items() if value is not None]
    if len(given) != 1:
        raise section.error(
            "do", "[[column]] generalises by one of width, widths, periods, to and hierarchy", "Give one."
        )
    if given[0] in ("width", "widths"):
        widths = ways["widths"] if given[0] == "widths" else [ways["width"]]
        return _bands(section, given[0], list(widths if isinstance(widths, list) else []), start)
    if given[0] == "periods":
        return tuple(Step(label=f"{period}s", period=period) for period in PERIODS if period in str(ways["periods"]))
    if isinstance(table := ways["to"], Mapping):
        return (Step(label="table", to={key: str(item) for key, item in table.items()}),)
    levels = _hierarchy(section, folder / str(ways["hierarchy"]))
    if level > len(levels):
        raise section.error("level", f"[[column]] level is {level}", f"The hierarchy has levels 1 to {len(levels)}.")
    return (levels[level - 1],) if level else levels


def _bands(section: Section, key: str, widths: list[Value | None], start: object) -> tuple[Step, ...]:
    good = [w for w in widths if isinstance(w, int | float) and not isinstance(w, bool) and w > 0]
    if len(good) < len(widths) or not good or sorted(set(good)) != good:
        raise section.error(key, f"[[column]] {key} is {widths!r}", "Give positive numbers, from fine to coarse.")
    first = float(start) if isinstance(start, int | float) and not isinstance(start, bool) else 0.0
    return tuple(Step(label=f"bands of {width:g}", width=float(width), start=first) for width in good)


def _hierarchy(section: Section, file: Path) -> tuple[Step, ...]:
    """Read a hierarchy: a line per value, first the value, then what it is at each coarser level."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise section.error("hierarchy", f"{file} cannot be read", "Name a CSV file beside the recipe.") from error
    between = ";" if ";" in text.partition("\n")[0] else ","
    lines = [line for line in csv.reader(text.splitlines(), delimiter=between) if line]
    wide = {len(line) for line in lines}
    if len(wide) != 1 or wide == {1}:
        raise section.error(
            "hierarchy", f"{file} has no levels, or not as many in each line", "Write value, level 1, level 2 ..."
        )
    return tuple(
        Step(label=f"level {level}", to={line[0].strip(): line[level].strip() for line in lines})
        for level in range(1, wide.pop())
    )


def _number(section: Section, key: str) -> float:
    found = section.plain(key)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise section.error(
            key, f"[[column]] {key} is {found!r}", f"Give {key} as a number; it must not come of the data."
        )
    return float(found)
