"""A log changes its key: the old one names the next, both sign while they overlap, and whatever is cut off goes on."""

import pytest

from clerestory.desk.permit import NotPermitted
from clerestory.ledger.exchange.rotation import Term
from clerestory.ledger.note import read_note
from clerestory.ledger.sign import verify_note
from clerestory.ledger.vkey import VerifierKey
from clerestory.registers.organisation.commands import end_key, rotate_key
from clerestory.report.pack.write import write
from clerestory.store import keys, log
from clerestory.store.keys import KeyMissing, key_path
from clerestory.store.log.recheck import recheck
from clerestory.store.models import LogEntry, SignedCheckpoint
from clerestory.store.rotation import RotationRefused
from clerestory.store.unit import observers
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify
from tests.organisation import NOW
from tests.store.test_evidence import made
from tests.store.test_evidence import write as write_entry


class Killed(BaseException):
    """The process ends here."""


def killed_at(name: str, doing) -> None:
    """Do something that is ended at a step."""

    def end(step: str) -> None:
        if step == name:
            raise Killed

    observers.append(end)
    try:
        with pytest.raises(Killed):
            doing()
    finally:
        observers.remove(end)


def signed_by(organisation: str) -> tuple[VerifierKey, ...]:
    """Return the keys whose signatures stand under the newest checkpoint."""
    known = [term.key for term in keys.terms(organisation)]
    return verify_note(read_note(log.checkpoint(organisation).note.encode()), known)


def test_the_old_key_signs_alone_then_both_then_the_new_one(actor, organisation, place):
    place()
    old = keys.signing_key(organisation).key
    assert signed_by(organisation) == (old,)
    rotated = rotate_key(actor=actor, now=NOW)
    assert (rotated.old, rotated.ended) == (old, False)
    place()
    assert signed_by(organisation) == (old, rotated.new)
    assert keys.terms(organisation) == (Term(old), Term(rotated.new, first=3))
    end_key(actor=actor, now=NOW)
    place()
    assert signed_by(organisation) == (rotated.new,)
    assert keys.terms(organisation) == (Term(old, last=3), Term(rotated.new, first=3))
    assert recheck(organisation).misfits == ()


def test_the_pack_after_a_change_is_followed_by_who_knows_the_old_key_alone(actor, organisation, place, tmp_path):
    place()
    trust = Trust(keys.origin(organisation), (keys.signing_key(organisation).key,))
    for step in (rotate_key, end_key):
        step(actor=actor, now=NOW)
        place()
        write(organisation, tmp_path / "pack.zip", at=NOW, now=NOW, scope="without-personal")
        assert verify(tmp_path / "pack.zip", trust).exit_code == Exit.FINE
    early = log.export(organisation, size=2)
    assert early.verifier_key == keys.verifier_key(organisation, 2) != keys.verifier_key(organisation)


def test_a_compromised_key_ends_at_once_and_is_not_asked_again(actor, organisation, place):
    place()
    rotated = rotate_key(actor=actor, compromised=True, now=NOW)
    place()
    assert signed_by(organisation) == (rotated.new,)
    assert keys.terms(organisation)[0] == Term(rotated.old, last=3)
    assert list(LogEntry.objects.order_by("-id").values_list("kind", flat=True)[:2]) == ["record.key"] * 2
    key_path(organisation).unlink()
    write_entry(organisation, made())
    place()
    assert signed_by(organisation) == (rotated.new,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "step, written",
    [("rotation.key_made", False), ("evidence.written", False), ("unit.before_commit", False)]
    + [(f"sequencer.{name}", True) for name in ("grown", "before_commit", "after_commit", "signed", "stored")],
)
def test_a_change_that_is_cut_off_anywhere_goes_on_with_the_same_key(organisation, actor, place, step, written):
    place()
    killed_at(step, lambda: rotate_key(actor=actor, now=NOW))
    (made,) = (key_path(organisation).parent / "later" / organisation).glob("*.skey")
    place()
    assert LogEntry.objects.filter(kind="record.key").exists() == written
    if not written:
        rotate_key(actor=actor, now=NOW)
        place()
    new = keys.signing_key(organisation).key
    assert key_path(organisation, new) == made
    assert len(signed_by(organisation)) == 2
    assert recheck(organisation).misfits == ()


def test_a_second_change_waits_for_the_end_of_the_first_and_the_only_key_never_ends(actor, organisation, place):
    place()
    with pytest.raises(RotationRefused, match="One key"):
        end_key(actor=actor, now=NOW)
    rotate_key(actor=actor, now=NOW)
    with pytest.raises(RotationRefused, match="waits"):
        rotate_key(actor=actor, now=NOW)
    place()
    with pytest.raises(RotationRefused, match="Two keys"):
        rotate_key(actor=actor, now=NOW)
    end_key(actor=actor, now=NOW)
    place()
    third = rotate_key(actor=actor, now=NOW)
    place()
    assert [term.key for term in keys.terms(organisation)][-1] == third.new
    assert len(keys.terms(organisation)) == 3


def test_a_lost_new_key_signs_nothing_and_the_old_one_does_not_go_on_alone(actor, organisation, place):
    place()
    rotated = rotate_key(actor=actor, now=NOW)
    place()
    end_key(actor=actor, now=NOW)
    place()
    signed = SignedCheckpoint.objects.count()
    key_path(organisation, rotated.new).unlink()
    write_entry(organisation, made())
    with pytest.raises(KeyMissing):
        place()
    with pytest.raises(KeyMissing):
        keys.check_key(organisation)
    assert SignedCheckpoint.objects.count() == signed


@pytest.mark.parametrize("access", ["editor", "viewer", "auditor"])
def test_only_an_administrator_changes_the_key(member, access):
    one = member(access)
    for command in (rotate_key, end_key):
        with pytest.raises(NotPermitted):
            command(actor=one, now=NOW)
