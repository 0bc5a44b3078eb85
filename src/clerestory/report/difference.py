"""What changed between two moments: requirement by requirement, before and after, and what caused it.

Refuses to guess: where neither an entry nor an age explains a change, it says so. Knows no HTML.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.evaluate import Judgement
from clerestory.judgement.index import FactIndex
from clerestory.judgement.phrase import Phrase
from clerestory.judgement.row import Row
from clerestory.judgement.status import RequirementStatus
from clerestory.report.board import ORDER, FrameworkChoice, choices, framework_of
from clerestory.report.requirement import EntryLine, lines
from clerestory.store.facts import judged, judging
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, FrameworkId, OrganisationId, RequirementId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.status import Conformity

MOST_CAUSES = 3
MOST_REASONS = 1
_KEPT = 8
_NAMING = ("entry", "by")
_AGEING = ("aged", "overdue", "none_raised_lately")
_RANK = {conformity: rank for rank, conformity in enumerate(ORDER)}


class PeriodReversed(ClerestoryError):
    """The second moment lies before the first."""


class NotJudged(ClerestoryError):
    """The framework has no rules, so that no status is derived in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One requirement that stands otherwise. ``causes`` are entries of the time between; ``time``: it aged.

    ``better`` is None where neither is better, as when a control is excluded.
    """

    id: RequirementId
    title: str
    group: str
    before: Conformity
    after: Conformity
    have_before: int
    need_before: int
    have_after: int
    need_after: int
    better: bool | None
    causes: tuple[EntryLine, ...]
    more_causes: int
    time: bool
    reasons: tuple[Phrase, ...]

    @property
    def moved(self) -> bool:
        """Whether the status itself is another one, not its coverage alone."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two moments of one framework. ``entries`` came in between."""

    framework: FrameworkChoice
    since: datetime
    until: datetime
    forecast: bool
    changes: tuple[Change, ...]
    unchanged: int
    entries: int
    before: Mapping[str, int]
    after: Mapping[str, int]

    @property
    def moved(self) -> tuple[Change, ...]:
        """Requirements whose status is another one."""
        return tuple(change for change in self.changes if change.moved)

    @property
    def covered(self) -> tuple[Change, ...]:
        """Requirements of which only the coverage changed."""
        return tuple(change for change in self.changes if not change.moved)


_kept: dict[tuple[OrganisationId, FrameworkId, datetime, datetime], tuple[FactIndex, int, Difference]] = {}
"""The last differences; each counts only for the index and version that it was made from. A cache, never a source."""


def difference(
    actor: Actor, framework_id: FrameworkId, *, since: datetime, until: datetime, now: datetime
) -> Difference:
    """Return what changed in a framework from one moment to another.

    Raises:
        FrameworkUnknown: the catalogue has no such framework.
        NotJudged: it has no rules.
        PeriodReversed: the second moment lies before the first.
    """
    permit(actor, "read", "board")
    framework_of(framework_id)
    if not load().rules.get(framework_id):
        raise NotJudged(_("No status is derived in this framework, so none can change."), _("Choose ISO/IEC 42001."))
    if until < since:
        raise PeriodReversed(_("The second day lies before the first."), _("Exchange the two days."))
    key = (actor.organisation_id, framework_id, since, until)
    with judging(actor.organisation_id) as index:
        kept = _kept.get(key)
        if kept is not None and kept[0] is index and kept[1] == index.version:
            return kept[2]
        before = judged(actor.organisation_id, framework_id, index, at=since, live=False)
        live = until == now  # then only what changed since the board was last shown is judged anew
        after = judged(actor.organisation_id, framework_id, index, at=until, live=live)
        made = compare(index, before, after, now=now)
        _kept[key] = (index, index.version, made)
        while len(_kept) > _KEPT:
            _kept.pop(next(iter(_kept)))
    return made


def compare(index: FactIndex, before: Judgement, after: Judgement, *, now: datetime) -> Difference:
    """Compare two judgements of one framework on the same log."""
    framework = framework_of(after.framework)
    groups = {requirement.id: requirement.group for requirement in framework.requirements}
    changes = tuple(
        _change(index, before.at, groups[key], before[key], after[key], after.at)
        for key in after
        if _differs(before[key], after[key])
    )
    return Difference(
        framework=next(choice for choice in choices(load()) if choice.id == after.framework),
        since=before.at,
        until=after.at,
        forecast=after.at > now,
        changes=changes,
        unchanged=len(after) - len(changes),
        entries=_came_in(index, before.at, after.at),
        before=_counts(before.values()),
        after=_counts(after.values()),
    )


