"""Brings a log to a size, then kills a process at each step that one more entry takes until it is published.

``python -m tests.store.publication.edges SIZE`` in an empty, set up data folder; prints what each kill left behind.
The tests take the edges of the first tile; the edge of a level (65535) takes minutes and is run by hand.
"""

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECOND = 1_790_000_000
LEAF = b'{"the":"one"}'


def main(size: int) -> None:
    """Prepare, run once undisturbed, then once for each step with a kill there; every run is a process of its own."""
    import django

    django.setup()

    from django.conf import settings

    home = Path(settings.CLERESTORY_HOME)
    said: dict[str, Any] = {"control": None, "killed": []}
    organisation = _child(lambda: _prepare(size))["organisation"]
    with _Copies(home) as copies:
        said["control"] = control = _child(lambda: _run(organisation, None))
        for number, name in enumerate(control["steps"]):
            copies.anew()
            died = _child(lambda number=number: _run(organisation, number))
            left = _child(lambda: _look(organisation))
            after = _child(lambda: _run(organisation, None))
            said["killed"].append({"step": name, "died": died, "left": left, "after": after})
    sys.stdout.write(json.dumps(said))


class _Copies:
    """The prepared folder and database, put back before each run."""

    def __init__(self, home: Path) -> None:
        self.home, self.kept = home, home.with_name(home.name + "-kept")
        self.url = os.environ.get("DATABASE_URL", "")

    def __enter__(self) -> "_Copies":
        shutil.copytree(self.home, self.kept)
        if self.url:
            self._sql(f'CREATE DATABASE "{self._name()}-kept" TEMPLATE "{self._name()}"')
        return self

    def anew(self) -> None:
        """Put everything back as it was prepared."""
        shutil.rmtree(self.home)
        shutil.copytree(self.kept, self.home)
        if self.url:
            self._sql(f'DROP DATABASE "{self._name()}" WITH (FORCE)')
            self._sql(f'CREATE DATABASE "{self._name()}" TEMPLATE "{self._name()}-kept"')

    def __exit__(self, *_: object) -> None:
        if self.url:
            self._sql(f'DROP DATABASE "{self._name()}-kept" WITH (FORCE)')

    def _name(self) -> str:
        return self.url.partition("?")[0].rpartition("/")[2]

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url.replace(f"/{self._name()}?", "/postgres?"), autocommit=True) as connection:
            connection.execute(statement)


