"""Kills commands of the registers between two statements: ``python -m tests.registers.killed HOME [each | COMMAND]``.

Each try has a copy of the same organisation, and a process of its own that ends itself with SIGKILL before a statement.
Prints for each command how many statements it has and what was wrong afterwards. Works on SQLite and PostgreSQL.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

KILLED = -signal.SIGKILL
GOES_ON, FAILS = 0, 7
FEW = 3
"""So many moments of each command are tried where not every one is wanted."""


def prepared() -> dict[str, Callable[[], object]]:
    """Found an organisation in which each command can be taken; return the commands by name."""
    from clerestory.desk.approval import approve
    from clerestory.registers.applicability import commands as applicability
    from clerestory.registers.inventory import commands as inventory
    from clerestory.registers.inventory.queries import pairs
    from clerestory.registers.policy import commands as policies
    from clerestory.registers.risk import commands as risks
    from clerestory.registers.risk.rules.risk import Decision, NewTask, Treatment
    from tests.organisation import NOW, found, join
    from tests.registers.applicability.test_statement import all_controls, decide
    from tests.registers.inventory.test_duplicates_and_lane import twice
    from tests.registers.inventory.test_imports import GOOD, sheet
    from tests.registers.policy.surroundings import DRAFT, draft, policy
    from tests.registers.records import LATER
    from tests.registers.risk.risks import HIGH, REASON, identified, risk, version

    owner = found()
    second = join(owner.organisation_id, "editor", ("top_management", "designated_management"), "second@example.org")
    twice(owner)
    identified(owner)
    decide(owner, *all_controls(owner))
    applicability.issue_statement(actor=owner, now=NOW)
    policies.begin_policy(actor=owner, said=policy(owner), draft=DRAFT, now=NOW)
    waits = policies.propose_version(actor=owner, draft=draft(text="Shorter."), expected_version=1, now=NOW)
    tasks = [NewTask(action=f"Step {n}", owner=owner.person_id, due_on=NOW.date()) for n in range(3)]
    decision = Decision(treatment=Treatment.AVOID, reason="It is switched off")
    pair = pairs(owner, _plain_list()).rows[0]
    at, seen = LATER + timedelta(minutes=1), version(owner)
    return {
        "identify a risk": lambda: risks.identify_risk(
            actor=owner, risk=risk(owner, event="It refuses the old"), rating=HIGH, reason=REASON, now=at
        ),
        "decide on a treatment with tasks": lambda: risks.decide_treatment(
            actor=owner, risk_id="R-1", decision=decision, tasks=tasks, expected_version=seen, now=at
        ),
        "propose a version of a policy": lambda: policies.propose_version(
            actor=owner, draft=draft(text="Longer."), expected_version=2, now=at
        ),
        "approve a version of a policy": lambda: approve(
            actor=second, entry_id=waits.entry_id, role="top_management", now=at
        ),
        "import systems": lambda: inventory.import_systems(actor=owner, sheet=sheet(GOOD), now=at),
        "approve the statement": lambda: applicability.approve_statement(actor=second, version=1, now=at),
        "join duplicates": lambda: inventory.join_duplicate(
            actor=owner, pair_id=pair.pair_id, keep="credit-scoring", reason="Twice", expected_version=1, now=at
        ),
    }


def main(home: Path, wanted: str) -> None:
    """Try every command and print what was found."""
    import django

    django.setup()
    from django.db import connections

    from clerestory.store import sequencer

    commands = prepared()
    sequencer.catch_up()
    connections.close_all()
    chosen = {name: take for name, take in commands.items() if wanted in ("each", "few", name)}
    for name, take in chosen.items():
        sys.stdout.write(json.dumps({name: tried(home, take, every=wanted != "few")}) + "\n")
        sys.stdout.flush()


def tried(home: Path, take: Callable[[], object], *, every: bool) -> dict[str, Any]:
    """Kill a command at its statements, each time on a fresh copy; return how many it has and what was wrong."""
    with copy(home):
        before = counted()
        said, steps = forked(lambda: whole(take, 0))
        done = counted()
        assert said == GOES_ON
    problems = []
    moments = range(1, steps + 1) if every else sorted({1 + n * (steps - 1) // (FEW - 1) for n in range(FEW)})
    for moment in moments:
        with copy(home):
            ended, _steps = forked(lambda moment=moment: whole(take, moment))
            if ended != KILLED:
                problems.append(f"{moment}: ended with {ended}")
            left = counted()
            if written(left) not in (written(before), written(done)):
                differ = {k: (before[k], v, done[k]) for k, v in written(left).items() if v not in (before[k], done[k])}
                problems.append(f"{moment}: half of it is written: {differ}")
            again, _steps = forked(lambda left=left: next_one(take, is_done=written(left) == written(done)))
            if again != GOES_ON:
                problems.append(f"{moment}: the next command ended with {again}")
            elif counted() != done:
                differ = {name: (now, done[name]) for name, now in counted().items() if now != done[name]}
                problems.append(f"{moment}: afterwards there is not the same as without the kill: {differ}")
    return {"steps": steps, "tried": len(moments), "problems": problems}


def whole(take: Callable[[], object], stop: int) -> int:
    """Take the command, or end the process before a statement of it; return how many statements it had."""
    from django.db import connection

    at = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal at
        at += 1
        if at == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        take()
    return at


def next_one(take: Callable[[], object], *, is_done: bool) -> int:
    """Start as a new process does, take the command where it was lost, and read the whole log again."""
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store import sequencer
    from clerestory.store.log.recheck import recheck

    sequencer.catch_up()
    if not is_done:
        take()
    (organisation_id, _name) = organisations()[0]
    result = recheck(organisation_id)
    if result.misfits or result.outbox:
        raise ValueError(str(result))
    return 0


def forked(step: Callable[[], int]) -> tuple[int, int]:
    """Do something in a process of its own; return how it ended and the number that it gave."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(step()).encode())
            os._exit(GOES_ON)
        except BaseException as error:  # whatever it is, the parent goes on
            sys.stderr.write(f"{error!r}\n")
            os._exit(FAILS)
    os.close(write)
    said = os.read(read, 20)
    os.close(read)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return ended, int(said or 0)


