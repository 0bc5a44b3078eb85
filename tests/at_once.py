"""Steps that several people take at the same moment, each with a connection of their own, on SQLite and PostgreSQL.

Those who come as far as a commit meet there before any of them goes on, so that nobody is early by chance; who is kept
waiting by the product is not waited for.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from clerestory.store import unit
from clerestory.store.unit.once import SentBefore
from clerestory.terms.error import ClerestoryError

PATIENCE = 1.5


@pytest.fixture
def at_once(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., list[Any]]]:
    """Give ``at_once(step, step, ...)``: what each step returned, or the refusal that it met.

    ``where`` names another moment to meet at than the commit.
    """
    held = connections["default"]
    name = held.settings_dict["NAME"]
    if held.vendor == "sqlite":  # one that lies in memory cannot be opened twice as a file can
        import sqlite3

        held.ensure_connection()
        with sqlite3.connect(tmp_path / "at-once.sqlite3") as copy:
            held.connection.backup(copy)
        held.settings_dict["NAME"] = str(tmp_path / "at-once.sqlite3")
        del connections["default"]
    yield _run
    if held.vendor == "sqlite":
        connections["default"].close()
        held.settings_dict["NAME"] = name
        connections["default"] = held


def _run(*steps: Callable[[], Any], where: str = "unit.before_commit") -> list[Any]:
    met = threading.Barrier(len(steps))
    been: set[int] = set()
    found: list[Any] = [None] * len(steps)

    def meet(step: str) -> None:
        if step == where and threading.get_ident() not in been:
            been.add(threading.get_ident())
            try:
                met.wait(PATIENCE)
            except threading.BrokenBarrierError:
                return

    def take(number: int, step: Callable[[], Any]) -> None:
        try:
            found[number] = step()
        except (ClerestoryError, SentBefore) as refusal:
            found[number] = refusal
        finally:
            connections.close_all()

    unit.observers.append(meet)
    try:
        running = [threading.Thread(target=take, args=pair) for pair in enumerate(steps)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        unit.observers.remove(meet)
    return found
