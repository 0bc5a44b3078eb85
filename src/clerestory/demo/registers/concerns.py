"""The demo's channel for concerns: in force, tried, and one concern of somebody unknown that was answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from clerestory.demo.people import Staff
from clerestory.desk.approval import approve
from clerestory.desk.people import itself
from clerestory.registers.incidents.commands import begin_trial, decide_outcome, end_trial, propose_procedure, speak_up
from clerestory.registers.incidents.queries import concerns
from clerestory.registers.incidents.rules import Concern, Outcome, Procedure

PROCEDURE = Procedure(
    text=(
        "Staff, suppliers, applicants and card holders can tell us what worries them about our AI. No name is needed."
        " Ingrid Moreau and Leila Haddad read it, look into it and answer within thirty days. Nobody who speaks up in"
        " good faith suffers for it. Who is concerned by what is said does not look into it."
    ),
    safeguards=("confidential", "anonymous", "no reprisals", "qualified receiver", "escalation"),
    receivers=(),
    answer_days=30,
    outside="The federal external reporting office, or the banking supervisor.",
)
SAID = Concern(
    topic="missing oversight",
    text="In the Kassel branch the officer confirms every refusal of the score without opening the file.",
)
ANSWER = Outcome(
    outcome="Officers of one branch were shown how to overrule a score; files are drawn at random each week",
    answer="Thank you. It was as you said. From this week on ten files are drawn and read again by somebody else.",
    not_involved=True,
)


def hear_concerns(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Put the channel into force, try it, and answer the one concern that came."""
    said = replace(PROCEDURE, receivers=(staff.lead.person_id, staff.risk.person_id))
    approve(actor=staff.risk, entry_id=propose_procedure(actor=staff.lead, procedure=said, now=clock()), now=clock())
    stranger = itself(staff.lead.organisation_id)
    trial = begin_trial(actor=staff.lead, now=clock())
    speak_up(actor=stranger, said=Concern(topic="other", text=f"Only a trial: {trial.word}."), now=clock())
    came = concerns(staff.risk)[0]
    end_trial(actor=staff.risk, number=trial.number, came_as=came.number, now=clock())
    speak_up(actor=stranger, said=SAID, now=clock())
    heard = concerns(staff.lead)[0]
    decide_outcome(actor=staff.lead, number=heard.number, outcome=ANSWER, now=clock())
