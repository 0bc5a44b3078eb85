"""Digests of released catalogues: what a verifier compares the rules of a pack with."""

import copy

import pytest

from clerestory.catalogue.load import load_document
from clerestory.catalogue.read import read_catalogue
from clerestory.catalogue.released import differing_rules, digests, nearest_release, not_released
from clerestory.catalogue.table import CatalogueUnreadable


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
    assert len(set(found.values())) == len(found) == 8 + 1 + 4


def test_rules_that_are_missing_added_or_doubled_are_named():
    whole = dict(load_document())
    (rules,) = whole["rules"]
    assert not_released(whole | {"rules": []}) == ("rules/iso42001-2023",)
    assert not_released(whole | {"rules": [rules, rules]}) == ("rules/iso42001-2023",)
    assert not_released(whole | {"rules": [rules, rules | {"framework": "dora"}]}) == ("rules/dora",)
    assert not_released(whole | {"version": "999"}) == ("version",)


def test_a_missing_framework_is_named():
    cut = dict(load_document())
    gone, *rest = cut["frameworks"]
    assert not_released(cut | {"frameworks": rest}) == (f"frameworks/{gone['framework']['id']}",)


def test_the_nearest_release_says_which_frameworks_have_rules():
    assert nearest_release(load_document() | {"rules": []}).judged == ("iso42001-2023",)


def test_a_second_table_of_rules_for_one_framework_is_not_read():
    rules = load_document()["rules"][0]
    with pytest.raises(CatalogueUnreadable, match="a second table of rules for iso42001-2023"):
        read_catalogue(load_document() | {"rules": [rules, rules]})
