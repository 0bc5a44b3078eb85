"""A governance lead adds a control of the organisation's own, issues the statement again and sees what changed."""

from typing import Any

import pytest
from django.urls import reverse

from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.store import directory, trace
from clerestory.terms.ids import RequirementId
from tests.organisation import found, join
from tests.registers.records import register
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

REASON = "Our systems decide on people, and this keeps those decisions in the hands of people."


@pytest.fixture
def second(transactional_db: None) -> Any:
    """Decide on all controls, with records behind some, issue them, and then change two."""
    actor = found()
    register(actor, in_scope=True)
    organisation = actor.organisation_id
    directory.publish(organisation, "risk", "R-1", "Labels grow old and nobody notices", "/risk/R-1/")
    directory.publish(
        organisation, "obligation", "obligation-1", "GDPR, Article 22", "/context/obligation/obligation-1/"
    )
    trace.link(organisation, "risk", "R-1", "calls_for", "control", "A.7.4")
    said = [
        Decision(
            control=row.control,
            included=row.control != "A.10.4",
            justification=REASON if row.control != "A.10.4" else "We sell nothing to customers.",
            ground=Ground.RISK if row.control == "A.7.4" else Ground.LAW,
            risks=("R-1",) if row.control == "A.7.4" else (),
            obligations=("obligation-1",) if row.control.startswith("A.9") else (),
        )
        for row in queries.annex(actor)
    ]
    commands.decide_many(actor=actor, decisions=said)
    commands.issue_statement(actor=actor)
    again = "Our systems decide on loans, and this keeps those decisions in the hands of people who may say no."
    anew = Decision(
        control=RequirementId("A.9.2"), included=True, justification=again, ground=Ground.LAW,
        obligations=("obligation-1",),
    )  # fmt: skip
    commands.decide_applicability(actor=actor, decision=anew)
    held = ("designated_management", "top_management")
    return join(organisation, "editor", held, "second@example.org")


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_an_own_control_is_added_issued_and_found_in_what_changed(
    second: Any, chromium: Any, live_server: Any, look: str
) -> None:
    with window(chromium, live_server.url, look, signed_in("second@example.org")) as page:
        page.goto(reverse("applicability"))
        page.get_by_role("link", name="Add a control").click()
        page.get_by_label("Title", exact=True).fill("A second look at refusals")
        page.get_by_label("What it is for").fill("A second officer reads each refusal before it is sent.")
        page.get_by_label("Why we want it").fill("Customers asked for a person behind each refusal.")
        page.get_by_label("GDPR, Article 22").check()
        page.get_by_label("What shows that it works").fill("fairness.selection-rate-ratio")
        check(page, f"own form {look}")
        shot(page, f"soa-own-add-{look}")
        page.get_by_role("button", name="Add it").click()
        page.get_by_text("Added. It counts once").wait_for()
        check(page, f"own {look}")
        shot(page, f"soa-own-{look}")
        page.goto(reverse("applicability-versions"))
        page.get_by_role("button", name="Issue a version").click()
        page.get_by_text("Issued.").wait_for()
        check(page, f"version {look}")
        shot(page, f"soa-version-{look}")
        page.get_by_role("link", name="Compare").click()
        page.get_by_text("A second look at refusals").wait_for()
        page.get_by_text("who may say no.").wait_for()
        check(page, f"difference {look}")
        shot(page, f"soa-difference-{look}")
        page.goto(reverse("applicability"))
        check(page, f"statement {look}")
        shot(page, f"soa-{look}")
        page.goto(reverse("applicability-control", args=["A.7.4"]))
        page.get_by_text("Labels grow old and nobody notices").first.wait_for()
        check(page, f"control {look}")
        shot(page, f"soa-control-{look}")
