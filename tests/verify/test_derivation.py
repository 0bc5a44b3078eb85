"""Statuses and catalogue: an edited claim or rule is refused and the requirement or rule is named."""

import json
from datetime import timedelta

import pytest

from clerestory.ledger import canonical
from clerestory.verify.derivation import derive
from clerestory.verify.verdict import Exit
from tests.simulators.log import START, small_log
from tests.simulators.pack import (
    MEMBERS,
    PACK,
    changed,
    codes,
    forged,
    judged,
    members_of,
    pack_of,
    places,
    zip_of,
)


def claims_with(**change: object) -> dict[str, bytes]:
    statuses = json.loads(MEMBERS["statuses.json"])
    statuses["statuses"]["iso42001-2023"]["A.6.2.2"] |= change
    return forged(MEMBERS | {"statuses.json": canonical.encode(statuses)})


def test_an_edited_status_is_refused_and_the_requirement_is_named(tmp_path):
    verdict = judged(zip_of(claims_with(conformity="CONFORMS")), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_STATUS"})
    assert places(verdict, "E_STATUS") == "iso42001-2023, A.6.2.2"
    assert "claims CONFORMS; the evidence gives NOT_EVIDENCED" in verdict.problems[0].problem
    assert verdict.derivation["verdict"] == "FAILED"
    assert verdict.derivation["mismatches"] == ["iso42001-2023 A.6.2.2"]
    assert not verdict.follows


def test_an_edited_coverage_or_reason_is_refused_too(tmp_path):
    verdict = judged(zip_of(claims_with(coverage={"have": 1, "need": 1})), tmp_path)
    assert "coverage" in verdict.problems[0].problem
    assert places(verdict, "E_STATUS") == "iso42001-2023, A.6.2.2"


def test_a_dropped_or_invented_claim_is_refused(tmp_path):
    statuses = json.loads(MEMBERS["statuses.json"])
    framework = statuses["statuses"]["iso42001-2023"]
    framework["Z.9"] = framework.pop("A.6.2.2")
    verdict = judged(zip_of(forged(MEMBERS | {"statuses.json": canonical.encode(statuses)})), tmp_path)
    assert places(verdict, "E_STATUS") == "iso42001-2023, A.6.2.2 | iso42001-2023, Z.9"


def test_statuses_of_another_moment_than_the_manifest_says_are_refused(tmp_path):
    statuses = json.loads(MEMBERS["statuses.json"]) | {"at": "2026-11-02T00:00:00.000001Z"}
    verdict = judged(zip_of(forged(MEMBERS | {"statuses.json": canonical.encode(statuses)})), tmp_path)
    assert codes(verdict) == {"E_STATUS"}


def test_statuses_are_derived_as_of_the_moment_of_the_pack_while_the_log_is_whole(tmp_path):
    early = START + timedelta(minutes=3)
    members = members_of(pack_of(small_log(), at=early))
    verdict = judged(zip_of(members), tmp_path)
    assert (verdict.exit_code, verdict.integrity["entries"]) == (Exit.FINE, 12)
    assert json.loads(members["statuses.json"])["statuses"]["iso42001-2023"]["A.7.4"]["because"] == ["entry-0003"]


@pytest.mark.parametrize(
    "old, new, named",
    [
        (b'"max_age":"P90D"', b'"max_age":"P99D"', True),
        (b'"verdict":"PASS"', b'"verdict":"FAIL"', True),
        (b'"title":"', b'"title":"X', False),
    ],
)
def test_a_changed_catalogue_is_refused_and_the_part_and_rule_are_named(old, new, named, tmp_path):
    members = forged(changed(MEMBERS, "catalogue.json", lambda data: data.replace(old, new, 1)))
    verdict = judged(zip_of(members), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "E_CATALOGUE" in codes(verdict)
    assert places(verdict, "E_CATALOGUE").startswith("catalogue.json")
    if named and verdict.derivation["catalogue"]["differing_rules"]:
        assert verdict.derivation["catalogue"]["differing_rules"][0] in places(verdict, "E_CATALOGUE")


def without_rules(statuses: dict[str, object]) -> dict[str, bytes]:
    catalogue = json.loads(MEMBERS["catalogue.json"]) | {"rules": []}
    claimed = json.loads(MEMBERS["statuses.json"]) | {"statuses": statuses}
    return forged(MEMBERS | {"catalogue.json": canonical.encode(catalogue), "statuses.json": canonical.encode(claimed)})


def test_a_pack_without_rules_and_without_statuses_is_refused(tmp_path):
    verdict = judged(zip_of(without_rules({})), tmp_path, judge=derive)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_CATALOGUE", "E_STATUS"})
    assert places(verdict, "E_CATALOGUE").startswith("catalogue.json, rules/iso42001-2023")
    assert places(verdict, "E_STATUS").startswith("iso42001-2023: ")
    assert verdict.derivation["verdict"] == "FAILED"


@pytest.mark.parametrize("kept", [{}, {"iso42001-2023": {}}])
def test_a_judge_that_leaves_requirements_out_is_a_mismatch(kept, tmp_path):
    statuses = canonical.encode(json.loads(MEMBERS["statuses.json"]) | {"statuses": kept})
    verdict = judged(zip_of(forged(MEMBERS | {"statuses.json": statuses})), tmp_path, judge=lambda *_: kept)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_STATUS"})
    assert verdict.derivation["mismatches"] == ["iso42001-2023"]


def test_two_tables_of_rules_for_one_framework_are_refused(tmp_path):
    catalogue = json.loads(MEMBERS["catalogue.json"])
    (rules,) = catalogue["rules"]
    catalogue["rules"] = [rules | {"rule": rules["rule"][:1]}, rules]
    verdict = judged(zip_of(forged(MEMBERS | {"catalogue.json": canonical.encode(catalogue)})), tmp_path, judge=derive)
    assert "E_CATALOGUE" in codes(verdict)
    assert verdict.derivation["verdict"] == "FAILED"


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"rules":1}', b"\xff", b'{"frameworks":[],"rules":[]}', b"[" * 100_000]
)
def test_a_catalogue_that_is_none_is_refused_without_a_crash(data, tmp_path):
    verdict = judged(zip_of(MEMBERS | {"catalogue.json": data}), tmp_path)
    assert "E_CATALOGUE" in codes(verdict)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW


def test_a_judge_that_cannot_judge_is_a_mismatch_and_no_crash(tmp_path):
    def broken(*_: object) -> object:
        raise KeyError("rule")

    verdict = judged(PACK, tmp_path, judge=broken)
    assert codes(verdict) == {"E_STATUS"}
