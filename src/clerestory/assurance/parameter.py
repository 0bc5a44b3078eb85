"""Parameters of a check: their declaration, how a manifest's values become them, and their form as a document.

Every value is checked once, here; what a check gets is complete and of the declared kind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import cast

from clerestory.assurance import parameter_kind
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.terms.fact import Document

NUMERIC = ("integer", "number")
"""Types of column (see `tally.SchemaTally`) that have a distribution function."""
_KINDS = {"numeric": NUMERIC, "category": ("text", "boolean")}
"""Types of column that ``all_of`` takes; any other word takes all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a manifest's ``[data]`` table says and what its tables hold: the source of defaults.

    ``columns`` and ``reference`` give the type per column of the current and the reference table (`SchemaTally`);
    ``reference`` None means there is none. ``favourable`` and ``positive`` are `tally.value_text` of the value that
    means yes in ``outcome`` and ``label``; None means true or 1. ``previous_outcome`` and ``previous_score`` are
    columns of the version compared with, ``previous_model`` the digest of its artefact. ``as_of`` is the moment of the
    run. ``features`` are the columns that the model takes, ``threshold`` is the score from which on it decides
    favourably. ``asked``: what can be asked in a trial: ``model``, ``previous``, ``language_model``, ``agent``.
    ``deployed_at``: since when the deployment works.
    """

    columns: Mapping[str, str]
    reference: Mapping[str, str] | None = None
    outcome: str | None = None
    favourable: str | None = None
    label: str | None = None
    positive: str | None = None
    score: str | None = None
    previous_outcome: str | None = None
    previous_score: str | None = None
    previous_model: str | None = None
    timestamp: str | None = None
    keys: tuple[str, ...] = ()
    sensitive_features: tuple[str, ...] = ()
    min_group_size: int = 30
    max_unjudged_share: float = 0.05
    as_of: str = ""
    features: tuple[str, ...] = ()
    threshold: float | None = None
    asked: frozenset[str] = frozenset()
    deployed_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: name, kind (`parameter_kind.KINDS`), meaning, and where its value comes from when none is given.

    ``from_data`` names the field of `Layout` that stands in; then ``default``; without either a ``required`` one is
    asked for. ``all_of`` lets ``columns`` be written ``"all"``: ``numeric``, ``category`` or ``any`` columns of both
    tables.
    ``names_slice``: the value tells two runs of one check apart.
    """

    name: str
    kind: str
    meaning: str
    default: object = None
    from_data: str | None = None
    required: bool = False
    options: tuple[str, ...] = ()
    all_of: str | None = None
    names_slice: bool = False

    @property
    def standard(self) -> object:
        """The value where nobody says otherwise: the default, or what [data] starts from; None where there is none."""
        if self.default is not None or self.from_data is None:
            return self.default
        return next(
            (f.default for f in fields(Layout) if f.name == self.from_data and isinstance(f.default, int | float)), None
        )


