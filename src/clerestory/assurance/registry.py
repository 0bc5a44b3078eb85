"""The one list of checks. A method registers itself with ``@check(...)``; third parties do so by entry point."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from inspect import getdoc
from typing import TYPE_CHECKING

from clerestory.assurance import parameter as declarations
from clerestory.assurance.criterion import Criterion
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout, Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.parameter_kind import columns as columns_in
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.tally.request import REFERENCE
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import number_text
from clerestory.terms.fact import Document

if TYPE_CHECKING:
    from clerestory.assurance.trial.move import Performer, Talk

MODEL_VERSION = "model_version"
DATASET_VERSION = "dataset_version"
DEPLOYMENT = "deployment"
ORGANISATION = "organisation"
ENTRY_POINTS = "clerestory.checks"
_ASKED = {
    "model": ("a model", "Name in [model] one that can be run: an ONNX file, an entry or a url."),
    "language_model": ("a language model", "Name its endpoint or entry in [language_model]."),
    "agent": ("an agent", "Name the entry that decides on its acts in [agent]."),
}
_FAMILIES = (
    "agents",
    "data_quality",
    "drift",
    "explainability",
    "fairness",
    "inventory",
    "language_models",
    "logging",
    "operation",
    "oversight",
    "performance",
    "pipeline",
    "poisoning",
    "privacy",
    "provenance",
    "records",
    "resources",
    "robustness",
    "security",
    "supply_chain",
    "transparency",
    "use",
)

Wants = Callable[[Parameters], tuple[Request, ...]]
Better = Callable[[Parameters], str]
Highest = Callable[[Parameters], float | None]
Formula = Callable[[Tallies, Parameters], Measurement]


class UnknownCheck(ClerestoryError):
    """No check has this name."""


class CheckNamedTwice(ClerestoryError):
    """Two checks claim one name."""


class TallyMissing(ClerestoryError):
    """A tally that a check asked for was not handed over."""


class CriterionBackwards(ClerestoryError):
    """A criterion sets a limit on the wrong side, or outside what the value can be."""


class CriterionAlwaysHolds(ClerestoryError):
    """A criterion accepts every value that the check can have, so that nothing could fail it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A registered check: what it is about, what it needs, its parameters and its formula.

    ``needs`` lists what there must be: ``outcome``, ``label``, ``score``, ``sensitive_features``, ``reference`` in the
    data; ``model``: one that can be asked; ``language_model``; ``agent``. ``asks``: what its trial asks where it is
    there, and can do without.
    ``better`` says which way is good, ``higher`` or ``lower``, perhaps by the parameters. ``lowest`` and ``highest``
    bound the value, the highest perhaps by the parameters and None where nothing does. ``about`` is the documentation.
    """

    name: str
    subject: str
    parameters: tuple[Parameter, ...]
    needs: tuple[str, ...]
    better: str | Better
    lowest: float
    highest: float | Highest | None
    about: str
    _wants: Wants
    _formula: Formula
    _performer: "Performer | None" = None
    asks: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The family: what stands before the point."""
        return self.name.partition(".")[0]

    def complete(self, given: Mapping[str, object], layout: Layout) -> Parameters:
        """Fill in and check the parameters of a manifest's table (see `parameter.complete`).

        Raises:
            ParameterRefused: a key is unknown, a value wrong, a required one missing, or a column or table not there.
        """
        self._require_asked(layout)
        parameters = declarations.complete(self.name, self.parameters, given, layout)
        self.require_reference(parameters, given=layout.reference is not None)
        if "reference" in self.needs:
            declarations.refuse_absent_in_reference(self.name, self.columns(parameters), layout)
        return parameters

    def _require_asked(self, layout: Layout) -> None:
        for name, (what, remedy) in _ASKED.items():
            if name in self.needs and name not in layout.asked:
                raise ParameterRefused(f"{self.name} tries {what}, and there is none to ask.", remedy)

    def require_reference(self, parameters: Parameters | None = None, *, given: bool) -> None:
        """Refuse a check that compares with a reference where none is named; raise ParameterRefused.

        Without parameters only what the check always needs is looked at.
        """
        if given:
            return
        requests = () if parameters is None else self._wants(parameters)
        asked = any(getattr(request, "data", None) == REFERENCE for request in requests)
        if asked or "reference" in self.needs:
            raise ParameterRefused(
                f"{self.name} compares with a reference, and there is none.", "Give reference in [data]."
            )

    def parameters_document(self, parameters: Parameters) -> Document:
        """Write complete parameters as a document."""
        return declarations.parameters_document(self.parameters, parameters)

    def read_parameters(self, document: Mapping[str, object]) -> Parameters:
        """Read such a document back; raise ParameterRefused."""
        return declarations.read_parameters(self.name, self.parameters, document)

    def columns(self, parameters: Parameters) -> tuple[tuple[str, str], ...]:
        """Return (parameter, column) for every column that the parameters name."""
        return tuple(
            (declared.name, column)
            for declared in self.parameters
            if declared.name in parameters
            for column in columns_in(declared.kind, parameters.values[declared.name])
        )

    def slice(self, parameters: Parameters) -> str:
        """Return the text that tells this run apart from others of the same check, empty when nothing does.

        Limits, tables and other settings that differ from their default follow as a digest: a result under a wider
        range or another seed is another result, and does not replace an earlier failure.
        """
        given = [p for p in self.parameters if p.name in parameters and parameters.values[p.name] != p.standard]
        named = [f"{p.name}={_plain(parameters.values[p.name])}" for p in given if p.names_slice]
        settings = {
            p.name: _settled(parameters.values[p.name])
            for p in given
            if (p.kind.startswith("table") or not p.names_slice) and (p.from_data is None or p.standard is not None)
        }
        if settings:
            text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
            named.append(f"#{hashlib.sha256(text.encode()).hexdigest()[:8]}")
        return "; ".join(named)

    def direction(self, parameters: Parameters | None) -> str | None:
        """Return ``higher`` or ``lower``: which way is good with these parameters; None where they would decide it."""
        if isinstance(self.better, str):
            return self.better
        return None if parameters is None else self.better(parameters)

    def criterion(self, text: str, parameters: Parameters | None = None) -> Criterion:
        """Read a criterion for this check with these parameters.

        Without parameters the side is not looked at where it depends on them.

        Raises:
            CriterionUnreadable: the text is no criterion.
            CriterionBackwards: it would accept the bad side, or its limit lies outside what the value can be.
            CriterionAlwaysHolds: it accepts every value that the check can have.
        """
        criterion = Criterion.parse(text)
        floor, ceiling = criterion.lower, criterion.upper
        better = self.direction(parameters)
        if better and (floor if better == "higher" else ceiling) is None:
            sign = ">=" if better == "higher" else "<="
            raise CriterionBackwards(
                f"{self.name} is better the {better} it is; {text!r} accepts the bad side.",
                f'Write "{sign} ..." or "between ... and ...".',
            )
        highest = self.ceiling(parameters)
        limits = [limit for limit in (floor, ceiling) if limit is not None]
        top = "" if highest is None else f" to {highest:g}"
        if any(limit < self.lowest or (highest is not None and limit > highest) for limit in limits):
            raise CriterionBackwards(
                f"The limit in {text!r} lies outside what {self.name} can be.",
                f"Give a limit from {self.lowest:g}{top}.",
            )
        if criterion.holds(self.lowest) and (ceiling is None if highest is None else criterion.holds(highest)):
            raise CriterionAlwaysHolds(
                f"{text!r} holds for every value that {self.name} can have: nothing could fail it.",
                f"Give a limit that a value from {self.lowest:g}{top or ' on'} can break.",
            )
        return criterion

    def ceiling(self, parameters: Parameters | None) -> float | None:
        """Return the highest value there can be with these parameters; None where nothing bounds or tells it."""
        if callable(self.highest):
            return None if parameters is None else self.highest(parameters)
        return self.highest

    def wants(self, parameters: Parameters) -> tuple[Request, ...]:
        """Return the tallies to count."""
        return self._wants(parameters)

    def begin(self, parameters: Parameters) -> "Talk":
        """Begin the trial of this check (`assurance.trial`); raise TypeError where it has none."""
        if self._performer is None:
            raise TypeError(f"{self.name} tries nothing")
        return self._performer(parameters)

    def measure(self, tallies: Tallies, parameters: Parameters) -> Measurement:
        """Compute the measurement from tallies alone.

        Raises:
            TallyMissing: a tally that `wants` names is not there.
        """
        for request in self._wants(parameters):
            if request not in tallies:
                raise TallyMissing(f"{self.name} lacks the tally {request}.", "Count all tallies that it wants.")
        return self._formula(tallies, parameters)


