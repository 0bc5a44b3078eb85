"""No form asks for what is known: who asks, by when, the only choice there is, and what a record said before.

What is filled in says where it comes from and waits for the person who sends it; a decision is never filled in.
"""

from collections.abc import Iterator

import pytest
from django.test import Client

from clerestory.registers.impact import commands as impact
from clerestory.store import sequencer
from tests.web.conftest import Place
from tests.web.walk.reading import Field, Form, read
from tests.web.walk.walking import addresses, forms

pytestmark = pytest.mark.django_db(transaction=True)
NOT_KNOWN = {
    "valid_from": "from which day a law binds stands in that law",
    "second": "who judges a case apart from the first is somebody else",
    "person": "whom one thanks is nobody's default",
}
"""Fields that begin empty, and why nothing can be known of them."""
RESPONSIBLE = ("owner", "task_owner", "holder", "accountable")
"""Fields that name who answers for something: whoever asks, or who answers for the record already."""


def test_every_form_begins_with_who_asks_by_when_and_the_only_choice_there_is(furnished: Place) -> None:
    client = furnished.client("admin")
    found = forms(client, addresses(furnished))
    assert len(found) > 80, "the walk sees too few forms to say anything"
    people = [f for form in found for f in form.fields.values() if f.name in RESPONSIBLE and f.options]
    days = [(form, f) for form in found for f in form.fields.values() if f.type == "date" and f.required]
    assert len(people) > 12
    assert len(days) > 12
    assert [told for form in found for told in asked_again(form)] == []
    assert [told for page in {form.page for form, _day in days} for told in days_in_german(client, page)] == []


def asked_again(form: Form) -> Iterator[str]:
    """Yield the fields of a form that ask for something that is known."""
    for field in form.fields.values():
        offered, empty = [one for one in field.options if one], not any(field.chosen)
        if not empty or field.name in NOT_KNOWN:
            continue
        if field.name in RESPONSIBLE and field.options:
            yield f"{form.page} {field.name}: nobody, where whoever asks is known"
        if field.type == "date" and field.required:
            yield f"{form.page} {field.name}: no day is offered"
        if field.type in ("select", "radio") and field.required and len(offered) == 1:
            yield f"{form.page} {field.name}: the only choice is not chosen"


def days_in_german(client: Client, page: str) -> Iterator[str]:
    """Yield the days of a page that a browser would not show, since they are written as people write them."""
    answer = client.get(page, headers={"accept-language": "de"})
    for form in read(page, answer.content.decode()).forms:
        for field in form.fields.values():
            if field.type == "date" and any(field.chosen) and not field.chosen[0][:4].isdigit():
                yield f"{page} {field.name}: {field.chosen[0]}"


def test_what_the_record_of_a_system_says_stands_in_every_form_about_it_with_where_it_comes_from(
    furnished: Place,
) -> None:
    actor, client = furnished.actor("admin"), furnished.client("admin")
    sequencer.sequence(actor.organisation_id)
    purpose = "Rank consumer loan applications for an officer's decision"
    asked = {
        "/inventory/systems/credit-scoring/edit/": {
            "name": ["Credit scoring"], "purpose": [purpose], "owner": [actor.person_id], "ai_role": ["provider"],
            "stage": ["verification and validation"], "affected_groups": ["applicants"], "use_areas": ["credit"],
        },
        "/inventory/classification/credit-scoring/answer/": {
            "system": ["yes"], "roles": ["provider"], "areas": ["III.5b"],
        },
        "/impact/systems/credit-scoring/use/": {"marks": ["credit and insurance"]},
        "/impact/systems/credit-scoring/part/system/": {"purpose": [purpose]},
        "/impact/systems/credit-scoring/part/parties/": {"affected_groups": ["applicants"]},
        "/impact/systems/credit-scoring/heard/": {"group": ["applicants"]},
        "/risk/add/?system=credit-scoring": {"system": ["credit-scoring"], "owner": [actor.person_id]},
    }  # fmt: skip
    for address, known in asked.items():
        fields, html = fields_of(client, address)
        for name, value in known.items():
            assert fields[name].chosen == value, f"{address} {name}"
        if "/classification/" in address or "/part/" in address or "/use/" in address:
            assert "field-known" in html, f"{address} does not say where it comes from"
    fields, _html = fields_of(client, "/risk/add/?system=credit-scoring&likelihood=possible&individuals=major")
    assert (fields["likelihood"].chosen, fields["individuals"].chosen) == (["3"], ["4"])
    assert fields["organisation"].chosen == []


def test_what_was_answered_once_is_not_asked_again(furnished: Place) -> None:
    actor, client = furnished.actor("admin"), furnished.client("admin")
    sequencer.sequence(actor.organisation_id)
    said = {"affected_groups": "applicants\nguarantors", "purpose": "Rank applications"}
    impact.answer(actor=actor, system_id="credit-scoring", answers=said)
    fields, html = fields_of(client, "/impact/systems/credit-scoring/effects/add/?topic=fairness")
    assert fields["who"].chosen == ["applicants, guarantors"]
    assert "From who is affected." in html
    fields, _html = fields_of(client, "/impact/systems/credit-scoring/effects/add/?topic=access&nature=benefit")
    assert (fields["what"].chosen, fields["nature"].chosen) == (["Rank applications"], ["benefit"])
    fields, _html = fields_of(client, "/impact/systems/credit-scoring/told/")
    assert fields["audiences"].chosen == ["applicants\nguarantors"]


def test_no_decision_is_filled_in_for_anybody(furnished: Place) -> None:
    client = furnished.client("admin")
    sequencer.sequence(furnished.organisation_id)
    undecided = {
        "/impact/systems/credit-scoring/decide/": ("outcome",),
        "/impact/systems/credit-scoring/effects/": ("same_reason", "holds_for_all"),
        "/impact/systems/credit-scoring/effects/add/": ("severity", "likelihood", "reversibility", "what", "reason"),
        "/inventory/classification/credit-scoring/answer/": ("reach", "exclusion", "practices", "model"),
        "/risk/add/?system=credit-scoring": ("likelihood", "organisation", "individuals", "societies", "source"),
        "/roles/recognition/": ("person",),
    }
    for address, names in undecided.items():
        fields, _html = fields_of(client, address)
        filled = [name for name in names if any(value for value in fields[name].chosen if value)]
        assert filled == [], f"{address} answers {filled} by itself"


def fields_of(client: Client, address: str) -> tuple[dict[str, Field], str]:
    """Return the fields of the largest form of a page, and the page."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    html = answer.content.decode()
    return max((form.fields for form in read(address, html).forms), key=len), html
