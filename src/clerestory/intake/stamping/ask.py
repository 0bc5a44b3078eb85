"""Asks a time stamping authority (RFC 3161) for a token over the newest checkpoint. Nothing waits for the answer.

What it answers is checked before it is kept, against the certificate in the settings: over this checkpoint, for this
request, by this authority. An authority that is away or wrong is asked again, ever more rarely, and shown.
"""

import re
import secrets
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from clerestory.intake.witnessing.post import Answer, send
from clerestory.ledger.stamp import der
from clerestory.ledger.stamp.certificate import read_certificate
from clerestory.ledger.stamp.token import Authority, TokenRefused, check, request
from clerestory.store.log.stamped import StampStand, keep_token, note_no_token, stamp_stand, to_stamp
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

WAITS = (60, 300, 900, 3600)
"""Seconds until an authority that gave no token is asked again."""
TYPE = "application/timestamp-query"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")
Post = Callable[[str, bytes], Answer]


class AuthorityNotNamed(ClerestoryError):
    """The settings name no time stamping authority, or no certificate to check its answers by."""


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to ask, by which certificates its answers are checked, and how long one token is enough."""

    url: str
    authorities: tuple[Authority, ...]
    every: timedelta


def service() -> Service | None:
    """Return the authority that the settings name, or None where they name none.

    Raises:
        AuthorityNotNamed: its certificate is missing or unreadable.
    """
    url, path = settings.STAMP_URL, settings.STAMP_CERTIFICATES
    if not url:
        return None
    try:
        data = Path(path).read_bytes() if path else b""
        found = tuple(Authority(b64decode(b"".join(text.split()), validate=True)) for text in _PEM.findall(data))
        for one in found:
            read_certificate(one.certificate)
    except (OSError, ValueError, der.DerMalformed) as error:
        raise _not_named(str(error)) from error
    if not found:
        raise _not_named(_("it names no file with a certificate"))
    return Service(url, found, timedelta(seconds=settings.STAMP_EVERY))


def is_due(organisation_id: OrganisationId, stand: StampStand, every: timedelta, now: datetime) -> bool:
    """Return whether a token is to be asked for now: none yet for a while, and the authority not asked just before."""
    if stand.next_try_at is not None and stand.next_try_at > now:
        return False
    if stand.received_at is not None and stand.received_at + every > now >= stand.received_at:
        return False
    return to_stamp(organisation_id) is not None


def stamp(organisation_id: OrganisationId, asked: Service, *, now: datetime, post: Post | None = None) -> StampStand:
    """Ask for a token over the newest checkpoint, unless there is one, and return how it stands."""
    wanted, before = to_stamp(organisation_id), stamp_stand(organisation_id)
    if wanted is None:
        return before
    size, text = wanted
    nonce = secrets.randbits(63) | 1 << 62
    answer = (post or _post)(asked.url, request(sha256(text).digest(), nonce))
    problem = f"It answered {answer.status}." if answer.status else f"It does not answer: {answer.words}."
    if answer.status == 200:
        try:
            said = check(answer.body, text, asked.authorities, nonce)
        except (TokenRefused, der.DerMalformed) as error:
            problem = error.problem
        else:
            keep_token(organisation_id, size, answer.body, said, now)
            return stamp_stand(organisation_id)
    wait = timedelta(seconds=WAITS[min(before.tries, len(WAITS) - 1)])
    note_no_token(organisation_id, problem, before.tries + 1, now, wait)
    return stamp_stand(organisation_id)


def _post(url: str, body: bytes) -> Answer:
    return send(url, body, TYPE, der.LARGEST)


def _not_named(reason: str) -> AuthorityNotNamed:
    return AuthorityNotNamed(
        _("CLERESTORY_STAMP_CERTIFICATES cannot be used: {reason}.", reason=reason),
        _("Name a PEM file with the certificate of the authority or of who issued it."),
    )
