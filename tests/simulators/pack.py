"""Packs for tests: written by the product, taken apart with Python's own zip reader, put together again by a forger."""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from clerestory.catalogue.load import load
from clerestory.ledger import canonical
from clerestory.ledger.sign import SigningKey, signing_key
from clerestory.report.pack.compose import Packing, compose
from clerestory.terms.fact import Fact
from clerestory.verify.derivation import Judge
from clerestory.verify.form.archive import ArchiveWriter, Member
from clerestory.verify.form.layout import READABLE, read_manifest, read_openings
from clerestory.verify.log import walk
from clerestory.verify.readable.pages import pages
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Findings, Verdict
from clerestory.verify.verify import verify
from tests.simulators.judge import simple_judge
from tests.simulators.log import KEY, MemoryLog, small_log

AT = datetime(2026, 11, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
TRUST = Trust(KEY.key.name, (KEY.key,))
Members = dict[str, bytes]


def pack_of(
    log: MemoryLog, *, at: datetime = AT, scope: str = "without-personal", judge: Judge = simple_judge
) -> bytes:
    file = io.BytesIO()
    compose(log, load(), Packing(at, NOW, scope), file, judge=judge)
    return file.getvalue()


def members_of(pack: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(members: Members) -> bytes:
    file = io.BytesIO()
    writer = ArchiveWriter(file)
    for name, data in members.items():
        writer.add(name, data)
    writer.close()
    return file.getvalue()


def crafted(*members: tuple[str, int, bytes, int, int]) -> bytes:
    """A zip in the layout of a pack whose numbers lie: name, method, packed bytes, announced size and checksum."""
    file = io.BytesIO()
    lines, start = [], 0
    for name, method, packed, size, crc in members:
        member = Member(name, method, crc, len(packed), size, start)
        file.write(member.head + packed)
        lines.append(member.directory_line)
        start = member.end
    directory = b"".join(lines)
    file.write(
        directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), start, 0)
    )
    return file.getvalue()


def forged(members: Members) -> Members:
    """What a forger without the key can mend: the manifest's digests and both pages."""
    manifest = json.loads(members["manifest.json"])
    names = [name for name in members if name not in ("manifest.json", *READABLE)]
    manifest["members"] = [
        {"name": name, "size": len(members[name]), "digest": "sha256:" + sha256(members[name]).hexdigest()}
        for name in names
    ]
    read = read_manifest(manifest)
    claims = json.loads(members["statuses.json"])["statuses"]
    openings = read_openings(canonical.decode(members["openings.json"]))
    return members | {
        "manifest.json": canonical.encode(manifest),
        **pages(read, claims, openings, load(), facts_of(members)),
    }


def facts_of(members: Members) -> list[Fact]:
    """Return the facts that a verifier reads out of a pack."""
    bundles = [data for name, data in members.items() if name.startswith("entries/")]
    lines = [data for name, data in members.items() if name.startswith("payloads/facts/")]
    return walk(zip(bundles, lines, strict=False), (), Findings()).facts


def judged(
    pack: bytes, folder: Path, *, trust: Trust | None = TRUST, earlier: Sequence[Path] = (), judge: Judge = simple_judge
) -> Verdict:
    file = folder / "pack.zip"
    file.write_bytes(pack)
    return verify(file, trust, earlier=earlier, judge=judge)


def changed(members: Members, name: str, change: Callable[[bytes], bytes]) -> Members:
    assert change(members[name]) != members[name]
    return members | {name: change(members[name])}


def codes(verdict: Verdict) -> set[str]:
    return {problem.code for problem in verdict.problems}


def places(verdict: Verdict, code: str) -> str:
    return " | ".join(problem.where for problem in verdict.problems if problem.code == code)


def stranger() -> SigningKey:
    """Another key under the log's own name."""
    return signing_key(KEY.key.name, bytes(range(7, 39)))


def swap_at(place: int) -> Callable[[bytes], bytes]:
    """Flip the lowest bit of one byte."""
    return lambda data: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


PACK = pack_of(small_log())
MEMBERS = members_of(PACK)
ENTRIES, FACTS = "entries/000.p/12", "payloads/facts/000.jsonl"
