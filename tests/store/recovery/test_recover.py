"""A log that was rolled back comes back whole from what it published and handed out, or stays as it is."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from clerestory.desk.permit import NotPermitted
from clerestory.intake.witnessing.ask import ask
from clerestory.ledger.vkey import read_vkey
from clerestory.registers.organisation.commands import recover_log
from clerestory.report.pack.write import write as write_pack
from clerestory.store import evidence, keys, log
from clerestory.store.log.cosigned import take_policy
from clerestory.store.models import LogEntry
from clerestory.store.publication.publish import publish
from clerestory.store.recovery.recover import RecoveryRefused
from clerestory.store.recovery.source import SourceRefused
from clerestory.store.sequencer import sequence
from clerestory.store.sequencer.published import read
from clerestory.store.sequencer.signing import LogRolledBack
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content
from clerestory.verify.trust import read_trust
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify
from tests.intake.witnessing.test_ask import policy, rewrite
from tests.organisation import NOW, found
from tests.simulators.witnessed import nearby
from tests.store.test_evidence import made
from tests.store.test_recheck import looked
from tests.store.test_sequencer import fill

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)
WHY = "the disk of the database failed; the backup was of the day before"


@pytest.fixture(autouse=True)
def public(tmp_path, settings):
    settings.CLERESTORY_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir(mode=0o700)
    settings.PUBLISH = tmp_path / "public"
    return settings.PUBLISH


def add(organisation: str, number: int, content: Content | None = None) -> str:
    with atomic():
        what = made(entity=f"process_run/{number}", content=content)
        return evidence.append(what, organisation_id=organisation, now=NOW).entry_id


def rolled_back(
    organisation: str,
    tmp_path: Path,
    *,
    scope: str = "all",
    files: bool = False,
    after: Callable[[], None] = lambda: None,
) -> dict[str, object]:
    """Sign, publish and pack six entries, then put back the database as it was before, and the data folder if asked."""
    fill(organisation, 3)
    sequence(organisation)
    publish(organisation)
    shutil.copytree(settings.CLERESTORY_HOME, tmp_path / "old-home")
    before = transaction.savepoint()
    entries = [
        add(organisation, 100),
        add(organisation, 101, Content(b"a report", "text/plain")),
        add(organisation, 102, Content(b"about somebody", "text/plain", personal=True)),
        add(organisation, 103),
    ]
    sequence(organisation)
    publish(organisation)
    write_pack(organisation, tmp_path / "pack.zip", at=SOON, now=SOON, scope=scope)
    after()
    state = log.status(organisation)
    transaction.savepoint_rollback(before)
    if files:
        shutil.rmtree(settings.CLERESTORY_HOME)
        shutil.copytree(tmp_path / "old-home", settings.CLERESTORY_HOME)
    return {"size": state.size, "root": state.root, "entries": tuple(entries)}


@pytest.mark.parametrize("files", [False, True], ids=["old database", "old database and old files"])
def test_t5_the_log_comes_back_with_the_published_root_and_says_who_read_it_in_and_why(
    actor, organisation, tmp_path, public, files
):
    was = rolled_back(organisation, tmp_path, files=files)
    late = add(organisation, 200)
    with pytest.raises(LogRolledBack):
        sequence(organisation)
    with pytest.raises(LogRolledBack):
        publish(organisation)
    done = recover_log(actor=actor, packs=[tmp_path / "pack.zip"], reason=WHY, now=SOON)
    assert (done.size, done.root, done.entries, done.lost) == (was["size"], was["root"], was["entries"], ())
    assert (done.had, done.moved, done.disowned) == (was["size"] - 4 + 1, 1, ())
    sequence(organisation)
    assert looked(organisation).misfits == ()
    places = dict(LogEntry.objects.filter(organisation_id=organisation).values_list("entry_id", "position"))
    assert [places[entry] for entry in was["entries"]] == list(range(done.size - 4, done.size))
    assert places[late] == done.size
    row = LogEntry.objects.get(organisation_id=organisation, kind="record.recovery")
    fact = log.entry(organisation, row.entry_id).fact
    assert (fact.values["reason"], fact.produced_by.person_id) == (WHY, actor.person_id)
    assert (fact.values["size"], fact.values["root"]) == (done.size, f"sha256:{done.root}")
    assert log.content(organisation, was["entries"][1]) == b"a report"
    assert log.content(organisation, was["entries"][2]) == b"about somebody"
    assert publish(organisation) == done.size + 2
    write_pack(organisation, tmp_path / "after.zip", at=SOON, now=SOON)
    trust = read_trust((keys.verifier_key(organisation) + "\n").encode())
    verdict = verify(tmp_path / "after.zip", trust, earlier=[tmp_path / "pack.zip"])
    assert (verdict.exit_code, verdict.problems) == (Exit.FINE, ())


def test_content_that_no_pack_holds_is_named_as_lost_and_not_as_if_it_had_never_been(actor, organisation, tmp_path):
    was = rolled_back(organisation, tmp_path, scope="without-personal")
    done = recover_log(actor=actor, packs=[tmp_path / "pack.zip"], reason=WHY, now=SOON)
    assert done.lost == (was["entries"][2],)
    sequence(organisation)
    assert log.content(organisation, was["entries"][1]) == b"a report"
    assert log.content_state(organisation, was["entries"][2]) == "erased"
    row = LogEntry.objects.get(organisation_id=organisation, kind="record.erasure")
    values = log.entry(organisation, row.entry_id).fact.values
    assert values["erased"] == done.lost
    assert values["ground"].startswith("lost, not erased on purpose")
    assert looked(organisation).misfits == ()


@pytest.mark.parametrize("count", [2, 6], ids=["shorter", "longer"])
def test_what_was_signed_over_another_history_meanwhile_is_placed_behind_and_disowned(
    actor, organisation, tmp_path, public, count
):
    was = rolled_back(organisation, tmp_path, files=True)
    hidden = public.rename(public.with_name("hidden"))
    other = [add(organisation, 300 + number) for number in range(count)]
    sequence(organisation)
    split = log.status(organisation)
    assert (split.problem, split.signed_size) == ("", was["size"] - 4 + count)
    hidden.rename(public)
    with pytest.raises(LogRolledBack):
        publish(organisation)
    done = recover_log(actor=actor, packs=[tmp_path / "pack.zip"], reason=WHY, now=SOON)
    assert (done.size, done.root, done.entries) == (was["size"], was["root"], was["entries"])
    assert (done.moved, done.disowned) == (count, (f"{split.size} {split.root}",))
    sequence(organisation)
    assert looked(organisation).misfits == ()
    places = dict(LogEntry.objects.filter(organisation_id=organisation).values_list("entry_id", "position"))
    assert [places[entry] for entry in other] == list(range(done.size, done.size + count))
    row = LogEntry.objects.get(organisation_id=organisation, kind="record.recovery")
    assert log.entry(organisation, row.entry_id).fact.values["disowned"] == done.disowned
    assert publish(organisation) == done.size + count + 1


@pytest.mark.parametrize("missing", ["facts", "everything", "reason", "nothing to do"])
def test_where_not_all_is_held_nothing_changes_and_the_place_is_named(actor, organisation, tmp_path, public, missing):
    was = rolled_back(organisation, tmp_path)
    size = log.status(organisation).size
    packs = [tmp_path / "pack.zip"] if missing in ("reason", "nothing to do") else []
    if missing == "everything":
        shutil.rmtree(public)
    if missing == "nothing to do":
        recover_log(actor=actor, packs=packs, reason=WHY, now=SOON)
        size = log.status(organisation).size
    said = {
        "facts": rf"4 entries are held nowhere; the first is at place {size}",
        "everything": "nothing that the log can be read in from",
        "reason": "No reason",
        "nothing to do": f"has all {was['size']} entries",
    }[missing]
    with pytest.raises(RecoveryRefused, match=said):
        recover_log(actor=actor, packs=packs, reason=" " if missing == "reason" else WHY, now=SOON)
    assert log.status(organisation).size == size


def test_a_pack_that_is_shorter_than_what_was_signed_is_refused_with_both_sizes(actor, organisation, tmp_path, public):
    def more() -> None:
        add(organisation, 400)
        sequence(organisation)

    was = rolled_back(organisation, tmp_path, after=more)
    with pytest.raises(
        RecoveryRefused, match=rf"reaches {was['size'] - 1} entries, but high-water mark knows {was['size']}"
    ):
        recover_log(actor=actor, packs=[tmp_path / "pack.zip"], reason=WHY, now=SOON)


def test_a_pack_of_another_log_or_one_that_was_changed_is_refused(actor, organisation, tmp_path):
    other = found("Southlight", email="south@example.org").organisation_id
    sequence(other)
    write_pack(other, tmp_path / "other.zip", at=SOON, now=SOON)
    rolled_back(organisation, tmp_path)
    with pytest.raises(SourceRefused, match=r"other\.zip is not signed by this log"):
        recover_log(actor=actor, packs=[tmp_path / "other.zip"], reason=WHY, now=SOON)
    (tmp_path / "noise.zip").write_bytes(b"noise")
    with pytest.raises(Exception, match="too short"):
        recover_log(actor=actor, packs=[tmp_path / "noise.zip"], reason=WHY, now=SOON)


def test_only_who_administers_the_organisation_recovers_its_log(member, organisation, tmp_path):
    rolled_back(organisation, tmp_path)
    with pytest.raises(NotPermitted):
        recover_log(actor=member("editor"), packs=[tmp_path / "pack.zip"], reason=WHY, now=SOON)


def test_t5_the_witness_that_saw_more_answers_409_and_cosigns_again_once_the_log_is_recovered(
    actor, organisation, tmp_path, settings
):
    with nearby(tmp_path / "w", read_vkey(keys.verifier_key(organisation))) as there:
        take_policy(organisation, policy("auditor", auditor=there))
        was = rolled_back(organisation, tmp_path, after=lambda: ask(organisation, now=SOON), files=True)
        settings.PUBLISH = None
        take_policy(organisation, policy("auditor", auditor=there))
        sequence(organisation)
        assert ask(organisation, now=SOON + timedelta(hours=1)) == 0
        status = log.status(organisation)
        assert f"It saw {was['size']} entries" in status.problem
        assert status.witnesses[0].contradicts
        recover_log(actor=actor, packs=[tmp_path / "pack.zip"], reason=WHY, now=SOON)
        sequence(organisation)
        assert ask(organisation, now=SOON + timedelta(hours=1)) == 1
    status = log.status(organisation)
    assert (status.problem, status.witnessed_size) == ("", was["size"] + 1)
    assert looked(organisation).misfits == ()


def test_t4_a_database_rewritten_with_the_real_key_is_refused_by_what_was_published(
    actor, organisation, tmp_path, public
):
    fill(organisation, 5)
    sequence(organisation)
    publish(organisation)
    was = read(public / organisation).checkpoint
    rewrite(organisation, 2)
    fill(organisation, 1, 70)
    with pytest.raises(LogRolledBack, match=f"does not begin with the {was.size} that are published"):
        sequence(organisation)
    assert "does not begin with" in log.status(organisation).problem
