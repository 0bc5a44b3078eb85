"""The demo uses a check of every family, really measured; its manifests find the same again, and its pack holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clerestory.catalogue.load import load
from clerestory.demo import card
from clerestory.demo.assistant import story
from clerestory.demo.northlight import CLOSER, MANIFESTS, SYSTEM
from clerestory.desk.models import Membership
from clerestory.intake.manifest import Manifest, read
from clerestory.intake.repeat import same
from clerestory.intake.run import run_check
from clerestory.ledger.vkey import read_vkey
from clerestory.report.pack.write import write
from clerestory.store import clock, keys, log
from clerestory.terms.fact import Fact
from clerestory.terms.ids import OrganisationId
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)
FAULTS = {"language_models.indirect-injection", "security.canary-exfiltration", "agents.approval-required"}
"""What the demo's assistant is known to do wrong, as its own programs say."""


def test_each_family_is_measured_each_manifest_repeats_and_the_pack_verifies(northlight: Path, tmp_path: Path) -> None:
    organisation_id = OrganisationId(Membership.objects.order_by("id")[0].organisation_id)
    facts = [fact for fact in log.facts(organisation_id) if "family" in fact.values]
    measured = {fact.values["family"] for fact in facts if "value" in fact.values}
    assert measured == set(load().families)
    only_the_known_faults_fail(facts)
    for manifest in manifests(northlight):
        repeats(manifest, facts)
    pack = tmp_path / "northlight.zip"
    write(organisation_id, pack, at=clock.now(), now=clock.now())
    key = read_vkey(keys.verifier_key(organisation_id))
    verdict = verify(pack, Trust(keys.origin(organisation_id), (key,)))
    assert (verdict.problems, verdict.exit_code) == ((), Exit.FINE)


def manifests(folder: Path) -> Iterator[Manifest]:
    """Yield what the people of the demo checked, in the order in which they did."""
    for name in (*MANIFESTS, *CLOSER):
        yield read(folder / SYSTEM / name)
    for name in card.MANIFESTS.values():
        yield read(folder / card.SYSTEM / name)
    for name in story.MANIFESTS:
        yield read(folder / story.SYSTEM / name)


def only_the_known_faults_fail(facts: list[Fact]) -> None:
    """The assistant fails where its programs say that they misbehave, and is sound where they do not."""
    own = [fact for fact in facts if fact.subject.id.startswith(story.SYSTEM)]
    assert {fact.values["check"] for fact in own if fact.values["verdict"] == "FAIL"} == FAULTS
    assert {fact.values["verdict"] for fact in own if fact.values["check"] not in FAULTS} == {"PASS"}


def repeats(manifest: Manifest, facts: list[Fact]) -> None:
    """Run a manifest again: each of its checks gives the numbers that stand in the log."""
    kept = {
        (fact.values["check"], fact.values["criterion"], fact.values["slice"]): fact.values
        for fact in facts
        if fact.values["config_digest"] == manifest.digest
    }
    run = run_check(manifest, now=clock.now).document()["checks"]
    assert {(check["name"], check["criterion"], check["slice"]) for check in run} == set(kept)
    for check in run:
        before, now = kept[check["name"], check["criterion"], check["slice"]], check["measurement"]
        for number in ("value", "low", "high"):
            assert same(before.get(number), now.get(number)), check["name"]
        assert (before["n"], before["verdict"]) == (now["n"], check["verdict"]), check["name"]
