"""A step that waits while its sender proves who they are: sealed in the session; only the browser holds the key.

So neither the database nor a copy of it says what was sent. Refuses to keep passwords, cookies and what the server's
own environment says; what nobody went on with for a quarter of an hour can be opened by nobody.
"""

import json
import os
from base64 import b64decode, b64encode
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from clerestory.desk.sent import BETWEEN, SIGNING_IN
from clerestory.store.evidence.seal import decrypted, encrypted

KEY = "suspended"
"""Name of the cookie that holds the key."""
KEPT_FOR_S = 15 * 60
LONGEST = 256 * 1024
"""Letters of a form that are kept; a longer one is sent again."""
_NEVER = ("pass", "secret", "csrf", "otp")


def seal(request: HttpRequest, response: HttpResponseBase) -> None:
    """Leave nothing readable of a step that waits in the session; give its key to the browser."""
    if not request.session.accessed:
        return
    state = request.session.get(BETWEEN)
    if not isinstance(state, dict) or "request" not in state:
        if not state and KEY in request.COOKIES:
            response.delete_cookie(KEY, path=SIGNING_IN)
        return
    kept = _needed(json.loads(state["request"]))
    if len(kept["POST"]) > LONGEST:
        del request.session[BETWEEN]
        messages.warning(request, _("What you sent is too long to be kept meanwhile: send it once more afterwards."))
        return
    key = os.urandom(32)
    body = encrypted(key, json.dumps(kept).encode(), _bound(request))
    request.session[BETWEEN] = {"sealed": b64encode(body).decode()}
    response.set_cookie(
        KEY, key.hex(), max_age=KEPT_FOR_S, path=SIGNING_IN, secure=request.is_secure(), httponly=True, samesite="Lax"
    )


def open_again(request: HttpRequest) -> None:
    """Let the step that waits be gone on with, while the request that proves who asks is answered."""
    if not (request.path.startswith(SIGNING_IN) and request.method == "POST" and KEY in request.COOKIES):
        return
    state = request.session.get(BETWEEN)
    if not isinstance(state, dict) or "sealed" not in state:
        return
    try:
        key = bytes.fromhex(request.COOKIES[KEY])
        kept = json.loads(decrypted(key, b64decode(state["sealed"]), _bound(request)))
    except ValueError:
        del request.session[BETWEEN]
        return
    asked = {name: value for name, value in request.META.items() if isinstance(value, str)}
    request.session[BETWEEN] = {"request": json.dumps({**kept, "META": asked | kept["META"]})}


def _needed(kept: dict[str, object]) -> dict[str, str]:
    """Return what a step needs to be gone on with; the rest is the same in the request that proves who asks."""
    said = parse_qsl(str(kept["POST"]), keep_blank_values=True)
    kept["POST"] = urlencode([pair for pair in said if not any(word in pair[0].lower() for word in _NEVER)])
    meta = kept["META"]
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_REFERER")
    kept["META"] = {name: meta[name] for name in names if name in meta} if isinstance(meta, dict) else {}
    return kept  # type: ignore[return-value]


def _bound(request: HttpRequest) -> str:
    return f"suspended {request.user.pk}"
