"""What remains of a risk follows from measures whose evidence holds: by rule, by command, and as the owner sees it."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from clerestory.desk.models import Notice
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.risk import commands
from clerestory.registers.risk.models import Move
from clerestory.registers.risk.queries import risk_record, words
from clerestory.registers.risk.queries.record import steps_of
from clerestory.registers.risk.queries.residual import barriers, measures_relied_on
from clerestory.registers.risk.rules.residual import (
    NOWHERE,
    Bearing,
    Place,
    check_reductions,
    planned,
    residual,
    shares,
)
from clerestory.registers.risk.rules.risk import Nature, Reduction, RiskRefused, Status, Treatment, TreatmentRefused
from clerestory.registers.risk.rules.scale import Level
from tests.organisation import NOW
from tests.registers.records import model, register, system
from tests.registers.risk.risks import (
    DAY,
    HIGH,
    HOUR,
    LOW,
    MEDIUM,
    REASON,
    VERY_HIGH,
    acceptance,
    agreed,
    approve_all,
    decided,
    identified,
    risk,
    version,
)

CONTROL = Reduction(measure="A.6.2.4", why="Tests before release find most of it", likelihood=2, frequency=50)
CHECK = Reduction(
    measure="drift.chi-square|ai_system:credit-scoring", why="A stop within a day halves the harm", consequence=1,
    loss=60,
)  # fmt: skip
TREATED = {
    "treatment": Treatment.MODIFY,
    "nature": Nature.TECHNICAL,
    "controls": ("A.6.2.4",),
    "tests": (CHECK.measure,),
    "reductions": (CONTROL, CHECK),
}


def bearings(control: str, check: str = "PASS") -> tuple[Bearing, ...]:
    return (
        Bearing(measure=CONTROL.measure, state=control, reason="A test of June is too old"),
        Bearing(measure=CHECK.measure, state=check),
    )


def test_only_measures_that_hold_take_steps_away_and_never_below_the_lowest():
    both = {CONTROL.measure, CHECK.measure}
    assert residual(Place(4, 4), (CONTROL, CHECK), both, NOWHERE) == Place(2, 3)
    assert residual(Place(4, 4), (CONTROL, CHECK), {CHECK.measure}, NOWHERE) == Place(4, 3)
    assert residual(Place(4, 4), (CONTROL, CHECK), (), NOWHERE) == Place(4, 4)
    assert residual(Place(1, 1), (CONTROL, CHECK), both, NOWHERE) == Place(1, 1)
    assert residual(NOWHERE, (CONTROL,), both, NOWHERE) == NOWHERE
    assert planned(Place(4, 4), (CONTROL, CHECK)) == Place(2, 3)


def test_what_is_observed_counts_only_where_it_is_worse_than_what_follows():
    both = {CONTROL.measure, CHECK.measure}
    assert residual(Place(4, 4), (CONTROL, CHECK), both, Place(1, 1)) == Place(2, 3)
    assert residual(Place(4, 4), (CONTROL, CHECK), both, Place(3, 2)) == Place(3, 3)
    assert residual(Place(4, 4), (), (), Place(5, 5)) == Place(5, 5)


def test_shares_of_money_multiply_over_the_measures_that_hold():
    assert shares((CONTROL, CHECK), {CONTROL.measure, CHECK.measure}) == (0.5, 0.4)
    assert shares((CONTROL, CHECK), {CHECK.measure}) == (1.0, 0.4)


@pytest.mark.parametrize(
    "said, problem",
    [
        ({"measure": "A.7.4"}, "neither a control nor a test"),
        ({"likelihood": 0, "frequency": 0}, "takes nothing away"),
        ({"likelihood": 7}, "7 steps"),
        ({"frequency": 100}, "100 %"),
        ({"loss": -1}, "% away"),
        ({"why": "so"}, "too short"),
    ],
)
def test_a_reduction_names_a_measure_of_the_treatment_an_amount_and_a_reason(said, problem):
    with pytest.raises(RiskRefused if problem == "too short" else TreatmentRefused, match=problem):
        check_reductions((replace(CONTROL, **said),), {"A.6.2.4"})
    with pytest.raises(TreatmentRefused, match="twice"):
        check_reductions((CONTROL, CONTROL), {"A.6.2.4"})


def test_a_failing_control_stops_lowering_its_risks_and_the_owner_is_told(actor, second, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    register(actor)
    identified(actor, HIGH)
    agreed(actor, by=boss, **TREATED)
    record = risk_record(actor, "R-1")
    assert (record.level, record.inherent, record.failing) == (Level.HIGH, Level.HIGH, 2), "nobody judged them yet"
    assert record.target is Level.MEDIUM, "what is meant to remain follows from what was argued"
    assert measures_relied_on(actor) == ("A.6.2.4", CHECK.measure)

    assert commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW + HOUR) == 1
    record = risk_record(actor, "R-1")
    assert (record.now_likelihood, record.now_consequence, record.level) == (2, 3, Level.MEDIUM)
    assert (record.over, record.failing) == (False, 0)
    assert commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW + HOUR) == 0, "twice is once"

    signed = acceptance((NOW + 90 * DAY).date(), Level.MEDIUM)
    commands.accept_risk(
        actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW + 2 * HOUR
    )
    approve_all(boss, NOW + 2 * HOUR)
    assert risk_record(actor, "R-1").is_accepted((NOW + DAY).date())

    assert commands.note_bearings(actor=actor, bearings=bearings("STALE"), now=NOW + 3 * HOUR) == 1
    record = risk_record(actor, "R-1")
    assert (record.now_likelihood, record.now_consequence, record.level) == (4, 3, Level.HIGH)
    assert (record.over, record.failing, record.status) == (True, 1, Status.OPEN), "the acceptance was of another level"
    assert [(b.reduction.measure, b.holds, b.bearing.reason) for b in barriers(actor, record.reductions)] == [
        ("A.6.2.4", False, "A test of June is too old"), (CHECK.measure, True, ""),
    ]  # fmt: skip
    told = Notice.objects.filter(person_id=actor.person_id, topic="risk", url="/risk/R-1/").order_by("pk")
    assert ["no longer holds" in notice.text for notice in told] == [False, True]
    moves = Move.objects.filter(organisation_id=actor.organisation_id).order_by("pk")
    assert [(m.cause, m.from_level, m.level) for m in moves] == [
        ("identified", 0, 3), ("measure", 3, 2), ("measure", 2, 3),
    ]  # fmt: skip
    step = steps_of(actor, "R-1")[0]
    assert step.kind == "residual" and "A.6.2.4: STALE" in step.reason and step.entry_id == record.entry_id


def test_nobody_picks_what_remains(actor, member):
    register(actor)
    identified(actor, HIGH)
    agreed(actor, **TREATED)
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=LOW, reason=REASON, after_treatment=True,
        expected_version=version(actor), now=NOW + HOUR,
    )  # fmt: skip
    assert risk_record(actor, "R-1").level is Level.HIGH
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW + HOUR)
    assert risk_record(actor, "R-1").level is Level.MEDIUM
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=VERY_HIGH, reason=REASON, after_treatment=True,
        expected_version=version(actor), now=NOW + 2 * HOUR,
    )  # fmt: skip
    assert risk_record(actor, "R-1").level is Level.VERY_HIGH, "an observation that is worse counts"
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=MEDIUM, reason=REASON, expected_version=version(actor), now=NOW + 3 * HOUR
    )
    record = risk_record(actor, "R-1")
    assert (record.now_likelihood, record.now_consequence) == (5, 5), "what one person rates lower waits"
    approve_all(member("editor", (), "boss@example.org"), NOW + 4 * HOUR)
    record = risk_record(actor, "R-1")
    assert (record.now_likelihood, record.now_consequence) == (1, 2), "a new rating begins anew, measures still count"


def test_another_decision_relies_on_other_measures_and_another_organisation_on_none(actor, second):
    from tests.organisation import found

    register(actor)
    identified(actor, HIGH)
    decided(actor, **TREATED)
    decided(actor, treatment=Treatment.MODIFY, nature=Nature.ORGANISATIONAL, controls=("A.6.2.4",))
    assert measures_relied_on(actor) == ()
    assert risk_record(actor, "R-1").reductions == ()
    other = found("Southlight Bank", email="other@example.org")
    assert commands.note_bearings(actor=other, bearings=bearings("CONFORMS"), now=NOW) == 0
    assert barriers(actor, (CONTROL,))[0].bearing.state == "UNJUDGED"


def test_a_check_of_another_system_lowers_nothing_here(actor):
    register(actor)
    inventory.register_ai_system(actor=actor, system=system(actor, "other"), now=NOW)
    mine = inventory.register_model_version(actor=actor, model=model(), now=NOW)
    others = inventory.register_model_version(actor=actor, model=model("else", system_id="other"), now=NOW)
    identified(actor, HIGH)

    def decide(runs_on):
        said = replace(CHECK, measure=f"drift.chi-square|{runs_on}")
        decided(actor, **{**TREATED, "tests": (said.measure,), "reductions": (said,)})

    for elsewhere in (f"model_version:{others.record_id}", "ai_system:other", "model_version:unheard-of"):
        with pytest.raises(TreatmentRefused, match="belongs to another system"):
            decide(elsewhere)
    decide(f"model_version:{mine.record_id}")
    with pytest.raises(TreatmentRefused, match="belongs to another system"):
        commands.update_risk(
            actor=actor, risk_id="R-1", risk=risk(actor, system_id="other"), expected_version=version(actor), now=NOW
        )
    assert risk_record(actor, "R-1").risk.system_id == "credit-scoring"


def test_why_a_measure_lowers_nothing_is_said_in_the_language_of_the_reader():
    note = "Derived anew. fairness.selection-rate-ratio|model_version:offers/a9ec: FAIL; A.7.4: NONCONFORMING"
    with override("de"):
        assert words.why_not(">= 0.8: measured 0.3232.") == ">= 0.8: gemessen 0.3232"
        assert words.why_not("nothing was measured.") == "nichts gemessen"
        assert words.why_not("Its newest result is of 2026-12-17.") == "Sein neuestes Ergebnis ist vom 17. Dez 2026."
        assert words.derived(note).splitlines() == [
            "fairness.selection-rate-ratio: besteht nicht",
            "A.7.4: etwas spricht dagegen",
        ]
    assert words.why_not("Said by somebody.") == words.derived("Said by somebody.") == "Said by somebody."
