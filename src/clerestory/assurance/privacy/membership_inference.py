"""Whether a model gives away who was in its training data."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.privacy import membership_attack as attack
from clerestory.assurance.privacy.attack_curve import Curve, count, curve_of, enough, true_positives
from clerestory.assurance.privacy.plain_model import Floats
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally, value_text
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Predict, Sample, Sampled, Table, Talk, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES
from clerestory.assurance.trial.move import scores_of

NAME = "privacy.membership-inference"
EVERYBODY = "all"
BLIND = "blind"
EQUAL = "equal"
"""Non-members, and those of them that equal a member in every feature and the label."""
ATTACKS = ("likelihood ratio", "loss")
SHOWN = (0.01, 0.001)
MINIMUM_MEMBERS = 100
_PARAMETERS = (
    FEATURES,
    groups.LABEL_NEEDED,
    groups.POSITIVE,
    Parameter(
        name="groups",
        kind="columns",
        from_data="sensitive_features",
        meaning="Columns whose groups are attacked apart too.",
    ),
    Parameter(
        name="judge_groups",
        kind="flag",
        default=False,
        names_slice=True,
        meaning="The worst group with enough rows counts too, not only all people together.",
    ),
    Parameter(
        name="false_positive_rate",
        kind="share",
        default=0.01,
        names_slice=True,
        meaning="Share of non-members that the attack may take for members.",
    ),
    Parameter(
        name="claimed_epsilon",
        kind="number",
        names_slice=True,
        meaning="Epsilon claimed for the training; the value is then the share of what it allows, with criterion <= 1.",
    ),
    Parameter(name="claimed_delta", kind="share", default=1e-5, meaning="Delta of that claim."),
    Parameter(name="shadow_models", kind="count", default=16, meaning="Plain models trained on halves of the rows."),
    Parameter(
        name="max_shift",
        kind="share",
        default=0.55,
        meaning="Largest area under the curve of an attack that does not see the model, up to which samples are alike.",
    ),
    Parameter(name="rows", kind="count", default=20_000, meaning="Rows that are taken of either data at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the samples, the shadows and the order of ties."),
    groups.UNLABELLED,
    groups.UNJUDGED,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    if not 0 < parameters.number("false_positive_rate") < 1:
        raise ParameterRefused(f"{NAME}: false_positive_rate must lie between 0 and 1.", "Give for example 0.01.")
    return (trial_of(NAME, parameters),)


def allowance(parameters: Parameters) -> float:
    """Return what the value is divided by: 1, or the most true positives that the claimed epsilon allows."""
    if "claimed_epsilon" not in parameters:
        return 1.0
    allowed = exp(min(parameters.number("claimed_epsilon"), 700.0)) * parameters.number("false_positive_rate")
    return min(allowed + parameters.number("claimed_delta"), 1.0)


def perform(parameters: Parameters) -> Talk:
    """Ask for the scores of members (reference) and non-members (current), and attack them."""
    features, label = parameters.texts("features"), parameters.text("label")
    columns = tuple(dict.fromkeys((*features, label, *parameters.texts("groups"))))
    tables, scores, unlabelled = [], [], 0
    for data in (REFERENCE, "current"):
        sampled: Sampled = yield Sample(columns, parameters.count("rows"), parameters.count("seed"), data)
        known = np.array([value_text(item) != "(missing)" for item in sampled.table[label].tolist()], dtype=bool)
        unlabelled += int((~known).sum())
        table = {name: values[known] for name, values in sampled.table.items()}
        asked = {name: table[name] for name in features}
        answer = (yield Predict(asked)) if known.any() else ()
        scores.append(scores_of(answer, int(known.sum())))
        tables.append(table)
    both = {name: np.concatenate([table[name] for table in tables]) for name in columns}
    member = np.arange(len(both[label])) < len(scores[0])
    rows = attack.Rows({name: both[name] for name in features}, _yes(both[label], parameters), member)
    equal = TrialCell(kind=(EQUAL, EVERYBODY), n=len(scores[1]), hits=_equal(rows))
    found = [*_cells(rows, np.concatenate(scores), both, parameters), equal]
    cells = tuple(sorted(found, key=lambda cell: cell.kind))
    notes = {"rows without label": str(unlabelled), "non-members equal to a member": str(equal.hits)}
    return TrialTally(cells=cells, unanswered=unlabelled, notes=tuple(sorted(notes.items())))


def _yes(label: NDArray[np.generic], parameters: Parameters) -> Floats:
    plain = {"true": "1", "false": "0"}  # truth values with missing ones come as numbers
    positive = parameters.optional("positive") or "1"
    texts = [plain.get(text, text) for text in map(value_text, label.tolist())]
    odd = sorted(set(texts) - {"1", "0"})
    if "positive" not in parameters and odd:
        raise attack.ScoresUnusable(
            f"The label {parameters.text('label')!r} holds {odd[0]!r}, and nobody says what means yes.",
            "Give positive in [data]: the label that counts as yes.",
        )
    return np.array([text == plain.get(positive, positive) for text in texts], dtype=np.float64)


def _equal(rows: attack.Rows) -> int:
    lines = list(zip(*(values.tolist() for values in rows.table.values()), rows.label.tolist(), strict=True))
    seen = {line for line, member in zip(lines, rows.member.tolist(), strict=True) if member}
    return sum(line in seen for line, member in zip(lines, rows.member.tolist(), strict=True) if not member)


def _cells(rows: attack.Rows, scores: Floats, both: Table, parameters: Parameters) -> Iterator[TrialCell]:
    if not rows.member.any() or rows.member.all():
        return
    seed, rates = parameters.count("seed"), (parameters.number("false_positive_rate"), *SHOWN)
    sure = attack.confidence(rows, scores)
    series = {
        "loss": attack.loss_attack(rows, sure),
        "likelihood ratio": attack.likelihood_attack(rows, sure, models=parameters.count("shadow_models"), seed=seed),
    }
    parts = {EVERYBODY: np.ones(len(sure), dtype=bool)} | dict(_parts(both, parameters.texts("groups")))
    family = len(ATTACKS) * (len(parts) if parameters.flag("judge_groups") else 1)
    for name, found in series.items():
        for group, own in parts.items():
            yield from count((name, group), found[own], rows.member[own], rates, seed=seed, family=family)
    blind = attack.blind_attack(rows, seed=seed)
    yield from count((BLIND, EVERYBODY), blind, rows.member, rates, seed=seed, family=1)


def _parts(both: Table, columns: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for column in columns:
        texts = np.array([value_text(item) for item in both[column].tolist()])
        for value in np.unique(texts)[:50].tolist():
            yield f"{column}={value}", texts == value


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("model", "label", "reference"),
    highest=lambda parameters: 1 / allowance(parameters),
    trial=perform,
)
def membership_inference(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how many training rows an attacker finds while wrongly accusing only few others.

    The reference holds training rows (members), the current data labelled rows that the model never saw. Two attacks
    order all rows: the loss, calibrated by class (Yeom et al. 2018), and an offline likelihood ratio with own plain
    shadow models (Carlini et al. 2022). Formula: TPR at FPR = members more suspicious than the threshold that
    the chosen share (FPR) of non-members passes, divided by members; equal scores are ordered by chance. The stronger
    attack counts. Unit: share of members; with a claimed epsilon the same divided by exp(epsilon) FPR + delta, the
    most that this claim allows (Kairouz et al. 2015), so that "<= 1" means consistent with the claim.
    Interval: order statistics of the threshold and Wilson (1927) of the members, each at half the error, Bonferroni
    over attacks (and groups where they are judged); conservative: simulated (two normals 0, 1 and 2.5 apart; 1,000 and
    4,000 rows either side at 1 % in 2,000 runs each, 10,000 at 0.1 % in 400) it held the truth in 99.2 to 100 %, and
    lay above it in at most 0.5 %. The area under the curve and the rates at 1 % and 0.1 % are shown too, by group as
    well. INCONCLUSIVE below 100 members or 10 / FPR non-members: 1,000 for 1 %, 10,000 for 0.1 %; and, as assumption
    broken, when an attack that never sees the model tells both samples apart (area surely above the largest shift
    allowed): then they differ by time or source, and a high rate would be no leak, nor a low one its absence; or when
    more than half of the non-members equal a member, for nobody tells apart what is the same.
    Misleads where the model is far from the plain shadows, whose attack then is weak: a low value is no proof of
    privacy, only that these attacks fail. The limit is the organisation's, for example 3 times the FPR.

    Raises:
        ScoresUnusable: in the trial, when the model's scores are no probabilities, or what means yes is not said.
        ParameterRefused: through `Check.complete`, without model, label or reference.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    attacked = [cell for cell in tally.cells if cell.kind[0] != EQUAL]
    curves = {key: curve_of(list(cells)) for key, cells in groupby(attacked, key=lambda cell: cell.kind[:2])}
    rate, scale = parameters.number("false_positive_rate"), allowance(parameters)
    judged = [key for key in curves if key[0] in ATTACKS and _judged(key, curves[key], rate, parameters)]
    family = max(len(judged), 1)
    found = [true_positives(curves[key], rate, family=family) for key in judged]
    value = worst(found, better="lower") if found else None
    members = curves.get((ATTACKS[0], EVERYBODY), Curve((), ())).size
    left = _left(curves, judged, members[0]) if parameters.flag("judge_groups") else 0.0
    return Measurement(
        check=NAME,
        method="loss by class and offline likelihood ratio, order statistics and Wilson",
        method_version="1",
        value=None if value is None else value.value / scale,
        low=None if value is None else value.low / scale,
        high=None if value is None else value.high / scale,
        n=sum(members),
        by_group=tuple(_shown(curves, judged, parameters, family)),
        share_unassessable=left,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=_reason(curves, tally, parameters, members),
        details={**dict(tally.notes), **_details(curves, value, members, parameters)},
    )


def _judged(key: tuple[str, ...], curve: Curve, rate: float, parameters: Parameters) -> bool:
    members, others = curve.size
    if key[1] == EVERYBODY:
        return members > 0 and others > 0
    return parameters.flag("judge_groups") and members >= MINIMUM_MEMBERS and enough(others, rate)


def _left(curves: Mapping[tuple[str, ...], Curve], judged: Sequence[tuple[str, ...]], members: int) -> float:
    """Share of the members in a group that is not judged; of several features the worst."""
    left: dict[str, int] = {}
    for attack_name, group in curves:
        if attack_name == ATTACKS[0] and group != EVERYBODY and (attack_name, group) not in judged:
            feature = group.partition("=")[0]
            left[feature] = left.get(feature, 0) + curves[attack_name, group].size[0]
    return max(left.values(), default=0) / max(members, 1)


def _reason(
    curves: Mapping[tuple[str, ...], Curve], tally: TrialTally, parameters: Parameters, size: tuple[int, int]
) -> Reason | None:
    labelled = sum(size)
    if tally.unanswered > (labelled + tally.unanswered) * parameters.number("max_unlabelled_share"):
        return Reason.LABELS_MISSING
    if size[0] < MINIMUM_MEMBERS or not enough(size[1], parameters.number("false_positive_rate")):
        return Reason.INSUFFICIENT_DATA
    shifted = curves[BLIND, EVERYBODY].area().low > parameters.number("max_shift")
    mixed = any(cell.kind[0] == EQUAL and 2 * cell.hits > cell.n for cell in tally.cells)
    return Reason.ASSUMPTION_BROKEN if shifted or mixed else None


def _shown(
    curves: Mapping[tuple[str, ...], Curve], judged: Sequence[tuple[str, ...]], parameters: Parameters, family: int
) -> Iterator[GroupResult]:
    rate = parameters.number("false_positive_rate")
    for key, curve in curves.items():
        members, others = curve.size
        if not members or not others:
            yield GroupResult(group=", ".join(key), value=None, low=None, high=None, n=sum(curve.size), assessed=False)
            continue
        for at in sorted({rate, *SHOWN}, reverse=True):
            if key[0] == BLIND and at != rate:
                continue
            counts = key in judged and at == rate
            few = "" if enough(others, at) else f"; fewer than {round(10 / at):,} non-members"
            found = true_positives(curve, at, family=family if counts else 1)
            yield _result(f"{', '.join(key)}, TPR at {100 * at:g} % FPR", found, curve, counts, few)
        yield _result(f"{', '.join(key)}, area", curve.area(z=critical()), curve, False, "")


def _result(name: str, found: Interval, curve: Curve, assessed: bool, few: str) -> GroupResult:
    members, others = curve.size
    note = f"{members} members, {others} others{few}"
    return GroupResult(
        group=name,
        value=found.value,
        low=found.low,
        high=found.high,
        n=members + others,
        assessed=assessed,
        note=note,
    )


def _details(
    curves: Mapping[tuple[str, ...], Curve], value: Interval | None, size: tuple[int, int], parameters: Parameters
) -> Mapping[str, str]:
    told = {"members": str(size[0]), "non-members": str(size[1])}
    if value is None:
        return told
    rate, blind = parameters.number("false_positive_rate"), curves[BLIND, EVERYBODY].area()
    told["area of an attack that does not see the model"] = f"{blind.value:.3f} ({blind.low:.3f} to {blind.high:.3f})"
    told["true positives"] = f"{value.value:.4f} ({value.low:.4f} to {value.high:.4f}) at {rate:g} false positives"
    told["advantage"] = f"{value.value - rate:.4f}"
    least = max(value.low - parameters.number("claimed_delta"), 0.0) / rate
    told["epsilon is at least"] = f"{max(log(least), 0.0) if least else 0.0:.3f}"
    if "claimed_epsilon" in parameters:
        told["true positives that the claim allows"] = f"{allowance(parameters):.4f}"
    groups_found = [key for key in curves if key[0] in ATTACKS and key[1] != EVERYBODY and min(curves[key].size)]
    if groups_found:
        key = max(groups_found, key=lambda item: true_positives(curves[item], rate).value)
        told["worst group"] = f"{key[1]} ({key[0]})"
    return told
