"""The log is found, read and handed over whole, at a cost that does not grow with it."""

import pytest
from django.conf import settings
from django.db import connection

from clerestory.ledger.leaf import check_commitment, digest_of, read_leaf
from clerestory.store import evidence, facts, log
from clerestory.store.evidence.payload import PayloadAltered
from clerestory.store.log.handover import NothingSigned
from clerestory.store.log.lookup import kinds
from clerestory.store.log.reading import LogAltered
from clerestory.store.models import EntryWord, LogEntry, LogState, Payload
from clerestory.store.sequencer.signing import LogRolledBack
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content, Subject
from tests.organisation import NOW
from tests.simulators import merkle
from tests.store.test_evidence import BY, SYSTEM, check, made, write
from tests.store.test_sequencer import fill, leaves


def found(organisation: str, **what: object) -> list[str]:
    """Return the kinds of what a search finds."""
    return [row.kind for row in log.search(organisation, log.Search(**what)).rows]  # type: ignore[arg-type]


def test_entries_are_found_by_word_beginning_kind_subject_and_verdict(organisation):
    write(organisation, made())
    write(organisation, check(verdict="FAIL", slice="sex=female"))
    assert found(organisation, text="risk-assess") == ["record.process_run"]
    assert found(organisation, text="asses comple") == ["record.process_run"]
    assert found(organisation, text="FAIRNESS.sel") == ["check"]
    assert found(organisation, text="female") == ["check"]
    assert found(organisation, kind="check") == ["check"]
    assert found(organisation, subject=SYSTEM) == ["check"]
    assert found(organisation, subject_kind="process") == ["record.process_run"]
    assert found(organisation, verdict="FAIL") == ["check"]
    assert found(organisation, verdict="PASS") == found(organisation, text="nowhere") == []
    assert found(organisation, text="risk", kind="check") == []


def test_an_entry_is_found_by_its_id_and_by_the_beginning_of_its_leaf_hash(organisation):
    entry = write(organisation, made())
    for text in (entry.entry_id, entry.leaf_hash[:12], entry.leaf_hash):
        assert [r.entry_id for r in log.search(organisation, log.Search(text=text)).rows] == [entry.entry_id]


def test_what_a_search_asks_for_is_never_read_as_a_pattern(organisation):
    write(organisation, made())
    assert found(organisation, text="ris_ %") != found(organisation, text="")
    assert found(organisation, text="'; drop table") == []


def test_a_page_of_a_hundred_costs_three_queries_whatever_the_size(organisation, place, django_assert_max_num_queries):
    fill(organisation, 450)
    place()
    for what in (log.Search(), log.Search(text="risk"), log.Search(kind="record.process_run", page=3)):
        with django_assert_max_num_queries(3):
            page = log.search(organisation, what)
        assert len(page.rows) == 100
        assert page.total in (450, 452)
    newest = log.search(organisation, log.Search(size=3)).rows
    assert [row.position for row in newest] == [451, 450, 449]


def test_the_search_of_words_uses_the_index(organisation):
    from django.db import connection

    from clerestory.store.log.lookup import _filtered

    fill(organisation, 50)
    plan = _filtered(organisation, log.Search(text="risk")).order_by("-id").explain()
    if connection.vendor == "sqlite":
        assert "word>? AND word<?" in plan
        assert "SCAN store_entryword" not in plan


def test_the_judge_reads_only_what_is_new(organisation, place, django_assert_num_queries):
    fill(organisation, 20)
    place()
    with django_assert_num_queries(1):
        index = facts.fact_index(organisation)
    fill(organisation, 1, 20)
    place()
    with django_assert_num_queries(1):
        again = facts.fact_index(organisation)
    assert again is index
    assert [fact.position for fact in log.facts(organisation, after=21)] == [21, 22]


def cut(organisation: str, position: int) -> None:
    """Delete the entry at a place, as somebody does who can write to the database."""
    last = LogEntry.objects.get(organisation_id=organisation, position=position)
    EntryWord.objects.filter(entry=last).delete()
    last.delete()


def restore_without_the_last(organisation: str) -> None:
    """Leave the database as it was before the last entry, tree and all."""
    cut(organisation, LogState.objects.get(organisation_id=organisation).size - 1)
    kept = leaves(organisation)
    LogState.objects.filter(organisation_id=organisation).update(size=len(kept), root=merkle.tree_hash(kept).hex())


def test_a_log_that_is_not_the_continuation_of_what_was_read_is_read_again(organisation, place):
    fill(organisation, 3)
    place()
    index = facts.fact_index(organisation)
    (settings.CLERESTORY_HOME / "marks" / f"{organisation}.json").unlink()
    restore_without_the_last(organisation)
    assert facts.fact_index(organisation) is not index


def test_a_log_older_than_what_was_signed_is_not_judged(organisation, place):
    fill(organisation, 3)
    place()
    restore_without_the_last(organisation)
    for _ in range(2):
        with pytest.raises(LogRolledBack, match="4 entries, but 5 were signed"):
            facts.fact_index(organisation)


@pytest.mark.parametrize("position", [0, 2, 4])
@pytest.mark.parametrize("known", [False, True])
def test_a_deleted_entry_is_named_instead_of_a_status(organisation, place, position, known):
    fill(organisation, 3)
    place()
    if known and position == 4:
        facts.fact_index(organisation)
    cut(organisation, position)
    for read in (log.facts, facts.fact_index, log.check_places):
        with pytest.raises(LogAltered) as raised:
            read(organisation)
        assert raised.value.remedy
    assert log.status(organisation).problem
    assert log.status(organisation).remedy


