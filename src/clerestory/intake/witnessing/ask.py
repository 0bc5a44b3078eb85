"""Asks the witnesses of a log's policy to cosign its newest checkpoint. None of them ever holds up the log.

They are asked at once; one that does not answer is asked again later, ever more rarely. One that says that the log was
rewritten or rolled back is shown where the log's state is shown.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from clerestory.intake.witnessing.post import Answer, post
from clerestory.ledger.exchange.policy import Named
from clerestory.ledger.exchange.witness import AnswerUnreadable, read_answer, read_size, request_bytes
from clerestory.ledger.note import read_note
from clerestory.ledger.tree import consistency_proof
from clerestory.ledger.vkey import vkey_text
from clerestory.store.log import cosigned
from clerestory.store.log.proof import SignedNoteOf, signed_checkpoint
from clerestory.store.models import WitnessVisit
from clerestory.store.sequencer.tiles import stored_nodes
from clerestory.store.unit import step
from clerestory.terms.ids import OrganisationId

WAITS = (15, 60, 300, 900, 3600)
"""Seconds until a witness that did not cosign is asked again."""
AT_ONCE = 8
Post = Callable[[str, bytes], Answer]


def due(organisation_id: OrganisationId, now: datetime) -> tuple[Named, ...]:
    """Return the witnesses that have not cosigned the newest checkpoint and are to be asked now."""
    policy, signed = cosigned.shown_policy(organisation_id), signed_checkpoint(organisation_id)
    if policy is None or signed is None:
        return ()
    known = cosigned.visits(organisation_id)
    return tuple(
        witness
        for witness in policy.witnesses.values()
        if witness.url and _is_due(known.get(vkey_text(witness.key)), signed.size, now)
    )


def ask(organisation_id: OrganisationId, *, now: datetime, send: Post = post) -> int:
    """Ask the witnesses that are due and return how many cosigned."""
    wanted, signed = due(organisation_id, now), signed_checkpoint(organisation_id)
    if not wanted or signed is None:
        return 0
    round_ = _Round(organisation_id, signed, now, send)
    known = cosigned.visits(organisation_id)
    held = {witness: visit.held if (visit := known.get(vkey_text(witness.key))) else 0 for witness in wanted}
    tries = {witness: visit.tries if (visit := known.get(vkey_text(witness.key))) else 0 for witness in wanted}
    behind = {}
    for witness, answer in round_.answers([(witness, held[witness]) for witness in wanted]):
        size = _said_size(answer)
        if size is not None and size <= signed.size and size != held[witness]:
            behind[witness] = size
        else:
            round_.take(witness, answer, held[witness], tries[witness])
    for witness, answer in round_.answers(list(behind.items())):
        round_.take(witness, answer, behind[witness], tries[witness])
    return round_.cosigned


class _Round:
    """One checkpoint of one log on its way to the witnesses."""

    def __init__(self, organisation_id: OrganisationId, signed: SignedNoteOf, now: datetime, send: Post) -> None:
        self.organisation_id, self.signed, self.now, self.send = organisation_id, signed, now, send
        self.cosigned = 0

    def answers(self, asked: Sequence[tuple[Named, int]]) -> list[tuple[Named, Answer]]:
        """Send to all of them at once; tables are read before, and no thread of these touches one."""
        if not asked:
            return []
        bodies = [(witness, self._body(held)) for witness, held in asked]
        with ThreadPoolExecutor(min(AT_ONCE, len(bodies))) as pool:
            found = list(pool.map(lambda sent: self.send(sent[0].url, sent[1]), bodies))
        return [(witness, answer) for (witness, _), answer in zip(bodies, found, strict=True)]

    def _body(self, held: int) -> bytes:
        size = self.signed.size
        old = min(held, size)
        proof: tuple[bytes, ...] = ()
        if 0 < old < size:
            proof = consistency_proof(old, size, stored_nodes(self.organisation_id, old - 1, size - 1))
        return request_bytes(old, proof, self.signed.note.encode())

    def take(self, witness: Named, answer: Answer, held: int, tries: int) -> None:
        """Keep a cosignature, or note why there is none."""
        step("witness.answered")
        problem, contradicts = self._refusal(witness, answer)
        if not problem:
            self.cosigned += 1
            return
        size = _said_size(answer)
        cosigned.note_refusal(
            self.organisation_id,
            witness.key,
            problem=problem,
            contradicts=contradicts,
            tries=tries + 1,
            next_try_at=self.now + timedelta(seconds=WAITS[min(tries, len(WAITS) - 1)]),
            held=held if size is None else size,
        )

    def _refusal(self, witness: Named, answer: Answer) -> tuple[str, bool]:
        if answer.status == 200:
            try:
                line, said = read_answer(read_note(self.signed.note.encode()), answer.body, witness.key)
            except AnswerUnreadable as error:
                return error.problem, False
            cosigned.keep(self.organisation_id, self.signed.size, line, said, self.now)
            return "", False
        size = _said_size(answer)
        if size is not None and size > self.signed.size:
            return f"It saw {size} entries of this log, which has {self.signed.size}: the log was rolled back.", True
        if answer.status == 422:
            return "It says that this log is not the continuation of what it saw: the log was rewritten.", True
        if answer.status == 0:
            return f"It does not answer: {answer.words}.", False
        words = "".join(letter for letter in answer.body[:200].decode("utf-8", "replace") if letter.isprintable())
        return f"It answered {answer.status}: {words}", False


def _is_due(visit: WitnessVisit | None, size: int, now: datetime) -> bool:
    if visit is None:
        return True
    return visit.cosigned != size and (visit.next_try_at is None or visit.next_try_at <= now)


def _said_size(answer: Answer) -> int | None:
    if answer.status != 409:
        return None
    try:
        return read_size(answer.body)
    except AnswerUnreadable:
        return None
