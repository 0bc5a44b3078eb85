"""A form offers records as a list while it can be read; many are typed by name, and the page stays as small."""

import pytest
from django import forms
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clerestory.desk.forms import offer, put_offer
from clerestory.desk.forms.offer import MOST
from clerestory.registers.inventory.commands import register_all
from clerestory.registers.inventory.models import UseRequest
from clerestory.store import directory
from tests.organisation import NOW, found
from tests.registers.records import system
from tests.registers.test_pages import signed_in

FORMS = (
    "inventory-use-ask", "context-obligation-add", "lifecycle-add", "lifecycle-releases", "nonconformity-add",
    "roles-add",
)  # fmt: skip


class Choosing(forms.Form):
    """A form with a record and records."""

    one = forms.ChoiceField(required=False)
    several = forms.MultipleChoiceField(required=False)

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        put_offer(self, "one", offered, before=[("", "none")])
        put_offer(self, "several", offered)


def known(actor, count):
    directory.publish_all(
        actor.organisation_id,
        [directory.Record("ai_system", f"s-{n}", f"System {n}", f"/systems/s-{n}/", "") for n in range(count)],
    )


def chosen(actor, **posted):
    form = Choosing(posted, offered=offer(actor))
    return form.cleaned_data if form.is_valid() else form.errors


def registered(actor, first, last):
    named = [system(actor, f"system-{n}", name=f"System {n}") for n in range(first, last)]
    register_all(actor=actor, systems=named, now=NOW)


def test_few_records_are_a_list_by_name(actor):
    known(actor, 2)
    assert '<option value="s-1">System 1</option>' in str(Choosing(offered=offer(actor)))
    assert chosen(actor, one="s-1", several=["s-0", "s-1"]) == {"one": "s-1", "several": ["s-0", "s-1"]}
    assert "one" in chosen(actor, one="s-9")


def test_many_records_are_typed_by_name_or_id_and_shown_by_name(actor):
    known(actor, MOST + 1)
    assert chosen(actor, one=" System 7 ", several="System 1\ns-2\n\nSystem 1") == {
        "one": "s-7",
        "several": ["s-1", "s-2"],
    }
    assert chosen(actor, one="", several="") == {"one": "", "several": []}
    page = str(Choosing(offered=offer(actor), initial={"one": "s-7", "several": ["s-1", "s-2"]}))
    assert 'value="System 7"' in page
    assert "System 1\nSystem 2</textarea>" in page


@pytest.mark.parametrize(
    "typed, says",
    [("System x", "None is called “System x”"), ("<b>", "None is called"), ("Twice", "Several are called “Twice”")],
)
def test_a_name_that_none_or_several_have_is_refused_with_what_to_do(actor, typed, says):
    known(actor, MOST + 1)
    twice = [directory.Record("ai_system", name, "Twice", f"/systems/{name}/", "") for name in ("twice-1", "twice-2")]
    directory.publish_all(actor.organisation_id, twice)
    assert says in chosen(actor, one=typed)["one"][0]
    assert says in chosen(actor, several=f"System 1\n{typed}")["several"][0]
    assert "twice-1" in str(Choosing(offered=offer(actor), initial={"several": ["twice-1"]}))


def test_records_of_another_organisation_are_not_offered(actor):
    known(found("Other Bank", email="other@example.org"), MOST + 1)
    assert offer(actor).choices == ()


def test_forms_ask_and_weigh_the_same_with_three_systems_as_with_three_hundred(actor):
    client = signed_in("owner@example.org")

    def cost(name):
        address = reverse(name)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        assert response.status_code == 200
        return len(captured), len(response.content)

    registered(actor, 0, 3)
    before = {name: cost(name) for name in FORMS}
    registered(actor, 3, 300)
    after = {name: cost(name) for name in FORMS}
    for name in FORMS:
        assert after[name][0] <= before[name][0], name
        assert after[name][1] <= before[name][1] + 1500, name


def test_a_use_is_asked_for_with_one_of_many_systems_by_its_name(actor):
    registered(actor, 0, 300)
    said = {"purpose": "Summarise minutes", "system_id": "System 77", "marks": ["public data"]}
    assert signed_in("owner@example.org").post(reverse("inventory-use-ask"), said).status_code == 302
    assert UseRequest.objects.get().system.system_id == "system-77"
