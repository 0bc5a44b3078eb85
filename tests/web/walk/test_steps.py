"""Two who take the same step of a record at once, for steps whose turn has to come first: the second is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest
from django.test import Client

from clerestory.desk.approval import approve, open_proposals
from clerestory.registers.impact.commands import (
    decide,
    disclose,
    propose_assessment,
    propose_method,
    trace_findings,
)
from clerestory.registers.impact.queries import assessed, assessment_of
from clerestory.registers.impact.queries.method import shipped_method
from clerestory.registers.impact.rules.outcome import Carried, Disclosure, Outcome, Proceeding
from clerestory.registers.inventory.commands import register_in_four_fields
from clerestory.registers.inventory.rules.tier import INSIDE, FourFields
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.policy.rules import Policy
from clerestory.registers.risk.commands import describe_architecture, raise_threat, review_threats
from clerestory.registers.risk.queries.threats import threat_model
from clerestory.registers.risk.rules.risk import Treatment
from tests.organisation import join
from tests.registers.impact.surroundings import written as written_down
from tests.registers.policy.surroundings import DRAFT
from tests.registers.risk.architectures import SCORING
from tests.registers.risk.risks import decided, identified
from tests.web.conftest import Place
from tests.web.test_permissions import written
from tests.web.walk.reading import Form, read
from tests.web.walk.walking import WORD

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = "credit-scoring"
NOTICE = 'id="overlaps-title"'
Said = Mapping[str, list[str]]


@dataclass(frozen=True)
class Step:
    """How a record comes to the step, on which page it is taken, and what each of two says there."""

    begin: Callable[[Place], object]
    page: str
    mine: Said
    theirs: Said
    people: tuple[str, str] = ("admin", "editor")


def analysed(place: Place) -> None:
    """Rate a risk, owned by whoever reads only."""
    identified(place.actor("editor"), owner=place.actor("viewer").person_id)


def treated(place: Place) -> None:
    """Decide on a treatment that somebody else carries out."""
    analysed(place)
    decided(place.actor("editor"), treatment=Treatment.AVOID, task=place.actor("viewer"))


def retained(place: Place) -> None:
    """Decide to keep a risk, owned by the administrator."""
    identified(place.actor("admin"))
    decided(place.actor("admin"))


def low(place: Place) -> None:
    """Register a system of low risk while a policy on acceptable use is in force."""
    actor = place.actor("editor")
    draft = replace(DRAFT, policy_id="acceptable-use", related=())
    said = Policy(policy_id="acceptable-use", title="Acceptable use", owner=actor.person_id)
    begin_policy(actor=actor, said=said, draft=draft)
    top = join(place.organisation_id, "admin", ("top_management",), "top@northlight.example")
    (waiting,) = open_proposals(actor)
    approve(actor=top, entry_id=waiting.entry_id, role="top_management")
    register_in_four_fields(actor=actor, said=FourFields("Minutes", "Summarise our meetings", actor.person_id, INSIDE))


def described(place: Place) -> None:
    """Answer the questions about an architecture."""
    describe_architecture(actor=place.actor("editor"), system_id=SYSTEM, facts=SCORING, expected_version=0)


def weighed(place: Place) -> None:
    """Propose an assessment, decide on it, carry on its findings and say who is told."""
    actor = place.actor("editor")
    method = propose_method(actor=actor, method=shipped_method())
    approve(actor=join(place.organisation_id, "editor", (), "second@northlight.example"), entry_id=method.entry_id)
    written_down(actor)
    propose_assessment(actor=actor, system_id=SYSTEM)
    found = assessed(actor, SYSTEM)
    assert found.newest is not None
    used = found.in_force.method_of(found.newest.said["method_version"])
    findings = assessment_of(found.newest.said, SYSTEM).findings(used)
    stop = Proceeding(outcome=Outcome.STOP, reason="It harms.", conditions=())
    decide(actor=actor, system_id=SYSTEM, said=stop, seen=1)
    rows = [Carried(finding=finding, risks=(), reason="It is rated there.") for finding in findings]
    trace_findings(actor=actor, system_id=SYSTEM, rows=rows, seen=1)
    told = Disclosure(audiences=("applicants",), justification="They ask.")
    disclose(actor=actor, system_id=SYSTEM, said=told, seen=1)


def words(field: str, **more: str) -> tuple[Said, Said]:
    """Return what each of two says in a field, and in the others both the same."""
    same = {name: [value] for name, value in more.items()}
    return same | {field: ["first words of this"]}, same | {field: ["second words of this"]}


STEPS = {
    "a treatment is decided": Step(analysed, "/risk/R-1/decide/", *words("reason", treatment="avoid")),
    "an effect is judged": Step(treated, "/risk/R-1/effect/", *words("judged_by", effective="yes")),
    "a risk is accepted": Step(
        retained, "/risk/R-1/accept/", *words("reason", signed_on=""), people=("admin", "admin")
    ),
    "a system takes the fast lane": Step(
        low,
        "/inventory/systems/minutes/lane/",
        {"accepts_policy": ["on"], "autonomy_level": ["1"]},
        {"accepts_policy": ["on"], "autonomy_level": ["2"]},
    ),
    "an architecture is described": Step(
        described, f"/risk/threats/{SYSTEM}/facts/", {"exposure": ["internal"]}, {"exposure": ["public_product"]}
    ),
    "it is decided to go on": Step(
        weighed, f"/impact/systems/{SYSTEM}/decide/", *words("reason", outcome="do not proceed")
    ),
    "findings are carried on": Step(weighed, f"/impact/systems/{SYSTEM}/risks/", *words("reason_E1")),
    "it is decided who is told": Step(weighed, f"/impact/systems/{SYSTEM}/told/", *words("justification")),
}


def opened(place: Place, person: str, page: str) -> tuple[Client, Form]:
    """Open the page of a step and return the browser with its form."""
    client = place.client(person)
    answer = client.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    found = [form for form in read(page, answer.content.decode()).forms if "_seen" in form.fields]
    assert len(found) == 1, [form.action for form in found]
    return client, found[0]


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_the_second_of_two_who_take_a_step_is_told_and_keeps_what_they_said(furnished: Place, step: Step) -> None:
    step.begin(furnished)
    (first, mine), (second, theirs) = (opened(furnished, person, step.page) for person in step.people)
    done = first.post(mine.action, mine.values("") | step.mine)
    assert done.status_code == 302, done.content.decode()
    before = written(furnished)
    answer = second.post(theirs.action, theirs.values("") | step.theirs)
    page = answer.content.decode()
    assert answer.status_code == 422 and written(furnished) == before
    assert NOTICE in page
    (kept,) = (form for form in read(step.page, page).forms if "_seen" in form.fields)
    assert {name: kept.fields[name].chosen for name in step.theirs} == dict(step.theirs)


def test_reviews_of_threats_stand_beside_each_other(furnished: Place) -> None:
    """Each review is a signed record of its own, with its number: a second one takes nothing from the first."""
    described(furnished)
    raise_threat(actor=furnished.actor("editor"), system_id=SYSTEM, threat_id="AML.T0015")
    seen = threat_model(furnished.actor("editor"), SYSTEM).version
    numbers = [
        review_threats(actor=furnished.actor(person), system_id=SYSTEM, conclusion=WORD, expected_version=seen).version
        for person in ("admin", "editor")
    ]
    assert numbers == [1, 2]
