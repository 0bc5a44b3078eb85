"""Evidence enters whole or not at all, in the shape that the catalogue gives its kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.ledger.leaf import check_commitment, read_leaf
from clerestory.ledger.tree import leaf_hash
from clerestory.store import evidence, log
from clerestory.store.evidence.payload import LARGEST_ROW, PayloadAltered
from clerestory.store.evidence.shape import EvidenceFromTheFuture, EvidenceRefused
from clerestory.store.evidence.writing import IdempotencyConflict, OutsideTransaction
from clerestory.store.models import LogEntry, Payload, SubjectKey
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Approval, Content, Evidence, Machine, Person, Subject
from clerestory.terms.ids import EntryId, LeafHash, PersonId
from clerestory.terms.moment import Period
from tests.organisation import NOW

SYSTEM = Subject("ai_system", "credit-scoring")
BY = Person(PersonId("person-1"), "accountable_owner")


def made(**changes: object) -> Evidence:
    """Return evidence of a process run, or of what the changes make of it."""
    plain = Evidence(
        kind="record.process_run",
        subject=Subject("process", "risk-assessment"),
        produced_by=BY,
        observed=Period.at(NOW - timedelta(hours=1)),
        entity="process_run/1",
        values={"outcome": "completed", "criteria_met": True, "planned_for": "2026-11-20"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def check(**values: object) -> Evidence:
    """Return the evidence of a check."""
    plain: dict[str, object] = {
        "check": "fairness.selection-rate-ratio",
        "family": "fairness",
        "criterion": ">= 0.8",
        "threshold_source": "29 CFR 1607.4(D)",
        "value": "0.93",
        "low": "0.86",
        "high": "0.99",
        "n": 4210,
        "verdict": "PASS",
        "reason": "",
        "data_role": "test",
        "slice": "",
        "share_unassessable": "0",
        "run_mode": "pushed",
        "tool_version": "clerestory 0.1",
        "config_digest": "sha256:" + "1c" * 32,
        "input_digests": ("sha256:" + "9c" * 32,),
        "declared": ("fairness.selection-rate-ratio|>= 0.8|",),
        "reproduced_by": (),
    }
    return Evidence(
        kind="check",
        subject=SYSTEM,
        produced_by=Machine("clerestory", "0.1"),
        observed=Period.at(NOW),
        values=plain | values,
        entity="check/1",
    )  # type: ignore[arg-type]


def write(organisation: str, what: Evidence, **more: object) -> evidence.Entry:
    """Append in a transaction."""
    with atomic():
        return evidence.append(what, organisation_id=organisation, now=NOW, **more)  # type: ignore[arg-type]


def content_of(organisation: str) -> QuerySet[Payload]:
    """Return the contents, without that of the organisation's own profile."""
    found = LogEntry.objects.filter(organisation_id=organisation).exclude(kind="register.organisation")
    return Payload.objects.filter(pk__in=found.exclude(content=None).values("content"))


def test_an_entry_reads_back_as_what_was_said_and_its_leaf_commits_to_it(organisation, place):
    body = Content(b"the report", "text/plain")
    entry = write(organisation, made(content=body, covers=("risk-assessment@2026-11-20",)))
    place()
    record = log.entry(organisation, entry.entry_id)
    leaf = read_leaf(record.leaf)
    assert leaf_hash(record.leaf).hex() == record.leaf_hash == entry.leaf_hash
    check_commitment(leaf.facts, record.facts)
    check_commitment(leaf.content, b"the report")
    assert (record.fact.values, record.fact.covers, record.fact.has_content) == (
        made().values,
        ("risk-assessment@2026-11-20",),
        True,
    )
    assert leaf.subject == (("process:risk-assessment", ""),)
    assert (leaf.actor, leaf.at) == ("person-1", "2026-11-21T09:00:00.000000Z")
    assert log.content(organisation, entry.entry_id) == b"the report"
    assert record.position is not None


@pytest.mark.django_db(transaction=True)
def test_evidence_outside_the_transaction_of_its_record_is_refused():
    with pytest.raises(OutsideTransaction):
        evidence.append(made(), organisation_id="nobody", now=NOW)


