"""Threats over HTTP: the same commands, for tokens; without one nothing is read or written."""

import pytest

from clerestory.registers.risk import commands
from tests.organisation import NOW, found
from tests.registers.records import register
from tests.registers.risk.architectures import SCORING
from tests.registers.test_api import call, entries, token

HERE = "risk/threats/credit-scoring"
WRITES = {
    ("put", f"{HERE}/facts"): {"facts": {"model_type": ["llm"]}, "expected_version": 1},
    ("put", f"{HERE}/mitigations/AML.M0003"): {"measure": "in place", "reason": "Trained", "expected_version": 1},
    ("put", f"{HERE}/aside/AML.T0100"): {"reason": "Nobody browses with it", "expected_version": 1},
    ("post", f"{HERE}/risks/AML.T0015"): {},
}


@pytest.fixture
def owner(db):
    """Give the owner of an organisation with one threat model."""
    actor = found()
    register(actor)
    commands.describe_architecture(actor=actor, system_id="credit-scoring", facts=SCORING, expected_version=0, now=NOW)
    return actor


@pytest.mark.parametrize("path", ["risk/threats", HERE])
def test_each_address_is_read_with_a_reading_token_and_not_without_one(owner, path):
    assert call("get", path).status_code == 401
    assert call("get", path, None, token(owner, "read")).status_code == 200


@pytest.mark.parametrize("way, path", WRITES)
def test_each_write_asks_for_a_writing_token_and_is_one_entry_or_more(owner, way, path):
    body = WRITES[way, path]
    before = entries(owner)
    assert call(way, path, body).status_code == 401
    assert call(way, path, body, token(owner, "read")).status_code == 403
    assert entries(owner) == before
    answer = call(way, path, body, token(owner, "read", "write"))
    assert answer.status_code in (200, 201), answer.content
    assert entries(owner) > before


def test_a_review_is_recorded_and_a_threat_model_says_what_it_holds(owner):
    headers = token(owner, "read", "write")
    call("post", f"{HERE}/risks/AML.T0015", {}, headers)
    made = call("post", f"{HERE}/reviews", {"conclusion": "All gone through", "expected_version": 2}, headers)
    assert made.status_code == 201, made.content
    told = call("get", HERE, None, headers).json()
    assert told["version"] == 2
    assert told["figures"]["threats"] == 8
    assert told["facts"]["exposure"] == ["internal"]
    assert [review["judged"] for review in told["reviews"]] == [["AML.T0015"]]
    listed = {row["threat"]["threat_id"]: row for row in told["threats"]}
    assert listed["AML.T0015"]["threat"]["state"] == "applies"
    assert listed["AML.T0070"]["threat"]["state"] == "not applicable"


@pytest.mark.parametrize(
    "path, body",
    [
        (f"{HERE}/facts", {"facts": {"exposure": ["moon"]}, "expected_version": 1}),
        (f"{HERE}/facts", {"facts": {"model_type": ["llm"]}, "expected_version": 7}),
        (f"{HERE}/facts", {"facts": {}, "expected_version": 1, "mood": "grim"}),
        (f"{HERE}/mitigations/AML.M9999", {"measure": "not", "reason": "It costs too much", "expected_version": 1}),
    ],
)
def test_what_does_not_hold_together_is_refused_in_one_sentence_and_nothing_is_written(owner, path, body):
    before = entries(owner)
    answer = call("put", path, body, token(owner, "read", "write"))
    assert answer.status_code in (409, 422), answer.content
    assert entries(owner) == before