def test_an_entry_that_went_back_to_the_outbox_is_missed(organisation, place):
    fill(organisation, 3)
    place()
    LogEntry.objects.filter(organisation_id=organisation, position=3).update(position=None)
    with pytest.raises(LogAltered, match="no entry at place 3"):
        facts.fact_index(organisation)
    assert "stands at place 4" in log.status(organisation).problem
    place()
    assert log.status(organisation).problem


def test_facts_rewritten_with_their_commitment_are_not_judged(organisation, place):
    entry = write(organisation, check(verdict="FAIL"))
    place()
    row = LogEntry.objects.select_related("facts").get(entry_id=entry.entry_id)
    body = bytes(row.facts.body).replace(b'"FAIL"', b'"PASS"')
    Payload.objects.filter(pk=row.facts_id).update(body=body, commitment=digest_of(body))
    for read in (log.facts, facts.fact_index):
        with pytest.raises(PayloadAltered, match=entry.entry_id):
            read(organisation)
    with pytest.raises(PayloadAltered, match=entry.entry_id):
        log.entry(organisation, entry.entry_id)


def test_facts_stored_as_text_and_facts_of_another_entry_are_not_judged(organisation, place):
    entry, other = write(organisation, check(verdict="FAIL")), write(organisation, check(verdict="PASS", slice="a"))
    place()
    rows = LogEntry.objects.filter(organisation_id=organisation)
    kept = rows.get(entry_id=entry.entry_id).facts_id
    rows.filter(entry_id=entry.entry_id).update(facts=rows.get(entry_id=other.entry_id).facts_id)
    with pytest.raises(PayloadAltered, match=entry.entry_id):
        facts.fact_index(organisation)
    rows.filter(entry_id=entry.entry_id).update(facts=kept)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE store_payload SET body = CAST(body AS TEXT) WHERE id = %s", [kept])
        with pytest.raises(PayloadAltered, match=entry.entry_id):
            facts.fact_index(organisation)


def rewrite(organisation: str, entry_id: str) -> None:
    """Rewrite facts, their commitment, the leaf and its hash, so that they all agree."""
    row = LogEntry.objects.select_related("facts").get(organisation_id=organisation, entry_id=entry_id)
    body = bytes(row.facts.body).replace(b'"FAIL"', b'"PASS"')
    leaf = bytes(row.leaf).replace(row.facts.commitment.encode(), digest_of(body).encode())
    Payload.objects.filter(pk=row.facts_id).update(body=body, commitment=digest_of(body))
    LogEntry.objects.filter(pk=row.pk).update(leaf=leaf, leaf_hash=merkle.tree_hash([leaf]).hex())


def test_a_rewritten_entry_is_given_away_by_the_root_and_a_rewritten_root_by_the_mark(organisation, place):
    entry = write(organisation, check(verdict="FAIL"))
    fill(organisation, 2)
    place()
    rewrite(organisation, entry.entry_id)
    with pytest.raises(LogAltered, match="stored root"):
        facts.fact_index(organisation)
    root = merkle.tree_hash(leaves(organisation)).hex()
    LogState.objects.filter(organisation_id=organisation).update(root=root)
    with pytest.raises(LogRolledBack, match="not those that were signed"):
        facts.fact_index(organisation)
    assert "not those that were signed" in log.status(organisation).problem


def test_a_pack_gets_every_leaf_fact_and_content_in_order_up_to_the_checkpoint(organisation, place):
    write(organisation, made(content=Content(b"plain", "text/plain")))
    secret = write(organisation, made(entity="process_run/2", content=Content(b"Ada", "text/plain", personal=True)))
    with atomic():
        evidence.erase([secret.entry_id], ground="GDPR Art. 17", person=BY, organisation_id=organisation, now=NOW)
    write(organisation, made(entity="process_run/3", content=Content(b"Bob", "text/plain", personal=True)))
    place()
    fill(organisation, 2, 10)
    handed = log.export(organisation)
    assert handed.size == 6
    assert list(handed.leaves()) == leaves(organisation)
    for leaf, body in zip(handed.leaves(), handed.facts(), strict=True):
        check_commitment(read_leaf(leaf).facts, body)
    states = [handed.content_state(n) for n in range(6)]
    assert states == list(handed.content_states()) == ["held", "none", "held", "erased", "none", "held"]
    for position in (2, 5):
        content = handed.content(position)
        check_commitment(read_leaf(list(handed.leaves())[position]).content, content.body, content.salt)
    assert handed.content(3) is handed.content(1) is None


def test_a_log_without_a_checkpoint_cannot_be_handed_over(organisation):
    with pytest.raises(NothingSigned):
        log.export(organisation)


def test_kinds_and_totals_are_counted_as_entries_are_placed(organisation, place, django_assert_num_queries):
    fill(organisation, 5)
    place()
    write(organisation, check())
    assert log.search(organisation, log.Search()).total == 8
    assert log.search(organisation, log.Search(kind="check")).total == 1
    place()
    fill(organisation, 1, 10)
    with django_assert_num_queries(1):
        assert kinds(organisation) == ["check", "record.membership", "record.process_run", "register.organisation"]
    assert log.search(organisation, log.Search(kind="record.process_run")).total == 6
    assert log.search(organisation, log.Search()).total == 9


def test_an_unknown_subject_finds_nothing(organisation):
    assert log.search(organisation, log.Search(subject=Subject("agent", "none"))).total == 0
