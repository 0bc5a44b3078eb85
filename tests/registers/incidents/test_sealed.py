"""What somebody wrote lies sealed: a copy of the database alone shows no word of it, and what was erased stays gone."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clerestory.desk.people import itself
from clerestory.registers.incidents import commands, models, queries
from clerestory.registers.incidents.rules import Concern, ConcernRefused, Outcome
from clerestory.store import log
from clerestory.store.models import SubjectKey
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found, join
from tests.registers.incidents.surroundings import in_force, spoken

SAID = Concern(topic="pressure", text="Heliotrope was told to sign.", contact="heliotrope@example.org")
DONE = Outcome(outcome="Explained", answer="Amaranth looked into it.", not_involved=True)
WORDS = ("Heliotrope", "heliotrope@example.org", "Amaranth", "Cyclamen")


def raw() -> bytes:
    """Return what the database holds: the bytes of its files, or each row of each table as text."""
    if connection.vendor == "sqlite":
        name = Path(str(connection.settings_dict["NAME"]))
        return b"".join(path.read_bytes() for path in name.parent.glob(f"{name.name}*"))
    found_rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found_rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(found_rows).encode()


def shown(held: bytes) -> list[str]:
    """Return the words that stand in bytes, as they are or as PostgreSQL writes bytes."""
    return [word for word in WORDS if word.encode() in held or word.encode().hex().encode() in held]


def told(organisation_id: str) -> str:
    received = commands.speak_up(actor=itself(organisation_id), said=SAID)
    commands.write_again(actor=itself(organisation_id), code=received.code, text="Cyclamen saw it.")
    return received.code


def test_a_copy_of_the_database_shows_neither_words_nor_contact(at_once):
    one = found()
    other = join(one.organisation_id, "editor", ("designated_management",), "other@example.org")
    in_force(one, other)
    told(one.organisation_id)
    commands.decide_outcome(actor=one, number=1, outcome=DONE)
    held = raw()
    assert b"pressure" in held
    assert shown(held) == []
    seen = queries.concern(other, 1)
    assert (seen.text, seen.contact) == (SAID.text, SAID.contact)
    assert [one.text for one in seen.messages] == ["Cyclamen saw it.", "Amaranth looked into it."]


def test_a_list_opens_no_words_and_one_concern_opens_its_own(actor, second):
    in_force(actor, second)
    for number in range(3):
        spoken(actor, now=NOW + timedelta(minutes=number))
    assert {(row.number, row.topic, row.text) for row in queries.concerns(actor)} == {
        (number, "unfair treatment", "") for number in (1, 2, 3)
    }
    assert SubjectKey.objects.filter(subject__startswith="concern:").count() == 3


def test_what_was_written_is_erased_for_good_once_it_was_answered(actor, second):
    in_force(actor, second)
    code = told(actor.organisation_id)
    with pytest.raises(ConcernRefused, match="waits"):
        commands.erase_words(actor=actor, number=1, ground="Its sender asks for it.")
    commands.decide_outcome(actor=actor, number=1, outcome=DONE)
    with pytest.raises(TextUnusable):
        commands.erase_words(actor=actor, number=1, ground=" ")
    held = bytes(models.Concern.objects.get().sealed)
    commands.erase_words(actor=second, number=1, ground="Its sender asks for it.")
    (logged,) = log.search(actor.organisation_id, log.Search(kind="record.erasure")).rows
    fact = log.entry(actor.organisation_id, logged.entry_id).fact
    assert fact.values["ground"] == "Its sender asks for it."
    assert fact.produced_by.person_id == second.person_id
    concern_entry, answer_entry = (
        models.Concern.objects.get().entry_id, models.Answer.objects.get(concern__number=1).entry_id
    )  # fmt: skip
    assert fact.values["erased"] == (concern_entry, answer_entry)
    models.Concern.objects.update(sealed=held)  # as a backup of the database alone would bring it back
    seen = queries.concern(actor, 1)
    assert (seen.text, seen.contact, seen.messages, seen.is_readable) == ("", "", (), False)
    assert (seen.topic, seen.outcome, seen.erased_for) == ("pressure", "Explained", "Its sender asks for it.")
    assert queries.concern_by_code(itself(actor.organisation_id), code).text == ""
    with pytest.raises(ConcernRefused, match="erased before"):
        commands.erase_words(actor=actor, number=1, ground="Its sender asks for it.")


def test_words_whose_key_is_of_another_server_are_not_readable_and_nothing_breaks(actor, second):
    in_force(actor, second)
    told(actor.organisation_id)
    SubjectKey.objects.filter(subject="concern:1").update(sealed_key=b"of another server, and long enough for a key")
    seen = queries.concern(actor, 1)
    assert (seen.text, seen.is_readable, seen.erased_at) == ("", False, None)


def test_words_that_lay_there_in_plain_are_sealed_and_leave_nothing_behind(at_once):
    executor = MigrationExecutor(connection)
    executor.migrate([("incidents", "0002_answers")])
    one = found()
    other = join(one.organisation_id, "editor", ("designated_management",), "other@example.org")
    in_force(one, other)
    old = executor.loader.project_state([("incidents", "0002_answers")]).apps
    # house: allow no-get-model: the tables as they were before the migration
    row = old.get_model("incidents", "Concern").objects.create(
        organisation_id=one.organisation_id, number=1, topic="pressure", text=SAID.text, contact=SAID.contact,
        code_digest="0" * 64, received_at=NOW, due_on=NOW.date(),
    )  # fmt: skip
    # house: allow no-get-model: the tables as they were before the migration
    old.get_model("incidents", "Message").objects.create(
        organisation_id=one.organisation_id, concern=row, text="Cyclamen saw it.", at=NOW
    )
    assert shown(raw()) == ["Heliotrope", "heliotrope@example.org", "Cyclamen"]
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("incidents"))
    seen = queries.concern(other, 1)
    assert (seen.text, seen.contact, [one.text for one in seen.messages]) == (
        SAID.text, SAID.contact, ["Cyclamen saw it."],
    )  # fmt: skip
    assert shown(raw()) == []
