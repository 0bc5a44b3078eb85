"""The web process as a WSGI application: `granian --interface wsgi clerestory.web.wsgi:application`."""

import gc
import os
from collections.abc import Iterable
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application
from django.db import connection

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")

LONG_S = 0.5
"""Seconds after which whoever waits no longer waits for the page before: it is a paper or an upload."""

_answer = get_wsgi_application()
_turn = BoundedSemaphore(1 if connection.vendor == "sqlite" else 2)  # one that waits for PostgreSQL needs no processor
gc.freeze()  # what is loaded stays: a collection in the middle of a page need not look through it


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer one page after the other: threads that share one interpreter only make each other late (decision 0092)."""
    has_turn = _turn.acquire(timeout=LONG_S)
    try:
        return _answer(environ, start_response)
    finally:
        if has_turn:
            _turn.release()
