"""Fills the demo organisation by doing what its people would do: train, register, decide, approve, check, push.

Refuses to write a status, a verdict or a number: all go through the commands that users use.
"""

import json
import tomllib
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from polars import read_parquet as read_rows

from clerestory.demo import card, working
from clerestory.demo.assistant import story as assistant
from clerestory.demo.closed import close_one
from clerestory.demo.estate import check_estate
from clerestory.demo.people import Login, Staff, hire, keep_logins, kept_logins
from clerestory.demo.registers import changes, impact, resources, systems
from clerestory.demo.registers.concerns import hear_concerns
from clerestory.demo.registers.leadership import hold_council, lead_and_thank
from clerestory.demo.registers.planning import plan_actions, try_method
from clerestory.demo.registers.processes import run_processes
from clerestory.demo.registers.risks import STORIES, accept, agree_on_criteria, rate, rate_again
from clerestory.demo.registers.surroundings import agree, look_around
from clerestory.demo.registers.threats import model_threats
from clerestory.demo.traces import keep_traces
from clerestory.demo.training import APPROVE_FROM, train
from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, open_proposals
from clerestory.intake.manifest import read
from clerestory.intake.receive import receive, register
from clerestory.intake.registration import registration
from clerestory.intake.run import run_check
from clerestory.registers.applicability.commands import (
    approve_statement,
    decide_many,
    issue_statement,
    trace_applicability,
)
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.registers.data.commands import propose_criteria
from clerestory.registers.data.queries import criteria_versions
from clerestory.registers.data.rules import Limit, QualityCriteria
from clerestory.registers.risk.commands.criteria import approve_method
from clerestory.registers.roles.commands import (
    accept_role,
    assign_role,
    decide_system_duties,
    define_role,
    report_performance,
)
from clerestory.registers.roles.rules import CONFORMITY_DUTY, Assignment, Role, SystemDuties
from clerestory.store.clock import now as really_now
from clerestory.store.engine.engine import open_engine
from clerestory.terms.ids import RequirementId

Tell = Callable[[str, int, int], None]
SYSTEM = "credit-scoring"
SIGN_IN = "sign-in.json"
MANIFESTS = ("credit_scoring.toml", "training_data.toml")
CLOSER = ("credit_model.toml", "credit_data.toml")
SYSTEMS = (SYSTEM, card.SYSTEM, assistant.SYSTEM)
TIMELY = Limit("timely", "Published sample of 1973 to 1975; judged anew whenever the applicants of the bank change")
STEPS = (
    "Training the models",
    "Letting people in",
    "Registering",
    "Sharing out duties",
    "Checking",
    "Following up",
    "Looking closer",
    "Judging impact",
    "Done",
)
_GROUNDS = {"law": "law", "impact": "impact assessment"}


def fill(folder: Path, *, clock: Callable[[], datetime], tell: Tell = lambda *_: None) -> tuple[Login, ...]:
    """Fill the demo into the database, its files into ``folder``; a demo that is there already stays as it is."""
    logins = folder / SIGN_IN
    if logins.exists():
        return kept_logins(logins)
    _step(tell, 0)
    work = folder / SYSTEM
    trained = train(work)
    keep_traces(work, trained, clock())
    working.try_cheating(SYSTEM, work, read_rows(trained.test), APPROVE_FROM)
    working.watch_scoring(work, read_rows(trained.test), clock)
    shipped = files("clerestory.demo").joinpath("data")
    for source in (*map(shipped.joinpath, MANIFESTS), *map(shipped.joinpath("credit").joinpath, CLOSER)):
        (work / source.name).write_bytes(source.read_bytes())
    card.prepare(folder / card.SYSTEM, clock)
    assistant.prepare(folder / assistant.SYSTEM)
    _step(tell, 1)
    staff = hire(clock())
    keep_logins(staff.logins, logins)
    _step(tell, 2)
    _register(staff, work, clock)
    card.register_card_offers(staff, folder / card.SYSTEM, clock)
    assistant.register_assistant(staff, folder / assistant.SYSTEM, clock)
    _step(tell, 3)
    _roles(staff, clock)
    look_around(staff, clock)
    _approve_all(staff, clock)
    agree(staff, clock)
    hear_concerns(staff, clock)
    agree_on_criteria(staff, clock)
    approve_method(actor=staff.risk, version=1, now=clock())
    _approve_all(staff, clock)
    _manage(staff, clock)
    _step(tell, 4)
    _check(staff, work, MANIFESTS, clock)
    card.check_card_offers(staff, folder / card.SYSTEM, "september", clock)
    _step(tell, 5)
    card.follow_up(staff, clock)
    close_one(staff, clock)
    risks = _risks(staff, clock)
    card.check_card_offers(staff, folder / card.SYSTEM, "october", clock)
    rate_again(staff, risks, clock)
    hold_council(staff, risks, clock)
    _step(tell, 6)
    _check(staff, work, CLOSER, clock)
    card.check_card_offers(staff, folder / card.SYSTEM, "privacy", clock)
    assistant.check_assistant(staff, folder / assistant.SYSTEM, clock)
    assistant.follow_up(staff, clock)
    _step(tell, 7)
    impact.assess(staff, clock)
    impact.conclude(staff, risks, clock)
    changes.release_versions(staff, clock)
    changes.change_systems(staff, clock)
    systems.ask_about_uses(staff, clock)
    check_estate(staff, folder, SYSTEMS, clock)
    _step(tell, 8)
    return staff.logins