@dataclass(frozen=True, slots=True)
class Parameters:
    """Complete values by name. The typed readers raise KeyError for a name without value."""

    values: Mapping[str, object] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def text(self, name: str) -> str:
        """Return a column, text, choice or duration."""
        return cast(str, self.values[name])

    def optional(self, name: str) -> str | None:
        """Return a text, or None where there is none."""
        return cast("str | None", self.values.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return columns or texts; none where there are none."""
        return cast("tuple[str, ...]", self.values.get(name) or ())

    def number(self, name: str) -> float:
        """Return a number or share."""
        return cast(float, self.values[name])

    def count(self, name: str) -> int:
        """Return a count."""
        return cast(int, self.values[name])

    def flag(self, name: str) -> bool:
        """Return a flag."""
        return cast(bool, self.values[name])

    def table(self, name: str) -> Mapping[str, object]:
        """Return a table by column; an empty one where there is none."""
        return cast("Mapping[str, object]", self.values.get(name) or {})


def complete(check: str, declared: tuple[Parameter, ...], given: Mapping[str, object], layout: Layout) -> Parameters:
    """Fill in what a manifest leaves out and check what it gives.

    Args:
        check: name of the check, for the error.
        declared: the parameters of the check.
        given: keys of the manifest's ``[[check]]`` table, without name, criterion and source.
        layout: the manifest's ``[data]`` and the columns found.

    Raises:
        ParameterRefused: a key is unknown, a value of the wrong kind, a required one missing, or a column not there.
    """
    refuse_unknown(check, declared, given)
    values = {}
    for parameter in declared:
        where = f"{check}: {parameter.name}"
        value = given.get(parameter.name)
        if value is None and parameter.from_data:
            value = getattr(layout, parameter.from_data)
            value = None if value in (None, (), "") else value
        if value is None:
            value = parameter.default
        if value is None and parameter.required:
            raise ParameterRefused(f"{where} is missing.", _ask(parameter))
        if value == "all" and parameter.all_of:
            value = _all_columns(where, parameter.all_of, layout)
        if value is not None:
            value = parameter_kind.read(parameter.kind, value, where, parameter.options)
            _refuse_absent(where, parameter_kind.columns(parameter.kind, value), layout)
            values[parameter.name] = value
    return Parameters(values)


def refuse_unknown(check: str, declared: tuple[Parameter, ...], given: Mapping[str, object]) -> None:
    """Raise ParameterRefused for the first key that the check does not have, with the nearest one it has."""
    names = [parameter.name for parameter in declared]
    for key in given:
        if key not in names:
            near = get_close_matches(key, names, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(names) or 'none'}."
            raise ParameterRefused(f"{check} has no parameter {key!r}.", hint)


def refuse_absent_in_reference(check: str, columns: tuple[tuple[str, str], ...], layout: Layout) -> None:
    """Raise ParameterRefused when the reference table lacks one of the columns."""
    for key, column in columns:
        if column not in (layout.reference or {}):
            raise ParameterRefused(
                f"{check}: {key} names column {column!r}, which the reference does not have.",
                "Take it out, or give a reference that has it.",
            )


def parameters_document(declared: tuple[Parameter, ...], parameters: Parameters) -> Document:
    """Write parameters as a document: numbers as decimal text, no null."""
    return {
        parameter.name: parameter_kind.write(parameters.values[parameter.name])
        for parameter in declared
        if parameter.name in parameters
    }


def read_parameters(check: str, declared: tuple[Parameter, ...], document: Mapping[str, object]) -> Parameters:
    """Read parameters back; the inverse of `parameters_document`. Columns are not looked for.

    Raises:
        ParameterRefused: a key is unknown, a required one missing or a value of the wrong kind.
    """
    refuse_unknown(check, declared, document)
    values = {}
    for parameter in declared:
        where = f"{check}: {parameter.name}"
        if parameter.name in document:
            item = document[parameter.name]
            values[parameter.name] = parameter_kind.read(parameter.kind, item, where, parameter.options, as_text=True)
        elif parameter.required or parameter.default is not None:
            raise ParameterRefused(f"{where} is missing.", "Send the parameters as the run recorded them.")
    return Parameters(values)


def _all_columns(where: str, all_of: str, layout: Layout) -> tuple[str, ...]:
    both = [name for name in layout.columns if layout.reference is None or name in layout.reference]
    apart = (layout.timestamp, *layout.keys)
    kinds = _KINDS.get(all_of)
    chosen = tuple(name for name in both if name not in apart and (kinds is None or layout.columns[name] in kinds))
    if not chosen:
        raise ParameterRefused(f'{where} = "all" finds no {all_of} column.', "Name the columns.")
    return chosen


def _refuse_absent(where: str, columns: tuple[str, ...], layout: Layout) -> None:
    for column in columns:
        if column not in layout.columns:
            near = get_close_matches(column, list(layout.columns), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(list(layout.columns)[:20])}."
            raise ParameterRefused(f"{where} names column {column!r}, which the data does not have.", hint)


def _ask(parameter: Parameter) -> str:
    if parameter.from_data:
        return f"Give {parameter.from_data} in [data], or {parameter.name} in this check: {parameter.meaning}"
    return f"Give it: {parameter.meaning}"
