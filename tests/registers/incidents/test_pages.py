"""The channel takes words in from strangers, gives a code back once, and shows nothing without it."""

import re

import pytest
from django.test import Client

from clerestory.desk.models import User
from clerestory.registers.incidents import models, queries
from clerestory.store.models import SentOnce
from tests.registers.incidents.surroundings import in_force

pytestmark = pytest.mark.django_db(transaction=True)
CODE = re.compile(r'<code id="code">([a-z0-9-]+)</code>')


@pytest.fixture
def door(actor, second):
    """Bring the channel into force and return its address."""
    in_force(actor, second)
    return f"/incidents/speak-up/{queries.channel_address(actor)}/"


def test_a_stranger_speaks_up_and_opens_it_again_with_the_code_alone(door):
    client = Client()
    assert "Speak up to Northlight Bank" in client.get(door).content.decode()
    answer = client.post(door, {"topic": "safety", "text": "It <b>stopped</b>\x1b[31m late.", "contact": ""})
    assert answer.status_code == 422
    answer = client.post(door, {"topic": "safety", "text": "It <b>stopped</b> late.", "contact": ""})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].endswith("private") or "no-store" in answer.headers["Cache-Control"]
    (code,) = CODE.findall(answer.content.decode())
    assert "clerestory_session" not in client.cookies
    assert "sessionid" not in client.cookies
    page = Client().post(f"{door}answer/", {"code": f" {code.upper()} ", "text": ""})
    assert "It &lt;b&gt;stopped&lt;/b&gt; late." in page.content.decode()
    assert Client().post(f"{door}answer/", {"code": "abcde-fghjk-mnpqr-stuvw"}).status_code == 422
    assert "stopped" not in Client().get(f"{door}answer/").content.decode()


def test_bad_words_are_told_and_nothing_is_kept(door):
    for said in (
        {"topic": "safety", "text": ""},
        {"topic": "lunch", "text": "Cold."},
        {"topic": "safety", "text": "x" * 20_001},
    ):
        assert Client().post(door, said).status_code == 422
    assert not models.Concern.objects.exists()


def test_another_secret_or_another_organisation_opens_no_channel(door, actor):
    for address in ("x", f"{actor.organisation_id}-{'0' * 20}", queries.channel_address(actor).replace("bank", "bonk")):
        assert Client().get(f"/incidents/speak-up/{address}/").status_code == 404
        assert Client().post(f"/incidents/speak-up/{address}/answer/", {"code": "x"}).status_code == 404


def test_the_same_form_sent_twice_is_one_concern_and_its_sender_keeps_the_code(door, actor):
    own = {"topic": "safety", "text": "It stopped late.", "contact": "", "_once": "of-this-form"}
    codes = {CODE.findall(Client().post(door, own).content.decode())[0] for _ in range(2)}
    assert models.Concern.objects.count() == len(codes) == 1
    other = Client().post(door, own | {"text": "It stopped twice."})
    assert CODE.findall(other.content.decode())[0] not in codes
    more = {"code": codes.pop(), "text": "And once more.", "_once": "of-another"}
    for _ in range(2):
        assert Client().post(f"{door}answer/", more).content.decode().count("And once more.") == 1
    assert models.Message.objects.count() == 1


def test_nothing_is_noted_of_who_was_signed_in_when_they_spoke_up(door, actor):
    signed_in = Client()
    signed_in.force_login(User.objects.get(pk=actor.user_id))
    own = {"topic": "safety", "text": "It stopped late.", "contact": "", "_once": "of-this-form"}
    (code,) = CODE.findall(signed_in.post(door, own).content.decode())
    signed_in.post(f"{door}answer/", {"code": code, "text": "And once more.", "_once": "of-another"})
    assert models.Message.objects.count() == 1
    assert not SentOnce.objects.filter(person=actor.person_id).exists()
