"""Webhooks are signed, go to public addresses only, are tried for a day, and then stop with a notice."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from datetime import timedelta

import pytest

from clerestory.desk.lists import ListQuery
from clerestory.desk.models import WebhookPost, WebhookTarget
from clerestory.desk.notice import notify, targets
from clerestory.desk.notice import post as posting
from clerestory.desk.notice.address import TargetRefused, is_public, place_of
from clerestory.desk.notice.inbox import notices
from clerestory.desk.notice.targets import TargetUnfit, TargetUnknown
from clerestory.desk.permit import NotPermitted
from clerestory.terms.ids import EntryId
from tests.organisation import NOW, found
from tests.simulators.hook import Hook


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.WEBHOOK_LOOPBACK = True
    settings.PUBLIC_URL = "https://ai.example.org"


@pytest.fixture
def hook():
    with Hook() as running:
        yield running


def register(actor, url, topics=("monitor",)):
    return targets.register_target(actor=actor, name="Chat", url=url, topics=topics, now=NOW)


def tell(actor, key="a", topic="monitor", entries=("entry-1",)):
    notify(
        organisation_id=actor.organisation_id, to=[actor.person_id], topic=topic, title="A check failed",
        url="/monitoring/mon-1/", key=key, text=f"said by {actor.person_id}", entries=map(EntryId, entries), now=NOW,
    )  # fmt: skip


def send(now=NOW, **more):
    return posting.post_webhooks(now=now, clock=lambda: now, **more)


def test_a_message_is_signed_and_names_no_person(actor, hook):
    _target_id, secret = register(actor, hook.url)
    tell(actor)
    assert posting.posts_wait(NOW)
    assert send() == 1
    (got,) = hook.received
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(got.headers["webhook-timestamp"]) - NOW.timestamp()) < 2
    assert got.path == "/hook?from=clerestory"
    said = json.loads(got.body)
    assert said["type"] == "clerestory.monitor"
    assert said["data"]["entries"] == ["entry-1"]
    assert said["data"]["url"] == "https://ai.example.org/monitoring/mon-1/"
    assert actor.person_id not in got.body.decode()
    assert "owner@example.org" not in got.body.decode()
    assert send(NOW + timedelta(days=1)) == 0, "what was taken is not sent again"


def test_one_key_is_posted_once_to_each_target_of_the_topic(actor, hook):
    register(actor, hook.url)
    register(actor, hook.url, topics=("risk",))
    tell(actor)
    tell(actor)
    send()
    assert len(hook.received) == 1


@pytest.mark.parametrize("topic", ["mention", "comment", "something-else"])
def test_topics_that_may_name_people_are_told_to_no_machine(actor, hook, topic):
    register(actor, hook.url)
    WebhookTarget.objects.update(topics=[topic])
    tell(actor, topic=topic)
    assert not WebhookPost.objects.exists()
    with pytest.raises(TargetUnfit):
        register(actor, hook.url, topics=(topic,))


def test_a_target_that_fails_is_tried_ever_later_for_a_day_and_then_stopped_with_a_notice(actor, hook):
    target_id, _secret = register(actor, hook.url)
    hook.status = 503
    tell(actor)
    now, waits = NOW, []
    for _attempt in range(30):
        send(now)
        row = WebhookPost.objects.get(topic="monitor")
        if row.state != "waiting":
            break
        waits.append(row.due_at - now)
        now = row.due_at
    assert row.state == "given_up"
    assert waits == sorted(waits)
    assert now - NOW <= timedelta(days=1)
    assert row.status == 503
    assert len({got.headers["webhook-id"] for got in hook.received}) == 1
    assert targets.target(actor, target_id).stopped_at is not None
    assert any("Chat" in told.title for told in notices(actor, ListQuery()).rows)
    tell(actor, "b")
    assert WebhookPost.objects.filter(topic="monitor").count() == 1, "a stopped target is told nothing"
    hook.status = 200
    targets.resume_target(actor=actor, target_id=target_id)
    tell(actor, "c")
    assert send(now + timedelta(minutes=1)) == 1


def test_a_target_that_is_gone_is_stopped_at_once(actor, hook):
    target_id, _secret = register(actor, hook.url)
    hook.status = 410
    tell(actor)
    send()
    assert targets.target(actor, target_id).stopped_at is not None


def test_a_redirect_is_not_followed(actor, hook):
    register(actor, hook.url)
    with Hook() as inside:
        hook.status, hook.headers = 307, {"Location": inside.url}
        tell(actor)
        assert send() == 0
        assert inside.received == []
    assert WebhookPost.objects.get().status == 307


def test_an_endless_answer_is_cut_off(actor, hook):
    register(actor, hook.url)
    hook.status, hook.body = 200, b"x" * 5_000_000
    tell(actor)
    assert send() == 1


def test_a_target_that_only_drips_is_cut_off(db):
    class Drip(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not done.wait(0.1):
                try:
                    self.wfile.write(b"X: y\r\n")
                except OSError:
                    return

    done = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        answer = posting.post(url, b"{}", message_id="msg_1", salt="s", at=NOW, whole=1.0)
        done.set()
        server.shutdown()
    assert not answer.is_taken
    assert answer.error


def test_a_slow_or_broken_target_holds_up_no_other(actor, hook):
    register(actor, "http://127.0.0.1:1/")
    register(actor, hook.url)
    tell(actor, "a")
    tell(actor, "b")
    assert send() == 2
    failed = WebhookPost.objects.exclude(state="taken")
    assert sorted(failed.values_list("attempts", flat=True)) == [0, 1], "the rest of a round leaves it alone"


INSIDE = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("ip", INSIDE)
def test_an_internal_address_is_refused_however_it_is_written(actor, settings, ip):
    settings.WEBHOOK_LOOPBACK = False
    with pytest.raises(TargetRefused, match="not public"):
        place_of("https://hooks.example.org/", resolve=lambda _host, _port: ["93.184.215.14", ip])
    host = f"[{ip}]" if ":" in ip else ip
    with pytest.raises(TargetRefused):
        targets.register_target(actor=actor, name="Chat", url=f"https://{host}/", topics=("monitor",))
    assert not WebhookTarget.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "http://93.184.215.14/", "https://93.184.215.14:22/", "https://93.184.215.14:8443/", "ftp://example.org/",
        "https://user:pass@93.184.215.14/", "https:///x", "https://93.184.215.14/a b", "https://93.184.215.14\\@x/",
        "https://93.184.215.14/\r\nX: y", "https://[::1", "https://93.184.215.14:99999/", "gopher://x", "", "x",
    ],
)  # fmt: skip
def test_an_address_that_is_no_public_https_address_is_refused(actor, settings, url):
    settings.WEBHOOK_LOOPBACK = False
    with pytest.raises(TargetRefused):
        targets.register_target(actor=actor, name="Chat", url=url, topics=("monitor",))


@pytest.mark.parametrize("ip", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_a_public_address_is_taken(settings, ip):
    settings.WEBHOOK_LOOPBACK = False
    place = place_of("https://hooks.example.org/x?y=1", resolve=lambda _host, _port: [ip])
    assert (place.ip, place.port, place.path, place.host) == (ip, 443, "/x?y=1", "hooks.example.org")


def test_a_name_that_turns_inside_after_it_was_registered_is_refused_before_anything_is_sent(actor, settings, hook):
    settings.WEBHOOK_LOOPBACK = False
    url = f"https://rebound.example.org:443/{hook.port}"
    targets.register_target(
        actor=actor, name="Chat", url=url, topics=("monitor",), resolve=lambda _host, _port: ["93.184.215.14"]
    )
    tell(actor)
    assert send(resolve=lambda _host, _port: ["127.0.0.1"]) == 0
    assert hook.received == []
    assert "not public" in WebhookPost.objects.get().error


def test_the_name_is_asked_once_and_the_connection_goes_where_it_said(actor, hook):
    asked = []

    def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    url = f"http://name.example.org:{hook.port}/"
    answer = posting.post(url, b"{}", message_id="msg_1", salt="s", at=NOW, resolve=resolve)
    assert answer.is_taken
    assert asked == ["name.example.org"]
    assert hook.received[0].headers["host"] == f"name.example.org:{hook.port}"


def test_only_administrators_of_the_organisation_see_and_change_targets(actor, member, hook):
    target_id, _secret = register(actor, hook.url)
    stranger = found("Southlight", email="s@example.org")
    for step in (targets.target, lambda who, key: targets.end_target(actor=who, target_id=key)):
        with pytest.raises(TargetUnknown):
            step(stranger, target_id)
        with pytest.raises(NotPermitted):
            step(member("editor"), target_id)
    assert targets.targets(stranger) == ()
    with pytest.raises(NotPermitted):
        register(member("viewer"), hook.url)


def test_a_new_secret_signs_from_then_on_and_the_old_one_is_nowhere(actor, hook):
    target_id, secret = register(actor, hook.url)
    other = targets.renew_secret(actor=actor, target_id=target_id)
    assert other != secret
    row = WebhookTarget.objects.get()
    assert secret not in str(vars(row))
    assert other not in str(vars(row))


def test_an_ended_target_is_told_nothing_more(actor, hook):
    target_id, _secret = register(actor, hook.url)
    tell(actor)
    targets.end_target(actor=actor, target_id=target_id, now=NOW)
    tell(actor, "b")
    assert send(NOW + timedelta(hours=1)) == 0
    assert hook.received == []


def test_is_public_knows_the_internet():
    import ipaddress

    assert is_public(ipaddress.ip_address("8.8.8.8"))


def test_many_messages_to_a_target_that_is_away_keep_no_other_from_its_own(actor, hook):
    with Hook() as away:
        away.status = 503
        register(actor, away.url)
        for number in range(posting.MOST + 5):
            tell(actor, f"away-{number}")
        WebhookTarget.objects.update(topics=["risk"])
        register(actor, hook.url)
        tell(actor, "later")
        assert send() == 0
        assert len(away.received) == 1, "one that failed rests, with all that waits for it"
        assert send(NOW + timedelta(seconds=2)) == 1
        assert len(hook.received) == 1
        away.status = 200
        assert send(NOW + timedelta(minutes=10)) == posting.MOST


def test_a_message_that_is_refused_again_and_again_does_not_hold_up_the_next_ones(actor, hook):
    register(actor, hook.url)
    hook.status = 413
    tell(actor, "refused")
    send()
    hook.status = 200
    tell(actor, "next")
    assert send(NOW + timedelta(seconds=1)) == 1
