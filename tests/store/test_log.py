"""The log is found, read and handed over whole, at a cost that does not grow with it."""

import pytest

from clerestory.ledger.leaf import check_commitment, read_leaf
from clerestory.store import evidence, facts, log
from clerestory.store.log.handover import NothingSigned
from clerestory.store.log.lookup import kinds
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content, Subject
from tests.organisation import NOW
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


def test_a_log_that_is_not_the_continuation_of_what_was_read_is_read_again(organisation, place):
    from clerestory.store.models import EntryWord, LogEntry

    fill(organisation, 3)
    place()
    index = facts.fact_index(organisation)
    last = LogEntry.objects.get(organisation_id=organisation, position=4)
    EntryWord.objects.filter(entry=last).delete()
    last.delete()
    assert facts.fact_index(organisation) is not index


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
    assert states == list(handed.content_states()) == ["none", "none", "held", "erased", "none", "held"]
    for position in (2, 5):
        content = handed.content(position)
        check_commitment(read_leaf(list(handed.leaves())[position]).content, content.body, content.salt)
    assert handed.content(3) is handed.content(0) is None


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