def _differs(before: RequirementStatus, after: RequirementStatus) -> bool:
    return before.conformity is not after.conformity or before.coverage != after.coverage


def _change(
    index: FactIndex,
    since: datetime,
    group: str,
    before: RequirementStatus,
    after: RequirementStatus,
    until: datetime,
) -> Change:
    causes = [
        entry
        for entry in _causes(index, before, after)
        if entry in index.rows and since < _known_at(index.rows[entry]) <= until
    ]
    # house: allow organisation-day: the day on which the judge sees a status age is one of UTC
    aged = before.stale_on is not None and before.stale_on <= until.date()
    aged = aged or any(item.code in _AGEING and item not in before.missing for item in after.missing)
    known = lines(index, causes[:MOST_CAUSES])
    return Change(
        id=after.requirement,
        title=after.title,
        group=group,
        before=before.conformity,
        after=after.conformity,
        have_before=before.coverage.have,
        need_before=before.coverage.need,
        have_after=after.coverage.have,
        need_after=after.coverage.need,
        better=_better(before, after),
        causes=tuple(known.values()),
        more_causes=max(len(causes) - MOST_CAUSES, 0),
        time=aged and not causes,
        reasons=tuple(item for item in after.missing if item not in before.missing)[:MOST_REASONS],
    )


def _better(before: RequirementStatus, after: RequirementStatus) -> bool | None:
    if Conformity.NOT_APPLICABLE in (before.conformity, after.conformity) and before.conformity != after.conformity:
        return None
    if before.conformity is not after.conformity:
        return _RANK[after.conformity] < _RANK[before.conformity]
    if after.coverage.need != before.coverage.need:
        return None
    return after.coverage.have > before.coverage.have


def _causes(index: FactIndex, before: RequirementStatus, after: RequirementStatus) -> list[EntryId]:
    """Return entries that bear on a requirement's two statuses: newly counted, named as missing, or what undid one."""
    stood = set(before.because)
    found = [entry for entry in after.because if entry not in stood]
    found += _named(item for item in (*after.missing, *after.notes) if item not in before.missing)
    for entry in set(before.because) - set(after.because):
        row = index.rows.get(entry)
        found += [by.fact.entry_id for by in (row.revoked, row.superseded) if by is not None] if row else []
    named = {value for item in after.missing for name, value in item.parameters if name == "subject"}
    found += [entry for entry, label in _new_members(index, before, after) if label in named or not named]
    return list(dict.fromkeys(found))


def _named(phrases: Iterable[Phrase]) -> Iterator[EntryId]:
    for item in phrases:
        yield from (EntryId(value) for name, value in item.parameters if name in _NAMING)


def _new_members(
    index: FactIndex, before: RequirementStatus, after: RequirementStatus
) -> Iterator[tuple[EntryId, str]]:
    """Yield the entries by which subjects came into view that were not looked at before."""
    seen = _subjects(before)
    for subject, label in _subjects(after).items():
        node = index.nodes.get(subject)
        if subject not in seen and node is not None and node.state is not None:
            yield node.state.fact.entry_id, label


def _subjects(status: RequirementStatus) -> dict[Subject, str]:
    return {member.subject: member.label for rule in status.rules for need in rule.needs for member in need.members}


def _known_at(row: Row) -> datetime:
    return max(row.fact.received_at, row.end)


def _came_in(index: FactIndex, since: datetime, until: datetime) -> int:
    """Return how many entries came in after one moment and by another."""
    moments = index.of_version("when entries came in", lambda: sorted(map(_known_at, index.rows.values())))
    return bisect_right(moments, until) - bisect_right(moments, since)


def _counts(statuses: Iterable[RequirementStatus] | Sequence[RequirementStatus]) -> Mapping[str, int]:
    counts = {str(conformity): 0 for conformity in ORDER}
    for status in statuses:
        counts[status.conformity] += 1
    return counts
