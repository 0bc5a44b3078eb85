"""Fill the registers of a large organisation beside its systems and risks: one step for each kind of record."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks._large import FIRST, in_chunks

if TYPE_CHECKING:
    from clerestory.desk.actor import Actor

NEXT_YEAR = timedelta(days=300)


def fill(actor: "Actor", counts: Mapping[str, int]) -> None:
    """Fill all registers; what a second person must approve once is approved."""
    from tests.organisation import join

    held = ("designated_management", "top_management")
    second = join(actor.organisation_id, "editor", held, "second@large.example", now=_now())
    steps: dict[str, Callable[[int], object]] = {
        **_people(actor, second), **_surroundings(actor), **_inventory(actor), **_assessing(actor),
        **_planning(actor, second),
        **_happened(actor),
    }  # fmt: skip
    _methods(actor, second)
    for name, count in counts.items():
        in_chunks(range(count), steps[name])
    _once(actor)


def systems(number: int) -> str:
    """Return the system of the number-th record: the first one's is the one that has one of everything."""
    return FIRST if number == 0 else f"system-{number + 7}"


def _now() -> datetime:
    from clerestory.store import clock

    return clock.now()


def _today() -> date:
    return _now().date()


def _people(actor: "Actor", second: "Actor") -> dict[str, Callable[[int], object]]:
    from clerestory.desk.people import admit, member_names
    from clerestory.registers.organisation.commands import register_process
    from clerestory.registers.organisation.rules.record import Process
    from clerestory.registers.roles import commands
    from clerestory.registers.roles.rules import Assignment, Role
    from clerestory.registers.roles.rules.committee import Committee, Item, Seat
    from clerestory.terms.ids import PersonId

    def member(number: int) -> None:
        admit(
            organisation_id=actor.organisation_id, email=f"member{number}@large.example", name=f"Member {number}",
            access="editor", roles=(), now=_now(),
        )  # fmt: skip

    def process(number: int) -> None:
        said = Process(
            process_id=f"process-{number}", name=f"Process {number}", clause_family="8", owner=actor.person_id,
            interval="P1M", first_run_on=_today() + timedelta(days=9),
        )  # fmt: skip
        register_process(actor=actor, process=said)

    def role(number: int) -> None:
        said = Role(role_id=f"role-{number}", name=f"Overseer {number}", has_ai_duties=True, duties=("oversight",))
        commands.define_role(actor=actor, role=said)
        given = Assignment(role_id=said.role_id, duty="oversight", holder=second.person_id)
        commands.assign_role(actor=actor, assignment=given)

    def committee(number: int) -> None:
        third = next(iter(set(member_names(actor)) - {actor.person_id, second.person_id}))
        seats = (Seat(actor.person_id, "Law"), Seat(second.person_id, "Risk"), Seat(PersonId(third), "Operation"))
        said = Committee(
            committee_id=f"council-{number}", name=f"Council {number}", charter="Looks at what waits.", seats=seats,
            quorum=2,
        )  # fmt: skip
        _approve(second, commands.constitute(actor=actor, said=said).entry_id)

    def meeting(number: int) -> None:
        agenda = [Item("A policy waits", "waits for approval", "/policy/")]
        commands.call_meeting(actor=actor, committee_id=f"council-{number % 3}", planned_for=_today(), agenda=agenda)

    def thanks(number: int) -> None:
        commands.recognise(actor=actor, person=second.person_id, what=f"Told us of case {number} early.")

    return {
        "members": member, "processes": process, "roles": role, "committees": committee, "meetings": meeting,
        "thanks": thanks,
    }  # fmt: skip


def _surroundings(actor: "Actor") -> dict[str, Callable[[int], object]]:
    from clerestory.registers.applicability import commands as applicability
    from clerestory.registers.applicability.rules import OwnControl
    from clerestory.registers.context import commands as context
    from clerestory.registers.context.rules.party import Need
    from clerestory.registers.policy import commands as policy
    from tests.registers.context import surroundings as said
    from tests.registers.policy.surroundings import DRAFT
    from tests.registers.policy.surroundings import policy as about

    def issue(number: int) -> None:
        context.note_issue(actor=actor, said=said.issue(f"Law {number} comes in steps"))

    def party(number: int) -> None:
        one = said.party(Need(text="reasons for a refusal"), name=f"Applicants of region {number}")
        context.note_party(actor=actor, said=one)

    def obligation(number: int) -> None:
        context.note_obligation(actor=actor, said=said.bound(actor, title=f"Serious incidents of land {number}"))

    def placed(number: int) -> None:
        context.place_system(actor=actor, said=replace(said.PLACE, system_id=systems(number)))

    def one_policy(number: int) -> None:
        name = "ai-policy" if number == 0 else f"policy-{number}"
        draft = replace(DRAFT, policy_id=name, related=DRAFT.related if number == 0 else ())
        policy.begin_policy(actor=actor, said=about(actor, name), draft=draft)
        changed = replace(draft, text=f"{draft.text}\nWe say so.")
        policy.propose_version(actor=actor, draft=changed, expected_version=1)

    def own(number: int) -> None:
        control = OwnControl(
            title=f"Second look {number}", purpose="A second officer reads each refusal.", owner=actor.person_id,
            why="Customers asked for it.",
        )  # fmt: skip
        applicability.add_own_control(actor=actor, said=control)

    return {
        "issues": issue, "parties": party, "obligations": obligation, "placed": placed, "policies": one_policy,
        "own controls": own,
    }  # fmt: skip


