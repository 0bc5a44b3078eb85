"""My page: what fits whom, what changed since the last visit, and never more than five actions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.entrance.visit import APART, last_visit
from clerestory.desk.permit import NotPermitted
from clerestory.registers.inventory.commands import update_ai_system
from clerestory.registers.inventory.queries import ai_system
from clerestory.registers.inventory.queries import duties as inventory_duties
from clerestory.registers.roles.commands import accept_role, assign_role, define_role
from clerestory.registers.roles.queries import duties as role_duties
from clerestory.registers.roles.rules import Assignment, Role
from clerestory.report.action import MOST, duties_of, first_steps, next_steps
from clerestory.report.mine import blocks_of, mine
from clerestory.report.requirement import lines
from clerestory.store import clock
from clerestory.store.facts import judging
from clerestory.terms.ids import OrganisationId, PersonId
from clerestory.web.words import which_word
from tests.web.conftest import Place, result, system_of

pytestmark = pytest.mark.django_db(transaction=True)


def person(access: str, *roles: str) -> Actor:
    return Actor(
        organisation_id=OrganisationId("o"), person_id=PersonId("p"), user_id=1, access=access, roles=frozenset(roles)
    )


@pytest.mark.parametrize(
    "access, roles, owns, blocks",
    [
        ("admin", (), False, ("board",)),
        ("editor", (), True, ("systems",)),
        ("editor", ("accountable_owner",), False, ("systems",)),
        ("editor", ("risk_owner",), False, ("risks",)),
        ("editor", ("legal_counsel",), False, ("classification",)),
        ("editor", ("top_management",), False, ("questions",)),
        ("editor", ("top_management", "risk_owner"), True, ("questions", "systems")),
        ("auditor", (), False, ("audit", "board")),
        ("viewer", (), False, ()),
    ],
)
def test_each_role_has_the_parts_that_fit_it(
    access: str, roles: tuple[str, ...], owns: bool, blocks: tuple[str, ...]
) -> None:
    assert blocks_of(person(access, *roles), owns=owns) == blocks


def test_a_newcomer_has_the_first_steps_that_they_may_take_and_nothing_else_to_do(place: Place) -> None:
    page = mine(place.actor("admin"), now=clock.now())
    assert page.newcomer
    assert [action.url for action in page.actions] == ["/inventory/systems/add/", "/members/#tokens"]
    assert [action.topic for action in mine(place.actor("editor"), now=clock.now()).actions] == ["first"]
    alone = first_steps(place.actor("admin"), alone=True)
    assert [step.url for step in alone][2:] == ["/members/#invite"]
    reader = mine(place.actor("viewer"), now=clock.now())
    assert (reader.newcomer, reader.actions) == (False, ())


def test_after_the_first_system_the_next_steps_stand_there_until_something_of_each_exists(place: Place) -> None:
    system_of(place)

    def steps(access: str) -> list[str]:
        with judging(place.organisation_id) as index:
            return [action.url for action in next_steps(place.actor(access), index.by_kind)]

    there = [
        "/context/scope/propose/",
        "/policy/add/",
        "/risk/criteria/propose/",
        "/roles/add/",
        "/members/#tokens",
        "/context/",
        "/impact/",
        "/applicability/decide/",
    ]
    assert steps("admin") == there
    assert steps("editor") == (open_to_editors := [url for url in there if not url.startswith("/members/")])
    shown = [action for action in mine(place.actor("editor"), now=clock.now()).actions if action.topic == "next"]
    assert [action.url for action in shown] == open_to_editors[: len(shown)] != []
    whole = mine(place.actor("admin"), now=clock.now(), whole=True)
    assert len(whole.actions) == whole.due > MOST
    assert len({action.url for action in whole.actions}) == whole.due
    assert steps("viewer") == []
    result(place, "performance.task-metric", ">= 0.7", "PASS", 0.9, 0.01, days_ago=0)
    admin = place.actor("admin")
    define_role(actor=admin, role=Role(role_id="owner", name="Model owner", has_ai_duties=True, duties=("watch",)))
    assert [url for url in steps("editor") if url.startswith("/roles/")] == ["/roles/"]
    assign_role(actor=admin, assignment=Assignment(role_id="owner", duty="watch", holder=admin.person_id))
    assert steps("editor") == [url for url in open_to_editors if url != "/roles/add/"]


def test_the_newest_entries_say_which_record_they_are_about(place: Place) -> None:
    admin = place.actor("admin")
    system_of(place)
    define_role(actor=admin, role=Role(role_id="owner", name="Model owner", has_ai_duties=True, duties=("watch",)))
    with judging(place.organisation_id) as index:
        said = {(line.kind, which_word(line.which)) for line in lines(index, index.rows).values()}
    assert {
        ("register.person_role", "Person role owner"),
        ("register.ai_system", "Credit scoring"),
        ("record.membership", "Administrator"),
    } <= said


def test_an_owner_sees_the_failing_checks_of_their_systems_first(furnished: Place) -> None:
    page = mine(furnished.actor("admin"), now=clock.now())
    (own,) = page.systems
    assert own.record.id == "credit-scoring"
    assert (own.verdicts["FAIL"], own.offending[0].check) == (1, "fairness.selection-rate-ratio")
    assert len(page.actions) <= MOST
    assert "repair" in {action.topic for action in page.actions}
    assert all(action.why and action.url.startswith("/") and action.label for action in page.actions)


def test_who_only_reads_is_asked_for_nothing(furnished: Place) -> None:
    for access in ("viewer", "auditor"):
        assert mine(furnished.actor(access), now=clock.now()).actions == ()


def test_an_auditor_starts_from_scope_and_log(furnished: Place) -> None:
    audit = mine(furnished.actor("auditor"), now=clock.now()).audit
    assert audit is not None
    assert (audit.in_scope, audit.systems) == (1, 1)
    assert audit.entries >= audit.signed > 0


def test_what_changed_is_counted_from_the_end_of_the_last_visit(furnished: Place) -> None:
    actor, first = furnished.actor("editor"), clock.now()
    assert mine(actor, now=first).changed.since is None
    assert mine(actor, now=first + timedelta(minutes=10)).changed.since is None
    second = first + APART + timedelta(minutes=11)
    page = mine(actor, now=second)
    assert page.changed.since == first + timedelta(minutes=10)
    assert page.changed.entries == 0
    assert page.changed.moved == ()


def test_a_failure_since_the_last_visit_shows_with_the_requirement_that_it_moved(place: Place) -> None:
    actor, now = place.actor("admin"), clock.now()
    last_visit(actor, now=now)
    system_of(place)
    result(place, "fairness.selection-rate-ratio", ">= 0.8", "FAIL", 0.5, 0.02, days_ago=0)
    page = mine(actor, now=now + APART)
    assert page.changed.failed == 1
    assert page.changed.entries > 3
    assert page.changed.moved
    assert "NONCONFORMING" in {change.after for change in page.changed.moved}


def test_a_machine_that_looks_does_not_count_as_a_visit(place: Place) -> None:
    actor, now = place.actor("editor"), clock.now()
    last_visit(actor, now=now)
    later = now + timedelta(hours=2)
    assert last_visit(actor, now=later, note=False) == now
    assert last_visit(actor, now=later) == now


def test_a_holder_is_asked_to_accept_the_duties_as_they_are(place: Place) -> None:
    admin, editor = place.actor("admin"), place.actor("editor")
    define_role(actor=admin, role=Role(role_id="owner", name="Model owner", has_ai_duties=True, duties=("watch",)))
    assign_role(actor=admin, assignment=Assignment(role_id="owner", duty="watch", holder=editor.person_id))
    today = clock.now().date()
    assert [duty.title for duty in role_duties(editor, today)] == ["Model owner"]
    assert role_duties(place.actor("viewer"), today) == ()
    accept_role(actor=editor, role_id="owner")
    assert role_duties(editor, today) == ()


def test_an_owner_is_asked_what_nobody_said_of_their_system(furnished: Place) -> None:
    admin, today = furnished.actor("admin"), clock.now().date()
    assert inventory_duties(admin, today) == ()
    record = ai_system(admin, "credit-scoring")
    update_ai_system(actor=admin, system=replace(record.system, in_scope=None), expected_version=record.version)
    assert [duty.url for duty in inventory_duties(admin, today)] == ["/inventory/systems/credit-scoring/edit/"]
    assert inventory_duties(furnished.actor("editor"), today) == ()


def test_duties_of_all_registers_stay_inside_the_organisation(furnished: Place, elsewhere: Place) -> None:
    today = clock.now().date()
    assert any("/applicability/" in duty.url for duty in duties_of(furnished.actor("admin"), today))
    assert not any("credit" in duty.url for duty in duties_of(elsewhere.actor("admin"), today))
    with pytest.raises(NotPermitted):
        mine(person("none"), now=clock.now())
