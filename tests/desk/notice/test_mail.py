"""E-mail leaves from an outbox: a server that is down loses nothing, a crash sends the same letter again."""

import socket
from datetime import timedelta

import pytest

from clerestory.desk.models import Mail, Membership, User
from clerestory.desk.notice import notify
from clerestory.desk.notice.inbox import outbox
from clerestory.desk.notice.mail import LEASE, mail_waits, send_mail
from clerestory.desk.permit import NotPermitted
from clerestory.settings import SettingUnreadable, _mail
from tests.organisation import NOW
from tests.simulators.mail import MailServer

LATER = timedelta(days=2)


@pytest.fixture
def server():
    with MailServer() as running:
        yield running


@pytest.fixture
def by(settings, server):
    use(settings, server.port)
    return server


def use(settings, port):
    settings.MAIL = _mail(f"smtp://127.0.0.1:{port}")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    settings.PUBLIC_URL = "https://ai.example.org"


def tell(person, key="a", topic="monitor", title="A check failed", at=NOW, text="selection rate ratio 0.61"):
    notify(
        organisation_id=person.organisation_id, to=[person.person_id], topic=topic, title=title,
        url="/monitoring/mon-1/", key=key, text=text, now=at,
    )  # fmt: skip


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_notice_goes_out_as_text_and_html_with_a_whole_address(actor, by):
    tell(actor)
    assert mail_waits(NOW)
    assert send_mail(now=NOW).sent == 1
    (message,) = by.messages
    assert by.recipients == ["owner@example.org"]
    assert message["Subject"] == "A check failed"
    plain = message.get_body(("plain",)).get_content()
    rich = message.get_body(("html",)).get_content()
    for body in (plain, rich):
        assert "https://ai.example.org/monitoring/mon-1/" in body
        assert "selection rate ratio 0.61" in body
        assert "Northlight Bank" in body
    assert not mail_waits(NOW + LATER)
    assert send_mail(now=NOW + LATER).sent == 0
    assert len(by.messages) == 1


def test_a_letter_is_written_in_the_language_of_its_reader(actor, by):
    User.objects.filter(pk=actor.user_id).update(language="de")
    tell(actor)
    send_mail(now=NOW)
    assert '<html lang="de">' in by.messages[0].get_body(("html",)).get_content()


def test_html_in_a_notice_is_text_in_the_letter(actor, by):
    tell(actor, title="<script>alert(1)</script>", text="<img src=x>")
    send_mail(now=NOW)
    rich = by.messages[0].get_body(("html",)).get_content()
    assert "<script>" not in rich
    assert "<img" not in rich
    assert by.messages[0]["Subject"] == "<script>alert(1)</script>"


def test_the_daily_letter_holds_everything_of_the_day_once(actor, by):
    tell(actor, "a", topic="approval", title="First")
    tell(actor, "b", topic="approval", title="Second")
    assert send_mail(now=NOW).sent == 0
    assert send_mail(now=NOW + timedelta(days=1)).sent == 1
    plain = by.messages[0].get_body(("plain",)).get_content()
    assert "First" in plain and "Second" in plain
    assert "2 notifications" in by.messages[0]["Subject"]


def test_a_mail_server_that_is_down_loses_nothing_and_is_shown_to_administrators(actor, second, settings):
    port = free_port()
    use(settings, port)
    tell(actor, "a")
    tell(second, "b")
    assert send_mail(now=NOW).sent == 0
    assert not mail_waits(NOW), "a server that is away is not asked again at once"
    seen = outbox(actor)
    assert seen.waiting == 2
    assert "refused" in seen.error.lower()
    assert seen.server.endswith(str(port))
    with pytest.raises(NotPermitted):
        outbox(second)
    with MailServer(port=port) as back:
        assert send_mail(now=NOW + timedelta(minutes=10)).sent == 2
        assert sorted(back.recipients) == ["owner@example.org", "second@example.org"]
    assert outbox(actor).error == ""


def test_waiting_grows_and_never_ends(actor, settings):
    use(settings, free_port())
    tell(actor)
    now = NOW
    waits = []
    for _attempt in range(6):
        send_mail(now=now)
        row = Mail.objects.get()
        waits.append(row.due_at - now)
        now = row.due_at
    assert waits == sorted(waits)
    assert waits[-1] == waits[-2] == timedelta(hours=1)
    assert Mail.objects.get().state == "waiting"


