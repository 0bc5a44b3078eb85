"""Fills the demo organisation by doing what its people would do: train, register, decide, approve, check, push.

Refuses to write a status, a verdict or a number: all go through the commands that users use.
"""

import json
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from clerestory.demo.people import Login, Staff, hire, keep_logins, kept_logins
from clerestory.demo.training import train
from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, open_proposals
from clerestory.intake.manifest import read
from clerestory.intake.receive import receive, register
from clerestory.intake.registration import registration
from clerestory.intake.run import run_check
from clerestory.registers.applicability.commands import decide_applicability
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.registers.data.commands import propose_criteria
from clerestory.registers.data.queries import criteria_versions
from clerestory.registers.data.rules import Limit, QualityCriteria
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
TIMELY = Limit("timely", "Published sample of 1973 to 1975; judged anew whenever the applicants of the bank change")
STEPS = ("Training the model", "Letting people in", "Registering", "Deciding and approving", "Checking", "Done")


def fill(folder: Path, *, clock: Callable[[], datetime], tell: Tell = lambda *_: None) -> tuple[Login, ...]:
    """Fill the demo into the database, its files into ``folder``; a demo that is there already stays as it is."""
    logins = folder / SIGN_IN
    if logins.exists():
        return kept_logins(logins)
    _step(tell, 0)
    work = folder / SYSTEM
    train(work)
    for name in MANIFESTS:
        text = files("clerestory.demo").joinpath("data", name).read_text(encoding="utf-8")
        (work / name).write_text(text, encoding="utf-8")
    _step(tell, 1)
    staff = hire(clock())
    keep_logins(staff.logins, logins)
    _step(tell, 2)
    _register(staff, work, clock)
    _step(tell, 3)
    _roles(staff, clock)
    _controls(staff, clock)
    _approve_all(staff, clock)
    _step(tell, 4)
    for name in MANIFESTS:
        run = run_check(read(work / name), now=really_now, engine=open_engine("polars"))
        receive(json.loads(run.body()), actor=staff.engineer, now=clock())
    _step(tell, 5)
    return staff.logins


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
        role = Role(role_id=role_id, name=name, has_ai_duties=True, duties=duties, systems=(SYSTEM,))
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
    decided = SystemDuties(
        system_id=SYSTEM, held={k: a.person_id for k, a in held.items()}, accountable=staff.risk.person_id
    )
    decide_system_duties(actor=staff.lead, duties=decided, now=clock())
    report_performance(
        actor=staff.lead,
        received_by=("top_management",),
        topics=("what is evidenced", "what is missing"),
        summary="First report: one system is registered; most requirements have no evidence yet.",
        now=clock(),
    )


def _assign(actor: Actor, role_id: str | None, duty: str, holder: Actor, clock: Callable[[], datetime]) -> None:
    assign_role(actor=actor, assignment=Assignment(role_id=role_id, duty=duty, holder=holder.person_id), now=clock())


def _controls(staff: Staff, clock: Callable[[], datetime]) -> None:
    decisions = (
        ("A.7.4", True, "People are decided about, so the quality of the data has to be shown.", Ground.LAW),
        ("A.6.2.4", True, "The model decides about credit, so it has to be validated.", Ground.LAW),
        ("A.10.2", False, "No other party takes part in the life of the system.", Ground.IMPACT),
    )
    for control, included, why, ground in decisions:
        decision = Decision(control=RequirementId(control), included=included, justification=why, ground=ground)
        decide_applicability(actor=staff.lead, decision=decision, now=clock())


def _approve_all(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Let whoever may approve each open proposal do so: never its author, and only in the role that is asked for."""
    for proposal in open_proposals(staff.lead):
        approver = next((a for a in (staff.risk, staff.lead, staff.engineer) if proposal.can_approve(a)), None)
        if approver is not None:
            approve(actor=approver, entry_id=proposal.entry_id, now=clock())
