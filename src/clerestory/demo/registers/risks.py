"""The demo's risks: method and criteria approved, risks rated, treated and accepted by those who own them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from clerestory.demo.people import Staff
from clerestory.demo.registers.systems import version_in_use
from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.registers.risk.commands.assess import propose_plan
from clerestory.registers.risk.commands.criteria import propose_method, propose_process
from clerestory.registers.risk.commands.identify import analyse_risk, identify_risk
from clerestory.registers.risk.commands.treat import accept_risk, decide_treatment
from clerestory.registers.risk.queries.record import risk_record
from clerestory.registers.risk.rules.risk import Acceptance, Decision, Nature, NewTask, Reduction, Risk, Treatment
from clerestory.registers.risk.rules.scale import Rating, shipped_method, shipped_steps

EVEN = "fairness.selection-rate-ratio|model_version:{card}"
"""The check that shows an even model, on the version that stands in for ``{card}``."""
DIMENSIONS = ("organisation", "individuals", "societies")
ACCEPTED_DAYS = 25
"""The first acceptance ends soon, so that the pages have something to remind of."""


@dataclass(frozen=True, slots=True)
class Story:
    """One risk of the demo with its rating (likelihood, then for organisation, individuals, societies)."""

    event: str
    source: str
    cause: str
    consequence: str
    system: str
    rating: tuple[int, int, int, int]
    reason: str
    treatment: Treatment | None = None
    nature: Nature | None = None
    controls: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    lowers: tuple[Reduction, ...] = ()
    task: str = ""
    days: int = 0
    accepted_because: str = ""


STORIES = (
    Story(
        "Women are offered a higher limit far less often than men", "C.3.3",
        "Marriage and family stand in for sex", "Equal customers are treated unequally; complaints and a claim",
        "card-offers", (5, 4, 3, 3), "September's check: a third as many women as men are offered.",
        Treatment.MODIFY, Nature.TECHNICAL, ("A.7.4", "A.6.2.4"), (EVEN,),
        (
            Reduction(measure=EVEN, likelihood=3, why="Offers within four fifths leave chance differences only"),
            Reduction(measure="A.7.4", consequence=1, why="Data that fit the people who apply keep small groups whole"),
        ),
        "Fit the model anew, even in the mean", 30,
        "Offers by the model are stopped until it is corrected.",
    ),
    Story(
        "The people who apply change and the model no longer fits them", "C.3.3",
        "Campaigns bring other customers", "Offers that customers cannot carry, or none where they could",
        "card-offers", (4, 3, 3, 2), "Campaigns are planned for students; nobody knows yet what they change.",
        Treatment.MODIFY, Nature.ORGANISATIONAL, ("A.6.2.6",), (),
        (Reduction(measure="A.6.2.6", likelihood=1, consequence=2, why="A month that fails its check is not served"),),
        "Check each month and stop when it fails", 20,
        "Every month is checked before its offers go out.",
    ),
    Story(
        "Labels of the training half are wrong more often than agreed", "C.3.3",
        "Good and bad loans were sorted by hand fifty years ago", "Good applicants are refused",
        "credit-scoring", (4, 3, 3, 2), "The label check of the training half fails its limit.",
        Treatment.RETAIN, None, (), (), (), "", 0,
        "Few loans; officers decide; better labels are bought by then.",
    ),
    Story(
        "A score is used for another end than loans", "C.3.1",
        "The score is at hand in other systems", "People are judged by what was never tested for it",
        "credit-scoring", (2, 3, 3, 2), "It happened elsewhere; no case here.",
        Treatment.MODIFY, Nature.ORGANISATIONAL, ("A.2.2", "A.9.4"), (),
        (
            Reduction(measure="A.2.2", likelihood=1, why="Everybody who may see a score confirmed what it is for"),
            Reduction(measure="A.9.4", consequence=1, why="Use for another end would be noticed within the month"),
        ),
        "Say what the score is for where it is shown", 60,
    ),
    Story(
        "Nobody who built the models is at hand when they fail", "C.3.2",
        "Two people know them", "A failing model stays in use longer than needed",
        "", (3, 3, 2, 1), "Holidays of both overlapped in summer.",
    ),
)  # fmt: skip


def agree_on_criteria(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Propose the method and criteria that the product ships, and how treatments are chosen; others approve them."""
    propose_method(actor=staff.lead, method=shipped_method(), now=clock())
    propose_process(actor=staff.lead, steps=shipped_steps(), now=clock())


def rate(staff: Staff, clock: Callable[[], datetime]) -> dict[str, str]:
    """Identify and analyse the risks and decide their treatment; return their ids by event."""
    made = {}
    for story in STORIES:
        owner = staff.cards if story.system == "card-offers" else staff.risk
        likelihood, *steps = story.rating
        written = identify_risk(
            actor=staff.lead,
            risk=Risk(
                event=story.event,
                source=story.source,
                cause=story.cause,
                consequence=story.consequence,
                system_id=story.system,
                owner=owner.person_id,
                affected=("customers",),
            ),
            rating=Rating(likelihood, tuple(zip(DIMENSIONS, steps, strict=True))),
            reason=story.reason,
            now=clock(),
        )
        made[story.event] = written.record_id
        if story.treatment is not None:
            _decide(staff, owner, written.record_id, story, story.treatment, clock)
    return made


def accept(staff: Staff, risks: dict[str, str], clock: Callable[[], datetime]) -> None:
    """Let owners accept for a time what is over the criteria; designated management, another person, has to agree."""
    for at, story in enumerate(STORIES):
        if story.accepted_because:
            owner = staff.cards if story.system == "card-offers" else staff.risk
            found = risk_record(owner, risks[story.event])
            if found.level is None:
                continue
            acceptance = Acceptance(
                seen_level=found.level, valid_until=_in(clock, ACCEPTED_DAYS + 40 * at), reason=story.accepted_because
            )
            accept_risk(
                actor=owner,
                risk_id=risks[story.event],
                acceptance=acceptance,
                expected_version=found.version,
                now=clock(),
            )
    propose_plan(actor=staff.lead, now=clock())


def rate_again(staff: Staff, risks: dict[str, str], clock: Callable[[], datetime]) -> None:
    """Rate the risk that October's check is about anew: it rose, and what was accepted no longer counts."""
    story = STORIES[1]
    found = risk_record(staff.cards, risks[story.event])
    made = analyse_risk(
        actor=staff.cards,
        risk_id=risks[story.event],
        rating=Rating(5, tuple(zip(DIMENSIONS, (4, 3, 2), strict=True))),
        reason="October's check: age and hours of work drifted far beyond the limit.",
        expected_version=found.version,
        now=clock(),
    )
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock())


def _decide(
    staff: Staff, owner: Actor, risk_id: str, story: Story, treatment: Treatment, clock: Callable[[], datetime]
) -> None:
    engineer, version = staff.engineer, version_in_use(staff, "card-offers")
    tasks = (NewTask(action=story.task, owner=engineer.person_id, due_on=_in(clock, story.days)),) if story.task else ()
    decide_treatment(
        actor=owner,
        risk_id=risk_id,
        decision=Decision(
            treatment=treatment,
            reason=story.reason,
            nature=story.nature,
            controls=story.controls,
            tests=tuple(_named(test, version) for test in story.tests),
            reductions=tuple(replace(said, measure=_named(said.measure, version)) for said in story.lowers),
        ),
        expected_version=1,
        tasks=tasks,
        now=clock(),
    )


def _named(measure: str, version: str) -> str:
    return measure.replace("{card}", version)


def _in(clock: Callable[[], datetime], days: int) -> date:
    return (clock() + timedelta(days=days)).date()
