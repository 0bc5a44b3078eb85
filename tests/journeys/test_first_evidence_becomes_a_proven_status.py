"""The path that the product stands on, as users walk it: from an empty folder to a status proved offline.

Nothing is reached by an inner call: people use the browser, the engineer the command line, the auditor the pack.
"""

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.simulators.office import PASSWORD, Desk, Office

LEAD, RISK = "credit-risk@example.org", "risk@example.org"
PROVED = ("5.3", "A.3.2", "A.7.4")
IMBALANCE = """
[[check]]
name = "data_quality.group-imbalance"
criterion = "<= 0.3"
source = "limit of the data owner"
intersections = false
"""
TRAINING = """[data]
current = "data/reference.parquet"
role = "training"
label = "good_credit"
sensitive_features = ["sex"]
keys = ["case_id"]
origin = "public"
about_people = true
labelled_by_people = false

[[check]]
name = "data_quality.schema"
criterion = "<= 0"
source = "description of the published data"
allow_extra = true
columns = { case_id = "integer", age = "integer", sex = "text" }

[[check]]
name = "data_quality.representativeness"
criterion = "<= 0.15"
source = "limit of the data owner"
population = { sex = { female = 0.31, male = 0.69 } }
population_source = "all 1,000 published applications"
"""


def test_from_an_empty_folder_to_a_status_proved_offline_and_down_again(tmp_path: Path, chromium: Any) -> None:
    project = tmp_path / "model"
    project.mkdir()
    with Office(tmp_path, empty=True) as office:
        lead, risk = found(office, chromium, project)
        token = make_token(lead)
        versions = prepare(office, project, token)
        assert set(office.conformity(project).values()) == {"NOT_EVIDENCED"}
        agree_on_limits(lead, risk, versions)
        share_out_duties(lead, risk)
        measure(office, project, token)
        statuses = office.conformity(project)
        assert {key: statuses[key] for key in PROVED} == dict.fromkeys(PROVED, "CONFORMS")
        assert sum(status == "CONFORMS" for status in statuses.values()) == len(PROVED)
        read_why(lead)
        prove(office, project, tmp_path)
        fall(office, project, token, risk)
        assert not lead.complaints + risk.complaints


def found(office: Office, chromium: Any, project: Path) -> tuple[Desk, Desk]:
    """The first owner comes by the link of the terminal and admits a second person."""
    lead, risk = Desk(chromium, office), Desk(chromium, office)
    lead.page.goto(office.first_link)
    for label, text in (("Organisation", "Northlight Bank"), ("Your name", "Ingrid Moreau"),
                        ("Your e-mail address", LEAD), ("Password", PASSWORD)):  # fmt: skip
        lead.page.get_by_label(label).fill(text)
    lead.press("Found the organisation")
    expect(lead.page.get_by_role("heading", name="Ingrid Moreau")).to_be_visible()
    link = office.read("user", "admit", RISK, "Leila Haddad", "--access", "editor", "--role", "top_management",
                       "--as", LEAD, "--url", office.address, folder=project)["link"]  # fmt: skip
    risk.page.goto(link)
    for field in risk.page.locator("main input[type=password]").all():
        field.fill(PASSWORD)
    risk.page.locator("main button[type=submit]").first.click()
    expect(risk.page.get_by_role("heading", name="Leila Haddad")).to_be_visible()
    return lead, risk


def make_token(lead: Desk) -> str:
    """The lead makes a token for the engineer's machine."""
    lead.page.goto("/members/")
    form = lead.page.locator("form[action$='/members/tokens/']")
    form.locator("[name=name]").fill("continuous integration")
    form.locator("[name=scopes][value=push]").check()
    form.get_by_role("button", name="Make a token").click()
    return lead.page.locator("#secret").inner_text()


def prepare(office: Office, project: Path, token: str) -> dict[str, str]:
    """The engineer starts in an empty folder and registers model and data before anything is measured."""
    office.run("init", "--sample", folder=project)
    manifest = project / "clerestory.toml"
    text = manifest.read_text().replace('use_areas = "credit"', 'use_areas = "none of these"')
    manifest.write_text(
        text.replace("about_people = true", "about_people = true\nlabelled_by_people = false") + IMBALANCE
    )
    head = text[: text.index("[data]")]
    imbalance = IMBALANCE.strip() + "\n"
    (project / "training.toml").write_text(head + TRAINING + "\n" + imbalance)
    secret = {"CLERESTORY_TOKEN": token}
    return {
        name: office.read("push", "--register", name, folder=project, extra=secret)["dataset_version_id"]
        for name in ("clerestory.toml", "training.toml")
    }


