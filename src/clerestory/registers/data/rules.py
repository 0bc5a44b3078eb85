"""What quality criteria, datasheets and procedures must say. What they leave out stays visibly uncovered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clerestory.assurance.criterion import Criterion, CriterionUnreadable
from clerestory.catalogue.load import load
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import read_duration
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


class DataRefused(ClerestoryError):
    """A document about data lacks something or names what does not exist."""


@dataclass(frozen=True, slots=True, order=True)
class Limit:
    """One written limit: the topic of quality it is about, and what must hold, such as ``duplicates == 0``."""

    topic: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCriteria:
    """The limits that one version of data must keep, as one numbered version of a document."""

    dataset_version_id: str
    limits: tuple[Limit, ...]

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that at least one limit is about."""
        return tuple(sorted({limit.topic for limit in self.limits}))

    @property
    def measured(self) -> tuple[str, ...]:
        """The limits that a check decides, as ``check|criterion``; a limit in other words than a check's has none."""
        found = {measured for limit in self.limits if (measured := _measured(limit.text))}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasheet:
    """The description of one version of data, by topic."""

    dataset_version_id: str
    sections: tuple[tuple[str, str], ...]
    known_bias: tuple[str, ...]
    keep_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """How data are managed: parts it covers and the steps that each version goes through."""

    parts: tuple[str, ...]
    steps: tuple[str, ...]
    text: str


TOPICS_OF_CHECK = {
    "data_quality.profile": ("complete", "valid"),
    "data_quality.schema": ("consistent", "valid"),
    "data_quality.input-validation": ("valid",),
    "data_quality.representativeness": ("representative",),
    "data_quality.group-imbalance": ("representative",),
    "data_quality.leakage": ("consistent",),
    "data_quality.annotator-agreement": ("labels",),
    "poisoning.label-error": ("labels",),
}
"""Topics of quality that a declared check sets a limit on."""
TOPIC_OF_CONTRACT = {
    "missing": "complete",
    "range": "valid",
    "categories": "valid",
    "unique": "unique",
    "freshness": "timely",
}
"""Topic that each part of a data contract sets limits on (dimensions of ISO/IEC 25012)."""


def _measured(text: str) -> str:
    """Return ``check|criterion`` where a limit begins with the name of a check and its criterion; else nothing."""
    name, _, rest = text.strip().partition(" ")
    if name not in load().checks:
        return ""
    try:
        return f"{name}|{Criterion.parse(rest.partition(':')[0])}"
    except CriterionUnreadable:
        return ""


def check_criteria(criteria: QualityCriteria, topics: Sequence[str]) -> None:
    """Refuse criteria without a limit, with an empty limit or with an unknown topic."""
    if not criteria.limits:
        raise DataRefused(_("The criteria hold no limit."), _("Write at least one limit with its topic."))
    for limit in criteria.limits:
        if limit.topic not in topics:
            raise DataRefused(
                _("{topic!r} is no topic of data quality.", topic=limit.topic),
                _("Use one of: {choices}.", choices=", ".join(topics)),
            )
        plain(limit.text, _("limit on {topic}", topic=limit.topic), longest=2000)


def check_datasheet(sheet: Datasheet, topics: Sequence[str]) -> None:
    """Refuse a datasheet with unknown topics, without any text, or with a retention that is no duration."""
    unknown = [topic for topic, _ in sheet.sections if topic not in topics]
    if unknown:
        raise DataRefused(
            _("{unknown!r} is no topic of a datasheet.", unknown=unknown[0]),
            _("Use: {choices}.", choices=", ".join(topics)),
        )
    if not any(text.strip() for _, text in sheet.sections):
        raise DataRefused(_("The datasheet is empty."), _("Describe at least one topic."))
    for topic, text in sheet.sections:
        if text.strip():
            plain(text, _("description of {topic}", topic=topic), longest=20_000, lines=True)
    for bias in sheet.known_bias:
        plain(bias, _("known bias"), longest=2000)
    read_duration(plain(sheet.keep_for, _("time of keeping"), longest=40))


def check_procedure(procedure: Procedure, parts: Sequence[str]) -> None:
    """Refuse a procedure with unknown parts, without steps or without text."""
    unknown = sorted(set(procedure.parts) - set(parts))
    if unknown:
        raise DataRefused(
            _("{unknown!r} is no part of a data management procedure.", unknown=unknown[0]),
            _("Use: {choices}.", choices=", ".join(parts)),
        )
    if not procedure.steps:
        raise DataRefused(_("The procedure has no steps."), _("Write the steps that each version goes through."))
    for step in procedure.steps:
        plain(step, _("step"), longest=2000)
    plain(procedure.text, _("procedure"), longest=200_000, lines=True)


def limits_of(declared: Sequence[tuple[str, str, Mapping[str, str]]]) -> tuple[Limit, ...]:
    """Return the limits on data that declared checks set: (check, criterion, parameters as text) -> one per topic."""
    limits: set[Limit] = set()
    for name, criterion, parameters in declared:
        if name == "data_quality.contract":
            limits |= {
                Limit(TOPIC_OF_CONTRACT[part], f"{name} {criterion}: {part} {text}")
                for part, text in parameters.items()
                if part in TOPIC_OF_CONTRACT
            }
        limits |= {Limit(topic, f"{name} {criterion}") for topic in TOPICS_OF_CHECK.get(name, ())}
    return tuple(sorted(limits))
