"""A real server on loopback that takes chat completions and answers as it is told, well or badly."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Says = Callable[[list[dict[str, str]]], str]


def completion(text: object, **more: object) -> bytes:
    """Write the answer of a well-behaved endpoint."""
    return json.dumps(
        {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}} | more]}
    ).encode()


@dataclass
class Completions:
    """Use it as a context manager. ``says`` is the model; ``scripted`` answers (status, headers, body) go before it.

    Status 0 hangs until the client gives up; status 1 drips its answer, a byte at a time.
    """

    says: Says = lambda messages: f"You said: {messages[-1]['content']}"
    scripted: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def __enter__(self) -> "Completions":
        outer, self._over = self, threading.Event()

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(body)
                outer.keys.append(self.headers.get("Authorization", ""))
                status, headers, said = outer._next(body)
                if self.path != "/v1/chat/completions":
                    status, headers, said = 404, {}, b""
                if status == 0:
                    outer._over.wait(5)
                    return
                self.send_response(200 if status == 1 else status)
                for name, value in {"Content-Length": str(len(said)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    for part in [said[at : at + 1] for at in range(len(said))] if status == 1 else [said]:
                        self.wfile.write(part)
                        outer._over.wait(0.05 if status == 1 else 0)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.server.shutdown()
        self.server.server_close()

    def _next(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if self.scripted:
            return self.scripted.pop(0)
        return 200, {"Content-Type": "application/json"}, completion(self.says(body["messages"]))

    @property
    def url(self) -> str:
        """Its address, as a manifest names it."""
        return f"http://127.0.0.1:{self.server.server_port}/v1"
