"""Faked voices, faces or images that a detector takes for real ones, and real ones that it takes for fakes."""

from dataclasses import dataclass, field

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import MISSING, Confusion, ConfusionTally, Event, Tallies
from clerestory.assurance.trial.asking import SHOWN

NAME = "robustness.presentation-attack"
APCER, BPCER = "apcer", "bpcer"
_RATE = Parameter(
    name="rate",
    kind="choice",
    default=APCER,
    options=(APCER, BPCER),
    names_slice=True,
    meaning="apcer: fakes taken for real, worst kind; bpcer: real presentations taken for fakes.",
)
_SPECIES = Parameter(
    name="species",
    kind="column",
    required=True,
    names_slice=True,
    meaning="Column of the kind of fake (attack instrument species).",
)
_BONA_FIDE = Parameter(
    name="bona_fide",
    kind="text",
    default="bona fide",
    meaning="What stands in that column where the presentation is real.",
)
_ACCEPTED = Parameter(
    name="outcome",
    kind="column",
    from_data="outcome",
    required=True,
    meaning="Column of the detector's decision; favourable is: taken for real.",
)
_SENSITIVE = SHOWN
_MINIMUM = Parameter(
    name="min_group_size",
    kind="count",
    from_data="min_group_size",
    default=30,
    meaning="Kinds of fake with fewer attempts are shown and counted, not judged.",
)


@dataclass(slots=True)
class _Counts:
    """Presentations of one kind: taken for real, decided, and left without a decision; and per group of people."""

    accepted: int = 0
    decided: int = 0
    undecided: int = 0
    by_group: dict[str, tuple[int, int]] = field(default_factory=dict)


def _by(parameters: Parameters) -> tuple[str, ...]:
    return tuple(sorted({parameters.text("species"), *parameters.texts("sensitive_features")}))


def _confusion(parameters: Parameters) -> Confusion:
    at_least = parameters.number("favourable_from") if "favourable_from" in parameters else None
    outcome = Event(parameters.text("outcome"), parameters.optional("favourable"), at_least)
    return Confusion(by=_by(parameters), outcome=outcome)


