"""A mail server on loopback that keeps what it is given. Speaks as much SMTP as a client needs."""

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """Use it as a context manager. ``refused`` maps an address to the answer that it gets."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    hang_up_after_data: bool = False

    def __enter__(self) -> "MailServer":
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _talk(self, outer)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", self.port), Session)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        """How CLERESTORY_MAIL_URL names it."""
        return f"smtp://127.0.0.1:{self.port}"


def _talk(session: socketserver.StreamRequestHandler, server: MailServer) -> None:
    def say(line: str) -> None:
        session.wfile.write(line.encode() + b"\r\n")

    say("220 ready")
    while line := session.rfile.readline().decode().strip():
        verb = line.upper()
        if verb.startswith("RCPT TO:"):
            address = line[8:].strip().strip("<>").split(">")[0]
            if address in server.refused:
                say(server.refused[address])
                continue
            server.recipients.append(address)
        if verb == "DATA":
            say("354 go on")
            body = b""
            while (chunk := session.rfile.readline()) != b".\r\n":
                body += chunk[1:] if chunk.startswith(b"..") else chunk
            server.messages.append(message_from_bytes(body, policy=policy.default))
            if server.hang_up_after_data:
                return
        if verb == "QUIT":
            say("221 bye")
            return
        say("250 fine")
