"""Pages of impact: papers, views of law, forms that keep what was typed, and text that stays harmless."""

import io
import zipfile
from dataclasses import replace

import pytest
from django.urls import reverse

from clerestory.desk.forms.draft import keep_draft
from clerestory.registers.impact import commands, queries
from clerestory.store import sequencer
from tests.organisation import NOW, found
from tests.registers.impact.surroundings import ANSWERS, HARM, MINUTE, SYSTEM, assessed
from tests.registers.records import register
from tests.registers.test_pages import signed_in

NASTY = '=HYPERLINK("http://x") <script>alert(1)</script> عربى'


@pytest.fixture
def owner(db):
    """Give the owner of an organisation with a system that was assessed."""
    actor = found()
    register(actor, in_scope=True)
    assessed(actor)
    return actor


@pytest.fixture
def client(owner):
    """Give a browser in which the owner is signed in."""
    return signed_in("owner@example.org")


@pytest.mark.parametrize("form, begins", [("pdf", b"%PDF"), ("docx", b"PK\x03"), ("xlsx", b"PK\x03")])
@pytest.mark.parametrize("name, args", [("impact-report", ()), ("impact-law", ("fria",)), ("impact-law", ("dpia",))])
def test_report_and_views_of_law_leave_as_files(client, name, args, form, begins):
    response = client.get(reverse(name, args=[SYSTEM, *args]), {"export": form})
    assert response.status_code == 200
    assert response.content.startswith(begins)
    assert f".{form}" in response.headers["Content-Disposition"]


def test_the_report_says_every_answer_and_effect_and_names_its_entries(owner, client):
    body = client.get(reverse("impact-report", args=[SYSTEM]), {"export": "docx"}).content
    text = zipfile.ZipFile(io.BytesIO(body)).read("word/document.xml").decode()
    for said in (ANSWERS["necessity"], HARM.who, "Four eyes", "They want the reasons in plain words."):
        assert said in text
    newest = queries.assessed(owner, SYSTEM).newest
    assert newest.entry_id in text


def test_a_view_of_law_names_what_stays_unanswered_and_says_that_it_is_no_advice(owner, client):
    page = client.get(reverse("impact-law", args=[SYSTEM, "fria"])).content.decode()
    assert "Every point is answered." in page
    commands.answer(actor=owner, system_id=SYSTEM, answers={"oversight": ""}, now=NOW + 9 * MINUTE)
    page = client.get(reverse("impact-law", args=[SYSTEM, "fria"])).content.decode()
    assert "1 point is not answered in full." in page
    assert "How people oversee it" in page
    assert "not legal advice" in page
    assert client.get(reverse("impact-law", args=[SYSTEM, "magna-carta"])).status_code == 404


def test_a_part_is_saved_from_the_version_that_was_seen_and_the_second_writer_loses_nothing(owner, client):
    address = reverse("impact-part", args=[SYSTEM, "failures"])
    version = queries.assessed(owner, SYSTEM).draft.version
    said = {"failures": "It stops.", "response": "A person decides.", "version": str(version)}
    assert client.post(address, said).headers["Location"] == reverse("impact-part", args=[SYSTEM, "measures"])
    response = client.post(address, said | {"failures": "Mine"})
    assert response.status_code == 422
    assert b"Mine" in response.content
    assert queries.assessed(owner, SYSTEM).assessment.said("failures") == "It stops."


def test_what_the_effect_lacks_stands_in_its_form_with_everything_that_was_typed(client):
    said = {"topic": "privacy", "nature": "harm", "who": "guarantors", "reach": "individuals", "cause": "failure"}
    response = client.post(reverse("impact-effect-add", args=[SYSTEM]), said)
    assert response.status_code == 422
    assert b"guarantors" in response.content


