"""Statuses as documents: the contract of `status --json`, and nothing that canonical JSON refuses."""

import json

from clerestory.judgement.document import judgement_document, status_document, why_document
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from tests.judgement.facts import NOON
from tests.judgement.minimal import World
from tests.judgement.stories import ISO, RULES, whole


def test_a_status_has_the_keys_of_the_contract_and_names_its_day() -> None:
    rule = next(r for r in RULES if r.name == "A.7.5/tracing-laid-down")
    index = FactIndex.of(whole(), World(whole(), rule).facts())
    document = judgement_document(evaluate(whole(), ISO, index, at=NOON))
    assert list(document) == ["framework", "at", "requirements"]
    requirements = document["requirements"]
    assert isinstance(requirements, list) and len(requirements) == 70
    assert [r["id"] for r in requirements][:3] == ["4.1", "4.2", "4.3"]
    for requirement in requirements:
        assert list(requirement) == ["id", "title", "conformity", "coverage", "because", "missing", "stale_on"]
        assert requirement["coverage"]["have"] <= requirement["coverage"]["need"]


def test_every_part_of_a_status_can_be_written_canonically() -> None:
    for rule in RULES[::7]:
        index = FactIndex.of(whole(), World(whole(), rule).facts())
        for status in evaluate(whole(), ISO, index, at=NOON).values():
            _plain(status_document(status))
            _plain(why_document(status))


def test_what_is_missing_is_said_in_words_that_a_lead_understands() -> None:
    statuses = evaluate(whole(), ISO, FactIndex.of(whole(), World(whole(), RULES[0]).facts()), at=NOON)
    texts = [text for status in statuses.values() for text in status_document(status)["missing"]]  # type: ignore[attr-defined]
    assert len(texts) > 150
    for text in texts:
        assert text[0].isupper() or ":" in text
        assert text.endswith(".")
        assert "{" not in text and "None" not in text and "record." not in text


def _plain(value: object) -> None:
    assert isinstance(value, str | int | list | dict), value
    assert not isinstance(value, float)
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _plain(item)
    json.dumps(value)
