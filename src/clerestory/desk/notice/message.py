"""What a webhook says and how it is signed (Standard Webhooks): topic, title, address and entries, no person.

The secret of a target is never stored: it follows from the server's key and the target's salt.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings

from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.moment import moment_text

_PREFIX = "whsec_"


def address_of(url: str) -> str:
    """Return the whole address of a page of this server."""
    base = settings.PUBLIC_URL or settings.LOCAL_URL
    return f"{base.rstrip('/')}/{url.lstrip('/')}"


def body_of(
    *, organisation_id: OrganisationId, topic: str, title: str, url: str, entries: Iterable[EntryId], at: datetime
) -> str:
    """Return the body of a message: one JSON document."""
    return json.dumps(
        {
            "type": f"clerestory.{topic}",
            "timestamp": moment_text(at),
            "data": {
                "organisation": organisation_id,
                "topic": topic,
                "title": title,
                "url": address_of(url),
                "entries": list(entries),
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def secret_of(salt: str) -> str:
    """Return the secret of a target, as its owner keeps it."""
    made = hmac.new(settings.SECRET_KEY.encode(), f"clerestory webhook {salt}".encode(), hashlib.sha256).digest()
    return _PREFIX + base64.b64encode(made).decode()


def headers_of(*, secret: str, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers that let the receiver tell that the message is ours, whole and fresh."""
    moment = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.new(key, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Clerestory",
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