_checks: dict[str, Check] = {}


def check(
    name: str,
    *,
    subject: str,
    wants: Wants,
    parameters: tuple[Parameter, ...] = (),
    needs: tuple[str, ...] = (),
    asks: tuple[str, ...] = (),
    better: str | Better = "lower",
    lowest: float = 0.0,
    highest: float | Highest | None = 1.0,
    trial: "Performer | None" = None,
) -> Callable[[Formula], Formula]:
    """Register the decorated formula as the check ``name``; its docstring becomes the documentation.

    ``trial`` is what the check tries on the thing under test, where ``wants`` asks for a `Trial`.

    Raises:
        CheckNamedTwice: the name is taken.
    """

    def register(formula: Formula) -> Formula:
        if name in _checks:
            raise CheckNamedTwice(f"Two checks are named {name}.", "Give one of them another name.")
        _checks[name] = Check(
            name=name,
            subject=subject,
            parameters=parameters,
            needs=needs,
            better=better,
            lowest=lowest,
            highest=highest,
            about=getdoc(formula) or "",
            _wants=wants,
            _formula=formula,
            _performer=trial,
            asks=asks,
        )
        return formula

    return register


def registered() -> Mapping[str, Check]:
    """Return all checks by name, in the order of their names."""
    _load()
    return dict(sorted(_checks.items()))


def find(name: str) -> Check:
    """Return one check.

    Raises:
        UnknownCheck: no check has this name; the remedy names the nearest one.
    """
    _load()
    if name not in _checks:
        near = get_close_matches(name, _checks, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(_checks))}."
        raise UnknownCheck(f"There is no check {name!r}.", hint)
    return _checks[name]


@cache
def _load() -> None:
    for family in _FAMILIES:
        import_module(f"clerestory.assurance.{family}")
    for point in entry_points(group=ENTRY_POINTS):
        point.load()


def _plain(value: object) -> str:
    return ",".join(sorted(value)) if isinstance(value, Mapping | tuple) else str(value)


def _settled(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _settled(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_settled(item) for item in value]
    return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
