"""Digests of released catalogues: what a verifier compares the rules of a pack with."""

import copy

from clerestory.catalogue.load import load_document
from clerestory.catalogue.released import differing_rules, digests, not_released


def test_the_catalogue_as_it_stands_is_a_released_one():
    assert not_released(load_document()) == (), "run tools/released.py with the version under development"


def test_a_loosened_rule_is_named_and_its_file_is_no_longer_a_released_one():
    loosened = copy.deepcopy(dict(load_document()))
    rule = next(
        r for r in loosened["rules"][0]["rule"] if r["requirement"] == "A.7.4" and r["id"] == "quality-measured"
    )
    rule["needs"][0]["max_age"] = "P9000D"
    assert differing_rules(load_document(), loosened) == ("A.7.4/quality-measured",)
    assert not_released(loosened) == ("rules/iso42001-2023",)


def test_a_removed_rule_is_named():
    cut = copy.deepcopy(dict(load_document()))
    gone = cut["rules"][0]["rule"].pop(0)
    assert differing_rules(load_document(), cut) == (f"{gone['requirement']}/{gone['id']}",)


def test_each_part_has_its_own_digest():
    found = digests(load_document())
    assert len(set(found.values())) == len(found) == 8 + 1 + 3
