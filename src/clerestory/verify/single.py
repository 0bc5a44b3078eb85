"""One entry without its log: checks a tlog-proof offline, and says that it proves inclusion and nothing more.

The leaf travels as the proof's extra data, which nobody signs: it is believed as far as it leads to the signed root.
"""

from collections.abc import Mapping
from pathlib import Path

from clerestory.ledger.exchange.proof import HEADER, LARGEST, EntryProof, ProofUnreadable, read_proof
from clerestory.ledger.leaf import Leaf, LeafMalformed, read_leaf
from clerestory.ledger.tree import ProofMalformed, ProofMismatch, leaf_hash, verify_inclusion
from clerestory.terms.moment import MomentUnreadable, read_moment
from clerestory.verify.authenticity import Seal, authenticity, check_signatures, read_seal, witnesses
from clerestory.verify.form.layout import CHECKPOINT
from clerestory.verify.log import ASK, Walked
from clerestory.verify.time.proven import time
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit, Findings, Verdict, unreadable

INCLUSION = "inclusion only"
BEYOND = "what else the log holds: not provable by the proof of one entry"
NOTHING: Mapping[str, object] = {"verdict": "not part of a proof"}


def is_proof(path: Path) -> bool:
    """Return whether a file begins as a tlog-proof does.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(len(HEADER) + 1) == HEADER.encode() + b"\n"


def verify_entry(path: Path, trust: Trust | None) -> Verdict:
    """Check the proof of one entry: its leaf, the way to the root, the signature and the witnesses."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    try:
        proof = read_proof(data)
    except ProofUnreadable as error:
        return unreadable("E_PROOF", path.name, error.problem, error.remedy)
    findings = Findings()
    seal = read_seal(proof.note, findings)
    if trust is None:
        findings.add(
            "E_UNTRUSTED",
            CHECKPOINT,
            "No trust file says whose key signed the checkpoint, so its signature was not checked.",
            "Get the trust file from the log's owner by another way and run: clerestory-verify PROOF --trust FILE",
        )
    else:
        seal = check_signatures(seal, trust, findings)
    leaf = _leaf(proof, findings)
    _check_path(proof, seal, findings)
    return _verdict(proof, leaf, seal, trust, findings)


def _leaf(proof: EntryProof, findings: Findings) -> Leaf | None:
    try:
        return read_leaf(proof.extra)
    except LeafMalformed as error:
        findings.add("E_LEAF", f"leaf {proof.index}", error.problem, ASK)
        return None


def _check_path(proof: EntryProof, seal: Seal, findings: Findings) -> None:
    if seal.checkpoint is None:
        return
    try:
        verify_inclusion(leaf_hash(proof.extra), proof.index, seal.checkpoint.size, proof.path, seal.checkpoint.root)
    except (ProofMalformed, ProofMismatch) as error:
        findings.add("E_ROOT", f"leaf {proof.index}", error.problem, error.remedy)


def _verdict(proof: EntryProof, leaf: Leaf | None, seal: Seal, trust: Trust | None, findings: Findings) -> Verdict:
    whole = seal.checkpoint is not None and findings.none_of("E_ROOT", "E_LEAF", "E_CHECKPOINT")
    said: dict[str, object] = {}
    if leaf is not None:
        said = {"kind": leaf.kind, "entity": leaf.entity, "at": leaf.at, "actor": leaf.actor, "facts": leaf.facts}
        said |= {} if leaf.content is None else {"content": leaf.content}
    return Verdict(
        follows=findings.worst() not in (Exit.BAD_INPUT, Exit.DOES_NOT_FOLLOW),
        integrity={
            "verdict": "verified" if whole else "FAILED",
            "position": proof.index,
            "leaf_hash": leaf_hash(proof.extra).hex(),
            **said,
        },
        order={"verdict": INCLUSION},
        authenticity=authenticity(seal, trust, findings),
        witnesses=witnesses(seal, trust),
        time=time(seal, _walked(leaf), trust),
        completeness={"verdict": f"{INCLUSION}, no completeness", "beyond": BEYOND},
        derivation=NOTHING,
        unsigned=NOTHING,
        problems=findings.listed(),
    )


def _walked(leaf: Leaf | None) -> Walked:
    try:
        at = None if leaf is None else read_moment(leaf.at)
    except MomentUnreadable:
        at = None
    return Walked(first_at=at, last_at=at)