def agree_on_limits(lead: Desk, risk: Desk, versions: dict[str, str]) -> None:
    """The lead adds the limits that no check can set; a second person approves before the data are measured."""
    for version in versions.values():
        lead.page.goto(f"/data/limits/{version}/")
        for topic in ("complete", "valid", "consistent", "unique", "timely", "representative", "labels"):
            field = lead.page.locator(f"main [name={topic}]")
            if not field.input_value():
                field.fill("Published sample that does not change; judged anew whenever the applicants change")
        lead.page.locator("main form button[type=submit]").first.click()
        lead.page.wait_for_url("**/data/version/**")
        expect(lead.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
        risk.approve_all(f"/data/version/{version}/")


def share_out_duties(lead: Desk, risk: Desk) -> None:
    """Duties are given by one person, approved by another and accepted by their holders."""
    lead.page.goto("/roles/add/")
    lead.fill(role_id="model-owner", name="Model owner", duties="answer for the model")
    lead.page.locator("main form button[type=submit]").first.click()
    lead.page.goto("/roles/role/model-owner/assign/")
    lead.page.locator("main [name=holder]").select_option(label="Leila Haddad")
    lead.page.locator("main form button[type=submit]").first.click()
    risk.approve_all("/roles/role/model-owner/")
    risk.press("I accept this role")
    lead.page.goto("/roles/conformity/")
    lead.page.locator("main [name=holder]").select_option(label="Ingrid Moreau")
    lead.press("Give the duty")
    lead.page.goto("/roles/report/")
    lead.page.locator("main input[value=top_management]").check()
    lead.fill(topics="what is missing", summary="Most requirements have no evidence yet.")
    lead.page.locator("main form button[type=submit]").first.click()
    risk.approve_all("/roles/conformity/")
    lead.page.goto("/roles/systems/credit-scoring/")
    for select in lead.page.locator("main form select").all():
        select.select_option(label="Ingrid Moreau")
    lead.press("Decide")
    risk.approve_all("/roles/systems/credit-scoring/")


def measure(office: Office, project: Path, token: str) -> None:
    """The engineer checks both versions of data and pushes what was found."""
    for name in ("clerestory.toml", "training.toml"):
        document = office.read("check", name, folder=project, code=3 if name == "clerestory.toml" else 0)
        assert all(check["outcome"] == "judged" for check in document["checks"])
        office.run("push", folder=project, extra={"CLERESTORY_TOKEN": token})


def read_why(lead: Desk) -> None:
    """The lead opens a status from the board down to the leaf."""
    lead.page.goto("/requirements/?q=A.7.4")
    expect(lead.page.locator("main").get_by_text("Quality of data for AI systems").first).to_be_visible()
    lead.page.goto("/requirements/iso42001-2023/A.7.4/")
    expect(lead.page.locator("main").get_by_text("Conforms").first).to_be_visible()
    lead.page.locator("main details:not([open]) > summary").first.click()
    lead.page.locator("main details[open] a[href*='/evidence/entry-']").first.click()
    expect(lead.page.locator("main")).to_contain_text("Leaf")
    expect(lead.page.locator("main")).to_contain_text(re.compile(r"[0-9a-f]{64}"))


def prove(office: Office, project: Path, folder: Path) -> None:
    """The auditor gets one file and, by another way, the key; every changed byte of it is named."""
    pack, trust = folder / "northlight.zip", folder / "trust.json"
    office.run("pack", "create", str(pack), folder=project)
    trust.write_text(office.run("ledger", "trust", folder=project))
    verdict = office.read("pack", "verify", str(pack), "--trust", str(trust), folder=folder)
    assert verdict["follows"] is True
    assert verdict["problems"] == []
    assert office.read("pack", "verify", str(pack), folder=folder, code=4)["follows"] is True
    claimed = tampered(pack, folder / "forged.zip", "statuses.json", b'"NOT_EVIDENCED"', b'"CONFORMS"')
    told = office.read("pack", "verify", str(claimed), "--trust", str(trust), folder=folder, code=1)
    assert "E_STATUS" in {problem["code"] for problem in told["problems"]}
    office.run("ledger", "verify", folder=project)


def fall(office: Office, project: Path, token: str, risk: Desk) -> None:
    """What was proved falls by time, by a failing check and by a record that is taken back."""
    later = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=400)).isoformat()
    aged = office.conformity(project, "--at", later)
    assert {aged[key] for key in PROVED} == {"STALE"}
    manifest = project / "training.toml"
    manifest.write_text(manifest.read_text().replace('criterion = "<= 0.15"', 'criterion = "<= 0.001"')
                        .replace("female = 0.31, male = 0.69", "female = 0.9, male = 0.1"))  # fmt: skip
    office.run("check", "training.toml", folder=project, code=1)
    office.run("push", folder=project, extra={"CLERESTORY_TOKEN": token})
    assert office.conformity(project)["A.7.4"] == "NONCONFORMING"
    take_back(risk, "record.role_acceptance")
    fallen = office.conformity(project)
    assert (fallen["5.3"], fallen["A.3.2"]) == ("STALE", "STALE")


def take_back(person: Desk, kind: str) -> None:
    """Take the newest entry of a kind back, with a reason."""
    person.page.goto(f"/evidence/?kind={kind}")
    person.page.locator("main table a[href*='/evidence/entry-']").first.click()
    person.page.get_by_role("button", name=re.compile("Take back|No longer counts")).first.click()
    dialog = person.page.locator("dialog[open]")
    dialog.locator("[name=reason]").fill("accepted by mistake")
    dialog.locator("button[type=submit], button[name=do]").last.click()
    person.page.wait_for_load_state()


def tampered(pack: Path, forged: Path, member: str, old: bytes, new: bytes) -> Path:
    """Copy a pack with the first ``old`` of one member replaced by ``new``."""
    with zipfile.ZipFile(pack) as source, zipfile.ZipFile(forged, "w") as target:
        for item in source.infolist():
            body = source.read(item)
            target.writestr(item, body.replace(old, new, 1) if item.filename == member else body)
    return forged