@pytest.mark.parametrize(
    "what,part",
    [
        (made(kind="record.proces_run"), "record.process_run"),
        (made(subject=Subject("agent", "x")), "process"),
        (made(values={"outcome": "completed", "criteria_met": True}), "planned_for"),
        (made(values={**made().values, "grade": "A"}), "grade"),
        (made(values={**made().values, "outcome": "green"}), "green"),
        (made(values={**made().values, "criteria_met": "yes"}), "criteria_met"),
        (made(values={**made().values, "criteria_met": 1}), "criteria_met"),
        (made(values={**made().values, "planned_for": "2026-02-30"}), "planned_for"),
        (made(values={**made().values, "outcome": ("completed",)}), "wrong type"),
        (made(lists={"planets": ("Mars",)}), "planets"),
        (made(entity=""), "empty"),
        (check(value=0.93), "value"),
        (check(value="NaN"), "value"),
        (check(value=float("nan")), "value"),
        (check(low="inf"), "low"),
        (check(n=True), "'n'"),
        (check(verdict="GREEN"), "verdict"),
        (check(check="fairness.luck"), "check"),
        (check(data_role="holdout"), "holdout"),
        (check(config_digest="md5:1"), "config_digest"),
        (check(input_digests=["sha256:" + "9c" * 32]), "input_digests"),
    ],
)
def test_evidence_that_the_catalogue_does_not_allow_is_refused_and_names_what(organisation, what, part):
    before = LogEntry.objects.count()
    with pytest.raises(EvidenceRefused) as refused:
        write(organisation, what)
    assert part in f"{refused.value.problem} {refused.value.remedy}"
    assert LogEntry.objects.count() == before


def test_what_could_not_be_measured_is_left_out_rather_than_written_as_zero(organisation):
    values = {
        k: v
        for k, v in check(verdict="INCONCLUSIVE", reason="one group only").values.items()
        if k not in ("value", "low", "high")
    }
    assert "value" not in write(organisation, replace(check(), values=values)).fact.values


@pytest.mark.parametrize(
    "what",
    [
        made(observed=Period.at(NOW + timedelta(hours=1))),
        made(approval=Approval(PersonId("person-2"), "risk_owner", NOW + timedelta(days=1))),
    ],
)
def test_evidence_from_the_future_is_refused(organisation, what):
    with pytest.raises(EvidenceFromTheFuture):
        write(organisation, what)


def test_a_clock_that_is_a_minute_ahead_is_forgiven(organisation):
    assert write(organisation, made(observed=Period.at(NOW + timedelta(minutes=1))))


def test_every_example_of_the_catalogue_has_the_shape_that_the_catalogue_asks_for():
    from clerestory.store.evidence.shape import check_shape

    def value(v: object, t: str) -> object:
        if isinstance(v, list):
            return tuple("sha256:" + "ab" * 32 if t.endswith("digests") else i for i in v)
        return "sha256:" + "ab" * 32 if t == "digest" else v

    for kind in load().kinds.values():
        values = {k: value(v, kind.fields[k].type) for k, v in kind.example.items() if kind.fields[k].derived is None}
        check_shape(made(kind=kind.name, subject=Subject(kind.subjects[0], "x"), values=values), load(), now=NOW)


def test_a_reference_to_an_entry_that_is_not_in_the_log_is_refused(organisation):
    for what in (
        made(answers=(EntryId("entry-0"),)),
        made(supersedes=(EntryId("entry-0"),)),
        made(caused_by=(LeafHash("0" * 64),)),
    ):
        with pytest.raises(EvidenceRefused):
            write(organisation, what)


def test_a_retry_with_the_same_key_gives_the_same_entry_once(organisation, place):
    first = write(organisation, made(), idempotency_key="push-1")
    again = write(organisation, made(), idempotency_key="push-1")
    assert again.entry_id == first.entry_id
    other = write(organisation, made(), idempotency_key="push-2")
    assert other.entry_id != first.entry_id
    assert LogEntry.objects.filter(organisation_id=organisation, kind="record.process_run").count() == 2


def test_a_key_that_is_used_for_other_evidence_is_refused(organisation):
    write(organisation, made(), idempotency_key="push-1")
    with pytest.raises(IdempotencyConflict):
        write(organisation, made(entity="process_run/2"), idempotency_key="push-1")


def test_the_same_key_in_another_organisation_is_another_key(organisation):
    from tests.organisation import found

    other = found("Southlight", email="south@example.org").organisation_id
    assert (
        write(organisation, made(), idempotency_key="k").entry_id != write(other, made(), idempotency_key="k").entry_id
    )


def test_large_content_lies_in_a_file_that_only_its_owner_reads(organisation):
    body = b"x" * (LARGEST_ROW + 1)
    entry = write(organisation, made(content=Content(body, "application/pdf")))
    payload = content_of(organisation).get()
    path = settings.CLERESTORY_HOME / "payloads" / payload.file
    assert payload.body is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert log.content(organisation, entry.entry_id) == body
    path.write_bytes(b"y" + body[1:])
    with pytest.raises(PayloadAltered):
        log.content(organisation, entry.entry_id)
    path.unlink()
    with pytest.raises(PayloadAltered):
        log.content(organisation, entry.entry_id)


