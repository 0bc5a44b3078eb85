"""Posts waiting webhooks: signed, to the address that was checked, without following anything, within a time limit.

What is not taken is tried again, ever later, for a day; then the target is stopped and administrators are told.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.models import WebhookPost, WebhookTarget
from clerestory.desk.notice.address import Place, Resolve, TargetRefused, place_of, resolved
from clerestory.desk.notice.message import headers_of, secret_of
from clerestory.desk.notice.notify import administrators, notify
from clerestory.store.unit import atomic
from clerestory.terms.ids import OrganisationId

WAITING, TAKEN, GIVEN_UP = "waiting", "taken", "given_up"
WAITS = (30, 120, 600, 1800, 3600, 7200, 14400, 28800)
LONGEST = timedelta(days=1)
LEASE = timedelta(minutes=2)
TIMEOUT, WHOLE = 10.0, 20.0
LARGEST_ANSWER = 1024
MOST = 50
GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target said: a status, or why there is none."""

    status: int | None
    error: str

    @property
    def is_taken(self) -> bool:
        """Whether the message got through."""
        return self.status is not None and 200 <= self.status < 300


def posts_wait(now: datetime) -> bool:
    """Tell whether there is a message to post now."""
    # house: allow organisation-scope: the outbox of the whole server
    return WebhookPost.objects.filter(state=WAITING, due_at__lte=now, target__ended_at=None).exists()


def post_webhooks(*, now: datetime, clock: Callable[[], datetime], resolve: Resolve = resolved) -> int:
    """Post what is due; a target that failed is left alone for the rest of the round. Return how many were taken."""
    # house: allow organisation-scope: the outbox of the whole server
    due = WebhookPost.objects.filter(state=WAITING, due_at__lte=now, target__ended_at=None)
    taken, resting = 0, set()
    for row in due.select_related("target").order_by("due_at", "id")[:MOST]:
        target = row.target
        if target.pk in resting:
            continue
        if target.stopped_at is not None:
            _give_up(row, "The target was stopped.")
            continue
        if not WebhookPost.objects.filter(pk=row.pk, state=WAITING, due_at=row.due_at).update(due_at=clock() + LEASE):
            continue
        answer = post(target.url, row.body.encode(), message_id=row.message_id, salt=target.salt, at=clock(),
                      resolve=resolve)  # fmt: skip
        _note(row, answer, clock())
        if answer.is_taken:
            taken += 1
        else:
            resting.add(target.pk)
            _let_rest(target, clock())
    return taken


def post(
    url: str,
    body: bytes,
    *,
    message_id: str,
    salt: str,
    at: datetime,
    resolve: Resolve = resolved,
    whole: float = WHOLE,
) -> Answer:
    """Post one signed message and return what became of it, after ``whole`` seconds at most."""
    try:
        place = place_of(url, resolve=resolve)
    except TargetRefused as error:
        return Answer(None, f"{error.problem} {error.remedy}")
    headers = headers_of(secret=secret_of(salt), message_id=message_id, at=at, body=body)
    connection, late = _connection(place), threading.Event()
    watch = threading.Timer(whole, _cut, [connection, late])
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", place.path, body=body, headers={**headers, "Host": place.host_header})
        answer = connection.getresponse()
        answer.read(LARGEST_ANSWER)
        if late.is_set():
            return Answer(None, f"The answer took longer than {whole:.0f} seconds.")
        said = "" if 200 <= answer.status < 300 else f"{answer.status} {answer.reason}"[:500]
        return Answer(answer.status, said)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, (f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:500])
    finally:
        watch.cancel()
        connection.close()


class _Plain(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name says by now."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=TIMEOUT)
        self.place = place

    def connect(self) -> None:
        """Open the connection."""
        self.sock = socket.create_connection((self.place.ip, self.place.port), TIMEOUT)


class _Secure(_Plain):
    """The same over TLS, with the certificate held against the name."""

    def connect(self) -> None:
        """Open the connection."""
        super().connect()
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.sock = context.wrap_socket(self.sock, server_hostname=self.place.host)


def _connection(place: Place) -> http.client.HTTPConnection:
    return _Secure(place) if place.is_secure else _Plain(place)


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    """End a connection whose other side only drips."""
    late.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _note(row: WebhookPost, answer: Answer, now: datetime) -> None:
    row.attempts += 1
    row.tried_at, row.status, row.error = now, answer.status, answer.error
    if answer.is_taken:
        row.state = TAKEN
        row.save()
        return
    row.due_at = now + timedelta(seconds=WAITS[min(row.attempts, len(WAITS)) - 1])
    if answer.status == GONE or row.due_at - row.made_at > LONGEST:
        _stop(row, now)
        return
    row.save()


def _let_rest(target: WebhookTarget, now: datetime) -> None:
    """Leave a target that failed alone for a while: all that waits for it must not keep other targets from theirs."""
    # house: allow organisation-scope: messages to one target
    due = WebhookPost.objects.filter(target=target, state=WAITING, due_at__lte=now)
    due.update(due_at=now + timedelta(seconds=WAITS[0]))


def _stop(row: WebhookPost, now: datetime) -> None:
    target = row.target
    organisation_id = OrganisationId(target.organisation_id)
    with atomic():
        row.state = GIVEN_UP
        row.save()
        stopped = WebhookTarget.objects.filter(
            organisation_id=organisation_id, pk=target.pk, stopped_at=None, ended_at=None
        )
        if stopped.update(stopped_at=now, stopped_reason=row.error[:500]):
            title = format_lazy(_("The webhook {name} was stopped"), name=target.name)
            notify(
                organisation_id=organisation_id,
                to=administrators(organisation_id),
                topic="delivery",
                title=title,
                text=row.error,
                url=f"/notices/webhooks/{target.pk}/",
                key=f"webhook-stopped/{target.pk}/{now.isoformat()}",
                now=now,
            )


def _give_up(row: WebhookPost, reason: str) -> None:
    WebhookPost.objects.filter(pk=row.pk, state=WAITING).update(state=GIVEN_UP, error=reason)
