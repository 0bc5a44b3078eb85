"""An HTTP endpoint that takes and gives JSON: asked at a limited rate, again after a failure that passes."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse

from clerestory.assurance.trial import Unanswered
from clerestory.terms.error import ClerestoryError

LARGEST = 64 * 1024 * 1024
LONGEST_WAIT_S = 60.0
_SAID = 4_096
_PART = 64 * 1024
_AGAIN = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class EndpointUnusable(ClerestoryError):
    """The address of an endpoint is none, or it refuses for good: wrong key, wrong path, wrong request."""


class RequestRefused(EndpointUnusable):
    """It refuses one request for good: ``status``, and the beginning of what it ``said`` (a filter says so there)."""

    status: int = 0
    said: str = ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a key must not travel to another host."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        return None


class Endpoint:
    """One address. ``wait`` sleeps; a test gives its own."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float = 60.0,
        retries: int = 3,
        per_minute: float | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise EndpointUnusable(
                "The url of the endpoint is no http(s) address, or holds a password.",
                "Write https://host/path, and name the variable with the key in key_env.",
            )
        self.url, self._headers = url, dict(headers or {})
        self._timeout_s, self._retries, self._wait = timeout_s, retries, wait
        self._pause = 60.0 / per_minute if per_minute else 0.0
        self._next_at = 0.0
        self._lock = threading.Lock()
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, document: object) -> object:
        """Send a document and return the answered one.

        Raises:
            RequestRefused: it refuses this for good (4xx but 429).
            Unanswered: it did not answer in time, answered 429 or 5xx to the end, or with what is no JSON.
        """
        body = json.dumps(document).encode()
        problem = ""
        for attempt in range(self._retries + 1):
            self._take_turn()
            try:
                return self._answered(body)
            except urllib.error.HTTPError as error:
                problem = f"HTTP {error.code}"
                delay = _delay(error.headers.get("Retry-After"), attempt)
                if error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code not in _AGAIN:
                    raise self._refused(error) from None
                error.close()
            except (OSError, HTTPException) as error:
                problem, delay = str(getattr(error, "reason", error)) or type(error).__name__, _delay(None, attempt)
            if attempt < self._retries:
                self._wait(delay)
        raise Unanswered(
            f"{self._place()} did not answer after {self._retries + 1} attempts: {problem}.",
            "Try again later, or lower requests_per_minute.",
        )

    def _answered(self, body: bytes) -> object:
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self._headers}
        request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")  # noqa: S310 - http(s) only
        with self._opener.open(request, timeout=self._timeout_s) as response:
            said = self._read(response)
        try:
            return json.loads(said)
        except ValueError as error:
            raise Unanswered(f"{self._place()} answers with what is no JSON.", "Check the address.") from error

    def _read(self, response: HTTPResponse) -> bytes:
        """Read an answer whole, in its time: one that only drips keeps every single wait short and never ends."""
        until, said = time.monotonic() + self._timeout_s, bytearray()
        while part := response.read1(_PART):
            said += part
            if len(said) > LARGEST:
                raise Unanswered(f"{self._place()} answers with more than 64 MiB.", "Limit its answers.")
            if time.monotonic() > until:
                raise TimeoutError(f"its answer took longer than {self._timeout_s:g} s")
        return bytes(said)

    def _refused(self, error: urllib.error.HTTPError) -> RequestRefused:
        refused = RequestRefused(
            f"{self._place()} refuses with HTTP {error.code}.", "Check address, key and model of the endpoint."
        )
        refused.status = error.code
        with suppress(OSError, HTTPException):
            refused.said = error.read(_SAID).decode("utf-8", "replace")
        error.close()
        return refused

    def _take_turn(self) -> None:
        """Wait until the rate allows another request."""
        with self._lock:
            now = time.monotonic()
            at = max(self._next_at, now)
            self._next_at = at + self._pause
        if at > now:
            self._wait(at - now)

    def _place(self) -> str:
        return urllib.parse.urlsplit(self.url).hostname or "The endpoint"


def _delay(retry_after: str | None, attempt: int) -> float:
    try:
        asked = float(retry_after) if retry_after else 0.0
    except ValueError:
        asked = 0.0
    return float(min(max(asked, 0.5 * 2.0**attempt), LONGEST_WAIT_S))
