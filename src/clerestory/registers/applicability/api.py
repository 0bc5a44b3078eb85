"""Applicability over HTTP: the same commands and queries as the pages. Approving asks for a person."""

from datetime import date

from ninja import Router, Schema, Status

from clerestory.desk.request import MemberRequest
from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.commands import Decided
from clerestory.registers.applicability.queries import DecisionRecord, ExceptionRecord, OwnRecord, StatementRow
from clerestory.registers.applicability.rules import Decision, Ground, Loosening, OwnControl
from clerestory.terms.ids import PersonId, RequirementId

router = Router(tags=["applicability"])


class ControlDecisionWanted(Schema):
    """Whether a control applies, and why; ``expected_version`` is the version that was read; without it, none was."""

    included: bool
    justification: str
    ground: Ground
    risks: list[str] = []
    impacts: list[str] = []
    obligations: list[str] = []
    expected_version: int = 0


class OwnControlWanted(Schema):
    """A control of one's own; ``proved_by`` names rules and checks. ``expected_version`` is the one that was read."""

    title: str
    purpose: str
    owner: str
    why: str
    risks: list[str] = []
    impacts: list[str] = []
    obligations: list[str] = []
    proved_by: list[str] = []
    expected_version: int = 0

    def said(self) -> OwnControl:
        """Return it as the command takes it."""
        return OwnControl(
            title=self.title,
            purpose=self.purpose,
            owner=PersonId(self.owner),
            why=self.why,
            risks=tuple(self.risks),
            impacts=tuple(self.impacts),
            obligations=tuple(self.obligations),
            proved_by=tuple(self.proved_by),
        )


class Retiring(Schema):
    """Why an own control is not wanted any more."""

    reason: str
    expected_version: int


class LooseningWanted(Schema):
    """A rule that cannot be kept for a time."""

    rule: str
    justification: str
    valid_until: date


@router.get("", response=list[StatementRow], summary="Read the Statement of Applicability")
def statement(request: MemberRequest) -> list[StatementRow]:
    """Read all 38 controls, undecided ones included, and own controls in force."""
    return list(queries.statement(request.actor))


@router.get("/controls/{control}", response=list[DecisionRecord], summary="Read the decisions on a control")
def decisions(request: MemberRequest, control: str) -> list[DecisionRecord]:
    """Read all decisions on one control, newest first."""
    queries.statement_row(request.actor, control)
    return list(queries.decisions(request.actor, control))


@router.post("/controls/{control}", response={201: Decided}, summary="Decide whether a control applies")
def decide(request: MemberRequest, control: str, wanted: ControlDecisionWanted) -> Status[Decided]:
    """Decide on a control; it counts once designated management approved it."""
    decision = Decision(
        control=RequirementId(control),
        included=wanted.included,
        justification=wanted.justification,
        ground=wanted.ground,
        risks=tuple(wanted.risks),
        impacts=tuple(wanted.impacts),
        obligations=tuple(wanted.obligations),
    )
    return Status(
        201,
        commands.decide_applicability(actor=request.actor, decision=decision, expected_version=wanted.expected_version),
    )


@router.get("/own", response=list[OwnRecord], summary="List own controls")
def own_controls(request: MemberRequest) -> list[OwnRecord]:
    """List the newest version of every own control, retired ones included."""
    return list(queries.own_controls(request.actor))


@router.get("/own/{control}", response=list[OwnRecord], summary="Read an own control")
def own_control(request: MemberRequest, control: str) -> list[OwnRecord]:
    """Read all versions of an own control, newest first."""
    return list(queries.own_control(request.actor, control))


@router.post("/own", response={201: Decided}, summary="Add an own control")
def add_own(request: MemberRequest, wanted: OwnControlWanted) -> Status[Decided]:
    """Add a control to those of Annex A; it counts once designated management approved it."""
    return Status(201, commands.add_own_control(actor=request.actor, said=wanted.said()))


@router.put("/own/{control}", response=Decided, summary="Change an own control")
def change_own(request: MemberRequest, control: str, wanted: OwnControlWanted) -> Decided:
    """Change an own control from the version that was read."""
    return commands.change_own_control(
        actor=request.actor, control=control, said=wanted.said(), expected_version=wanted.expected_version
    )


@router.post("/own/{control}/retire", response=Decided, summary="Retire an own control")
def retire_own(request: MemberRequest, control: str, wanted: Retiring) -> Decided:
    """Retire an own control for a reason; its history stays."""
    return commands.retire_own_control(
        actor=request.actor, control=control, reason=wanted.reason, expected_version=wanted.expected_version
    )


@router.post("/trace", response={201: Decided}, summary="Follow decisions back to their grounds")
def trace(request: MemberRequest) -> Status[Decided]:
    """Record how many decisions lead back to a risk, a law or an impact result."""
    return Status(201, commands.trace_applicability(actor=request.actor))


@router.get("/exceptions", response=list[ExceptionRecord], summary="List loosened rules")
def exceptions(request: MemberRequest) -> list[ExceptionRecord]:
    """List rules that are loosened for a time."""
    return list(queries.exceptions(request.actor))


@router.post("/exceptions", response={201: Decided}, summary="Loosen a rule for a time")
def loosen(request: MemberRequest, wanted: LooseningWanted) -> Status[Decided]:
    """Loosen a rule until a day; it counts once designated management approved it."""
    loosening = Loosening(rule=wanted.rule, justification=wanted.justification, valid_until=wanted.valid_until)
    return Status(201, commands.loosen_rule(actor=request.actor, loosening=loosening))
