"""Whatever happens to a log in whatever order, it stays one log whose entries all prove themselves."""

import random

import pytest

from clerestory.ledger.tree import verify_inclusion
from clerestory.store import evidence, log, sequencer
from clerestory.store.models import LogEntry, SignedCheckpoint
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content
from tests.organisation import NOW
from tests.simulators import merkle
from tests.store.test_evidence import BY, made
from tests.store.test_recheck import looked
from tests.store.test_sequencer import leaves


class Life:
    """A log to which things happen at random."""

    def __init__(self, organisation: str, seed: int) -> None:
        self.organisation = organisation
        self.chance = random.Random(seed)
        self.with_content: list[str] = []
        self.count = 0

    def append(self) -> None:
        with atomic():
            for _ in range(self.chance.choice((1, 2, 7, 40))):
                self.count += 1
                personal = self.chance.random() < 0.5
                body = Content(f"report {self.chance.randrange(9)}".encode(), "text/plain", personal)
                content = body if self.chance.random() < 0.5 else None
                entry = evidence.append(
                    made(entity=f"process_run/{self.count}", content=content),
                    now=NOW,
                    organisation_id=self.organisation,
                )
                self.with_content += [entry.entry_id] if content else []

    def fail(self) -> None:
        with pytest.raises(KeyError):
            self._append_half()

    def _append_half(self) -> None:
        with atomic():
            evidence.append(made(), organisation_id=self.organisation, now=NOW)
            raise KeyError

    def place(self) -> None:
        sequencer.sequence(self.organisation)

    def lose_the_last_signature(self) -> None:
        newest = SignedCheckpoint.objects.filter(organisation_id=self.organisation).order_by("-size").first()
        if newest is not None and SignedCheckpoint.objects.filter(organisation_id=self.organisation).count() > 1:
            newest.delete()

    def erase(self) -> None:
        held = [e for e in self.with_content if log.content_state(self.organisation, e) == "held"]
        if held:
            with atomic():
                evidence.erase(
                    [self.chance.choice(held)],
                    ground="GDPR Art. 17",
                    person=BY,
                    organisation_id=self.organisation,
                    now=NOW,
                )

    def revoke(self) -> None:
        ids = list(
            LogEntry.objects.filter(organisation_id=self.organisation, kind="record.process_run")
            .order_by("id")
            .values_list("entry_id", flat=True)
        )
        if ids:
            with atomic():
                evidence.revoke(
                    self.chance.choice(ids), reason="x", person=BY, organisation_id=self.organisation, now=NOW
                )


@pytest.mark.parametrize("seed", range(4))
def test_a_log_survives_any_life(organisation, seed):
    life = Life(organisation, seed)
    deeds = (
        life.append,
        life.append,
        life.append,
        life.fail,
        life.place,
        life.place,
        life.lose_the_last_signature,
        life.erase,
        life.revoke,
    )
    for _ in range(40):
        life.chance.choice(deeds)()
    life.place()
    result = looked(organisation)
    assert result.misfits == ()
    assert result.outbox == 0
    assert result.root == merkle.tree_hash(leaves(organisation)).hex()
    for entry_id in life.chance.sample(life.with_content, min(5, len(life.with_content))):
        proof = log.prove(organisation, entry_id)
        verify_inclusion(
            bytes.fromhex(proof.leaf_hash),
            proof.position,
            proof.checkpoint.size,
            [bytes.fromhex(item) for item in proof.path],
            bytes.fromhex(proof.checkpoint.root),
        )
