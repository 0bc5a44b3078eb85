"""Measure the ledger: appending beside the two-hash limit, proofs, and writing and verifying a pack of 100,000 leaves.

Run: python -m benchmarks.ledger [--leaves 100000]. CPU seconds. The limit is the two SHA-256 that a leaf costs at
least, measured in the same process; the goal is at least 40 % of it, and verifying (which reads every fact as JSON and
derives its leaf again) at most 100 times what that hashing costs. verify.py is measured beside it: loading the file,
tree and signatures alone (goal 1.5 s for 100,000 leaves), and everything as its own process (goal 6 s). These two goals
are told and do not yet decide: the second is not reached. Prints one line of JSON.
"""

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from clerestory.catalogue.load import load
from clerestory.ledger import multi, tile, tree
from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.note import SignedNote
from clerestory.report.pack.compose import Packing, compose
from clerestory.report.verifier.curve import holds
from clerestory.report.verifier.write import verifier
from clerestory.verify.form.archive import Archive
from clerestory.verify.trust import Trust, trust_text
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify
from tests.simulators.judge import simple_judge
from tests.simulators.log import KEY, START, MemoryLog, measured

SHARE, TIMES = 0.40, 100.0
TREE_SECONDS, ALL_SECONDS = 1.5, 6.0
BATCH = 4096


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a piece of work."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def two_hashes(entries: list[bytes]) -> None:
    """Hash as often as a tree over the entries must, and do nothing else."""
    node = bytes(65)
    for entry in entries:
        sha256(entry).digest()
        sha256(node).digest()


def append_all(entries: list[bytes]) -> dict[int, list[bytes]]:
    """Grow a log in batches and keep its tiles."""
    frontier, levels = tree.Frontier(), {}
    for start in range(0, len(entries), BATCH):
        hashes = [tree.leaf_hash(entry) for entry in entries[start : start + BATCH]]
        frontier, growths = tile.grow_tiles(frontier, hashes)
        for growth in growths:
            levels.setdefault(growth.level, []).extend(growth.hashes)
    return levels


def proofs(levels: dict[int, list[bytes]], size: int, count: int) -> tuple[float, float, float]:
    """Return the CPU seconds of one cold proof, of one among many, and of one leaf in a proof for many."""
    sample = random.Random(1)

    def reader() -> tree.NodeReader:
        return tile.nodes_in_tiles(lambda level, index: levels[level][index * 256 : index * 256 + 256])

    positions = sample.sample(range(size), min(count, size))
    cold = cpu(lambda: [tree.inclusion_proof(position, size, reader()) for position in positions[:50]]) / 50
    node = reader()
    warm = cpu(lambda: [tree.inclusion_proof(position, size, node) for position in positions]) / len(positions)
    many = cpu(lambda: multi.multi_proof(positions, size, reader())) / len(positions)
    return cold, warm, many


def log_of(count: int) -> MemoryLog:
    """Make a log of check results, received one minute after the other."""
    log = MemoryLog()
    for number in range(count):
        log.append(measured(value=f"0.{number}"), START + timedelta(minutes=number))
    return log


def tree_figures(count: int) -> dict[str, object]:
    """Measure appending and proofs."""
    entries = [b"%0400d" % number for number in range(count)]
    levels: dict[int, list[bytes]] = {}
    limit = cpu(lambda: two_hashes(entries))
    append = cpu(lambda: levels.update(append_all(entries)))
    cold, warm, many = proofs(levels, count, 5_000)
    return {
        "leaves": count,
        "two_hash_limit_per_s": round(count / limit),
        "append_per_s": round(count / append),
        "append_share_of_limit": round(limit / append, 2),
        "goal_share": SHARE,
        "proof_cold_us": round(cold * 1e6),
        "proof_us": round(warm * 1e6),
        "proof_in_multi_us": round(many * 1e6),
    }


def pack_figures(count: int) -> dict[str, object]:
    """Measure writing a pack and checking it, without the judge, which has its own benchmark."""
    log, at = log_of(count), START + timedelta(days=365)
    trust, verdicts = Trust(KEY.key.name, (KEY.key,)), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.zip"
        with path.open("wb") as file:
            written = cpu(lambda: compose(log, load(), Packing(at, at), file, judge=simple_judge))
        hashing = cpu(lambda: two_hashes(log.leaf_list))
        checked = cpu(lambda: verdicts.append(verify(path, trust, judge=simple_judge).exit_code))
        size = path.stat().st_size
        alone = alone_figures(path, trust)
    return {
        "pack_bytes": size,
        "pack_write_s": round(written, 2),
        "verify_s": round(checked, 2),
        "verify_times_two_hashes": round(checked / hashing, 1),
        "goal_times": TIMES,
        "verdict": verdicts[0].name,
        **alone,
    }


def tree_and_signature(path: Path) -> bool:
    """Unpack the entries of a pack, compute their root, and check the log's signature over it in plain Python."""
    with path.open("rb") as file:
        archive = Archive(file)
        checkpoint, note = read_signed_checkpoint(archive.read("checkpoint"))
        frontier = tree.Frontier()
        for name in archive.members:
            if name.startswith("entries/"):
                leaves = tile.read_bundle(archive.read(name))
                frontier = frontier.extend([tree.leaf_hash(leaf) for leaf in leaves])
    return frontier.root() == checkpoint.root and signed(note)


def signed(note: SignedNote) -> bool:
    """Say whether the log signed a note, by the equation of verify.py."""
    (line,) = note.signatures
    return holds(KEY.key.public, line.signature, note.text.encode())


def alone_figures(path: Path, trust: Trust) -> dict[str, object]:
    """Measure verify.py: loaded alone, tree and signature alone, and all that it does, as a process of its own."""
    file, keys = path.with_name("verify.py"), path.with_name("trust.json")
    file.write_bytes(verifier())
    keys.write_text(trust_text(trust))
    followed: list[bool] = []
    command = [sys.executable, "-I", "-S", str(file)]
    loaded = child_cpu([*command, "--help"])
    walked = cpu(lambda: followed.append(tree_and_signature(path)))
    everything = child_cpu([*command, str(path), "--trust", str(keys), "--json"])
    return {
        "alone_load_s": round(loaded, 2),
        "alone_tree_and_signature_s": round(loaded + walked, 2),
        "alone_all_s": round(everything, 2),
        "goal_alone_s": [TREE_SECONDS, ALL_SECONDS],
        "alone_met": followed == [True] and loaded + walked <= TREE_SECONDS and everything <= ALL_SECONDS,
    }


def child_cpu(command: list[str]) -> float:
    """Return the CPU seconds of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure, print the figures, and return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=100_000)
    count = parser.parse_args().leaves
    figures = tree_figures(count) | pack_figures(count)
    fast = float(str(figures["append_share_of_limit"])) >= SHARE
    checked = float(str(figures["verify_times_two_hashes"])) <= TIMES and figures["verdict"] == Exit.FINE.name
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(figures | {"peak_mb": peak, "met": fast and checked}))
    return 0 if fast and checked else 1


if __name__ == "__main__":
    sys.exit(main())