def test_text_of_others_is_harmless_on_every_page_and_in_files(owner, client):
    effect = replace(HARM, what=NASTY, who=NASTY, reason=NASTY, measure=NASTY)
    commands.judge_effect(actor=owner, system_id=SYSTEM, effect=effect, now=NOW + 9 * MINUTE)
    for name, args in (("impact-system", ()), ("impact-effects", ()), ("impact-law", ("fria",)), ("impact-trace", ())):
        assert b"<script>alert" not in client.get(reverse(name, args=[SYSTEM, *args])).content
    for form in ("pdf", "docx", "xlsx"):
        assert client.get(reverse("impact-report", args=[SYSTEM]), {"export": form}).status_code == 200
    lines = client.get(reverse("impact"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "\n=" not in lines


def test_a_version_shows_what_it_changed(owner, client):
    commands.answer(actor=owner, system_id=SYSTEM, answers={"remaining": "Nearly none."}, now=NOW + 9 * MINUTE)
    commands.propose_assessment(actor=owner, system_id=SYSTEM, now=NOW + 9 * MINUTE)
    page = client.get(reverse("impact-difference", args=[SYSTEM, 2])).content.decode()
    assert '<span class="sr-only">added: </span>remaining: Nearly none.</ins>' in page
    assert f'<span class="sr-only">removed: </span>remaining: {ANSWERS["remaining"]}</del>' in page


def test_days_of_what_was_heard_and_decided_are_written_as_people_write_them(client):
    page = client.get(reverse("impact-system", args=[SYSTEM])).content.decode()
    assert "1 Jan 2030" in page and "2030-01-01" not in page
    assert f", {NOW.day} {NOW:%b %Y}</a>" in page


def test_the_list_is_filtered_by_where_a_system_stands(owner, client):
    sequencer.sequence(owner.organisation_id)
    address = reverse("impact")
    assert b"Credit scoring" in client.get(address, {"state": "waits"}).content
    assert b"1 row" not in client.get(address, {"state": "none"}).content


def test_method_thresholds_and_retention_are_proposed_by_form(owner, client):
    method = client.get(reverse("impact-method-propose")).context["form"]
    said = {name: method.get_initial_for_field(field, name) for name, field in method.fields.items()}
    done = client.post(reverse("impact-method-propose"), said | {"triggers": "a new purpose", "version": "1"})
    assert done.status_code == 302
    wanted = client.get(reverse("impact-thresholds")).context["form"]
    said = {name: wanted.get_initial_for_field(field, name) for name, field in wanted.fields.items()}
    assert client.post(reverse("impact-thresholds"), said | {"own": "dating"}).status_code == 422
    assert client.post(reverse("impact-thresholds"), said | {"own": "dating: refused"}).status_code == 302
    kept = {"years": "10", "citation": "Commercial code, 257"}
    assert client.post(reverse("impact-retention"), kept).status_code == 302
    assert [one.kind for one in queries.in_force(owner).versions] == ["retention", "thresholds", "method", "method"]


def fields(client, address):
    """Return what the form of a page carries."""
    form = client.get(address).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}


def test_a_page_that_was_opened_before_the_next_assessment_decides_nothing_and_shows_what_is_new(owner, client):
    address = reverse("impact-decide", args=[SYSTEM])
    said = fields(client, address) | {"version": "1", "outcome": "proceed", "condition_1": "", "reason": "As before."}
    assert said["assessment"] == 1
    commands.judge_effect(
        actor=owner, system_id=SYSTEM, effect=replace(HARM, what="They lose their home"), now=NOW + 9 * MINUTE
    )
    assert b"They lose their home" not in client.get(address).content  # written, and not proposed yet
    commands.propose_assessment(actor=owner, system_id=SYSTEM, now=NOW + 9 * MINUTE)
    refused = client.post(address, said)
    assert refused.status_code == 422
    assert b"you saw 1, the newest is 2" in refused.content
    assert b"They lose their home" in refused.content
    assert b"As before." in refused.content
    assert len(queries.assessed(owner, SYSTEM).acts("proceeding")) == 1
    shown = refused.context["form"]
    assert shown["assessment"].value() == "2"
    assert client.post(address, said | {"assessment": "2"}).status_code == 302
    assert queries.assessed(owner, SYSTEM).acts("proceeding")[0].said["assessment"] == 2


def test_a_kept_draft_goes_on_with_the_assessment_that_is_shown_now(owner, client):
    address, key = reverse("impact-disclose", args=[SYSTEM]), f"impact/{SYSTEM}/disclose"
    draft = {"justification": ["Half a sentence"], "assessment": ["1"], "version": ["0"]}
    keep_draft(actor=owner, key=key, fields=draft)
    commands.answer(actor=owner, system_id=SYSTEM, answers={"remaining": "Nearly none."}, now=NOW + 9 * MINUTE)
    commands.propose_assessment(actor=owner, system_id=SYSTEM, now=NOW + 9 * MINUTE)
    page = client.get(address, {"draft": "restore"})
    form = page.context["form"]
    assert (form["justification"].value(), form["assessment"].value()) == ("Half a sentence", 2)
    assert b"This rests on version 2 of the assessment." in page.content


def test_who_could_not_be_heard_is_said_with_the_reason_and_not_as_nobody_yet(client, owner):
    register(owner, system_id="other", in_scope=True)
    page = reverse("impact-system", args=["other"])
    assert "Nobody was heard yet." in client.get(page).content.decode()
    reason = "They are not known before they apply."
    commands.answer(actor=owner, system_id="other", answers={"not_heard": reason}, now=NOW)
    shown = client.get(page).content.decode()
    assert "Nobody was heard, because:" in shown and reason in shown and "Nobody was heard yet." not in shown
