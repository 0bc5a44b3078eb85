"""Sends notices by e-mail from the outbox: single ones at once, the others as one letter a day.

A mail server that is down loses nothing: what was not taken waits, longer each time, with the error beside it. A letter
keeps its Message-ID over all attempts, so that one sent twice by a crash in the wrong moment is one to the reader.
"""

import hashlib
import smtplib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clerestory.desk.models import Mail, Membership
from clerestory.desk.notice.message import address_of

WAITING, SENT, FAILED, VOID = "waiting", "sent", "failed", "void"
WAITS = (60, 300, 900, 3600)
"""Seconds until the next attempt; the last one repeats."""
LEASE = timedelta(minutes=5)
"""So long does an attempt that a crash cut off keep its letter."""
MOST = 200
MANY = 5
"""More letters than this for one person, late since an outage, become one."""
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round did: letters sent, and rows that failed for good or wait again."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """Notices that go to one person as one e-mail."""

    rows: tuple[Mail, ...]
    message_id: str

    @property
    def organisation_id(self) -> str:
        """Whose notices they are."""
        return str(self.rows[0].notice.organisation_id)

    @property
    def person_id(self) -> str:
        """Who is written to."""
        return self.rows[0].notice.person_id


def mail_waits(now: datetime) -> bool:
    """Tell whether there is e-mail to send now, and a server to send it by."""
    # house: allow organisation-scope: the outbox of the whole server
    return bool(settings.MAIL) and Mail.objects.filter(state=WAITING, due_at__lte=now).exists()


def send_mail(*, now: datetime, clock: Callable[[], datetime] | None = None) -> Sent:
    """Send what is due; stop at the first sign that the server is away. Nothing happens where none is named.

    A letter is kept from other workers from the moment at which its own attempt begins, however long the round takes.
    """
    if not settings.MAIL:
        return Sent()
    sent = failed = waiting = 0
    connection = get_connection()
    try:
        for letter in _letters(now):
            if not _claim(letter, now, clock() if clock else now):
                continue
            try:
                outcome = _send(letter, connection, now)
            except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: an address that is none
                waiting += _postpone(letter, error, now)
                if _is_away(error):
                    break
                continue
            sent, failed = sent + outcome, failed + (not outcome)
    finally:
        connection.close()
    return Sent(sent, failed, waiting)


def _letters(now: datetime) -> list[Letter]:
    # house: allow organisation-scope: the outbox of the whole server
    due = Mail.objects.filter(state=WAITING, due_at__lte=now).select_related("notice__organisation")
    rows = list(due.order_by("notice__organisation_id", "notice__person_id", "id")[:MOST])
    letters: list[Letter] = []
    for _person, group in groupby(rows, key=lambda row: (row.notice.organisation_id, row.notice.person_id)):
        letters.extend(_of_one_person(list(group), now))
    return letters


def _of_one_person(rows: Sequence[Mail], now: datetime) -> Iterable[Letter]:
    begun: dict[str, list[Mail]] = {}
    for row in rows:
        if row.message_id:
            begun.setdefault(row.message_id, []).append(row)
    yield from (Letter(tuple(group), message_id) for message_id, group in begun.items())
    fresh = [row for row in rows if not row.message_id]
    late = [row for row in fresh if not row.is_daily and now - row.notice.at > LATE]
    together = [row for row in fresh if row.is_daily or (len(late) > MANY and row in late)]
    if together:
        yield Letter(tuple(together), _message_id(together))
    yield from (Letter((row,), _message_id((row,))) for row in fresh if row not in together)


def _message_id(rows: Sequence[Mail]) -> str:
    notice = rows[0].notice
    named = "|".join([notice.organisation_id, notice.person_id, *(str(row.pk) for row in rows)])
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(named.encode()).hexdigest()[:32]}@{domain}>"


def _claim(letter: Letter, now: datetime, begins: datetime) -> bool:
    """Keep other workers off a letter, and its Message-ID for every later attempt."""
    ids = [row.pk for row in letter.rows]
    # house: allow organisation-scope: rows that were read above
    claimed = Mail.objects.filter(pk__in=ids, state=WAITING, due_at__lte=now)
    return claimed.update(due_at=begins + LEASE, message_id=letter.message_id) == len(ids)


def _send(letter: Letter, connection: BaseEmailBackend, now: datetime) -> int:
    """Return 1 where the server took the letter; 0 where nobody is to get it any more or it refuses the address."""
    member = (
        Membership.objects.filter(
            organisation_id=letter.organisation_id,
            person_id=letter.person_id,
            ended_at=None,
            is_offered=False,
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )
    if member is None:
        _finish(letter, VOID, now, "The person is no member any more.")
        return 0
    try:
        connection.send_messages([_written(letter, member)])
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()), (0, b""))
        if not 500 <= code < 600:
            raise
        _finish(letter, FAILED, now, f"{code} {_text(reason)}")
        return 0
    except smtplib.SMTPDataError as error:
        if not 500 <= error.smtp_code < 600:
            raise
        _finish(letter, FAILED, now, f"{error.smtp_code} {_text(error.smtp_error)}")
        return 0
    _finish(letter, SENT, now, "")
    return 1


def _finish(letter: Letter, state: str, now: datetime, error: str) -> None:
    # house: allow organisation-scope: rows that were read above
    Mail.objects.filter(pk__in=[row.pk for row in letter.rows]).update(
        state=state, sent_at=now if state == SENT else None, error=error[:500], attempts=letter.rows[0].attempts + 1
    )


def _postpone(letter: Letter, error: Exception, now: datetime) -> int:
    """Put a letter back, and with a server that is away everything else that is due."""
    attempts = letter.rows[0].attempts + 1
    due_at = now + timedelta(seconds=WAITS[min(attempts, len(WAITS)) - 1])
    said = f"{type(error).__name__}: {_text(getattr(error, 'smtp_error', '') or error)}"[:500]
    # house: allow organisation-scope: rows that were read above
    own = Mail.objects.filter(pk__in=[row.pk for row in letter.rows])
    changed = own.update(due_at=due_at, attempts=attempts, error=said)
    if _is_away(error):
        # house: allow organisation-scope: the outbox of the whole server
        changed += Mail.objects.filter(state=WAITING, due_at__lte=now).update(due_at=due_at, error=said)
    return changed


def _is_away(error: Exception) -> bool:
    """Tell a server that takes nothing now from a letter that it does not take."""
    away = (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError, smtplib.SMTPHeloError)
    return isinstance(error, (*away, smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError)) or (
        isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    )


def _text(said: object) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())


def _written(letter: Letter, member: Membership) -> EmailMultiAlternatives:
    notices = [row.notice for row in letter.rows]
    organisation = notices[0].organisation.name
    with translation.override(member.user.language or settings.LANGUAGE_CODE):
        if len(notices) == 1:
            subject = notices[0].title
        else:
            subject = ngettext(
                "%(count)s notification of %(organisation)s",
                "%(count)s notifications of %(organisation)s",
                len(notices),
            ) % {"count": len(notices), "organisation": organisation}
        words = {
            "notices": [(notice, address_of(notice.url)) for notice in notices],
            "organisation": organisation,
            "greeting": _("Hello %(name)s,") % {"name": member.user.name},
            "choices": address_of("/notices/choices/"),
            "subject": subject,
        }
        plain = render_to_string("desk/notice/mail.txt", words)
        rich = render_to_string("desk/notice/mail.html", words)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split())[:200],
        body=plain,
        to=[member.user.email],
        headers={"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(rich, "text/html")
    return message
