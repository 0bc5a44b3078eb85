"""Speaks to a Clerestory server with the standard library alone. Sends the token to that server and to no other."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urlsplit

from clerestory.cli.shell import _
from clerestory.terms.error import ClerestoryError

TIMEOUT = 120.0
LARGEST_ANSWER = 16 * 1024 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ServerUnusable(ClerestoryError):
    """The address is none, cannot be reached, or answers something else than Clerestory does."""


class ServerRefused(ClerestoryError):
    """The server understood and refused, with its own problem and remedy."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, so that a token never travels to another host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""


def post(server: str, path: str, body: bytes, *, token: str) -> Mapping[str, object]:
    """Send a document and return the answer.

    Raises:
        ServerUnusable: the server cannot be reached, or what answers is no Clerestory.
        ServerRefused: it refused; nothing was recorded.
    """
    request = urllib.request.Request(  # noqa: S310  the scheme is checked by address()
        f"{address(server)}/api/v1/{path}",
        data=body,
        method="POST",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"},
    )
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return _document(answer.read(LARGEST_ANSWER), server)
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error, server) from error
    except (urllib.error.URLError, HTTPException, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise ServerUnusable(
            _("{server} cannot be reached: {reason}.").format(server=server, reason=reason),
            _("Start it with script/server, or name another: --server or CLERESTORY_SERVER."),
        ) from error


def address(server: str) -> str:
    """Return the address of a server without a slash at its end; a token travels in the open to this machine only.

    Raises:
        ServerUnusable: it is no http or https address, or http to another machine.
    """
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServerUnusable(
            _("{server} is no address of a server.").format(server=repr(server)),
            _("Write it like https://clerestory.example.org."),
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ServerUnusable(
            _("{server} is not encrypted, so the token could be read on its way.").format(server=server),
            _("Use https; http is for this machine only."),
        )
    return server.rstrip("/")


def _refusal(error: urllib.error.HTTPError, server: str) -> ClerestoryError:
    try:
        said = json.loads(error.read(LARGEST_ANSWER))
        return ServerRefused(str(said["problem"]), str(said["remedy"]))
    except (ValueError, KeyError, TypeError):
        return ServerUnusable(
            _("{server} answers with status {status}, as no Clerestory does.").format(server=server, status=error.code),
            _("Check the address of the server."),
        )


def _document(body: bytes, server: str) -> Mapping[str, object]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ServerUnusable(
            _("{server} does not answer as a Clerestory does.").format(server=server),
            _("Check the address of the server."),
        )
    return document
