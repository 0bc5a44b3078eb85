"""Publishing a log and reading it in again, as an operator does it."""

from datetime import timedelta

import pytest
from django.db import transaction

from clerestory.cli.server.ledger import NowhereToPublish
from clerestory.report.pack.write import write as write_pack
from clerestory.store.recovery.recover import RecoveryRefused
from clerestory.store.sequencer import sequence
from tests.cli.server.test_commands import call, document
from tests.organisation import NOW, found
from tests.store.test_sequencer import fill

pytestmark = pytest.mark.django_db
WHY = ("--reason", "disk failed", "--as", "ada@example.org")


@pytest.fixture
def organisation(tmp_path, settings):
    settings.CLERESTORY_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir(mode=0o700)
    settings.PUBLISH = tmp_path / "public"
    made = found("Northlight Bank", email="ada@example.org").organisation_id
    sequence(made)
    return made


def test_a_log_is_published_and_its_state_says_how_far(organisation, tmp_path, settings):
    assert document("ledger", "status")["logs"][0]["published_size"] == 0
    (done,) = document("ledger", "publish")["logs"]
    assert done == {"organisation": organisation, "size": 2, "folder": str(tmp_path / "public" / organisation)}
    assert "2 entries are published" in call("ledger", "publish").stdout
    assert document("ledger", "status")["logs"][0]["published_size"] == 2
    settings.PUBLISH = None
    with pytest.raises(NowhereToPublish):
        call("ledger", "publish")


def test_a_log_that_was_rolled_back_is_read_in_again_and_what_is_lost_is_said(organisation, tmp_path):
    before = transaction.savepoint()
    fill(organisation, 3)
    sequence(organisation)
    write_pack(organisation, tmp_path / "pack.zip", at=NOW + timedelta(minutes=1), now=NOW + timedelta(minutes=1))
    transaction.savepoint_rollback(before)
    assert "recover" in document("ledger", "status", code=1)["logs"][0]["remedy"]
    with pytest.raises(RecoveryRefused):
        call("ledger", "recover", *WHY)
    done = document("ledger", "recover", "--pack", str(tmp_path / "pack.zip"), *WHY)
    assert (done["had"], done["size"], len(done["entries"]), done["lost"], done["disowned"]) == (2, 5, 3, [], [])
    sequence(organisation)
    assert document("ledger", "status")["logs"][0]["size"] == 6
    problems = document("ledger", "verify", code=1)["logs"][0]["problems"]
    assert {problem["code"] for problem in problems} == {"E_ROWLESS"}
    assert {problem["where"] for problem in problems} == set(done["entries"])