def _manage(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Run the management system: processes, leadership, planned actions, a trial of the method, stock of systems."""
    run_processes(staff, clock)
    lead_and_thank(staff, clock)
    plan_actions(staff, clock)
    try_method(staff, clock)
    systems.take_stock(staff, clock)
    _approve_all(staff, clock)
    resources.describe(staff, clock)
    impact.agree_on_method(staff, clock)
    _approve_all(staff, clock)


def _check(staff: Staff, work: Path, manifests: tuple[str, ...], clock: Callable[[], datetime]) -> None:
    for name in manifests:
        run = run_check(read(work / name), now=really_now, engine=open_engine("polars"))
        receive(json.loads(run.body()), actor=staff.engineer, now=clock())


def _risks(staff: Staff, clock: Callable[[], datetime]) -> dict[str, str]:
    """Rate, treat and accept risks, and decide on the controls that they call for; second people approve."""
    risks = rate(staff, clock)
    risks["threat"] = model_threats(staff, clock)
    _approve_all(staff, clock)
    accept(staff, risks, clock)
    _approve_all(staff, clock)
    _statement(staff, risks, clock)
    approve_statement(actor=staff.risk, version=1, now=clock())
    trace_applicability(actor=staff.lead, now=clock())
    return risks


def _step(tell: Tell, at: int) -> None:
    tell(STEPS[at], at, len(STEPS) - 1)


def _register(staff: Staff, work: Path, clock: Callable[[], datetime]) -> None:
    for name in MANIFESTS:
        pushed = registration(read(work / name), now=clock())
        registered = register(json.loads(json.dumps(pushed)), actor=staff.engineer, now=clock())
        proposed = criteria_versions(staff.engineer, registered.dataset_version_id)[0].criteria
        propose_criteria(
            actor=staff.engineer,
            criteria=QualityCriteria(
                dataset_version_id=registered.dataset_version_id, limits=(*proposed.limits, TIMELY)
            ),
            now=clock(),
        )


def _roles(staff: Staff, clock: Callable[[], datetime]) -> None:
    roles = (
        ("aims-lead", "AI governance lead", ("keep the management system", "chase what is missing"), staff.lead),
        ("model-owner", "Model owner", ("answer for the model", "act on failing checks"), staff.engineer),
        ("risk-owner", "AI risk owner", ("accept or treat AI risks",), staff.risk),
    )
    for role_id, name, duties, holder in roles:
        role = Role(role_id=role_id, name=name, has_ai_duties=True, duties=duties, systems=SYSTEMS)
        define_role(actor=staff.lead, role=role, now=clock())
        assigner = staff.risk if holder is staff.lead else staff.lead
        for duty in duties:
            _assign(assigner, role_id, duty, holder, clock)
        accept_role(actor=holder, role_id=role_id, now=clock())
    _assign(staff.engineer, None, CONFORMITY_DUTY, staff.lead, clock)
    held = {
        "risk": staff.risk, "impact": staff.lead, "data": staff.engineer, "oversight": staff.risk,
        "security": staff.engineer, "safety": staff.engineer, "suppliers": staff.lead, "privacy": staff.lead,
        "performance": staff.engineer,
    }  # fmt: skip
    for system_id, accountable in zip(SYSTEMS, (staff.risk, staff.cards, staff.cards), strict=True):
        decided = SystemDuties(
            system_id=system_id, held={k: a.person_id for k, a in held.items()}, accountable=accountable.person_id
        )
        decide_system_duties(actor=staff.lead, duties=decided, now=clock())
    report_performance(
        actor=staff.lead,
        received_by=("top_management",),
        topics=("what is evidenced", "what is missing"),
        summary="First report: three systems are registered; most requirements have no evidence yet.",
        now=clock(),
    )


def _assign(actor: Actor, role_id: str | None, duty: str, holder: Actor, clock: Callable[[], datetime]) -> None:
    assign_role(actor=actor, assignment=Assignment(role_id=role_id, duty=duty, holder=holder.person_id), now=clock())


def _statement(staff: Staff, risks: dict[str, str], clock: Callable[[], datetime]) -> None:
    """Decide on all controls for the reasons in the demo's data, and issue them as one statement."""
    told = tomllib.loads(files("clerestory.demo").joinpath("data", "controls.toml").read_text(encoding="utf-8"))
    grounds = {control: Ground(_GROUNDS[name]) for name, controls in told["ground"].items() for control in controls}
    called: dict[str, list[str]] = {}
    for story in STORIES:
        for control in story.controls:
            called.setdefault(control, []).append(risks[story.event])
    decisions = [
        Decision(
            control=RequirementId(control),
            included=included,
            justification=why,
            ground=Ground.RISK if control in called else grounds.get(control, Ground.NONE),
            risks=tuple(called.get(control, ())),
        )
        for included, words in ((True, told["applies"]), (False, told["excluded"]))
        for control, why in words.items()
    ]
    decide_many(actor=staff.lead, decisions=decisions, now=clock())
    issue_statement(actor=staff.lead, now=clock())


def _approve_all(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Let whoever may approve each open proposal do so: never its author, and only in the role that is asked for."""
    for proposal in open_proposals(staff.lead):
        # Where several approve in order, whoever holds more roles leaves the earlier steps to the others.
        others = (staff.counsel, staff.cards, staff.risk) if proposal.order else (staff.risk, staff.cards)
        while proposal.is_open:
            who = next(
                (a for a in (*others, staff.lead, staff.engineer, staff.counsel) if proposal.can_approve(a)), None
            )
            if who is None:
                break
            proposal = approve(actor=who, entry_id=proposal.entry_id, now=clock())
