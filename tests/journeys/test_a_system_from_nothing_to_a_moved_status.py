"""From my page to a status that moved: a system is registered, classified, assessed; every step of the hand counts.

What the organisation has before any system (its members, an approved method of impact and criteria of risk) is not
counted. What the second person does is counted by itself.
"""

import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.simulators.counter import Counter
from tests.simulators.office import PASSWORD, Desk, Office

pytestmark = pytest.mark.both_databases
MOST = 60
LEAD, CHIEF = "lead@northlight.example", "chief@northlight.example"
SYSTEM = "Service chat"
HARM = "Customers are told wrong terms of their contract and act on them"
MOVED = ("8.4", "6.1.4")
"""Requirements that nothing but what is done here can move."""


def test_a_system_is_registered_classified_and_assessed_and_its_status_moves_in_under_sixty_clicks(
    tmp_path: Path, chromium: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with Office(tmp_path) as office:
        lead, chief = found(office, chromium, tmp_path)
        before = stands(lead.page)
        assert before == dict.fromkeys(MOVED, "Not evidenced")
        lead.page.goto("/")
        count, parts = Counter(lead.page), {}
        for name, part in PARTS.items():
            begun = len(count)
            part(count)
            parts[name] = len(count) - begun
        signing = Counter(chief.page)
        approve(signing)
        after = stands(lead.page)
        lead.page.goto("/")
        control = Counter(lead.page)
        decide_on_control(control)
        with capsys.disabled():
            sys.stdout.write(f"\n{len(count)} clicks from my page: {parts}\n")
            sys.stdout.write(f"the second person approves in {len(signing)}; a control is decided in {len(control)}\n")
            sys.stdout.write(f"before {before}, after {after}\n")
        assert len(count) < MOST, count.told()
        assert len(signing) <= 12, signing.told()
        assert len(control) < 10, control.told()
        assert after == dict.fromkeys(MOVED, "Conforms")
        lead.page.goto("/systems/")
        expect(lead.page.locator("main")).to_contain_text(SYSTEM)
        assert not lead.complaints, lead.complaints


def found(office: Office, chromium: Any, folder: Path) -> tuple[Desk, Desk]:
    """The lead founds the organisation and proposes its methods; the chief approves them. None of it is counted."""
    lead, chief = Desk(chromium, office), Desk(chromium, office)
    lead.page.goto(office.first_link)
    for label, text in (("Organisation", "Northlight Bank"), ("Your name", "Ingrid Moreau"),
                        ("Your e-mail address", LEAD), ("Password", PASSWORD)):  # fmt: skip
        lead.page.get_by_label(label).fill(text)
    lead.press("Found the organisation")
    roles = [part for role in ("top_management", "designated_management", "legal_counsel") for part in ("--role", role)]
    said = office.run("user", "admit", CHIEF, "Leila Haddad", "--access", "editor", *roles, "--as", LEAD,
                      "--url", office.address, folder=folder)  # fmt: skip
    chief.page.goto(next(word for word in said.split() if word.startswith("http")))
    chief.page.get_by_label("Password", exact=True).fill(PASSWORD)
    chief.page.locator("main").get_by_role("button").first.click()
    for path in ("/impact/method/propose/", "/risk/criteria/propose/"):
        lead.page.goto(path)
        lead.press("Propose")
    for path in ("/impact/method/", "/risk/criteria/"):
        chief.approve_all(path)
    return lead, chief


def stands(page: Any) -> dict[str, str]:
    """Return how the requirements stand on the board, as anybody reads it."""
    found = {}
    for requirement in MOVED:
        page.goto(f"/requirements/iso42001-2023/{requirement}/")
        found[requirement] = page.locator("main .status").first.inner_text().strip()
    return found


def register(count: Counter) -> None:
    """Four fields, and the one fact that could still make the tier stricter."""
    main = count.page.locator("main")
    count.click(main.get_by_role("link", name="Register it"))
    count.write("What is it called?", SYSTEM)
    count.write("What is it for?", "Answer what customers ask about their contracts")
    count.choose("Whom does it touch?", "Those who talk with it, or see or hear what it makes")
    count.click(main.get_by_role("button", name="Register"))
    count.click(asked(main, "Does it decide, or help to decide, about people?").get_by_label("no", exact=True), "no")
    count.click(main.get_by_role("button", name="Say so"))
    expect(main).to_contain_text("People talk with it, or see or hear what it makes, and are to know that.")
    expect(main.get_by_role("heading", name="What could make it stricter")).to_have_count(0)


def classify(count: Counter) -> None:
    """What the inventory knows is filled in; the rest is answered, and the class follows."""
    main = count.page.locator("main")
    count.click(main.get_by_role("link", name="Class under the EU AI Act"))
    expect(asked(main, "Is it meant for one of these uses?").get_by_label("None of these")).to_be_checked()
    expect(asked(main, "Is it part of a product").get_by_label("None of these")).to_be_checked()
    expect(asked(main, "Does it do any of this?").get_by_label("Interacts with people directly")).to_be_checked()
    count.click(asked(main, "Is it placed on the market").get_by_label("yes"), "yes")
    for question in ("hold for all that it is used for", "is it brought out", "What do we do with models"):
        count.click(asked(main, question).get_by_label("None of these"), f"none: {question}")
    count.click(asked(main, "What are we for this system?").get_by_label("deployer").first, "deployer")
    count.click(asked(main, "Does one of these hold?").get_by_label("None of these"), "no exception")
    count.click(main.get_by_role("button", name="Keep and go on"))
    expect(main.get_by_role("heading", name="How it follows")).to_be_visible()


def assess_impact(count: Counter) -> None:
    """One page of questions, one harm, one benefit, and for all other topics the reason why nothing is expected."""
    main = count.page.locator("main")
    count.click(main.get_by_role("link", name="Impact assessment"))
    expect(main.get_by_label("What it is for")).to_have_value("Answer what customers ask about their contracts")
    expect(main.get_by_label("Who is affected")).to_have_value("Those who talk with it")
    for label, text in (
        ("Why", "It touches nothing of this: it explains contracts that are concluded, in words."),
        ("What it can do, and what it cannot", "It finds the passage and explains it. It changes no contract."),
        ("Uses it is not meant for, and foreseeable misuse", "Advice on which contract to take."),
        ("Which data it learns from and works on", "The terms of our products; nothing about the customer."),
        ("What kind of model, from where", "A language model of a supplier, as it is."),
        ("Where it is used", "On our website, in German and English."),
        ("What happens when it is wrong, or is not there", "The customer calls; an officer answers."),
        ("What is done to avoid and lessen harm", "Each answer names the passage and says that it is AI."),
        ("What remains, and why that can be borne", "A few wrong answers, which the passage beside them corrects."),
    ):  # fmt: skip
        count.write(label, text)
    count.click(main.get_by_role("button", name="Save and go on"))
    count.click(main.get_by_role("link", name="Judge: Rights, remedies and reasons"))
    count.write("What happens", HARM)
    for scale, step in (("How grave", "3 moderate"), ("How likely", "4 likely"), ("Can it be undone", "2 undone")):
        count.click(asked(main, scale).get_by_label(step), f"{scale}: {step}")
    count.write("Why this judgement", "Two of a hundred trial answers named a term that is not in the contract.")
    count.click(main.get_by_role("button", name="Save", exact=True))
    count.click(main.get_by_role("link", name="Judge a benefit"))
    for scale, step in (("How grave", "3 moderate"), ("How likely", "4 likely")):
        count.click(asked(main, scale).get_by_label(step), f"{scale}: {step}")
    count.write("Why this judgement", "Half of the calls of last year asked what is in the contract.")
    count.click(main.get_by_role("button", name="Save", exact=True))
    count.write("One reason that holds for all others", "It speaks of terms that are public and decides on nobody.")
    count.click(main.get_by_label("I looked at each topic"), "I looked at each")
    count.click(main.get_by_role("button", name="Rule these out"))
    count.click(main.get_by_role("button", name="Propose for approval"))


def decide(count: Counter) -> None:
    """Should we? The page comes by itself once the assessment is proposed."""
    main = count.page.locator("main")
    count.click(main.get_by_label("Proceed", exact=True), "Proceed")
    count.write("Why", "It helps many, and what goes wrong is seen beside the answer.")
    count.click(main.get_by_role("button", name="Decide"))


def carry_into_risk(count: Counter) -> None:
    """The finding becomes a risk: what was judged stands there with where it comes from, the rest is rated."""
    main = count.page.locator("main")
    count.click(main.get_by_role("link", name=HARM))
    expect(main.get_by_label("What could happen")).to_have_value(HARM)
    for scale, step in (("organisation", 2), ("societies", 1)):
        count.click(main.get_by_role("group", name=scale).locator("label").nth(step - 1), f"{scale} {step}")
    count.click(main.get_by_role("button", name="Register"))


def treat(count: Counter) -> None:
    """It lies over the criteria, so what is done about it is decided at once; then the finding names its risk."""
    main = count.page.locator("main")
    count.click(main.locator("label.risk-step", has_text="modify"), "modify")
    count.click(main.get_by_label("organisational", exact=True), "organisational")
    count.write("Why", "Wrong answers can be found before customers act on them.")
    count.write("First task", "An officer reads a sample of fifty answers each week.")
    count.click(main.get_by_role("button", name="Decide"))
    count.click(main.get_by_role("button", name="Record"))


def disclose(count: Counter) -> None:
    """Who is told the results."""
    main = count.page.locator("main")
    count.write("Why", "They use it, and may know what we expect of it.")
    count.click(main.get_by_role("button", name="Decide"))


def approve(count: Counter) -> None:
    """The second person approves the class, the assessment with what follows from it, and the risk."""
    page, main = count.page, count.page.locator("main")
    page.goto("/")
    side = page.get_by_role("navigation")
    buttons = main.get_by_role("button", name="Approve", exact=True)
    for register_name, record in (("EU AI Act", SYSTEM), ("Impact", SYSTEM), ("Risks", HARM)):
        count.click(side.get_by_role("link", name=register_name, exact=True))
        count.click(main.get_by_role("link", name=record))
        expect(buttons).not_to_have_count(0)
        while left := buttons.count():
            count.click(buttons)
            expect(buttons).to_have_count(left - 1)


def decide_on_control(count: Counter) -> None:
    """One control of the Statement of Applicability applies, for a reason."""
    main, page = count.page.locator("main"), count.page
    count.click(page.get_by_role("navigation").get_by_role("link", name="Applicability", exact=True))
    count.click(main.get_by_role("link", name="A.5.4", exact=False))
    count.click(main.get_by_text("It applies", exact=True))
    count.write("Reason", "The chat tells customers what holds for them, so its effects on them are judged")
    count.choose("It rests on", "Law")
    count.click(main.get_by_role("button", name="Decide"))
    expect(main).to_contain_text("version 1 by Ingrid Moreau")


PARTS = {
    "register and tier": register, "class": classify, "impact": assess_impact, "decision": decide,
    "risk": carry_into_risk, "treatment": treat, "who is told": disclose,
}  # fmt: skip


def asked(main: Any, text: str) -> Any:
    """Return the fields of one question."""
    return main.get_by_role("group", name=text).first
