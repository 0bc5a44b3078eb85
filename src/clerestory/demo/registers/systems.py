"""What the demo says of its AI systems: classes under the EU AI Act, a stricter tier, parts, agents with tools, uses.

The class of the assistant stays open, one question waits for an answer, and a review of access is half done.
"""

from clerestory.demo.people import Staff
from clerestory.demo.told import Clock, Story, day, story
from clerestory.registers.inventory.commands import (
    approve_use,
    ask_for_use,
    classify_system,
    decide_rights,
    open_access_review,
    propose_override,
    register_part,
)
from clerestory.registers.inventory.queries import ai_system, models_of
from clerestory.registers.inventory.queries.access import all_rights
from clerestory.registers.inventory.rules import Tier
from clerestory.registers.inventory.rules.access import Decided
from clerestory.registers.inventory.rules.agent import Act, Agent, Tool
from clerestory.registers.inventory.rules.part import Deployment, Part, Use
from clerestory.registers.inventory.rules.tier import Override
from clerestory.registers.inventory.rules.use import Question


def take_stock(staff: Staff, clock: Clock) -> None:
    """Classify the systems, propose a stricter tier for one, and register what the systems are made of."""
    told = story("systems")
    for system_id, answers in told["class"].items():
        given = {question: tuple(points) for question, points in answers.items()}
        classify_system(actor=staff.lead, system_id=system_id, given=given, now=clock())
    stricter = told["override"]
    override = Override(
        system_id=stricter["system"],
        tier=Tier(stricter["tier"]),
        reason=stricter["reason"],
        ends_on=day(clock, stricter["days"]),
    )
    seen = ai_system(staff.lead, override.system_id).version
    propose_override(actor=staff.lead, override=override, expected_version=seen, now=clock())
    parts: list[Part] = [_deployment(staff, said, clock) for said in told["deployment"]]
    parts += [_agent(said) for said in told["agent"]] + [_use(said) for said in told["use"]]
    for part in parts:
        register_part(actor=staff.engineer, said=part, now=clock())


def ask_about_uses(staff: Staff, clock: Clock) -> None:
    """Let people ask to use AI, answer what waits where the story says so, and begin a review of who has access."""
    told = story("systems")
    for said in told["asked"]:
        question = Question(said["purpose"], said.get("system", ""), tuple(said["marks"]))
        asked = ask_for_use(actor=staff.named(said["by"]), question=question, now=clock())
        if "decide" in said:
            approve_use(actor=staff.lead, use_id=asked.record_id, now=clock())
    access = told["access"]
    number = open_access_review(actor=staff.lead, due_on=day(clock, access["due_in_days"]), now=clock())
    mine = {staff.lead.person_id, staff.risk.person_id}
    places = tuple(right.place for right in all_rights(staff.lead, number) if right.person_id not in mine)
    decide_rights(
        actor=staff.lead, number=number, places=places, decision=Decided.KEEP, reason=access["keep"]
    )  # fmt: skip


def version_in_use(staff: Staff, system_id: str) -> str:
    """Return the version of a system's model that the story speaks of: the one that was registered first."""
    return models_of(staff.lead, system_id, 20)[-1].model.version_id


def _deployment(staff: Staff, said: Story, clock: Clock) -> Deployment:
    return Deployment(
        system_id=said["system"],
        slug=said["slug"],
        name=said["name"],
        model_version=version_in_use(staff, said["system"]),
        environment=said["environment"],
        place=said["place"],
        started_on=day(clock, -said["started_days_ago"]),
        affects_people=said["affects_people"],
        generates_content=said["generates_content"],
        reviewed_by_people=said["reviewed_by_people"],
    )


def _agent(said: Story) -> Agent:
    return Agent(
        system_id=said["system"],
        slug=said["slug"],
        name=said["name"],
        purpose=said["purpose"],
        autonomy_level=said["autonomy_level"],
        status=said["status"],
        tools=tuple(
            Tool(
                name=tool["name"],
                acts=tuple(Act(act) for act in tool["acts"]),
                data=tool.get("data", ""),
                limit=tool.get("limit", ""),
                asks=tool.get("asks"),
            )
            for tool in said["tool"]
        ),
    )


def _use(said: Story) -> Use:
    return Use(
        system_id=said["system"],
        slug=said["slug"],
        name=said["name"],
        users=said["users"],
        unit=said["unit"],
        what_for=said["what_for"],
    )
