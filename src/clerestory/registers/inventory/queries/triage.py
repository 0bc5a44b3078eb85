"""How systems and uses come in: overrides of the tier, likely duplicates, imports, questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.forms.offer import MOST, Offer
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import machine_for, names_of
from clerestory.desk.permit import may, permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.inventory import models
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.rules.imported import Known, Likeness, likely
from clerestory.registers.inventory.rules.record import Stage, Tier
from clerestory.registers.inventory.rules.use import Answer, Question, State, is_same_question, use_rules
from clerestory.store import directory
from clerestory.store.log.versions import About, versions
from clerestory.terms import sentence
from clerestory.terms.ids import EntryId, OrganisationId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRecord:
    """One decision about the tier, and whether it counts; ``ended_by`` says why it no longer does."""

    entry_id: EntryId
    tier: Tier
    derived: Tier | None
    reason: str
    ends_on: date
    made_by: PersonId
    made_at: datetime
    stands: bool
    ended_at: datetime | None
    ended_by: str


def overrides_of(actor: Actor, system_id: str) -> tuple[OverrideRecord, ...]:
    """Return the decisions about the tier of one system, newest first, in one query."""
    permit(actor, "read", "inventory")
    rows = models.TierOverride.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    return tuple(
        OverrideRecord(
            entry_id=EntryId(row.entry_id),
            tier=Tier(row.tier),
            derived=Tier(row.derived) if row.derived else None,
            reason=row.reason,
            ends_on=row.ends_on,
            made_by=PersonId(row.made_by),
            made_at=row.made_at,
            stands=row.stands,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
        )
        for row in rows.order_by("-number")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """Two systems that are likely the same, why, and what was decided."""

    pair_id: int
    first_id: str
    first_name: str
    second_id: str
    second_name: str
    score: int
    reasons: tuple[str, ...]
    state: str
    kept: str
    reason: str
    decided_by: str
    decided_at: datetime | None
    entry_id: str
    retirement: str = ""
    """Of a joined pair whose other system is not retired: that this waits for approval, or did not come about."""


STATES = (("open", _("open")), ("joined", _("joined")), ("explained", _("explained")))
RETIREMENT = {"waits": _("retirement waits for approval"), "none": _("but the other one is not retired")}
PAIR_COLUMNS = (
    Column(
        name="first", label=_("AI system"), field="first__name", searched=True, kind="link",
        value=lambda row: row.first_name, url=lambda row: reverse("inventory-pair", args=[row.pair_id]),
        note=lambda row: row.first_id,
    ),
    Column(
        name="second", label=_("Likely the same as"), field="second__name", searched=True,
        value=lambda row: row.second_name, note=lambda row: row.second_id,
    ),
    Column(name="reasons", label=_("What is alike"), kind="list", sortable=False, value=lambda row: row.reasons),
    Column(name="score", label=_("Alike, of 100"), kind="number", value=lambda row: row.score),
    Column(
        name="state", label=_("Decided"), kind="tag", filtered=True, options=STATES, value=lambda row: row.state,
        note=lambda row: RETIREMENT.get(row.retirement, ""),
    ),
)  # fmt: skip


def pairs(actor: Actor, query: ListQuery) -> Page[PairRecord]:
    """Return one page of likely duplicates, the likeliest first."""
    permit(actor, "read", "inventory")
    rows = models.LikelyPair.objects.filter(organisation_id=actor.organisation_id).select_related("first", "second")
    return paginate(rows.order_by("-score", "id"), query, PAIR_COLUMNS, _pair)


def pair(actor: Actor, pair_id: int) -> PairRecord | None:
    """Return one pair, or None."""
    permit(actor, "read", "inventory")
    rows = models.LikelyPair.objects.filter(organisation_id=actor.organisation_id).select_related("first", "second")
    row = rows.filter(pk=pair_id).first()
    return None if row is None else _pair(row)


def pairs_of(actor: Actor, system_id: str) -> tuple[PairRecord, ...]:
    """Return what is likely the same as one system, and what it was joined with, in one query."""
    permit(actor, "read", "inventory")
    either = Q(first__system_id=system_id) | Q(second__system_id=system_id)
    rows = models.LikelyPair.objects.filter(either, organisation_id=actor.organisation_id)
    return tuple(_pair(row) for row in rows.select_related("first", "second").order_by("-score", "id"))


def open_pairs(actor: Actor) -> int:
    """Return how many likely duplicates nobody decided about."""
    permit(actor, "read", "inventory")
    return models.LikelyPair.objects.filter(organisation_id=actor.organisation_id, state="open").count()


def likely_the_same(actor: Actor, system: Known) -> tuple[tuple[Likeness, str], ...]:
    """Return the systems that one is likely the same as, with their names; every system in use is compared."""
    permit(actor, "read", "inventory")
    held = {one.system_id: one for one in known_systems(actor)}
    return tuple((found, held[found.system_id].name) for found in likely(system, held.values()))


def known_systems(actor: Actor, ids: Iterable[str] | None = None) -> tuple[Known, ...]:
    """Return what tells the systems in use apart, in two queries."""
    permit(actor, "read", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id).exclude(stage=str(Stage.RETIREMENT))
    versions = models.ModelVersion.objects.filter(organisation_id=actor.organisation_id)
    if ids is not None:
        rows = rows.filter(system_id__in=list(ids))
    digests: dict[str, list[str]] = {}
    for system_id, digest in versions.values_list("system__system_id", "artefact_digest"):
        digests.setdefault(system_id, []).append(digest)
    return tuple(
        Known(system_id, name, purpose, tuple(suppliers), tuple(digests.get(system_id, ())))
        for system_id, name, purpose, suppliers in rows.values_list("system_id", "name", "purpose", "suppliers")
    )


def _pair(row: models.LikelyPair) -> PairRecord:
    other = row.second if row.kept == row.first.system_id else row.first
    is_open = row.state == "joined" and other.stage != Stage.RETIREMENT
    waits = other.waiting.get("stage") == Stage.RETIREMENT
    return PairRecord(
        retirement="" if not is_open else "waits" if waits else "none",
        pair_id=row.pk,
        first_id=row.first.system_id,
        first_name=row.first.name,
        second_id=row.second.system_id,
        second_name=row.second.name,
        score=row.score,
        reasons=tuple(row.reasons),
        state=row.state,
        kept=row.kept,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        entry_id=row.entry_id,
    )


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import: the file, how many rows, and where it stands."""

    run_id: int
    file_name: str
    rows: int
    state: str
    problem: str
    begun_at: datetime
    done_at: datetime | None


