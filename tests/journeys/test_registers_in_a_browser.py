"""The pages of the registers in a real browser: axe finds nothing, the strict CSP is kept, nothing is too wide."""

from typing import Any

import pytest
from django.urls import reverse

from clerestory.desk.approval import approve
from clerestory.registers.applicability import commands as applicability
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.registers.data import commands as data
from clerestory.registers.data.rules import Datasheet, Limit, Procedure, QualityCriteria
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.rules import Assignment, SystemDuties
from clerestory.terms.ids import RequirementId
from tests.organisation import found, join
from tests.registers.test_pages import MODEL, READS, VERSION, WRITES, fill, signed_in
from tests.simulators.browser import check, shot, window

FORMS = ("inventory-system-add", "inventory-system-edit", "roles-add", "roles-edit", "roles-assign", "roles-report",
         "data-criteria", "data-datasheet")  # fmt: skip
SHOWN = {"roles-role", "data-version", "applicability", "inventory-dataset", "roles-system", "inventory-system-add"}


@pytest.fixture
def second(transactional_db: None) -> Any:
    """Fill an organisation with records, some of them waiting for the person that is given."""
    actor = found()
    fill(actor)
    held = ("designated_management", "top_management")
    member = join(actor.organisation_id, "editor", held, "second@example.org")
    given = Assignment(role_id="overseer", duty="oversight", holder=member.person_id)
    roles.assign_role(actor=actor, assignment=given)
    duties = SystemDuties(system_id="credit-scoring", held={"risk": actor.person_id}, accountable=actor.person_id)
    roles.decide_system_duties(actor=actor, duties=duties)
    roles.report_performance(actor=actor, received_by=["top_management"], topics=["status"], summary="Told.")
    limits = tuple(Limit(topic, f"{topic} as agreed, nulls <= 0.02") for topic in ("complete", "valid"))
    made = data.propose_criteria(actor=actor, criteria=QualityCriteria(dataset_version_id=VERSION, limits=limits))
    approve(actor=member, entry_id=made.entry_id)
    sheet = Datasheet(dataset_version_id=VERSION, sections=(("source", "Core banking"),), known_bias=(), keep_for="P1Y")
    data.propose_datasheet(actor=actor, sheet=sheet)
    data.propose_procedure(
        actor=actor, procedure=Procedure(parts=("collection",), steps=("collect", "check"), text="So.")
    )
    decision = Decision(
        control=RequirementId("A.7.4"), included=True, justification="Our systems rest on data.", ground=Ground.LAW
    )
    applicability.decide_applicability(actor=actor, decision=decision)
    return member


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_of_a_register_has_a_fault_that_axe_or_the_browser_finds(
    second: Any, chromium: Any, live_server: Any, look: str
) -> None:
    with window(chromium, live_server.url, look, signed_in("second@example.org")) as page:
        for name in (*READS, *FORMS):
            address = reverse(name, args=READS.get(name, WRITES.get(name, ())))
            assert page.goto(address).status == 200, address
            check(page, f"{name} {look}")
            if name in SHOWN:
                shot(page, f"{name}-{look}")


def test_a_second_person_approves_limits_with_one_button(second: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto(reverse("data-version", args=[VERSION]))
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        assert page.get_by_role("button", name="Approve").count() == 0
        page.goto(reverse("inventory-model", args=[MODEL]))
        page.get_by_label("Status").select_option("released")
        page.get_by_role("button", name="Change").click()
        page.get_by_text("The change is an entry of the log").wait_for()