def _wants(parameters: Parameters) -> tuple[Confusion]:
    return (_confusion(parameters),)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("outcome",),
    parameters=(
        _RATE,
        _SPECIES,
        _BONA_FIDE,
        _ACCEPTED,
        groups.FAVOURABLE,
        groups.FAVOURABLE_FROM,
        _SENSITIVE,
        _MINIMUM,
        groups.UNJUDGED,
    ),
)
def presentation_attack(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how many fakes of the worst kind are taken for real, or how many real presentations for fakes.

    Formula (ISO/IEC 30107-3): APCER of a species = its presentations taken for real / those decided; the value is the
    largest over species, never the mean, for an attacker takes what works. BPCER = real presentations taken for fakes /
    those decided. Unit: share of presentations. One row is one presentation; the column ``species`` holds the kind of
    fake, and "bona fide" where it was real. Both rates are in the details, for a detector that refuses everything has
    an APCER of 0. Interval: Wilson (1927), for APCER at 1 - 0.05 / species (Bonferroni), so that all hold at once.
    Presentations without a decision (non-response) are counted apart, in neither rate, and too many leave the check
    INCONCLUSIVE, as does data in which nothing is bona fide. Species with fewer attempts than the minimum are shown.
    The limit is the organisation's: the standard reports rates and sets none. No fake accepted in n attempts has an
    upper bound of about 3 / n. Misleads where attempts are repeats of a few fakes or people: the interval takes each
    row as independent. A species that nobody tried is not in the figure.

    Raises:
        TallyMissing: through `Check.measure`, when the counts are missing.
    """
    tally = tallies[_confusion(parameters)]
    if not isinstance(tally, ConfusionTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for confusion counts")
    kinds, unknown = _kinds(tally, parameters)
    real = kinds.pop(parameters.text("bona_fide"), _Counts())
    minimum = parameters.count("min_group_size")
    judged = {name: kind for name, kind in kinds.items() if kind.decided >= minimum}
    z = critical(family=len(judged))
    fakes = [wilson(kind.accepted, kind.decided, z=z) for kind in judged.values()]
    apcer = worst(fakes, better="lower") if fakes else None
    bpcer = wilson(real.decided - real.accepted, real.decided) if real.decided >= minimum else None
    attacks = parameters.text("rate") == APCER
    found = apcer if attacks else bpcer
    concerned = list(kinds.values()) if attacks else [real]
    decided, undecided = sum(kind.decided for kind in concerned), sum(kind.undecided for kind in concerned)
    left = undecided + unknown + (sum(kind.decided for kind in kinds.values() if kind.decided < minimum) * attacks)
    return Measurement(
        check=NAME,
        method="APCER and BPCER of ISO/IEC 30107-3, Wilson, Bonferroni over species",
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=decided,
        by_group=_shown(kinds, real, minimum, z),
        share_unassessable=left / (decided + undecided + unknown) if decided + undecided + unknown else 1.0,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=Reason.INSUFFICIENT_DATA if found is None or not real.decided else None,
        details=_details(apcer, bpcer, kinds, real, unknown),
    )


def _kinds(tally: ConfusionTally, parameters: Parameters) -> tuple[dict[str, _Counts], int]:
    """Return the counts per species, bona fide among them, and the presentations of unknown species."""
    by, kinds, unknown = _by(parameters), dict[str, _Counts](), 0
    at = by.index(parameters.text("species"))
    for cell in tally.cells:
        accepted, decided = groups.selection(cell)
        undecided = cell.undecided_positive + cell.undecided_negative + cell.undecided_unlabelled
        if cell.group[at] == MISSING:
            unknown += decided + undecided
            continue
        kind = kinds.setdefault(cell.group[at], _Counts())
        kind.accepted, kind.decided = kind.accepted + accepted, kind.decided + decided
        kind.undecided += undecided
        for feature, value in zip(by, cell.group, strict=True):
            if feature != by[at]:
                before = kind.by_group.get(f"{feature}={value}", (0, 0))
                kind.by_group[f"{feature}={value}"] = before[0] + accepted, before[1] + decided
    return dict(sorted(kinds.items())), unknown


def _shown(kinds: dict[str, _Counts], real: _Counts, minimum: int, z: float) -> tuple[GroupResult, ...]:
    """Return APCER of each species, then of its groups, then BPCER and that of its groups."""
    shown = []
    for name, kind in kinds.items():
        shown.append(_one(f"APCER of {name}", kind.accepted, kind.decided, minimum, z))
        for group, (accepted, decided) in sorted(kind.by_group.items()):
            shown.append(_one(f"APCER of {name}, {group}", accepted, decided, minimum))
    shown.append(_one("BPCER", real.decided - real.accepted, real.decided, minimum))
    for group, (accepted, decided) in sorted(real.by_group.items()):
        shown.append(_one(f"BPCER, {group}", decided - accepted, decided, minimum))
    return tuple(shown)


def _one(name: str, events: int, n: int, minimum: int, z: float | None = None) -> GroupResult:
    if not n:
        return GroupResult(group=name, value=None, low=None, high=None, n=0, assessed=False, note="no presentation")
    rate, enough = wilson(events, n, z=z), n >= minimum
    note = f"{events} of {n}" if enough else f"fewer than {minimum} presentations"
    return GroupResult(group=name, value=rate.value, low=rate.low, high=rate.high, n=n, assessed=enough, note=note)


def _details(
    apcer: Interval | None, bpcer: Interval | None, kinds: dict[str, _Counts], real: _Counts, unknown: int
) -> dict[str, str]:
    details = {"species": str(len(kinds))}
    for name, found in (("APCER of the worst species", apcer), ("BPCER", bpcer)):
        if found is not None:
            details[name] = f"{found.value:.6g} [{found.low:.6g}, {found.high:.6g}]"
    silent = sum(kind.undecided for kind in kinds.values())
    if silent or real.undecided:
        details["without a decision"] = f"{silent} of the fakes, {real.undecided} of the real ones"
    if unknown:
        details["of unknown species"] = str(unknown)
    return details
