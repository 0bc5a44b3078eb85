"""What witnesses said of a log: the organisation's policy, their cosignatures, and how far the quorum has seen.

The policy is a file beside the keys. A witness that its quorum does not name is asked, and counts for nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from clerestory.ledger.exchange.policy import LARGEST, Named, Policy, PolicyMalformed, read_policy
from clerestory.ledger.note import MOST_SIGNATURES, NoteSignature, SignedNote, note_bytes, read_note
from clerestory.ledger.sign import Cosigned
from clerestory.ledger.vkey import VerifierKey, vkey_text
from clerestory.store.home import HomeNotWritable, sync_folder, write_new
from clerestory.store.keys import origin, terms
from clerestory.store.models import Cosignature, WitnessVisit
from clerestory.store.unit import atomic, step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

_RECENT = 200
"""So many of the newest cosignatures are looked at for the newest size that enough witnesses saw."""


class PolicyRefused(ClerestoryError):
    """A policy cannot be the one by which the witnesses of this log are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessStand:
    """How it stands with one witness; ``counts`` where the quorum names it, ``size`` is what it cosigned last."""

    name: str
    address: str
    counts: bool
    size: int
    at: datetime | None
    problem: str
    contradicts: bool


def policy_path(organisation_id: OrganisationId) -> Path:
    """Return where the policy of a log lies."""
    return Path(settings.CLERESTORY_HOME) / "witnesses" / f"{organisation_id}.policy"


def policy_of(organisation_id: OrganisationId) -> Policy | None:
    """Return the policy by which witnesses are asked, or None where there is none.

    Raises:
        PolicyMalformed: the file is no policy.
    """
    try:
        with policy_path(organisation_id).open("rb") as file:
            return read_policy(file.read(LARGEST + 1))
    except FileNotFoundError:
        return None


def take_policy(organisation_id: OrganisationId, data: bytes) -> Policy:
    """Check a policy and put it in place of the one before.

    Raises:
        PolicyMalformed: it is no policy.
        PolicyRefused: it is of another log, names no witness with an address, or more than a note can hold.
        HomeNotWritable: the data folder cannot be written.
    """
    policy = read_policy(data)
    own = [term.key for term in terms(organisation_id) if term.last is None]
    if policy.logs and not any(log.key in own for log in policy.logs):
        raise PolicyRefused(
            _("The policy is not for the log {origin}: it names other keys.", origin=origin(organisation_id)),
            _("Write the key that `clerestory ledger trust` prints in its log line, or leave the line out."),
        )
    asked = [witness for witness in policy.witnesses.values() if witness.url]
    if not 1 <= len(asked) < MOST_SIGNATURES or not all(_is_address(witness.url) for witness in asked):
        raise PolicyRefused(
            _("The policy names no witness with an http address, or more than {most}.", most=MOST_SIGNATURES - 1),
            _("Write: witness NAME KEY https://witness.example"),
        )
    path = policy_path(organisation_id)
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.unlink(missing_ok=True)
        write_new(fresh, data)
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HomeNotWritable(
            _("The policy {path} cannot be written: {strerror}.", path=path, strerror=error.strerror),
            _("Give the data folder write permission and free space."),
        ) from error
    return policy


def logs_with_policy() -> tuple[OrganisationId, ...]:
    """Return the logs of this server that have a policy; reads one folder and no table."""
    folder = Path(settings.CLERESTORY_HOME) / "witnesses"
    return tuple(OrganisationId(path.stem) for path in sorted(folder.glob("*.policy")))


def visits(organisation_id: OrganisationId) -> dict[str, WitnessVisit]:
    """Return how it went with each witness, by its key."""
    return {row.witness: row for row in WitnessVisit.objects.filter(organisation_id=organisation_id)}


def keep(organisation_id: OrganisationId, size: int, line: NoteSignature, said: Cosigned, now: datetime) -> None:
    """Keep a cosignature that was checked; the newest one of a witness for a size replaces the one before."""
    text = note_bytes(SignedNote("\n", (line,))).decode()[2:]
    at = datetime.fromtimestamp(min(said.at, 253_402_300_799), UTC)
    witness = vkey_text(said.key)
    with atomic():
        Cosignature.objects.update_or_create(
            organisation_id=organisation_id,
            size=size,
            witness=witness,
            defaults={"line": text, "at": at, "received_at": now},
        )
        WitnessVisit.objects.update_or_create(
            organisation_id=organisation_id,
            witness=witness,
            defaults={
                "held": size, "cosigned": size, "at": at, "tries": 0, "problem": "", "contradicts": False,
                "next_try_at": None,
            },
        )  # fmt: skip
    step("witness.kept")


def note_refusal(
    organisation_id: OrganisationId,
    witness: VerifierKey,
    *,
    problem: str,
    contradicts: bool,
    tries: int,
    next_try_at: datetime,
    held: int,
) -> None:
    """Note what a witness said instead of cosigning, and when it is asked again."""
    with atomic():
        WitnessVisit.objects.update_or_create(
            organisation_id=organisation_id,
            witness=vkey_text(witness),
            defaults={
                "held": held, "problem": problem, "contradicts": contradicts, "tries": tries,
                "next_try_at": next_try_at,
            },
        )  # fmt: skip


def cosigned_note(organisation_id: OrganisationId, size: int, note: str) -> str:
    """Return a checkpoint with the lines of the witnesses that cosigned it, in the order of their keys."""
    rows = Cosignature.objects.filter(organisation_id=organisation_id, size=size).order_by("witness")
    lines = list(rows.values_list("line", flat=True))[: MOST_SIGNATURES - note.count("\n\u2014 ")]
    return note_bytes(read_note((note + "".join(lines)).encode())).decode() if lines else note


def witnessed_size(organisation_id: OrganisationId, policy: Policy | None) -> int:
    """Return the newest size of a log that enough of the witnesses that count have cosigned; 0 where none is."""
    counting = {vkey_text(witness.key): witness.key for witness in policy.counting()} if policy else {}
    if policy is None or not counting:
        return 0
    rows = Cosignature.objects.filter(organisation_id=organisation_id, witness__in=counting).order_by("-size")
    seen: dict[int, list[VerifierKey]] = defaultdict(list)
    for size, witness in rows.values_list("size", "witness")[:_RECENT]:
        seen[size].append(counting[witness])
    return max((size for size, keys in seen.items() if policy.met_by(keys)), default=0)


def stands(organisation_id: OrganisationId, policy: Policy | None) -> tuple[WitnessStand, ...]:
    """Return how it stands with each witness of the policy, in its order."""
    if policy is None:
        return ()
    known, counting = visits(organisation_id), policy.counting()
    return tuple(_stand(witness, known.get(vkey_text(witness.key)), counting) for witness in policy.witnesses.values())


def shown_policy(organisation_id: OrganisationId) -> Policy | None:
    """Return the policy, or None too where its file cannot be read: what only shows the log does not fail by it."""
    try:
        return policy_of(organisation_id)
    except (PolicyMalformed, OSError):
        return None


def _stand(witness: Named, visit: WitnessVisit | None, counting: Iterable[Named]) -> WitnessStand:
    return WitnessStand(
        name=witness.key.name,
        address=witness.url,
        counts=witness in counting,
        size=visit.cosigned if visit else 0,
        at=visit.at if visit else None,
        problem=visit.problem if visit else "",
        contradicts=visit.contradicts if visit else False,
    )


def _is_address(url: str) -> bool:
    return url.startswith(("https://", "http://")) and url.isprintable() and url.isascii()
