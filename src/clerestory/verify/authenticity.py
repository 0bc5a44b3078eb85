"""Who vouches for a pack's log: its signature, its witnesses, and every checkpoint of it that was seen earlier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clerestory.ledger.checkpoint import Checkpoint, CheckpointMalformed, read_signed_checkpoint
from clerestory.ledger.exchange.rotation import ANNOUNCED, Followed, Term, Turn, follow, predecessor
from clerestory.ledger.note import NoteMalformed, SignedNote, note_bytes
from clerestory.ledger.sign import Cosigned, SignatureMismatch, verify_cosignatures, verify_note
from clerestory.ledger.vkey import KeyMalformed, VerifierKey, read_vkey, vkey_text
from clerestory.verify.form.layout import CHECKPOINT, MANIFEST, Manifest
from clerestory.verify.log import ASK, Walked
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Findings

_REMEDY = "Do not rely on this pack; ask the log's owner for a new one and compare the keys."


@dataclass(frozen=True, slots=True)
class Seal:
    """What a pack's checkpoint says and who signed it."""

    checkpoint: Checkpoint | None = None
    note: SignedNote | None = None
    signed_by: tuple[VerifierKey, ...] = ()
    witnesses: tuple[Cosigned, ...] = ()
    turns: tuple[Turn, ...] = ()
    """The changes of the log's key that follow from the keys that were known before."""


def read_seal(data: bytes, findings: Findings) -> Seal:
    """Read the checkpoint of a pack; its signatures are not checked yet."""
    try:
        return Seal(*read_signed_checkpoint(data))
    except (NoteMalformed, CheckpointMalformed) as error:
        findings.add("E_CHECKPOINT", CHECKPOINT, error.problem, ASK)
        return Seal()


def check_seal(seal: Seal, manifest: Manifest, trust: Trust | None, walked: Walked, findings: Findings) -> Seal:
    """Check the signatures over a checkpoint: against the trusted keys, or else against the pack's own.

    A key that the log itself announced counts from there on, where a known key vouched for it.
    """
    if seal.checkpoint is None or seal.note is None:
        return seal
    if (seal.checkpoint.origin, seal.checkpoint.size) != (manifest.origin, manifest.size):
        findings.add("E_CHECKPOINT", MANIFEST, "Manifest and checkpoint name different logs or sizes.", ASK)
    if trust is not None:
        return check_signatures(seal, trust, findings, walked.turns)
    signed = _signed(seal, _own_terms(manifest, findings), (), walked.turns, "the pack itself", findings)
    if signed is None:
        return Seal(seal.checkpoint, seal.note)
    findings.add(
        "E_UNTRUSTED",
        CHECKPOINT,
        "The pack agrees with itself, but no trust file says whose key signed it.",
        "Get the trust file from the log's owner by another way and run: clerestory-verify PACK --trust FILE",
    )
    return signed


def check_signatures(seal: Seal, trust: Trust, findings: Findings, turns: Sequence[Turn] = ()) -> Seal:
    """Check the signatures over a checkpoint, of log and witnesses, against the trusted keys and what follows them."""
    if seal.checkpoint is None or seal.note is None:
        return seal
    origin = seal.checkpoint.origin
    if not trust.keys_of(origin):
        named = ", ".join(sorted({key.name for key in trust.keys}))
        findings.add(
            "E_CHECKPOINT",
            CHECKPOINT,
            f"The checkpoint is of the log {origin}, not of {named}, which the trust file names.",
            _REMEDY,
        )
    signed = _signed(seal, trust.terms_of(origin), trust.witnesses, turns, "the trust file", findings)
    if signed is None:
        return Seal(seal.checkpoint, seal.note)
    if not trust.met_by([witness.key for witness in signed.witnesses]):
        count = len([witness for witness in signed.witnesses if witness.key in trust.independent()])
        findings.add("E_QUORUM", CHECKPOINT, _short_of(count, trust), "Ask for one that is witnessed.")
    return signed


def _signed(
    seal: Seal,
    terms: Sequence[Term],
    witnesses: Sequence[VerifierKey],
    turns: Sequence[Turn],
    named_by: str,
    findings: Findings,
) -> Seal | None:
    """Return the seal with who signed it; None where a signature of one of the keys is not over it."""
    if seal.note is None or seal.checkpoint is None:
        return None
    followed = follow(terms, turns)
    for position, reason in followed.refused:
        findings.add("E_KEY", f"leaf {position}", reason, _REMEDY)
    try:
        signed = verify_note(seal.note, [term.key for term in followed.terms])
        seen = verify_cosignatures(seal.note, witnesses)
    except SignatureMismatch as error:
        findings.add("E_SIG", CHECKPOINT, error.problem, _REMEDY)
        return None
    in_turn = tuple(key for key in signed if key in followed.at(seal.checkpoint.size))
    if not signed:
        findings.add("E_SIG", CHECKPOINT, f"The checkpoint is not signed by a key that {named_by} names.", _REMEDY)
    elif not in_turn:
        findings.add("E_KEY", CHECKPOINT, _out_of_turn(signed[0], followed, seal.checkpoint.size), _REMEDY)
    return Seal(seal.checkpoint, seal.note, in_turn, seen, tuple(followed.turns))


