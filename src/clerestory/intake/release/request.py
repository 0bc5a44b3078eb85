"""What shall be released, a TOML file beside the manifest: read strictly. The ceiling stands in the manifest alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import product
from pathlib import Path

from clerestory.assurance import registry
from clerestory.assurance.criterion import Criterion
from clerestory.assurance.parameter import Layout, Parameters
from clerestory.assurance.privacy.budget_accounting import NAME as BUDGET
from clerestory.assurance.privacy.released.answer import MECHANISMS, WHAT, Price
from clerestory.intake.manifest import Manifest
from clerestory.intake.manifest.section import ManifestUnusable, Section
from clerestory.intake.protect.recipe import read_toml
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import Digest

MOST_CELLS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: what is counted of which column, in which cells, between which bounds, at which price."""

    name: str
    what: str
    column: str | None
    by: Mapping[str, tuple[str, ...]]
    lowest: float
    highest: float
    edges: tuple[float, ...]
    quantiles: tuple[float, ...]
    price: Price
    where: str

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """Return every combination of the declared values of the groups, in order; one empty one without groups."""
        return tuple(product(*self.by.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A whole request. ``person`` None: each row is a person of its own, as the file says in so many words."""

    file: Path
    digest: Digest
    input: str | None
    dataset: str
    person: str | None
    rows_per_person: int
    output: str
    questions: tuple[Question, ...]
    where: str

    @property
    def folder(self) -> Path:
        """The folder that paths start from."""
        return self.file.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the manifest's check of the budget says: where the ledger lies and how far it may go."""

    ledger: Path
    name: str
    dataset: str | None
    delta: float
    unit: str
    people: int | None
    criterion: Criterion
    where: str


def read_wanted(file: Path) -> Wanted:
    """Read a request.

    Raises:
        ManifestUnusable: the file is missing or no TOML, or something in it is missing, unknown or of a wrong type.
    """
    body, document, place = read_toml(file, ("release", "question"))
    items = document.get("question", [])
    if not isinstance(items, list) or not items:
        raise ManifestUnusable(f"{file}: there is no [[question]].", "Add at least one, with name and what.")
    if "release" not in document:
        raise ManifestUnusable(f"{file}: the table [release] is missing.", "Add it with dataset, person and output.")
    section = Section(place, "release", document["release"])
    mechanism = section.choice("mechanism", MECHANISMS, "geometric") or "geometric"
    person, alone = section.text_or_none("person"), section.boolean("rows_are_people")
    if (person is None) != bool(alone):
        raise section.error(
            "person",
            "[release] must say whose rows they are",
            'Add person = "customer_id", or rows_are_people = true where nobody has two rows.',
        )
    rows = section.whole("rows_per_person", 1, least=1)
    if alone and rows != 1:
        raise section.error("rows_per_person", "[release] rows_are_people has one row a person", "Leave it out.")
    wanted = Wanted(
        file=file,
        digest=Digest("sha256:" + sha256(body).hexdigest()),
        input=section.text_or_none("input"),
        dataset=section.text("dataset"),
        person=person,
        rows_per_person=rows,
        output=section.text("output"),
        where=section.where("output"),
        questions=tuple(_question(Section(place, "question", item, at), mechanism) for at, item in enumerate(items)),
    )
    section.close()
    names = [question.name for question in wanted.questions]
    if len(set(names)) < len(names):
        raise ManifestUnusable(f"{file}: two questions have one name.", "Give each a name of its own.")
    if not wanted.output.lower().endswith((".json", ".csv")):
        raise ManifestUnusable(f"{wanted.where} is {wanted.output!r}, of no known form.", "Name a .json or .csv file.")
    return wanted


def budget_of(manifest: Manifest, dataset: str) -> Budget:
    """Return the budget of a data set: the check of the manifest that accounts for it.

    Raises:
        ManifestUnusable: there is none, or more than one, or its criterion sets no upper limit.
    """
    found = []
    for table in manifest.checks:
        if table.name != BUDGET:
            continue
        check = registry.find(BUDGET)
        try:
            parameters = check.complete(table.parameters, Layout(columns={}))
            criterion = check.criterion(table.criterion, parameters)
        except ClerestoryError as error:
            raise ManifestUnusable(f"{table.where}: [[check]] {error.problem}", error.remedy) from error
        if parameters.optional("dataset") in (None, dataset):
            found.append(_budget(manifest, parameters, criterion, table.where))
    if len(found) != 1:
        raise ManifestUnusable(
            f"{manifest.file} has {len(found)} checks {BUDGET} for {dataset!r}, and one must set the ceiling.",
            f'Add one [[check]] with name = "{BUDGET}", criterion = "<= 3" and the ledger.',
        )
    return found[0]


def _budget(manifest: Manifest, parameters: Parameters, criterion: Criterion, where: str) -> Budget:
    path = parameters.text("ledger")
    place = manifest.folder / path
    if not path.lower().endswith(".toml") or not place.resolve().is_relative_to(manifest.folder.resolve()):
        raise ManifestUnusable(
            f"{where}: a release is written into a ledger of TOML below the manifest's folder, not into {path!r}.",
            'Name one, such as ledger = "privacy_budget.toml".',
        )
    return Budget(
        ledger=place,
        name=path,
        dataset=parameters.optional("dataset"),
        delta=parameters.number("delta"),
        unit=parameters.text("unit").strip().lower(),
        people=parameters.count("people") if "people" in parameters else None,
        criterion=criterion,
        where=where,
    )


def _question(section: Section, mechanism: str) -> Question:
    name, what, where = section.text("name"), section.choice("what", WHAT), section.where("what")
    if what is None:
        raise section.error("what", f"[[question]] {name!r} does not say what", f"Add what: {', '.join(WHAT)}.")
    column = section.text_or_none("column")
    if (column is None) != (what == "count"):
        raise section.error("column", f"[[question]] {what} and column do not fit", "A count has none, all else one.")
    bounded = what in ("sum", "mean")
    question = Question(
        name=name,
        what=what,
        column=column,
        by=_groups(section),
        lowest=float(_number(section, "lowest")) if bounded else 0.0,
        highest=float(_number(section, "highest")) if bounded else 0.0,
        edges=_numbers(section, "edges") if what in ("histogram", "quantiles") else (),
        quantiles=_numbers(section, "quantiles") if what == "quantiles" else (),
        price=Price(mechanism=mechanism, size=_number(section, "rho" if mechanism == "gaussian" else "epsilon")),
        where=where,
    )
    section.close()
    if question.price.size <= 0:
        raise section.error("epsilon", "[[question]] costs nothing", "Give an epsilon (or rho) above 0.")
    if bounded and not question.highest > question.lowest:
        raise section.error("lowest", "[[question]] bounds hold no values", "Give lowest < highest, not of the data.")
    if question.edges and (len(question.edges) < 2 or sorted(set(question.edges)) != list(question.edges)):
        raise section.error(
            "edges", "[[question]] edges do not ascend", "Give two or more, from the field's knowledge."
        )
    if any(not 0 < share < 1 for share in question.quantiles):
        raise section.error("quantiles", "[[question]] quantiles are shares", "Give numbers between 0 and 1.")
    if len(question.cells()) * max(len(question.edges), 1) > MOST_CELLS:
        raise section.error("by", f"[[question]] has more than {MOST_CELLS} cells", "Ask for fewer groups.")
    return question


def _groups(section: Section) -> Mapping[str, tuple[str, ...]]:
    given = section.table_or_none("by") or {}
    found = {}
    for name, values in given.items():
        if not isinstance(values, list) or not values or len({str(value) for value in values}) < len(values):
            raise section.error(
                "by",
                f"[[question]] by {name!r} lists no values",
                "List every group that shall be told; which there are must not come of the data.",
            )
        found[name] = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
    return found


def _number(section: Section, key: str) -> Fraction:
    found = section.plain(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or found != found or abs(found) > 1e300:
        raise section.error(key, f"[[question]] {key} is {found!r}", f"Give {key} as a number; never from the data.")
    return Fraction(str(found))


def _numbers(section: Section, key: str) -> tuple[float, ...]:
    found = section.list_or_none(key)
    numbers = [item for item in found or () if isinstance(item, int | float) and not isinstance(item, bool)]
    if not numbers or len(numbers) < len(found or ()):
        raise section.error(key, f"[[question]] {key} is {found!r}", "Give a list of numbers, never from the data.")
    return tuple(float(item) for item in numbers)