def _inventory(actor: "Actor") -> dict[str, Callable[[int], object]]:
    from clerestory.catalogue.load import load
    from clerestory.registers.inventory import commands
    from clerestory.registers.inventory.rules.resource import TOPICS_OF, Description, Post, Sort
    from clerestory.registers.inventory.rules.use import Question
    from tests.registers import records
    from tests.registers.inventory import surroundings as said
    from tests.registers.inventory.test_classification_rules import CASES, VECTORS

    told = VECTORS["rest"] | CASES["credit-score"].get("answers", {})
    answers = {name: tuple(value) for name, value in told.items()}
    made = [said.agent, said.prompt, lambda: said.OTHERS[1]]

    def model(number: int) -> None:
        commands.register_model_version(
            actor=actor, model=records.model(f"weights {number}", system_id=systems(number))
        )

    def dataset(number: int) -> None:
        one = records.dataset(f"rows {number}", system_id=systems(number))
        commands.register_dataset_version(actor=actor, dataset=one)

    def part(number: int) -> None:
        one = replace(made[number % 3](), system_id=systems(number // 3))  # type: ignore[operator]
        commands.register_part(actor=actor, said=one)
        if number == 1:
            commands.change_part(actor=actor, said=replace(one, text="Be briefer."), expected_version=1)

    def described(number: int) -> None:
        name = systems(number)
        post = Post(name="Overseer", skills="May stop it", stages=("deployment",), oversight=True)
        commands.set_post(actor=actor, system_id=name, post=post)
        topics = load().coverages[TOPICS_OF[Sort.RESOURCES]].items
        said_of = {str(topic): "Two machines in our own rooms" for topic in topics}
        about = Description(sort=Sort.RESOURCES, about=name, system_id=name, topics=said_of)
        commands.describe_resources(actor=actor, said=about)

    def use(number: int) -> None:
        marks = (("public data",), ("personal data",), ("internal data", "about a person"))[number % 3]
        asked = Question(f"Summarise minutes of meeting {number}", systems(number), marks)
        commands.ask_for_use(actor=actor, question=asked)

    def classified(number: int) -> None:
        commands.classify_system(actor=actor, system_id=systems(number), given=answers)

    return {
        "models": model, "datasets": dataset, "parts": part, "descriptions": described, "uses": use,
        "classified": classified,
    }  # fmt: skip


def _assessing(actor: "Actor") -> dict[str, Callable[[int], object]]:
    from clerestory.registers.impact import commands as impact
    from clerestory.registers.impact.rules.question import TOPICS
    from tests.registers.impact import surroundings as said

    rest = {topic: f"Nothing of {topic} hangs on a loan of this size." for topic in TOPICS if topic != "fairness"}
    heard = replace(said.HEARD, held_on=_today())

    def assessed(number: int) -> None:
        name = systems(number)
        impact.answer(actor=actor, system_id=name, answers=said.ANSWERS)
        impact.mark_use(actor=actor, system_id=name, marks=("credit and insurance",), reason="It ranks who gets it.")
        for effect in (said.HARM, said.BENEFIT):
            impact.judge_effect(actor=actor, system_id=name, effect=effect)
        impact.rule_out_effects(actor=actor, system_id=name, reasons=rest)
        impact.hear_people(actor=actor, system_id=name, said=heard)
        if number % 2 == 0:
            impact.propose_assessment(actor=actor, system_id=name)

    return {"impact": assessed}


def _planning(actor: "Actor", second: "Actor") -> dict[str, Callable[[int], object]]:
    from clerestory.registers.context import commands as context
    from clerestory.registers.risk import commands as risk
    from clerestory.registers.risk.queries.plan import planning_inputs
    from clerestory.registers.risk.rules.money import Estimate
    from clerestory.registers.risk.rules.planning import Action, Sort
    from clerestory.registers.risk.rules.risk import Decision, NewTask, Treatment
    from tests.registers.context.surroundings import REVIEW
    from tests.registers.risk.architectures import AGENT, SCORING

    def threats(number: int) -> None:
        facts = (SCORING, AGENT)[number % 2]
        risk.describe_architecture(actor=actor, system_id=systems(number), facts=facts, expected_version=0)

    def task(number: int) -> None:
        due = _today() + timedelta(days=30)
        tasks = (NewTask(action=f"Reweigh the data {number}", owner=second.person_id, due_on=due),)
        retain = Decision(treatment=Treatment.RETAIN, reason="More costs more than it helps")
        risk.decide_treatment(actor=actor, risk_id=f"R-{number + 7}", decision=retain, tasks=tasks, expected_version=1)

    def action(number: int) -> None:
        if number == 0:
            context.review_context(actor=actor, review=REVIEW)
        one = Action(
            sort=Sort.OPPORTUNITY, about="Models that explain themselves win customers", meant="Fewer questions",
            action=f"Publish what score {number} means", owner=actor.person_id, evaluate_by=_today() + NEXT_YEAR,
            inputs=planning_inputs(actor)[:1],
        )  # fmt: skip
        risk.plan_action(actor=actor, said=one)

    def trial(number: int) -> None:
        cases = [f"Case {number}.{at}: something goes wrong" for at in range(16)]
        risk.begin_trial(actor=actor, cases=cases, first=actor.person_id, second=second.person_id)

    def estimate(number: int) -> None:
        said = Estimate(often_low=0.1, often_high=2, loss_low=10_000, loss_high=500_000)
        version = 2 if number < 1 else _version(actor, f"R-{number + 7}")
        risk.estimate_loss(
            actor=actor, risk_id=f"R-{number + 7}", said=said, reason="Losses of others", expected_version=version
        )

    return {
        "threat models": threats, "tasks": task, "actions": action, "trials": trial,
        "estimates": estimate,
    }  # fmt: skip


def _version(actor: "Actor", risk_id: str) -> int:
    from clerestory.registers.risk.queries import risk_record

    return risk_record(actor, risk_id).version


def _happened(actor: "Actor") -> dict[str, Callable[[int], object]]:
    from clerestory.desk.people import itself
    from clerestory.registers.incidents import commands as incidents
    from clerestory.registers.incidents.rules import Concern
    from clerestory.registers.lifecycle.commands import request_change
    from clerestory.registers.nonconformity.commands import open_nonconformity
    from clerestory.registers.nonconformity.rules import Grade, default_days
    from tests.registers.lifecycle.surroundings import wanted
    from tests.registers.nonconformity.walk import opening

    def change(number: int) -> None:
        said = wanted(system_id=systems(number), decide_by=_today() + timedelta(days=14))
        request_change(actor=actor, said=said)

    def nonconformity(number: int) -> None:
        said = opening(
            actor, title=f"Logs of day {number} were not kept", found_on=_today(),
            days=default_days(Grade.MINOR, _today()),
        )  # fmt: skip
        open_nonconformity(actor=actor, opening=said)

    def concern(number: int) -> None:
        said = Concern(topic="unfair treatment", text=f"Case {number} was refused without a look.")
        incidents.speak_up(actor=itself(actor.organisation_id), said=said)

    return {"changes": change, "nonconformities": nonconformity, "concerns": concern}


def _methods(actor: "Actor", second: "Actor") -> None:
    """Bring into force what others rest on: the procedure of concerns, and the method of impact assessments."""
    from clerestory.registers.impact import commands as impact
    from clerestory.registers.impact.queries.method import shipped_method
    from clerestory.registers.incidents import commands as incidents
    from tests.registers.incidents.surroundings import procedure

    _approve(second, incidents.propose_procedure(actor=actor, procedure=procedure(actor, second)))
    _approve(second, impact.propose_method(actor=actor, method=shipped_method()).entry_id)


def _once(actor: "Actor") -> None:
    """Write what an organisation has one of: a review of access, a statement, a comment."""
    from clerestory.desk.record.comment import write_comment
    from clerestory.registers.applicability import commands as applicability
    from clerestory.registers.applicability import queries
    from clerestory.registers.applicability.rules import Decision, Ground
    from clerestory.registers.inventory import commands as inventory

    inventory.open_access_review(actor=actor, due_on=_today() + timedelta(days=14))
    decisions = [
        Decision(control=row.control, included=True, justification="We decide on people.", ground=Ground.LAW)
        for row in queries.annex(actor)
    ]
    applicability.decide_many(actor=actor, decisions=decisions)
    applicability.issue_statement(actor=actor)
    write_comment(actor=actor, kind="risk", record_id="R-7", text="Looked at in the meeting of May.")
    register_twin(actor)


def register_twin(actor: "Actor") -> None:
    """Register a system that reads like the first one, so that there is a likely pair."""
    from clerestory.registers.inventory import commands, queries

    twin = replace(queries.ai_system(actor, FIRST).system, system_id=f"{FIRST}-again")
    commands.register_ai_system(actor=actor, system=twin)
    commands.find_duplicates(actor=actor, ids=[twin.system_id])


def _approve(second: "Actor", entry_id: str) -> None:
    from clerestory.desk.approval import approve
    from clerestory.terms.ids import EntryId

    approve(actor=second, entry_id=EntryId(entry_id))
