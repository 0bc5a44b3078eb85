"""Changes of the demo's systems that were asked for and decided (8.1), and a release of a version (A.5.2)."""

from clerestory.demo.people import Staff
from clerestory.demo.registers.systems import version_in_use
from clerestory.demo.told import Clock, Story, day, story
from clerestory.desk.approval import approve
from clerestory.registers.inventory.commands import change_model_status, remove_tool
from clerestory.registers.inventory.queries import model_version
from clerestory.registers.inventory.queries.part import part
from clerestory.registers.inventory.rules import ModelStatus
from clerestory.registers.lifecycle.commands import assess_change, note_made, release, request_change
from clerestory.registers.lifecycle.rules import Aspect, Assessment, Change, Level, Release, Renewal


def change_systems(staff: Staff, clock: Clock) -> None:
    """Ask for each change; assess and approve it, or make it at once where it cannot wait. Its review stays open."""
    for said in story("systems")["change"]:
        asked = request_change(
            actor=staff.engineer,
            said=Change(
                system_id=said["system"],
                title=said["title"],
                aspects=tuple(Aspect(aspect) for aspect in said["aspects"]),
                why=said["why"],
                decide_by=day(clock, said["in_days"]),
                emergency=said.get("emergency", False),
            ),
            now=clock(),
        )
        if "decide" in said:
            made = assess_change(
                actor=staff.engineer,
                change_id=asked.record_id,
                said=_assessment(said),
                expected_version=asked.version,
                now=clock(),
            )
            approve(actor=staff.cards, entry_id=made.entry_id, now=clock())
        else:
            note_made(
                actor=staff.engineer,
                change_id=asked.record_id,
                made_on=day(clock, 0),
                expected_version=asked.version,
                now=clock(),
            )


def take_refunds_away(staff: Staff, clock: Clock) -> None:
    """Take the tool for refunds from the assistant's agent, as the change says that was made at once."""
    agent = part(staff.engineer, "agent", "customer-assistant/service-agent")
    remove_tool(
        actor=staff.engineer, agent_id="customer-assistant/service-agent", name="refund",
        expected_version=agent.version, now=clock(),
    )  # fmt: skip


def release_versions(staff: Staff, clock: Clock) -> None:
    """Release the version that works, on an impact assessment that is valid; designated management approves it."""
    for system_id, said in story("systems")["release"].items():
        version = version_in_use(staff, system_id)
        made = release(
            actor=staff.engineer,
            said=Release(system_id=system_id, model_version=version, conditions=tuple(said["conditions"])),
            now=clock(),
        )
        approve(actor=staff.cards, entry_id=made.entry_id, now=clock())
        change_model_status(
            actor=staff.engineer,
            version_id=version,
            status=ModelStatus.RELEASED,
            expected_version=model_version(staff.engineer, version).version,
            now=clock(),
        )


def _assessment(said: Story) -> Assessment:
    return Assessment(
        renew=tuple(Renewal(name) for name in said["renew"]),
        nothing_to_renew=False,
        risk_before=Level(said["before"]),
        risk_after=Level(said["after"]),
        effect=said["effect"],
        rollback=said["rollback"],
    )