def test_a_crash_between_sending_and_noting_sends_the_same_message_id_again(actor, by):
    tell(actor)
    send_mail(now=NOW)
    Mail.objects.update(state="waiting", due_at=NOW + LEASE)  # as if the process had died before it noted that
    assert send_mail(now=NOW).sent == 0, "another worker leaves a letter alone that one is about to send"
    assert send_mail(now=NOW + LEASE).sent == 1
    assert len({message["Message-ID"] for message in by.messages}) == 1
    assert len(by.messages) == 2


def test_a_daily_letter_that_was_begun_keeps_its_rows_and_id(actor, by):
    tell(actor, "a", topic="approval", title="First")
    by.hang_up_after_data = True
    send_mail(now=NOW + timedelta(days=1))
    tell(actor, "b", topic="approval", title="Second")
    by.hang_up_after_data = False
    send_mail(now=NOW + timedelta(days=2))
    first, again, other = sorted(by.messages, key=lambda message: "Second" in str(message))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]


def test_one_refused_address_keeps_no_other_letter(actor, second, by):
    by.refused["owner@example.org"] = "550 no such mailbox"
    tell(actor, "a")
    tell(second, "b")
    done = send_mail(now=NOW)
    assert (done.sent, done.failed) == (1, 1)
    assert "no such mailbox" in outbox(actor).error
    assert outbox(actor).failed == 1


def test_an_address_refused_for_now_is_tried_again(actor, by):
    by.refused["owner@example.org"] = "451 later"
    tell(actor)
    assert send_mail(now=NOW).waiting == 1
    by.refused.clear()
    assert send_mail(now=NOW + timedelta(minutes=5)).sent == 1


def test_who_left_before_the_letter_went_out_gets_none(actor, second, by):
    tell(second)
    Membership.objects.filter(person_id=second.person_id).update(ended_at=NOW)
    assert send_mail(now=NOW).sent == 0
    assert by.messages == []
    assert Mail.objects.get().state == "void"


def test_many_late_letters_become_one(actor, by):
    for number in range(9):
        tell(actor, f"k{number}", title=f"Number {number}")
    assert send_mail(now=NOW + timedelta(hours=5)).sent == 1
    assert all(f"Number {number}" in str(by.messages[0].get_body(("plain",)).get_content()) for number in range(9))


def test_without_a_mail_server_everything_waits_and_nobody_says_sent(actor, settings):
    settings.MAIL = None
    tell(actor)
    assert not mail_waits(NOW)
    assert send_mail(now=NOW).sent == 0
    seen = outbox(actor)
    assert (seen.is_configured, seen.waiting) == (False, 1)
    assert Mail.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "url,wanted",
    [
        ("", None),
        ("none", None),
        ("smtp://ada:p%40ss@mail.example.org", ("mail.example.org", 587, "ada", "p@ss", False, True)),
        ("smtps://mail.example.org", ("mail.example.org", 465, "", "", True, False)),
        ("smtp://mail.example.org:25?tls=no", ("mail.example.org", 25, "", "", False, False)),
        ("smtp://localhost:1025", ("localhost", 1025, "", "", False, False)),
    ],
)
def test_the_mail_server_is_named_by_one_address(url, wanted):
    read = _mail(url)
    assert wanted == (read and (read["host"], read["port"], read["user"], read["password"], read["ssl"], read["tls"]))


@pytest.mark.parametrize("url", ["http://mail.example.org", "mail.example.org", "smtp://"])
def test_what_names_no_mail_server_is_refused(url):
    with pytest.raises(SettingUnreadable):
        _mail(url)


def test_an_address_that_is_none_keeps_no_other_letter_and_says_what_is_wrong(actor, second, by):
    User.objects.filter(pk=actor.user_id).update(email="owner,office@example.org")
    tell(actor)
    tell(second)
    done = send_mail(now=NOW)
    assert (done.sent, done.waiting) == (1, 1)
    assert "Invalid address" in Mail.objects.get(notice__person_id=actor.person_id).error
    assert "Invalid address" in outbox(actor).error


def test_in_a_long_round_a_letter_is_kept_from_other_workers_from_its_own_attempt_on(actor, second, by):
    tell(actor)
    tell(second)
    late = NOW + 2 * LEASE
    seen = []

    def clock():
        seen.append(list(Mail.objects.filter(due_at__gt=late).values_list("state", flat=True)))
        return late

    assert send_mail(now=NOW, clock=clock).sent == 2
    assert seen == [[], ["sent"]]