def import_run(actor: Actor, run_id: int) -> ImportRecord:
    """Return one import.

    Raises:
        InventoryUnknown: there is none of that number.
    """
    permit(actor, "write", "inventory")
    row = models.ImportRun.objects.filter(organisation_id=actor.organisation_id, pk=run_id).defer("table").first()
    if row is None:
        raise InventoryUnknown(
            sentence.gettext("There is no import {run_id}.", run_id=run_id), sentence.gettext("Import the file again.")
        )
    return ImportRecord(row.pk, row.file_name, row.rows, row.state, row.problem, row.begun_at, row.done_at)


# house: allow permit-first: asked by the job, which acts in the name of who handed the file in
def importer_of(organisation_id: OrganisationId, run_id: int) -> Actor | None:
    """Return the member in whose name an import is done, who may write; None where they left."""
    row = models.ImportRun.objects.filter(organisation_id=organisation_id, pk=run_id).only("by").first()
    return None if row is None else machine_for(organisation_id, row.by, scopes=frozenset({"read", "write"}))


_MOST_EARLIER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRecord:
    """A question as it stands: what was asked, the answer with its reasons, and who decided where a person had to."""

    use_id: str
    asker: PersonId
    asker_name: str
    question: Question
    system_name: str
    answer: Answer
    state: State
    reasons: tuple[tuple[str, str], ...]
    conditions: tuple[str, ...]
    policy: str
    asked_at: datetime
    due_on: date | None
    valid_until: date | None
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    same_as: str
    entry_id: EntryId

    @property
    def stands_for(self) -> str:
        """The answer in one word as it counts now."""
        return str(self.answer) if self.state is State.ANSWERED else str(self.state)


USE_COLUMNS = (
    Column(
        name="purpose", label=_("For what"), searched=True, sortable=False, kind="link",
        value=lambda row: row.question.purpose, url=lambda row: reverse("inventory-use", args=[row.use_id]),
        note=lambda row: row.system_name,
    ),
    Column(name="asker", label=_("Asked by"), kind="person", sortable=False, value=lambda row: row.asker_name),
    Column(
        name="answer", label=_("Answer of the rules"), filtered=True, options=tuple((str(a), str(a)) for a in Answer),
        value=lambda row: row.answer,
    ),
    Column(
        name="state", label=_("Where it stands"), filtered=True, options=tuple((str(s), str(s)) for s in State),
        value=lambda row: row.state, kind="tag", tone="accent",
    ),
    Column(name="due_on", label=_("Due"), kind="day", value=lambda row: row.due_on),
    Column(name="decided_by", label=_("Decided by"), kind="person", sortable=False, optional=True,
           value=lambda row: row.decided_by),
    Column(name="policy", label=_("Policy"), optional=True, sortable=False, value=lambda row: row.policy),
    Column(name="asked_at", label=_("Asked"), kind="day", value=lambda row: row.asked_at),
)  # fmt: skip


