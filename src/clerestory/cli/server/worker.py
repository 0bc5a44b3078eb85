"""``clerestory worker``: does jobs beside a server that was started without one, until stopped."""

import os
import sys

import typer

from clerestory.cli.server.start import ready
from clerestory.cli.shell import _


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "worker",
        help=_(
            "Do the server's jobs: e-mail, webhooks, monitors, reminders. `clerestory up` brings its own worker.\n\n"
            "Example: clerestory worker"
        ),
    )(worker)


def worker() -> None:
    """Become the worker: this process does the jobs until it is told to stop."""
    ready()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "clerestory.jobs.worker"])  # noqa: S606  the same program