def _out_of_turn(key: VerifierKey, followed: Followed, size: int) -> str:
    term = next(term for term in followed.terms if term.key == key)
    said = f"The checkpoint of {size} entries is signed by the key {key.key_id.hex()} alone"
    if term.compromised:
        return f"{said}, and the trust file says that it is compromised."
    if size < term.first:
        return f"{said}, which may sign from {term.first} entries on."
    return f"{said}, which may sign no more than {term.last} entries."


def _short_of(count: int, trust: Trust) -> str:
    if trust.policy is None:
        return f"{count} of the {trust.quorum} witnesses that the trust file asks for have seen this checkpoint."
    return (
        f"{count} witnesses have seen this checkpoint, and they are not those, or not as many, as the policy asks for."
    )


def check_roots(seal: Seal, walked: Walked, seen: Sequence[tuple[str, Seal]], findings: Findings) -> None:
    """Compare the log as it was walked with the signed size and root, and with checkpoints that were seen earlier."""
    if seal.checkpoint is None:
        return
    size, signed = walked.frontier.size, seal.checkpoint.size
    if size != signed:
        word = "missing" if size < signed else "too many"
        findings.add(
            "E_SIZE",
            CHECKPOINT,
            f"The log has {size} entries and {signed} were signed: {abs(size - signed)} {word}.",
            "Ask for the whole pack.",
        )
    elif walked.frontier.root() != seal.checkpoint.root:
        findings.add(
            "E_ROOT",
            CHECKPOINT,
            "The entries do not lead to the signed root: an entry was changed, or the root was.",
            ASK,
        )
    for name, earlier in seen:
        if earlier.checkpoint is None:
            continue
        if earlier.checkpoint.origin == seal.checkpoint.origin:
            _check_extends(seal, earlier, name, walked, findings)
        else:
            findings.add(
                "E_EARLIER",
                name,
                f"The earlier file is of the log {earlier.checkpoint.origin}, this pack of {seal.checkpoint.origin}: "
                "they cannot be compared.",
                "Check that you chose the right file. If the log was given another name, ask its owner why: only "
                "under one name can be seen whether history was rewritten.",
            )


def _check_extends(seal: Seal, earlier: Seal, name: str, walked: Walked, findings: Findings) -> None:
    old = earlier.checkpoint
    if old is None or seal.checkpoint is None or walked.roots.get(old.size) == old.root:
        return
    remedy = (
        f"Keep both files: together they show it. Earlier note: {_shown(earlier)} Note of this pack: {_shown(seal)}"
    )
    what = (
        "is longer than this pack's log"
        if old.size > walked.frontier.size
        else "does not begin this pack's log: entries were changed, removed or inserted since"
    )
    findings.add("E_FORK", name, f"The log that was signed at size {old.size} {what}.", remedy)


def _shown(seal: Seal) -> str:
    return "" if seal.note is None else repr(note_bytes(seal.note).decode())


def _own_terms(manifest: Manifest, findings: Findings) -> tuple[Term, ...]:
    try:
        return tuple(Term(read_vkey(key)) for key in manifest.keys)
    except KeyMalformed as error:
        findings.add("E_SIG", MANIFEST, error.problem, _REMEDY)
        return ()


def authenticity(seal: Seal, trust: Trust | None, findings: Findings) -> Mapping[str, object]:
    """Return the part of the verdict that says who vouches for the log."""
    if seal.checkpoint is None or not findings.none_of("E_SIG", "E_KEY", "E_CHECKPOINT", "E_FORK"):
        verdict = "FAILED"
    else:
        verdict = "not authenticated" if trust is None else "authentic"
    part: dict[str, object] = {"verdict": verdict, "signed_by": [vkey_text(key) for key in seal.signed_by]}
    if seal.checkpoint is not None:
        part |= {"origin": seal.checkpoint.origin, "size": seal.checkpoint.size, "root": seal.checkpoint.root.hex()}
    if seal.turns:
        known = () if trust is None else trust.keys
        part |= {"followed": not any(key in known for key in seal.signed_by), "turns": list(map(_said, seal.turns))}
    return part


def _said(turn: Turn) -> Mapping[str, object]:
    old = predecessor(turn) if turn.act == ANNOUNCED else None
    by = {} if old is None else {"by": old.key_id.hex()}
    return {"leaf": turn.position, "act": turn.act, "key": turn.key.key_id.hex(), "why": turn.why, **by}


def witnesses(seal: Seal, trust: Trust | None) -> Mapping[str, object]:
    """Return the part of the verdict that counts the independent witnesses, by the auditor's own trust file."""
    counting = () if trust is None else trust.independent()
    seen = [witness.key.name for witness in seal.witnesses if witness.key in counting]
    count, quorum = len(seen), 0 if trust is None else trust.quorum
    enough = trust is None or trust.met_by([witness.key for witness in seal.witnesses])
    met = "quorum met" if enough else "quorum missing"
    verdict = met if count else "no independent witness"
    return {"verdict": verdict, "count": count, "required": quorum, "names": seen}
