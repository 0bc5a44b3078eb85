"""What the demo plans to do about risks and opportunities (6.1.1), and the trial of its method (6.1.2)."""

from clerestory.demo.people import Staff
from clerestory.demo.told import Clock, day, story
from clerestory.desk.approval import approve
from clerestory.registers.risk.commands import begin_trial, judge_action, plan_action, propose_action_plan, rate_cases
from clerestory.registers.risk.queries.plan import planning_inputs
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.scale import DIMENSIONS, Rating


def plan_actions(staff: Staff, clock: Clock) -> None:
    """Plan actions for what the context took on, say why the rest is left, and judge the one whose effect is seen."""
    told, inputs = story("planning"), planning_inputs(staff.lead)
    answered: set[str] = set()
    for said in told["action"]:
        about = tuple(item for item in inputs if any(begin in item for begin in said["answers"]))
        answered |= {*about}
        planned = plan_action(
            actor=staff.lead,
            said=Action(
                sort=Sort(said["sort"]),
                about=said["about"],
                action=said["action"],
                meant=said["meant"],
                owner=staff.named(said["owner"]).person_id,
                evaluate_by=day(clock, said["in_days"]),
                inputs=about,
            ),
            now=clock(),
        )
        if "judged" in said:
            judged = judge_action(
                actor=staff.cards,
                action_id=planned.record_id,
                effective=True,
                judged_by=said["judged"],
                expected_version=planned.version,
                now=clock(),
            )
            approve(actor=staff.risk, entry_id=judged.entry_id, now=clock())
    left = {item: told["decline"]["reason"] for item in inputs if item not in answered}
    made = propose_action_plan(actor=staff.lead, statements=left, now=clock())
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock())


def try_method(staff: Staff, clock: Clock) -> None:
    """Let two people rate the same cases apart; how far they agree is measured."""
    told = story("planning")["trial"]
    pair = [(name, staff.named(told[name])) for name in ("first", "second")]
    trial = begin_trial(
        actor=staff.lead,
        cases=[case["case"] for case in told["case"]],
        first=pair[0][1].person_id,
        second=pair[1][1].person_id,
        tolerance=told["tolerance"],
        now=clock(),
    )
    for name, assessor in pair:
        ratings = [Rating(case[name][0], tuple(zip(DIMENSIONS, case[name][1:], strict=True))) for case in told["case"]]
        rate_cases(actor=assessor, trial_id=trial.record_id, ratings=ratings, now=clock())
