"""One organisation that does all that clauses 4 to 6.1 and Annex A.2 to A.5 ask for, by commands and real checks alone.

Everything is done on one day, one minute after another, so that what must come after something else does.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, open_proposals
from clerestory.desk.lists import ListQuery
from clerestory.intake.receive import receive
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.status import RequirementStatus
from clerestory.registers.applicability import commands as applicability
from clerestory.registers.applicability.rules import Decision as Applies
from clerestory.registers.applicability.rules import Ground
from clerestory.registers.context import commands as context
from clerestory.registers.context.rules.party import Decision as Taken
from clerestory.registers.context.rules.party import Need
from clerestory.registers.data import commands as data
from clerestory.registers.data.rules import Datasheet
from clerestory.registers.impact import commands as impact
from clerestory.registers.impact import queries as assessed
from clerestory.registers.impact.rules.outcome import Carried, Disclosure
from clerestory.registers.incidents import commands as incidents
from clerestory.registers.incidents.rules import Outcome as Answered
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.forms.resource import topics_of
from clerestory.registers.inventory.queries import dataset_versions, model_versions
from clerestory.registers.inventory.rules import NO_AREA, Stage
from clerestory.registers.inventory.rules.resource import Description, Post, Sort, Staffing, StaffingCheck
from clerestory.registers.lifecycle import commands as lifecycle
from clerestory.registers.lifecycle.rules import Release
from clerestory.registers.organisation import commands as organisation
from clerestory.registers.organisation.rules import Run
from clerestory.registers.policy import commands as policy
from clerestory.registers.policy import queries as policies
from clerestory.registers.policy.commands.life import Holders
from clerestory.registers.policy.rules import MAIN, Alignment, Outcome, Publication, Review
from clerestory.registers.risk import commands as risk
from clerestory.registers.risk.queries.plan import planning_inputs
from clerestory.registers.risk.rules.planning import Action
from clerestory.registers.risk.rules.planning import Sort as Meant
from clerestory.registers.risk.rules.risk import Done, Nature, Treatment, Trigger
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.rules import CONFORMITY_DUTY, Assignment, Role, SystemDuties
from clerestory.store import sequencer
from clerestory.store.facts import fact_index, forget
from clerestory.store.sequencer.mark import read_mark, write_mark
from clerestory.terms.evidence import Content
from clerestory.terms.ids import RequirementId
from tests.organisation import NOW, found, join
from tests.processes.conformity import measured
from tests.registers.conformity import ISO42001
from tests.registers.context.surroundings import PLACE, REVIEW, SCOPE, bound, issue, party
from tests.registers.impact.surroundings import MINUTE, SYSTEM, proposed
from tests.registers.incidents.surroundings import SAID, procedure, spoken
from tests.registers.inventory.surroundings import deployment
from tests.registers.lifecycle.surroundings import ASSESSED, process, wanted
from tests.registers.policy.surroundings import DRAFT
from tests.registers.policy.surroundings import policy as ai_policy
from tests.registers.records import register
from tests.registers.risk.risks import (
    HIGH,
    LOW,
    MEDIUM,
    VERY_HIGH,
    acceptance,
    decided,
    identified,
    method,
    version,
)

RAN = NOW + 10 * MINUTE
AT = NOW + timedelta(hours=6)
ACCEPTED = 100
"""Days for which the owner accepts what remains of the risk."""
ROLE = Role(role_id="model-owner", name="Model owner", has_ai_duties=True, duties=("answer for the model",))
POSTS = Staffing(
    system_id=SYSTEM,
    posts=(
        Post(name="Overseer", skills="Reads scores, may stop", stages=("deployment",), oversight=True),
        Post(name="Builder", skills="Trains models", stages=("design and development",)),
    ),
)


def minutes() -> Iterator[datetime]:
    """Yield one minute after another, from when the impact assessment was approved."""
    at = NOW + 20 * MINUTE
    while True:
        at += MINUTE
        yield at


@dataclass(slots=True)
class House:
    """The organisation, who acts in it, and the moments at which they do."""

    lead: Actor
    boss: Actor
    worker: Actor
    judge: Actor
    folder: Path
    clock: Iterator[datetime] = field(default_factory=minutes)
    model: str = ""
    data: str = ""

    def now(self) -> datetime:
        """Return the next minute."""
        return next(self.clock)

    def approved(self, by: Actor | None = None) -> None:
        """Let a second person approve what waits, wherever they may."""
        who = by or self.boss
        for standing in open_proposals(who):
            if standing.can_approve(who):
                approve(actor=who, entry_id=standing.entry_id, now=self.now())

    def checked(self, at: datetime) -> None:
        """Run the checks on model and data, and at the deployment and the organisation, and push both."""
        for checks, is_model in ((measured.CHECKS, True), (measured.RUNNING, False)):
            document = measured.measured(self.folder, checks, at, model=is_model)
            receive(document, actor=self.lead, now=at + MINUTE)


def everything(folder: Path) -> House:
    """Found the organisation and do all of it."""
    lead = found()
    organisation_id = lead.organisation_id
    boss = join(organisation_id, "editor", ("top_management", "designated_management"), "boss@example.org")
    worker = join(organisation_id, "editor", (), "worker@example.org")
    judge = join(organisation_id, "editor", (), "judge@example.org")
    house = House(lead, boss, worker, judge, measured.write(folder, NOW))
    _registered(house)
    for step in (_surrounded, _governed, _risky, _described, _led, _decided, _operated):
        step(house)
    sequencer.sequence(organisation_id)
    return house


def statuses(house: House, at: datetime = AT) -> dict[RequirementId, RequirementStatus]:
    """Judge everything at a moment, with all that was logged."""
    sequencer.sequence(house.lead.organisation_id)
    return dict(evaluate(load(), ISO42001, fact_index(house.lead.organisation_id), at=at))


def status(house: House, requirement: str, at: datetime = AT) -> RequirementStatus:
    """Judge one requirement at a moment."""
    return statuses(house, at)[RequirementId(requirement)]


@contextmanager
def taken_back(house: House) -> Iterator[None]:
    """Undo what is done within: rows, files, and the mark beside the database that would tell of a log cut short."""
    organisation_id, mark = house.lead.organisation_id, read_mark(house.lead.organisation_id)
    forget()
    with tempfile.TemporaryDirectory() as kept:
        shutil.copytree(house.folder, kept, dirs_exist_ok=True)
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        shutil.rmtree(house.folder)
        shutil.copytree(kept, house.folder)
    if mark is not None:
        write_mark(organisation_id, mark)
    forget()


def _registered(house: House) -> None:
    """Register system, model, data and deployment, note the law, assess the impact, and run every check."""
    register(
        house.lead, in_scope=True, stage=Stage.OPERATION, use_areas=(NO_AREA,), affects_people=True, autonomy_level=2,
        interacts=False,
    )  # fmt: skip
    first = measured.measured(house.folder, {"data_quality.profile": measured.CHECKS["data_quality.profile"]}, NOW)
    receive(first, actor=house.lead, now=NOW)
    house.model = model_versions(house.lead, ListQuery()).rows[0].model.version_id
    house.data = dataset_versions(house.lead, ListQuery()).rows[0].dataset.version_id
    inventory.change_model_status(
        actor=house.lead, version_id=house.model, status="released", expected_version=1, now=NOW
    )
    inventory.register_part(actor=house.lead, said=deployment(model_version=house.model), now=NOW)
    context.note_obligation(actor=house.lead, said=bound(house.lead), now=NOW)
    context.note_issue(actor=house.lead, said=issue("Law comes in steps"), now=NOW)
    context.note_issue(actor=house.lead, said=issue("Few people know the models", "inside"), now=NOW)
    made = proposed(house.lead, house.boss)
    approve(actor=house.boss, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    house.checked(RAN)


def _surrounded(house: House) -> None:
    """Decide on parties, law and boundary, place the system, and have top management weigh the context."""
    lead = house.lead
    answered = Need(text="reasons for a refusal", decision=Taken.ADOPTED, answered_by=("A.8.2",))
    context.note_party(actor=lead, said=party(answered), now=house.now())
    context.review_parties(actor=lead, now=house.now())
    context.review_law(actor=lead, jurisdictions=("EU",), law_as_of=NOW.date(), now=house.now())
    house.approved()
    context.trace_needs(actor=lead, now=house.now())
    context.propose_scope(actor=lead, scope=SCOPE, now=house.now())
    house.approved()
    context.place_system(actor=lead, said=PLACE, now=house.now())
    house.approved()
    context.review_context(actor=lead, review=REVIEW, now=house.now())
    house.approved()


def _governed(house: House) -> None:
    """Share out roles and duties; bring the policy into force, make it known, confirm, compare and review it."""
    lead, boss = house.lead, house.boss
    roles.define_role(actor=lead, role=ROLE, now=house.now())
    for role_id, duty in (("model-owner", "answer for the model"), (None, CONFORMITY_DUTY)):
        given = Assignment(role_id=role_id, duty=duty, holder=house.worker.person_id)
        roles.assign_role(actor=lead, assignment=given, now=house.now())
    house.approved()
    roles.accept_role(actor=house.worker, role_id="model-owner", now=house.now())
    roles.report_performance(
        actor=house.worker, received_by=["top_management"], topics=["status"], summary="Told.", now=house.now()
    )
    house.approved()
    held = dict.fromkeys(load().coverages["ai_duties"].items, house.worker.person_id)
    duties = SystemDuties(system_id=SYSTEM, held=held, accountable=lead.person_id)
    roles.decide_system_duties(actor=lead, duties=duties, now=house.now())
    policy.begin_policy(actor=lead, said=ai_policy(lead), draft=DRAFT, now=house.now())
    house.approved()
    reached = Publication(policy_id=MAIN, version=1, reached=("staff", "public"), how="On the intranet and the web.")
    policy.publish_version(actor=lead, said=reached, now=house.now())
    policy.confirm_policies(
        actor=house.worker, seen={MAIN: 1}, roles=[Holders("model-owner", (house.worker.person_id,))],
        now=house.now(),
    )  # fmt: skip
    other = "Information security policy"
    said = Alignment(compared=(other,), conflicts=((other, "It allows any AI service.", date(2026, 12, 15)),))
    policy.compare_policies(actor=lead, said=said, now=house.now())
    house.approved()
    (conflict,) = policies.acts(lead, "conflict")
    policy.amend(actor=lead, number=conflict.number, amended="version 4.1", now=house.now())
    looked = Review(inputs=("law", "context", "incidents", "results", "feedback"), recommendation="Add agents.")
    policy.review_policies(actor=lead, said=looked, now=house.now())
    house.approved()
    policy.decide_outcome(actor=boss, outcome=Outcome.CHANGED, next_review_on=date(2027, 11, 1), now=house.now())


def _risky(house: House) -> None:
    """Agree on the method and try it, analyse, treat and accept a risk, assess the system, and plan what to do."""
    lead, boss = house.lead, house.boss
    agreed = risk.propose_method(actor=lead, method=method(), now=house.now())
    risk.approve_method(actor=boss, version=agreed.version, now=house.now())
    cases = tuple(f"Case {n}: something goes wrong" for n in range(1, 17))
    people = {"first": house.worker.person_id, "second": house.judge.person_id}
    trial = risk.begin_trial(actor=lead, cases=cases, now=house.now(), **people)
    for assessor in (house.worker, house.judge):
        ratings = (LOW, MEDIUM, HIGH, VERY_HIGH) * 4
        risk.rate_cases(actor=assessor, trial_id=trial.record_id, ratings=ratings, now=house.now())
    known = identified(lead, at=house.now())
    decided(
        lead, at=house.now(), task=house.worker, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL,
        controls=("A.5.4",), tests=(f"fairness.selection-rate-ratio|model_version:{house.model}",),
    )  # fmt: skip
    house.approved()
    done = Done(done_on=NOW.date(), note="Weights are used since today")
    risk.implement_task(actor=house.worker, task_id="R-1-T1", done=done, expected_version=1, now=house.now())
    house.approved()
    risk.confirm_effectiveness(
        actor=house.judge, risk_id=known, effective=True, judged_by="Selection rates of the month",
        expected_version=version(lead), now=house.now(),
    )  # fmt: skip
    signed = acceptance((NOW + timedelta(days=ACCEPTED)).date())
    risk.accept_risk(actor=lead, risk_id=known, acceptance=signed, expected_version=version(lead), now=house.now())
    house.approved()
    statements = {f"C.3.{n}": "Looked at and found nothing" for n in (1, 2, 3, 5, 6, 7)}
    risk.assess_system(
        actor=house.judge, system_id=SYSTEM, trigger=Trigger.FIRST, summary="All sources looked at",
        statements=statements, now=house.now(),
    )  # fmt: skip
    risk.propose_process(actor=lead, steps=("choose options", "name controls"), now=house.now())
    risk.propose_plan(actor=lead, now=house.now())
    house.approved()
    inputs = planning_inputs(lead)
    action = Action(
        sort=Meant.RISK, about="The law changes under us", action="Read the law each month", meant="No surprise",
        owner=lead.person_id, evaluate_by=(NOW + timedelta(days=30)).date(), inputs=inputs,
    )  # fmt: skip
    risk.plan_action(actor=lead, said=action, now=house.now())
    risk.propose_action_plan(actor=lead, statements={}, now=house.now())
    risk.judge_action(
        actor=house.judge, action_id="PA-1", effective=True, judged_by="Minutes of four meetings", expected_version=1,
        now=house.now(),
    )  # fmt: skip
    house.approved()


def _described(house: House) -> None:
    """Describe the resources, the data and the posts, and fill the posts."""
    lead = house.lead
    about = ((Sort.RESOURCES, SYSTEM), (Sort.TOOLING, house.model), (Sort.COMPUTING, f"{SYSTEM}/branch-offices"))
    for sort, what in about:
        topics = {topic: f"what is needed of {topic}" for topic in topics_of(sort)}
        tools = ("scikit-learn 1.9",) if sort is Sort.TOOLING else ()
        said = Description(sort=sort, about=what, system_id=SYSTEM, topics=topics, tools=tools)
        inventory.describe_resources(actor=lead, said=said, now=house.now())
    sections = tuple((topic, f"what is known of {topic}") for topic in load().coverages["datasheet_topics"].items)
    sheet = Datasheet(
        dataset_version_id=house.data, sections=sections, known_bias=("few young people",), keep_for="P5Y"
    )
    data.propose_datasheet(actor=lead, sheet=sheet, now=house.now())
    inventory.describe_staffing(actor=lead, said=POSTS, now=house.now())
    holders = {"Overseer": house.judge.person_id, "Builder": house.worker.person_id}
    filled = StaffingCheck(system_id=SYSTEM, holders=holders, basis="Course of May")
    inventory.check_posts(actor=lead, check=filled, now=house.now())
    house.approved()


def _led(house: House) -> None:
    """Let top management act, and let people speak up and be answered."""
    lead, boss = house.lead, house.boss
    for duty in load().coverages["leadership_duties"].items:
        organisation.record_leadership_act(actor=boss, duty=duty, act=f"Spoke about {duty}.", now=house.now())
    incidents.propose_procedure(actor=lead, procedure=procedure(lead, boss), now=house.now())
    house.approved()
    trial = incidents.begin_trial(actor=lead, now=house.now())
    spoken(lead, replace(SAID, text=trial.word), now=house.now())
    incidents.end_trial(actor=boss, number=trial.number, came_as=1, now=house.now())
    spoken(lead, now=house.now())
    answer = Answered(outcome="Explained and corrected", answer="You were right.", not_involved=True)
    incidents.decide_outcome(actor=boss, number=2, outcome=answer, now=house.now())


def _decided(house: House) -> None:
    """Carry the impact into the risk, say who is told, keep reports, release, and decide on every control."""
    lead = house.lead
    newest = assessed.assessed(lead, SYSTEM).newest
    assert newest is not None
    (finding,) = assessed.assessed(lead, SYSTEM).assessment.findings(assessed.in_force(lead).method)
    impact.trace_findings(
        actor=lead,
        system_id=SYSTEM,
        rows=[Carried(finding=finding, risks=("R-1",))],
        seen=newest.version,
        now=house.now(),
    )
    told = Disclosure(audiences=("applicants",), justification="They are whom it is about.")
    impact.disclose(actor=lead, system_id=SYSTEM, said=told, seen=newest.version, now=house.now())
    impact.keep_reports(actor=lead, years=10, citation="Commercial code, section 257", now=house.now())
    sequencer.sequence(lead.organisation_id)
    release = Release(system_id=SYSTEM, model_version=house.model, conditions=("all release checks pass",))
    lifecycle.release(actor=lead, said=release, now=house.now())
    house.approved()
    controls = [r.id for r in load().frameworks[next(iter(load().rules))].requirements if r.kind == "control"]
    decisions = [
        Applies(
            control=RequirementId(control), included=True, justification="A risk calls for it.", ground=Ground.RISK,
            risks=("R-1",),
        )
        for control in controls
    ]  # fmt: skip
    applicability.decide_many(actor=lead, decisions=decisions, now=house.now())
    applicability.issue_statement(actor=lead, now=house.now())
    applicability.approve_statement(actor=house.boss, version=1, now=house.now())
    applicability.trace_applicability(actor=lead, now=house.now())


def _operated(house: House) -> None:
    """Run a process to its criteria, describe the management system, and have a change approved."""
    lead = house.lead
    retraining = replace(process(lead), first_run_on=date(2026, 11, 1))
    organisation.register_process(actor=lead, process=retraining, now=house.now())
    lifecycle.set_criteria(actor=lead, process_id="retraining", criteria=["completeness >= 0.98"], now=house.now())
    house.approved()
    ran = Run(
        process_id="retraining", planned_for=date(2026, 11, 1), outcome="completed", criteria_met=True,
        ran_at=house.now(),
    )  # fmt: skip
    organisation.record_process_run(actor=lead, run=ran, now=house.now())
    text = Content(b"How the processes act together.", "text/markdown")
    organisation.describe_management_system(actor=lead, version="1.0", description=text, now=house.now())
    lifecycle.request_change(actor=lead, said=wanted(), now=house.now())
    lifecycle.assess_change(actor=lead, change_id="change-1", said=ASSESSED, expected_version=1, now=house.now())
    house.approved()
