"""From my page to a registered system, one risk and one decision on a control: every step of the hand is counted."""

import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.simulators.counter import Counter
from tests.simulators.office import PASSWORD, Desk, Office

pytestmark = pytest.mark.both_databases
MOST = 40
LEAD = "lead@northlight.example"


def test_a_system_a_risk_and_a_decision_take_under_forty_clicks(
    tmp_path: Path, chromium: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with Office(tmp_path) as office:
        lead = found(office, chromium)
        office.run("user", "admit", "risk@northlight.example", "Leila Haddad", "--access", "editor", "--role",
                   "risk_owner", "--as", LEAD, "--url", office.address, folder=tmp_path)  # fmt: skip
        lead.page.goto("/")
        count = Counter(lead.page)
        parts = {}
        for name, part in (("system", register_system), ("risk", register_risk), ("decision", decide_on_control)):
            before = len(count)
            part(count)
            parts[name] = len(count) - before
        with capsys.disabled():
            sys.stdout.write(f"\n{len(count)} clicks from my page: {parts}\n")
        assert len(count) < MOST, count.told()
        assert not lead.complaints
        lead.page.goto("/")
        expect(lead.page.locator("main")).to_contain_text("6")


def found(office: Office, chromium: Any) -> Desk:
    """The lead founds the organisation; none of it is counted."""
    lead = Desk(chromium, office)
    lead.page.goto(office.first_link)
    for label, text in (("Organisation", "Northlight Bank"), ("Your name", "Ingrid Moreau"),
                        ("Your e-mail address", LEAD), ("Password", PASSWORD)):  # fmt: skip
        lead.page.get_by_label(label).fill(text)
    lead.press("Found the organisation")
    return lead


def register_system(count: Counter) -> None:
    """All that the register asks of an AI system before it can be judged."""
    main = count.page.locator("main")
    count.click(main.get_by_role("link", name="Register it"))
    count.write("What is it called?", "Credit scoring")
    count.write("What is it for?", "Rank consumer loan applications for an officer's decision")
    count.choose("Whom does it touch?", "Credit and creditworthiness of people")
    count.click(main.get_by_role("button", name="Register"))
    expect(main).to_contain_text("It bears on whether a person gets credit.")


def register_risk(count: Counter) -> None:
    """A risk in words, with its source, its owner and a rating on each scale with its reason."""
    main, page = count.page.locator("main"), count.page
    count.click(page.get_by_role("navigation").get_by_role("link", name="Risks", exact=True))
    count.click(main.get_by_role("link", name="Identify a risk"))
    count.write("What could happen", "Women are refused far more often than men")
    count.choose("AI system", "Credit scoring")
    count.choose("Where it comes from", "Machine learning: data, model, training")
    count.write("What would follow", "Equal applicants are treated unequally")
    count.choose("Risk owner", "Leila Haddad")
    for scale, step in (("Likelihood", 4), ("organisation", 3), ("individuals", 4), ("societies", 2)):
        count.click(main.get_by_role("group", name=scale).locator("label").nth(step - 1), f"{scale} {step}")
    count.write("Why these steps", "September's figures of the branch offices")
    count.click(main.get_by_role("button", name="Register"))
    expect(main.get_by_role("heading", name="Women are refused far more often than men")).to_be_visible()
    expect(main).to_contain_text("Leila Haddad")


def decide_on_control(count: Counter) -> None:
    """One control applies, for a reason."""
    main, page = count.page.locator("main"), count.page
    count.click(page.get_by_role("navigation").get_by_role("link", name="Applicability", exact=True))
    count.click(main.get_by_role("link", name="A.7.4", exact=False))
    count.click(main.get_by_text("It applies", exact=True))
    count.write("Reason", "Credit scoring is trained on rows about people whose quality decides who is refused")
    count.choose("It rests on", "Law")
    count.click(main.get_by_role("button", name="Decide"))
    expect(main).to_contain_text("whose quality decides who is refused")
    expect(main).to_contain_text("version 1 by Ingrid Moreau")
