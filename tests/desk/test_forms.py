"""Forms say what is wrong with one field, keep a draft for their author, and merge what somebody else changed."""

import json
from datetime import timedelta

import pytest
from django import forms
from django.http import QueryDict
from django.test import RequestFactory

from clerestory.desk.forms import Editing, SeenVersion, attempt, inline, texts
from clerestory.desk.forms.draft import KEPT_FOR, LARGEST, MOST, DraftRefused, draft, drop_draft, keep_draft
from clerestory.desk.models import Draft
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile, expect
from clerestory.store import clock
from tests.organisation import NOW, found


class Sample(forms.Form):
    """One field of each sort."""

    name = forms.CharField(max_length=20)
    note = forms.CharField(required=False, widget=forms.Textarea)
    tags = forms.MultipleChoiceField(choices=[("a", "Alpha"), ("b", "Beta")], required=False)
    on = forms.BooleanField(required=False)
    day = forms.DateField(required=False)


BASE = {"name": "One", "note": "x\ny", "tags": ["a"], "on": True, "day": NOW.date()}
SENT = {"name": "One", "note": "x\r\ny", "tags": ["a"], "on": "on", "day": "2026-11-21"}


def asked(actor, said=None, path="/form/", **query):
    request = RequestFactory().get(path, query) if said is None else RequestFactory().post(path, said)
    request.actor = actor
    return request


def editing(actor, said, now, key="form/1", version=2):
    request = asked(actor, said)
    form = Sample(request.POST, initial=now)
    return Editing(request, form, key=key, version=version), form


def changed():
    raise ChangedMeanwhile("Changed.", "Again.")


def test_one_field_is_validated_and_nothing_is_run(actor):
    ran = []
    request = asked(actor, {"name": "", "_field": "name"})
    form = Sample(request.POST)
    answer = inline(request, form)
    assert answer is not None and b'id="id_name_error"' in answer.content
    assert attempt(form, lambda: ran.append(1)) is None
    fine = asked(actor, {"name": "Fine", "_field": "name"})
    assert b"error" not in inline(fine, Sample(fine.POST)).content
    assert attempt(Sample(fine.POST), lambda: ran.append(1)) is None
    assert ran == []


def test_a_field_that_the_form_does_not_have_is_not_answered_and_runs_nothing(actor):
    request = asked(actor, {"name": "Fine", "_field": "password"})
    assert inline(request, Sample(request.POST)) is None
    assert attempt(Sample(request.POST), lambda: 1) is None
    assert inline(asked(actor, path="/form/", _field="name"), Sample()) is None


def test_what_was_typed_into_a_field_is_shown_harmless(actor):
    request = asked(actor, {"name": "<script>alert(1)</script>" * 3, "_field": "name"})
    assert b"<script>" not in inline(request, Sample(request.POST)).content


def test_a_form_sent_unchanged_differs_in_nothing_from_its_record():
    form = Sample(QueryDict("name=One&note=x%0D%0Ay&tags=a&on=on&day=2026-11-21"), initial=BASE)
    for name in form.fields:
        assert texts(form[name].data) == texts(BASE[name]), name


def test_what_others_changed_is_taken_over_where_one_changed_nothing(actor):
    seen = {name: texts(value) for name, value in BASE.items()}
    now = {**BASE, "note": "theirs", "tags": ["a", "b"], "on": False, "name": "Theirs"}
    edit, form = editing(actor, {**SENT, "name": "Mine", "_seen": json.dumps(seen), "version": "1"}, now)
    assert edit.attempt(changed) is None
    assert edit.status == 422
    told = {
        overlap.label: (overlap.was, overlap.theirs, overlap.yours, overlap.is_conflict) for overlap in edit.overlaps
    }
    assert told == {
        "Name": ("One", "Theirs", "Mine", True),
        "Note": ("x\ny", "theirs", "x\ny", False),
        "Tags": ("Alpha", "Alpha, Beta", "Alpha", False),
        "On": ("yes", "no", "yes", False),
    }
    assert next(iter(edit.overlaps)).is_conflict
    assert (form["name"].value(), form["note"].value(), form["tags"].value()) == ("Mine", "theirs", ["a", "b"])
    assert not form["on"].value()
    assert edit.version == 2


def test_a_second_press_goes_on_from_the_newest_version(actor):
    seen = {name: texts(value) for name, value in BASE.items()}
    edit, _form = editing(actor, {**SENT, "name": "Mine", "_seen": json.dumps(seen), "version": "2"}, BASE)
    assert edit.attempt(lambda: edit.seen) == 2
    assert edit.overlaps == ()