def uses(actor: Actor, query: ListQuery) -> Page[UseRecord]:
    """Return one page of questions, newest first; who may not decide sees their own."""
    permit(actor, "read", "inventory")
    rows = models.UseRequest.objects.filter(organisation_id=actor.organisation_id)
    if not may(actor, "write", "inventory") and actor.access != "auditor":
        rows = rows.filter(asker=actor.person_id)
    found = list(rows.values_list("asker", "decided_by"))[:_MOST_EARLIER]
    names = names_of(actor.organisation_id, {name for pair in found for name in pair if name})
    rows = rows.select_related("system", "same_as").order_by("-number")
    return paginate(rows, query, USE_COLUMNS, lambda row: read_use(row, names))


def use(actor: Actor, use_id: str) -> UseRecord:
    """Return one question.

    Raises:
        InventoryUnknown: there is none of that id, or it is somebody else's and the actor does not decide.
    """
    permit(actor, "read", "inventory")
    number = use_id.removeprefix("use-")
    rows = models.UseRequest.objects.filter(organisation_id=actor.organisation_id).select_related("system", "same_as")
    row = rows.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else None
    seen = row is not None and (
        row.asker == actor.person_id or may(actor, "write", "inventory") or actor.access == "auditor"
    )
    if row is None or not seen:
        raise InventoryUnknown(
            sentence.gettext("There is no question {use_id!r}.", use_id=use_id),
            sentence.gettext("Choose one of the list."),
        )
    return read_use(row, names_of(actor.organisation_id, (row.asker, row.decided_by)))


def earlier_answer(actor: Actor, question: Question, policy: str, today: date) -> models.UseRequest | None:
    """Return the newest question that was answered for good and whose answer holds for this one, too."""
    permit(actor, "read", "inventory")
    rows = models.UseRequest.objects.filter(
        organisation_id=actor.organisation_id, policy=policy, rules_version=use_rules().version,
        system__system_id=question.system_id or None,
    )  # fmt: skip
    decided = rows.filter(state__in=[State.APPROVED, State.REFUSED])
    still = decided.filter(Q(valid_until=None) | Q(valid_until__gte=today)).select_related("system", "same_as")
    for row in still.order_by("-number")[:_MOST_EARLIER]:
        if is_same_question(question, question_of(row)):
            return row
    return None


def policy_in_force(actor: Actor) -> str:
    """Return title and version of the policy that the rules of use rest on, empty where none is in force."""
    permit(actor, "read", "inventory")
    policy_id = use_rules().policy
    known = directory.known(actor.organisation_id, "policy", policy_id)
    if known is None:
        return ""
    found = versions(actor.organisation_id, About(entity=f"ai_policy/{policy_id}"), page=1, size=20)
    facts = [version.fact for version in found if version.fact.kind == "record.ai_policy"]
    stand = standings(actor, [fact.entry_id for fact in facts])
    fact = newest_in_force((fact, stand.get(fact.entry_id)) for fact in facts)
    return "" if fact is None else f"{known.label}, version {fact.entity_version}"


def systems_offered(actor: Actor) -> Offer:
    """Return the AI systems that a question can name, by name; none as a list where they are too many."""
    permit(actor, "read", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id).exclude(stage=str(Stage.RETIREMENT))
    found = tuple(rows.order_by("name").values_list("system_id", "name")[: MOST + 1])
    return Offer(actor.organisation_id, "ai_system", found if len(found) <= MOST else None)


# house: allow permit-first: reads a row that it is given
def question_of(row: models.UseRequest) -> Question:
    """Return the question of a row."""
    return Question(row.purpose, row.system.system_id if row.system else "", tuple(row.marks))


# house: allow permit-first: reads a row that it is given
def read_use(row: models.UseRequest, names: Mapping[str, str]) -> UseRecord:
    """Return a question as pages show it."""
    return UseRecord(
        use_id=f"use-{row.number}",
        asker=PersonId(row.asker),
        asker_name=names.get(row.asker, row.asker),
        question=question_of(row),
        system_name=row.system.name if row.system else "",
        answer=Answer(row.answer),
        state=State(row.state),
        reasons=tuple((one[0], one[1]) for one in row.reasons),
        conditions=tuple(row.conditions),
        policy=row.policy,
        asked_at=row.asked_at,
        due_on=row.due_on,
        valid_until=row.valid_until,
        decided_by=names.get(row.decided_by, row.decided_by),
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        same_as=f"use-{row.same_as.number}" if row.same_as else "",
        entry_id=EntryId(row.entry_id),
    )
