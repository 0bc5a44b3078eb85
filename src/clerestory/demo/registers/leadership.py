"""What the demo's board did (5.1), who answers for which work, its AI council with a meeting, and one thanks (A.3).

Measuring has nobody accountable and the review nobody who does it, for who tries the demo.
"""

from clerestory.demo.people import Staff
from clerestory.demo.told import Clock, Story, day, story
from clerestory.desk.approval import approve
from clerestory.registers.organisation.commands import record_leadership_act
from clerestory.registers.roles.commands import (
    call_meeting,
    choose_to_be_named,
    constitute,
    decide_line,
    recognise,
    write_minutes,
)
from clerestory.registers.roles.rules import Work
from clerestory.registers.roles.rules.committee import Committee, Decision, Item, Minutes, Seat


def lead_and_thank(staff: Staff, clock: Clock) -> None:
    """Record what top management itself did, share out the work, and thank who raised something early."""
    told = story("leadership")
    for duty, act in told["acts"].items():
        record_leadership_act(actor=staff.risk, duty=duty, act=act, now=clock())
    for line in told["matrix"]:
        decide_line(
            actor=staff.lead,
            work=Work("process", line["process"]) if "process" in line else Work("duty", line["duty"]),
            letters={staff.named(who).person_id: letters for who, letters in line["letters"].items()},
            expected_version=0,
            now=clock(),
        )
    thanks = told["thanks"]
    thanked = staff.named(thanks["person"])
    given = recognise(actor=staff.named(thanks["by"]), person=thanked.person_id, what=thanks["what"], now=clock())
    choose_to_be_named(actor=thanked, number=int(given.record_id), named=True, now=clock())


def hold_council(staff: Staff, risks: Story, clock: Clock) -> None:
    """Set up the council, hold its first meeting on the risks that are over the criteria, and call the next one."""
    told = story("leadership")
    said, members = told["committee"], told["committee"]["seats"]
    seats = tuple(Seat(staff.named(who).person_id, function) for who, function in members.items())
    committee = Committee(
        committee_id=said["id"], name=said["name"], charter=said["charter"].strip(), seats=seats, quorum=said["quorum"]
    )
    made = constitute(actor=staff.lead, said=committee, now=clock())
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock())
    today = day(clock, 0)
    number = call_meeting(
        actor=staff.lead, committee_id=said["id"], planned_for=today, agenda=_agenda(said["point"], risks), now=clock()
    )
    minutes = Minutes(
        held_on=today,
        present=tuple(seat.person for seat in seats),
        text=said["minutes"].strip(),
        decisions=tuple(Decision(place, point["decision"]) for place, point in enumerate(said["point"])),
    )
    written = write_minutes(
        actor=staff.lead, committee_id=said["id"], number=number, said=minutes, expected_version=0, now=clock()
    )
    approve(actor=staff.risk, entry_id=written.entry_id, now=clock())
    coming = told["next_meeting"]
    call_meeting(
        actor=staff.lead,
        committee_id=said["id"],
        planned_for=day(clock, coming["in_days"]),
        agenda=_agenda(coming["point"], risks),
        now=clock(),
    )


def _agenda(points: list[Story], risks: Story) -> list[Item]:
    found = []
    for point in points:
        if "risk" in point:
            risk_id = risks[point["risk"]]
            found.append(Item(point["title"], point["why"], f"/risk/{risk_id}/", "risk", risk_id))
        else:
            system_id = point["system"]
            found.append(Item(point["title"], point["why"], f"/systems/{system_id}/", "ai_system", system_id))
    return found
