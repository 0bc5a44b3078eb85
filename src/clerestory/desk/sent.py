"""Forms that are sent twice: each carries a random part, and the same form with the same words is taken once.

Other words in a form that was sent before are meant as something new, as is a form without the random part.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from django.http import HttpRequest

from clerestory.desk.actor import Actor
from clerestory.desk.forms import ONE_FIELD
from clerestory.store.unit import once

V = TypeVar("V", bound=Callable[..., Any])
ONCE = "_once"
"""Name of the random part; the tag ``csrf_token`` puts it into every form."""
BETWEEN = "account_reauthentication_state"
"""Where the session keeps what was sent while its sender proves who they are."""
SIGNING_IN = "/account/"
_NOT_SAID = frozenset({ONCE, "csrfmiddlewaretoken"})


def many_times(view: V) -> V:
    """Mark a view that takes the same form many times before it is sent, as for its draft."""
    view.many_times = True  # type: ignore[attr-defined]
    return view


def take_form(request: HttpRequest, actor: Actor) -> None:
    """Let the first write of a request take the form that it sends, or the one that waited for a proof of identity.

    Raises:
        SentBefore: the same was sent before, and done.
    """
    if request.path.startswith(SIGNING_IN):
        sent = _waiting(request)
    else:
        said = [(name, value) for name, values in request.POST.lists() for value in values]
        files = [(name, file) for name, held in request.FILES.lists() for file in held]
        sent = request.path, [*said, *((name, f"{file.name} {file.size}") for name, file in files)]
    if sent is not None:
        _take(actor, *sent)


def take_key(request: HttpRequest, actor: Actor) -> None:
    """Let the first write of a program's request take its ``Idempotency-Key``, where it has one.

    Raises:
        SentBefore: it was used before at this address, and done.
    """
    key = request.headers.get("Idempotency-Key", "")
    if key and request.method not in ("GET", "HEAD", "OPTIONS"):
        _take(actor, f"{request.method} {request.path}", [(ONCE, key)])


def _take(actor: Actor, path: str, said: list[tuple[str, str]]) -> None:
    own = dict(said).get(ONCE, "")
    if not own or any(name == ONE_FIELD for name, _value in said):
        return
    words = sorted([name, value] for name, value in said if name not in _NOT_SAID)
    mark = sha256(json.dumps([path, own, words]).encode("utf-8", "surrogatepass")).hexdigest()
    once.take(once.Sent(actor.organisation_id, actor.person_id, mark))


def _waiting(request: HttpRequest) -> tuple[str, list[tuple[str, str]]] | None:
    state = request.session.get(BETWEEN)
    if not isinstance(state, dict) or "request" not in state:
        return None
    kept = json.loads(state["request"])
    return kept["path"], parse_qsl(kept["POST"], keep_blank_values=True)