def test_equal_content_that_is_not_personal_is_kept_once(organisation):
    for number in (1, 2):
        write(organisation, made(entity=f"process_run/{number}", content=Content(b"same", "text/plain")))
    assert content_of(organisation).count() == 1


def test_personal_content_is_sealed_and_its_commitment_says_nothing(organisation):
    body = b"Ada Lovelace, born 1815"
    entry = write(organisation, made(content=Content(body, "text/plain", personal=True)))
    payload = content_of(organisation).get()
    assert payload.commitment.startswith("hmac-sha256:")
    assert b"Lovelace" not in bytes(payload.body)
    assert log.content(organisation, entry.entry_id) == body
    again = write(organisation, made(entity="process_run/2", content=Content(body, "text/plain", personal=True)))
    assert read_leaf(log.entry(organisation, again.entry_id).leaf).content != payload.commitment


def test_erasure_destroys_content_salt_and_key_and_leaves_facts_and_an_entry_that_says_so(organisation):
    kept = write(organisation, made(entity="process_run/2", content=Content(b"other", "text/plain", personal=True)))
    gone = write(organisation, made(content=Content(b"Ada", "text/plain", personal=True)))
    key = SubjectKey.objects.get(organisation_id=organisation, destroyed_at=None)
    with atomic():
        erased = evidence.erase(
            [gone.entry_id], ground="GDPR Art. 17", person=BY, organisation_id=organisation, now=NOW
        )
    assert erased.fact.values == {"erased": (gone.entry_id,), "ground": "GDPR Art. 17"}
    payload = Payload.objects.get(organisation_id=organisation, erased_at__isnull=False)
    assert (payload.body, payload.salt, payload.file) == (None, None, "")
    key.refresh_from_db()
    assert key.sealed_key is None
    assert log.content_state(organisation, gone.entry_id) == "erased"
    assert log.content(organisation, gone.entry_id) is None
    assert log.entry(organisation, gone.entry_id).fact.values == made().values
    assert log.content(organisation, kept.entry_id) == b"other"


def test_entries_that_share_content_are_named_together_when_it_is_erased(organisation):
    first, other = (
        write(organisation, made(entity=f"process_run/{n}", content=Content(b"same", "text/plain"))) for n in (1, 2)
    )
    with atomic():
        erased = evidence.erase(
            [other.entry_id], ground="GDPR Art. 17", person=BY, organisation_id=organisation, now=NOW
        )
    assert erased.fact.values["erased"] == (first.entry_id, other.entry_id)


def test_a_revocation_names_the_entry_and_stays_about_its_subject(organisation):
    entry = write(organisation, made())
    with atomic():
        revoked = evidence.revoke(entry.entry_id, reason="wrong day", person=BY, organisation_id=organisation, now=NOW)
    assert revoked.fact.kind == "record.revocation"
    assert revoked.fact.values == {"revokes": (entry.entry_id,), "reason": "wrong day"}
    assert revoked.fact.subject == entry.fact.subject


@pytest.mark.parametrize("how", ["unknown", "twice", "no reason", "no content", "no ground"])
def test_a_removal_that_makes_no_sense_is_refused(organisation, how):
    entry = write(organisation, made())
    with atomic():
        revoked = evidence.revoke(entry.entry_id, reason="x", person=BY, organisation_id=organisation, now=NOW)
    calls: dict[str, Callable[[], object]] = {
        "unknown": lambda: evidence.revoke(EntryId("entry-0"), reason="x", person=BY, organisation_id=organisation),
        "twice": lambda: evidence.revoke(revoked.entry_id, reason="x", person=BY, organisation_id=organisation),
        "no reason": lambda: evidence.revoke(entry.entry_id, reason=" ", person=BY, organisation_id=organisation),
        "no content": lambda: evidence.erase([entry.entry_id], ground="x", person=BY, organisation_id=organisation),
        "no ground": lambda: evidence.erase([entry.entry_id], ground="", person=BY, organisation_id=organisation),
    }
    with pytest.raises(EvidenceRefused), atomic():
        calls[how]()


def test_an_entry_of_another_organisation_cannot_be_read_revoked_or_named(actor: Actor, organisation):
    from tests.organisation import found

    other = found("Southlight", email="south@example.org").organisation_id
    entry = write(other, made())
    with pytest.raises(log.reading.EntryUnknown):
        log.entry(organisation, entry.entry_id)
    with pytest.raises(EvidenceRefused), atomic():
        evidence.revoke(entry.entry_id, reason="x", person=BY, organisation_id=organisation, now=NOW)
    with pytest.raises(EvidenceRefused):
        write(organisation, made(answers=(entry.entry_id,)))


