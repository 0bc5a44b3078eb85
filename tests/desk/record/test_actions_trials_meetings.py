"""A planned action, a trial of the method and a meeting have the tabs of every record: who may what, what changed."""

from datetime import timedelta

import pytest
from django.test import Client

from clerestory.registers.risk import commands as risks
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.rules.committee import Decision, Minutes
from clerestory.store import clock
from tests.organisation import found, join
from tests.registers.risk.risks import HIGH
from tests.registers.risk.test_planning import CASES, action
from tests.registers.roles.council import council
from tests.registers.test_pages import signed_in

RECORDS = {
    "planned_action": ("PA-1", "/risk/opportunities/PA-1/"),
    "comparability_trial": ("CT-1", "/risk/trials/CT-1/"),
    "meeting": ("ai-council/1", "/roles/committees/ai-council/1/"),
}
TABS = ("links", "comments", "files", "history")
EACH = pytest.mark.parametrize("kind", RECORDS)


@pytest.fixture
def owner(db):
    """Give the owner of an organisation with an action that changed, a finished trial, and minutes written twice."""
    actor = found()
    members = council(actor)
    today = clock.now().date()
    said = action(actor, inputs=(), evaluate_by=today + timedelta(days=30))
    risks.plan_action(actor=actor, said=said)
    meant = "Fewer questions\nand fewer complaints"
    later = action(members[1], inputs=(), evaluate_by=today + timedelta(days=60), meant=meant)
    risks.change_action(actor=actor, action_id="PA-1", said=later, expected_version=1)
    risks.begin_trial(actor=actor, cases=CASES, first=actor.person_id, second=members[1].person_id)
    for who in (actor, members[1]):
        risks.rate_cases(actor=who, trial_id="CT-1", ratings=[HIGH] * len(CASES))
    for version, text in enumerate(("We looked at all.", "We looked at all of it.")):
        minutes = Minutes(
            held_on=today, present=tuple(who.person_id for who in members), text=text,
            decisions=(Decision(0, "The policy is reworded"),),
        )  # fmt: skip
        roles.write_minutes(actor=actor, committee_id="ai-council", number=1, said=minutes, expected_version=version)
    return actor


@pytest.fixture
def reader(owner) -> Client:
    """Give a browser of somebody who only reads."""
    join(owner.organisation_id, "viewer", (), "viewer@example.org")
    return signed_in("viewer@example.org")


@EACH
def test_its_page_leads_to_links_comments_files_and_history(owner, kind):
    client, (record_id, page) = signed_in("owner@example.org"), RECORDS[kind]
    html = client.get(page).content.decode()
    for tab in TABS:
        assert f'href="{page}?tab={tab}"' in html, tab
        assert client.get(f"{page}?tab={tab}").context["parts"].tab == tab
    said = client.post(f"/records/{kind}/{record_id}/comment/", {"text": "Ask the works council first."})
    assert said.status_code == 302
    assert "Ask the works council first." in client.get(f"{page}?tab=comments").content.decode()
    paper = page if kind == "meeting" else f"/records/{kind}/{record_id}/paper/"
    assert [client.get(paper, {"export": form}).status_code for form in ("pdf", "docx", "xlsx")] == [200, 200, 200]


@EACH
@pytest.mark.parametrize("tab", ["details", *TABS])
def test_each_of_its_tabs_asks_the_database_a_few_times(owner, kind, tab, django_assert_max_num_queries):
    client, (_record_id, page) = signed_in("owner@example.org"), RECORDS[kind]
    client.get(f"{page}?tab={tab}")
    with django_assert_max_num_queries(10):
        client.get(f"{page}?tab={tab}")


@EACH
def test_who_reads_sees_all_tabs_and_writes_in_none(owner, reader, kind):
    record_id, page = RECORDS[kind]
    assert [reader.get(f"{page}?tab={tab}").status_code for tab in TABS] == [200] * len(TABS)
    assert reader.post(f"/records/{kind}/{record_id}/comment/", {"text": "Nor this"}).status_code == 403
    assert reader.post(f"/records/{kind}/{record_id}/link/", {"to": "ai_system/x"}).status_code == 403
    assert "Nor this" not in reader.get(f"{page}?tab=comments").content.decode()


@EACH
def test_another_organisation_and_a_stranger_see_nothing_of_it(owner, kind):
    record_id, page = RECORDS[kind]
    found("Southlight Bank", email="south@example.org")
    other = signed_in("south@example.org")
    for tab in TABS:
        assert other.get(f"{page}?tab={tab}").status_code == 404
        assert Client().get(f"{page}?tab={tab}").status_code == 302
    assert other.post(f"/records/{kind}/{record_id}/comment/", {"text": "Hello"}).status_code == 404


def test_history_of_an_action_says_by_name_and_line_what_changed(owner):
    events = signed_in("owner@example.org").get("/risk/opportunities/PA-1/?tab=history").context["parts"].events
    newest, first = events
    changed = {change.name: (change.before, change.after) for change in newest.changes}
    assert changed["owner"] == ("Ada Owner", "Seat1")
    assert set(changed) == {"owner", "evaluate_by"}
    assert ("removed", "Meant: Fewer questions about refusals") in newest.lines
    assert ("added", "and fewer complaints") in newest.lines
    assert first.is_first and first.lines == ()


def test_history_of_a_meeting_shows_what_the_minutes_changed_and_of_a_trial_its_result(owner):
    client = signed_in("owner@example.org")
    newest = client.get("/roles/committees/ai-council/1/?tab=history").context["parts"].events[0]
    assert ("removed", "We looked at all.") in newest.lines and ("added", "We looked at all of it.") in newest.lines
    page = client.get("/roles/committees/ai-council/1/?tab=history").content.decode()
    assert "<ins" in page and "We looked at all of it." in page
    (result,) = client.get("/risk/trials/CT-1/?tab=history").context["parts"].events
    assert result.entry.kind == "record.comparability_trial"


def test_a_trial_that_is_open_and_a_meeting_without_minutes_can_be_talked_about(owner):
    person = join(owner.organisation_id, "editor", (), "second@example.org").person_id
    risks.begin_trial(actor=owner, cases=CASES, first=owner.person_id, second=person)
    roles.call_meeting(actor=owner, committee_id="ai-council", planned_for=clock.now().date(), agenda=())
    client = signed_in("owner@example.org")
    for kind, record_id in (("comparability_trial", "CT-2"), ("meeting", "ai-council/2")):
        said = client.post(f"/records/{kind}/{record_id}/comment/", {"text": "Who can on Friday?"})
        assert said.status_code == 302, kind