@contextmanager
def copy(home: Path) -> Iterator[None]:
    """Put a copy of the data folder and of the database in the place of both."""
    from django.conf import settings
    from django.db import connection

    place = home.with_name(f"{home.name}-copy")
    shutil.copytree(home, place)
    held, name = connection.settings_dict, connection.settings_dict["NAME"]
    settings.CLERESTORY_HOME = place
    if connection.vendor == "postgresql":
        _on_server(held, f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
        held["NAME"] = f"{name}_copy"
    else:
        held["NAME"] = str(place / Path(name).name)
    try:
        yield
    finally:
        connection.close()
        held["NAME"] = name
        settings.CLERESTORY_HOME = home
        if connection.vendor == "postgresql":
            _on_server(held, f'DROP DATABASE "{name}_copy" WITH (FORCE)')
        shutil.rmtree(place)


def _on_server(held: dict[str, Any], statement: str) -> None:
    import psycopg

    said = {"host": held["HOST"], "port": held["PORT"], "user": held["USER"], "password": held["PASSWORD"]}
    with psycopg.connect(dbname="template1", autocommit=True, **{k: v for k, v in said.items() if v}) as server:
        server.execute(statement)


def counted() -> dict[str, int]:
    """Return how many rows each table has."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(name)}")
            found[name] = cursor.fetchone()[0]
    connection.close()
    return found


def written(rows: dict[str, int]) -> dict[str, int]:
    """Return the rows that a command writes; the log's places and signatures follow by themselves."""
    return {name: number for name, number in rows.items() if name not in AFTERWARDS}


AFTERWARDS = {"store_signedcheckpoint", "store_tile", "store_logstate", "store_kindcount"}


def _plain_list() -> Any:
    from clerestory.desk.lists import ListQuery

    return ListQuery()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "each")