def test_facts_that_were_altered_in_the_database_are_refused_when_read(organisation, place):
    entry = write(organisation, made())
    place()
    row = LogEntry.objects.select_related("facts").get(entry_id=entry.entry_id)
    changed = bytes(row.facts.body).replace(b"completed", b"stopped  ")
    Payload.objects.filter(pk=row.facts_id).update(body=changed)
    with pytest.raises(PayloadAltered, match=entry.entry_id):
        log.facts(organisation)


def test_evidence_never_counts_as_received_before_what_is_in_the_log_already(organisation, place):
    from tests.organisation import found

    before = NOW - timedelta(days=30)
    early = made(observed=Period.at(before))
    with atomic():
        entry = evidence.append(early, organisation_id=organisation, now=before)
        later = evidence.append(made(entity="process_run/2"), organisation_id=organisation, now=NOW + timedelta(1))
        again = evidence.append(made(entity="process_run/3"), organisation_id=organisation, now=NOW)
    assert entry.fact.received_at == NOW
    assert entry.fact.observed == Period.at(before)
    assert later.fact.received_at == again.fact.received_at == NOW + timedelta(1)
    place()
    received = [fact.received_at for fact in log.facts(organisation)]
    assert received == sorted(received)
    other = found("Southlight", email="south@example.org", now=before).organisation_id
    with atomic():
        assert evidence.append(early, organisation_id=other, now=before).fact.received_at == before


@pytest.mark.django_db(transaction=True)
def test_an_entry_and_its_record_exist_together_or_not_at_all():
    from tests.organisation import found

    actor = found()
    before = (LogEntry.objects.count(), Payload.objects.count())

    def write_half() -> None:
        with atomic():
            evidence.append(made(content=Content(b"y", "text/plain")), organisation_id=actor.organisation_id, now=NOW)
            raise KeyError("the register row failed")

    with pytest.raises(KeyError):
        write_half()
    assert (LogEntry.objects.count(), Payload.objects.count()) == before
    assert not connection.in_atomic_block


def runs(count: int, first: int = 0) -> list[Evidence]:
    """Return evidence of so many process runs."""
    return [made(entity=f"process_run/{number}") for number in range(first, first + count)]


def test_many_pieces_are_the_entries_that_each_would_be(actor: Actor, place: Callable[[], int]) -> None:
    where = actor.organisation_id
    with atomic():
        alone = evidence.append(made(entity="process_run/alone"), organisation_id=where, now=NOW)
        together = evidence.append_all(runs(3), organisation_id=where, now=NOW)
    place()
    assert [entry.fact.entity for entry in together] == ["process_run/0", "process_run/1", "process_run/2"]
    for each in (alone, *together):
        kept = log.entry(where, each.entry_id)
        assert (kept.fact.values, kept.fact.received_at) == (alone.fact.values, alone.fact.received_at)
        row = LogEntry.objects.select_related("facts").get(entry_id=each.entry_id)
        assert leaf_hash(bytes(row.leaf)).hex() == each.leaf_hash
        check_commitment(row.facts.commitment, bytes(row.facts.body or b""), None)
    places = [LogEntry.objects.get(entry_id=entry.entry_id).position for entry in together]
    assert places == sorted(place for place in places if place is not None)
    assert log.search(where, log.Search(text="risk-assessment")).total == 4
    assert log.search(where, log.Search(text=together[2].entry_id)).total == 1


def test_many_pieces_cost_as_many_statements_as_few(actor: Actor, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    def asked(pieces: list[Evidence]) -> int:
        with atomic(), django_assert_max_num_queries(12) as captured:
            evidence.append_all(pieces, organisation_id=actor.organisation_id, now=NOW)
        return len(captured.captured_queries)

    few = asked(runs(3))
    assert asked(runs(60, first=3)) == few


@pytest.mark.parametrize(
    "wrong", [made(answers=(EntryId("entry-none"),)), made(kind="no.such_kind"), made(values={"outcome": "odd"})]
)
def test_many_pieces_of_which_one_is_wrong_are_none(actor: Actor, wrong: Evidence) -> None:
    before = LogEntry.objects.count(), Payload.objects.count()
    with pytest.raises(EvidenceRefused), atomic():
        evidence.append_all([*runs(2), wrong], organisation_id=actor.organisation_id, now=NOW)
    assert (LogEntry.objects.count(), Payload.objects.count()) == before
