"""Checks evidence against the catalogue before it is logged. Refuses what the judge could misread; never repairs it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import partial

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.kind import FactKind, Field
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence
from clerestory.terms.moment import MomentUnreadable, read_duration, read_moment
from clerestory.terms.sentence import gettext as _

CLOCK_SKEW = timedelta(minutes=5)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_HEX = re.compile(r"[0-9a-f]{4,128}")


class EvidenceRefused(ClerestoryError):
    """Evidence does not have the shape that the catalogue gives its kind."""


class EvidenceFromTheFuture(ClerestoryError):
    """Evidence says that it was observed later than now."""


def check_shape(evidence: Evidence, catalogue: Catalogue, *, now: datetime) -> None:
    """Check kind, subject, fields, types, options and time.

    Raises:
        EvidenceRefused: kind, subject or a field is unknown, missing, of the wrong type or not an allowed option.
        EvidenceFromTheFuture: it was observed or approved later than now.
    """
    kind = catalogue.kinds.get(evidence.kind)
    if kind is None:
        raise _refused(evidence, _("is not in the catalogue"), _nearest(evidence.kind, catalogue.kinds))
    if evidence.subject.kind not in kind.subjects:
        raise _refused(
            evidence,
            _("cannot be about a subject of the kind {subject!r}", subject=evidence.subject.kind),
            _("Allowed are: {choices}.", choices=", ".join(kind.subjects)),
        )
    if not evidence.subject.id or not evidence.entity:
        raise _refused(evidence, _("has an empty subject id or entity"), _("Name what it is about."))
    _check_fields(evidence, kind, catalogue)
    _check_time(evidence, now)


def _check_fields(evidence: Evidence, kind: FactKind, catalogue: Catalogue) -> None:
    own = {name: field for name, field in kind.fields.items() if field.derived is None}
    for name in evidence.values:
        if name not in own:
            raise _refused(evidence, _("has the unknown field {name!r}", name=name), _nearest(name, own))
    for name, field in own.items():
        if name not in evidence.values:
            if not field.optional:
                raise _refused(
                    evidence,
                    _("lacks the field {name!r} ({meaning})", name=name, meaning=_(field.meaning)),
                    _("Fill it in."),
                )
            continue
        problem = _problem(evidence.values[name], field, catalogue)
        if problem:
            raise _refused(
                evidence,
                _("has {problem} in the field {name!r}", problem=problem, name=name),
                _("The catalogue asks for: {type}.", type=field.type),
            )
    for name in evidence.lists:
        if name not in catalogue.coverages:
            raise _refused(
                evidence, _("carries the unknown list {name!r}", name=name), _nearest(name, catalogue.coverages)
            )


def _check_time(evidence: Evidence, now: datetime) -> None:
    latest = evidence.observed.end
    if evidence.approval is not None:
        latest = max(latest, evidence.approval.approved_at)
    if latest > now + CLOCK_SKEW:
        raise EvidenceFromTheFuture(
            _(
                "Evidence of kind {kind} is dated {latest:%Y-%m-%d %H:%M} UTC, which is still to come.",
                kind=evidence.kind,
                latest=latest,
            ),
            _("Correct the date, or the clock of the machine."),
        )


def _problem(value: object, field: Field, catalogue: Catalogue) -> str | None:
    options = field.options
    if options:
        chosen = value if isinstance(value, tuple) else (value,)
        if isinstance(value, tuple) != field.type.startswith("list of"):
            return _("the wrong type {type}", type=type(value).__name__)
        wrong = [item for item in chosen if item not in options]
        return _("{value!r}, which is not an option,", value=wrong[0]) if wrong else None
    check = _types(catalogue).get(field.type)
    if check is None:
        return (
            None
            if isinstance(value, str | int | bool | tuple | Mapping)
            else _("the type {type}", type=type(value).__name__)
        )
    return None if check(value) else _("the unusable value {value}", value=_short(value))


def _types(catalogue: Catalogue) -> Mapping[str, Callable[[object], bool]]:
    return {
        "text": _text,
        "id": _text,
        "family": partial(_known, catalogue.families),
        "check": partial(_known, catalogue.checks),
        "role": _text,
        "bool": lambda value: isinstance(value, bool),
        "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
        "number": _number,
        "day": _day,
        "moment": _moment,
        "duration": _duration,
        "digest": _digest,
        "table": lambda value: isinstance(value, Mapping) and all(map(_text, (*value.keys(), *value.values()))),
        "PASS | FAIL | INCONCLUSIVE": lambda value: value in ("PASS", "FAIL", "INCONCLUSIVE"),
        **{f"list of {name}": _texts for name in ("text", "ids", "roles", "stages", "entries", "leaves")},
        "list of digests": lambda value: isinstance(value, tuple) and all(_digest(item) for item in value),
    }


def _text(value: object) -> bool:
    return isinstance(value, str)


def _texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


def _known(names: Mapping[str, object], value: object) -> bool:
    return isinstance(value, str) and value in names


def _number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None)


def _day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _moment(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(read_moment(value))
    except MomentUnreadable:
        return False


def _duration(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(read_duration(value))
    except MomentUnreadable:
        return False


def _digest(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value.removeprefix("sha256:")) is not None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _nearest(name: str, names: Mapping[str, object]) -> str:
    near = get_close_matches(name, names, n=1)
    return (
        _("Did you mean {name!r}?", name=near[0])
        if near
        else _("Known are: {choices}.", choices=", ".join(sorted(names)[:12]))
    )


def _refused(evidence: Evidence, reason: str, remedy: str) -> EvidenceRefused:
    return EvidenceRefused(_("Evidence of kind {kind} {reason}.", kind=evidence.kind, reason=reason), remedy)