def _child(work: Callable[[], dict[str, Any]]) -> Any:
    """Do something in a process of its own, which has opened no database yet; None where it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.write(writing, json.dumps(work()).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return None
    return json.loads(said)


def _prepare(size: int) -> dict[str, Any]:
    from clerestory.ledger import sign
    from clerestory.ledger.tree import leaf_hash
    from clerestory.ledger.vkey import COSIGNATURE
    from clerestory.store import sequencer
    from clerestory.store.log.cosigned import take_policy
    from clerestory.store.models import LogEntry
    from tests.intake.witnessing.test_ask import policy
    from tests.organisation import found

    organisation = found().organisation_id
    sequencer.sequence(organisation)
    first = LogEntry.objects.filter(organisation_id=organisation)[0]
    key = sign.signing_key("auditor.example/witness", bytes(range(32)), COSIGNATURE)
    take_policy(organisation, policy("auditor", auditor=("http://127.0.0.1:9", key)))
    rows = []
    for number in range(LogEntry.objects.filter(organisation_id=organisation).count(), size):
        leaf = b'{"number":%d}' % number
        rows.append(_row(first, f"entry-{number}", leaf, leaf_hash(leaf).hex()))
    LogEntry.objects.bulk_create(rows, batch_size=2000)
    while sequencer.sequence(organisation) == 4096:
        pass
    _rest(organisation)
    return {"organisation": organisation}


def _row(like: Any, entry_id: str, leaf: bytes, hashed: str) -> Any:
    from clerestory.store.models import LogEntry

    return LogEntry(
        organisation_id=like.organisation_id, entry_id=entry_id, leaf=leaf, leaf_hash=hashed, facts_id=like.facts_id,
        kind=like.kind, subject_kind="organisation", subject_id="x", entity="x/1", actor="x",
        observed_at=like.observed_at, received_at=like.received_at,
    )  # fmt: skip


def _rest(organisation: str) -> None:
    """Do what the worker does once entries are placed."""
    from datetime import timedelta

    from clerestory.intake.witnessing.ask import ask
    from clerestory.intake.witnessing.post import Answer
    from clerestory.ledger import sign
    from clerestory.ledger.exchange.witness import answer_text
    from clerestory.ledger.note import read_note
    from clerestory.ledger.vkey import COSIGNATURE
    from clerestory.store.publication.publish import publish
    from tests.organisation import NOW

    key = sign.signing_key("auditor.example/witness", bytes(range(32)), COSIGNATURE)

    def answer(_url: str, body: bytes) -> Answer:
        line = sign.cosign(read_note(body.partition(b"\n\n")[2]), key, SECOND)
        return Answer(200, answer_text(line, key.key).encode())

    ask(organisation, now=NOW + timedelta(hours=1), send=answer)
    publish(organisation)


def _run(organisation: str, stop: int | None) -> dict[str, Any]:
    """Start up, append the entry unless it is there, and publish; die at the step of that number."""
    from clerestory.ledger.tree import leaf_hash
    from clerestory.store import sequencer, unit
    from clerestory.store.models import LogEntry

    steps: list[str] = []

    def observe(name: str) -> None:
        steps.append(name)
        if len(steps) - 1 == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    unit.observers.append(observe)
    sequencer.catch_up()
    hashed = leaf_hash(LEAF).hex()
    if not LogEntry.objects.filter(organisation_id=organisation, leaf_hash=hashed).exists():
        with unit.atomic():
            first = LogEntry.objects.filter(organisation_id=organisation)[0]
            _row(first, "entry-one", LEAF, hashed).save(force_insert=True)
            sequencer.sequence_after_commit(organisation)
    _rest(organisation)
    return {"steps": steps, **_look(organisation)}


def _look(organisation: str) -> dict[str, Any]:
    """Say what database, signature and files hold; of a long log every tile and root, and the leaves at its end."""
    from django.conf import settings

    from clerestory.ledger.tile import WIDTH, bundle_path, read_bundle
    from clerestory.ledger.tree import EMPTY_ROOT, leaf_hash, range_hash
    from clerestory.store.models import LogEntry, LogState, SignedCheckpoint
    from clerestory.store.sequencer.mark import read_mark
    from clerestory.store.sequencer.published import read
    from clerestory.store.sequencer.tiles import stored_nodes

    state = LogState.objects.get(organisation_id=organisation)
    entries = LogEntry.objects.filter(organisation_id=organisation)
    first = max(0, (state.size - 3 * WIDTH) // WIDTH * WIDTH)
    placed = entries.filter(position__gte=first).order_by("position").values_list("position", "leaf")
    hashes = {position: leaf_hash(bytes(leaf)) for position, leaf in placed}
    node = stored_nodes(organisation, *range(first, state.size))
    signed = SignedCheckpoint.objects.filter(organisation_id=organisation).order_by("-size").first()
    mark, held = read_mark(organisation), read(settings.PUBLISH / organisation)
    size = held.checkpoint.size if held else 0
    there = sorted(str(path.relative_to(settings.PUBLISH)) for path in settings.PUBLISH.rglob("*") if path.is_file())
    shown = {}
    for index in range(first // WIDTH, -(-size // WIDTH)):
        path = settings.PUBLISH / organisation / bundle_path(index, min(WIDTH, size - index * WIDTH))
        whole = settings.PUBLISH / organisation / bundle_path(index)
        leaves = read_bundle((path if path.exists() else whole).read_bytes())
        shown.update({index * WIDTH + place: leaf_hash(leaf) for place, leaf in enumerate(leaves)})
    root = range_hash(0, size, held.nodes()) if held else EMPTY_ROOT
    return {
        "size": state.size,
        "root": state.root,
        "fits": list(hashes) == list(range(first, state.size)) and range_hash(0, state.size, node).hex() == state.root,
        "tiles": all(node(0, place) == hashed for place, hashed in hashes.items()),
        "signed": signed.size if signed else 0,
        "mark": mark.size if mark else 0,
        "published": size,
        "published_root": held.checkpoint.root.hex() if held else "",
        "published_fits": held is None
        or (root == held.checkpoint.root and all(hashes[place] == shown[place] for place in range(first, size))),
        "outbox": entries.filter(position=None).count(),
        "files": there,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
