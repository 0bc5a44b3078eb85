"""``clerestory up``: the whole product with one command, on an embedded database or a PostgreSQL."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any

import typer

from clerestory.cli.server.pages import working_on_pages
from clerestory.cli.server.start import start_django
from clerestory.cli.shell import _, people
from clerestory.terms.error import ClerestoryError

AT_ONCE = 1
"""Pages that one process works on at a time: more only make each other late, on PostgreSQL too (decision 0156)."""
GRACE = 10
"""Seconds that requests have to end when the server is stopped."""
PATIENCE = 25.0
"""Seconds that the worker has to end by itself."""


class PortInUse(ClerestoryError):
    """Another program listens on the port already, or it may not be used."""


class DemoFailed(ClerestoryError):
    """The demo organisation could not be filled."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("up", help=_("Run the whole product.\n\nExample: clerestory up --port 8080"))(up)


def up(
    host: str = typer.Option("localhost", envvar="HOST", help=_("Address to listen on.")),
    port: int = typer.Option(8000, envvar="PORT", min=1, max=65535, help=_("Port to listen on.")),
    demo: bool = typer.Option(False, "--demo", help=_("Fill a demo organisation first, where there is none yet.")),
    worker: bool = typer.Option(True, help=_("Bring a worker for e-mail, webhooks and monitors.")),
) -> None:
    """Set up what is missing, print the address and the first owner's link, and serve until stopped."""
    # house: allow no-environment: settings of this and the worker process read them
    os.environ.update(HOST=host, PORT=str(port))
    check_port(host, port)
    start_django()
    from clerestory.store.upkeep import prepare

    say = people()
    say.print(_("Preparing the data; the first time takes a minute."), markup=False)
    problems = prepare()
    if demo:
        fill_demo()
    for organisation_id, error in problems.items():
        say.print(
            _("The log of {id} is not signed: {problem} {remedy}").format(
                id=organisation_id, problem=error.problem, remedy=error.remedy
            ),
            style="bold red",
            markup=False,
        )
    address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}"  # noqa: S104
    say.print(_("Clerestory runs on {address}").format(address=address), markup=False, soft_wrap=True)
    link = first_link(address)
    if link:
        say.print(_("Open this link once, within a day, to found your organisation:"), markup=False)
        say.print(link, markup=False, soft_wrap=True)
    with working(port) if worker else nullcontext():
        serve("127.0.0.1" if host == "localhost" else host, port)


@contextmanager
def working(port: int) -> Iterator[None]:
    """Keep one worker beside the server, started once the server listens, and ended with it."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "clerestory.jobs.worker", "--parent", str(os.getpid()), "--after", str(port)],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def check_port(host: str, port: int) -> None:
    """Refuse a port that cannot be listened on.

    Raises:
        PortInUse: another program has it, or it may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(
                _("Port {port} on {host} cannot be used: {reason}.").format(
                    port=port, host=host, reason=error.strerror or error
                ),
                _("Stop the other program, or choose another port: clerestory up --port {port}").format(
                    port=port + 1 if port < 65535 else 8000
                ),
            ) from error


def fill_demo() -> None:
    """Fill the demo organisation in a process of its own, or say again who can sign in where it is filled.

    Raises:
        DemoFailed: it could not be filled, or another organisation is there.
    """
    if subprocess.run([sys.executable, "-P", "-m", "clerestory.demo"], check=False).returncode != 0:
        raise DemoFailed(
            _("The demo organisation could not be filled."), _("Look at the message above, or start without --demo.")
        )


def first_link(address: str) -> str | None:
    """Return the one-time link with which the first owner founds an organisation, where there is none yet."""
    from clerestory.desk.entrance.links import first_owner_link
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store import clock

    return None if organisations() else f"{address}/start/{first_owner_link(now=clock.now())}/"


def front(sockets: tuple[str, ...], parent: int) -> Callable[..., Any]:
    """Return the ASGI application that holds the connections, in its own process (decision 0156)."""
    import_module("clerestory.web.serving.parent").end_with(parent)
    made: Callable[..., Any] = import_module("clerestory.web.serving.front").Front(sockets, AT_ONCE)
    return made


def serve(host: str, port: int) -> None:
    """Serve the web project, until stopped: one process with the connections, few that work on pages."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    connections.close_all()
    with working_on_pages() as sockets:
        Granian(
            "clerestory.web.serving.front:Front",
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            websockets=False,
            workers_kill_timeout=GRACE,  # one that was interrupted while it started would never end
            log_level=LogLevels.warning,
            process_name=None,
        ).serve(target_loader=partial(front, sockets, os.getpid()), wrap_loader=False)