@pytest.mark.parametrize("nonsense", ["", "[]", "{", '{"name": 1}', "null", "[" * 5000])
def test_nonsense_in_what_a_form_carries_along_breaks_nothing(actor, nonsense):
    edit, _form = editing(
        actor, {**SENT, "name": "Mine", "_seen": nonsense, "version": "x"}, {**BASE, "name": "Theirs"}
    )
    assert edit.attempt(changed) is None
    assert edit.seen == 0
    assert edit.changed


def test_a_draft_is_offered_restored_and_forgotten_once_it_was_sent(actor):
    keep_draft(actor=actor, key="form/1", fields={"name": ["Half"], "tags": ["b"], "version": ["1"]})
    offered = Editing(asked(actor), Sample(initial=BASE), key="form/1", version=2)
    assert offered.draft is not None
    assert not offered.restored
    form = Sample(initial=dict(BASE))
    restored = Editing(asked(actor, draft="restore"), form, key="form/1", version=2)
    assert restored.restored
    assert (form["name"].value(), form["tags"].value(), form["on"].value()) == ("Half", ["b"], False)
    assert restored.version == 1
    sent, _form = editing(actor, {**SENT, "version": "1"}, BASE)
    assert sent.attempt(lambda: "made") == "made"
    assert draft(actor, "form/1", clock.now()) is None


class Resting(forms.Form):
    """A form that rests on the version of another record."""

    reason = forms.CharField()
    base = SeenVersion()


def test_what_a_form_rests_on_is_the_newest_after_a_conflict_and_in_a_restored_draft(actor):
    request = asked(actor, {"reason": "Mine", "base": "1", "version": "0"})
    form = Resting(request.POST, initial={"base": 3})
    edit = Editing(request, form, version=0)
    assert edit.attempt(changed) is None
    assert (form["base"].value(), form["reason"].value(), edit.newer) == ("3", "Mine", ("1", "3"))
    keep_draft(actor=actor, key="rests", fields={"reason": ["Half"], "base": ["1"], "version": ["0"]})
    form = Resting(initial={"base": 3})
    Editing(asked(actor, draft="restore"), form, key="rests", version=0)
    assert (form["reason"].value(), form["base"].value()) == ("Half", 3)


def test_a_draft_belongs_to_one_person_of_one_organisation(actor, member):
    keep_draft(actor=actor, key="k", fields={"name": ["Half"]}, now=NOW)
    assert draft(member(), "k", NOW) is None
    assert draft(found("Other Bank", email="o@example.org"), "k", NOW) is None
    drop_draft(actor=member(), key="k")
    assert draft(actor, "k", NOW) is not None


def test_secrets_are_not_kept_in_a_draft(actor):
    fields = {"name": ["a"], "csrfmiddlewaretoken": ["t"], "password1": ["p"], "client_secret": ["s"], "token": ["t"]}
    assert set(keep_draft(actor=actor, key="k", fields=fields).fields) == {"name"}


def test_a_draft_ends_after_thirty_days_and_leaves_no_row(actor):
    keep_draft(actor=actor, key="old", fields={}, now=NOW)
    assert draft(actor, "old", NOW + KEPT_FOR + timedelta(days=1)) is None
    keep_draft(actor=actor, key="new", fields={}, now=NOW + KEPT_FOR + timedelta(days=1))
    assert not Draft.objects.filter(organisation_id=actor.organisation_id, key="old").exists()


def test_a_member_has_no_more_drafts_than_can_be_of_use(actor):
    for number in range(MOST + 3):
        keep_draft(actor=actor, key=f"form/{number}", fields={}, now=NOW + timedelta(minutes=number))
    assert Draft.objects.filter(organisation_id=actor.organisation_id).count() == MOST
    assert draft(actor, "form/0", NOW) is None


def test_a_draft_without_name_or_larger_than_a_form_is_refused(actor):
    for key in ("", "x" * 301, "a\nb"):
        with pytest.raises(DraftRefused):
            keep_draft(actor=actor, key=key, fields={})
    with pytest.raises(DraftRefused, match="too large"):
        keep_draft(actor=actor, key="k", fields={"note": ["x" * (LARGEST + 1)]})


def test_a_viewer_keeps_no_draft(member):
    with pytest.raises(NotPermitted):
        keep_draft(actor=member("viewer"), key="k", fields={})


def test_a_version_that_is_not_the_newest_is_refused_where_the_editor_says_one():
    expect(3, 3)
    expect(3, None)
    with pytest.raises(ChangedMeanwhile):
        expect(3, 2)
