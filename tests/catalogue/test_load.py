"""The catalogue that ships: counts from the published structure of each framework, and refusal of what does not fit."""

import copy
import json
from datetime import date, timedelta

import pytest

from clerestory.catalogue.load import load, load_document
from clerestory.catalogue.read import read_catalogue
from clerestory.catalogue.table import CatalogueUnreadable

ISO = "iso42001-2023"
KIND = "register.ai_system"


def test_every_framework_has_the_number_of_requirements_that_its_source_gives():
    counts = {f.id: len(f.requirements) for f in load().frameworks.values()}
    assert counts == {
        ISO: 70,
        "iso27001-2022": 30 + 93,
        "iso9001-2015": 68,
        "nist-ai-rmf-1.0": 72,
        "nist-ai-600-1": 12,
        "eu-ai-act": 35 + 9,
        "nis2": 3,
        "dora": 11,
    }


def test_iso42001_has_32_clauses_and_38_controls_in_nine_areas():
    requirements = load().frameworks[ISO].requirements
    assert sum(r.kind == "clause" for r in requirements) == 32
    controls = [r for r in requirements if r.kind == "control"]
    assert len(controls) == 38
    areas = [r.group.split()[0] for r in controls]
    assert {a: areas.count(a) for a in areas} == {
        "A.2": 3, "A.3": 2, "A.4": 5, "A.5": 4, "A.6": 9, "A.7": 5, "A.8": 4, "A.9": 3, "A.10": 3,
    }  # fmt: skip


def test_the_crosswalk_holds_685_rows_that_all_resolve():
    rows = load().crosswalk
    assert len(rows) == 685
    assert sum(r.target_framework == "nist-ai-rmf-1.0" and r.basis == "published" for r in rows) == 280


def test_143_rules_cover_all_70_requirements():
    catalogue = load()
    assert len(catalogue.rules[ISO]) == 143
    assert {r.requirement for r in catalogue.rules[ISO]} == {r.id for r in catalogue.frameworks[ISO].requirements}


def test_the_one_catalogue_of_checks_has_113_names():
    assert len(load().checks) == 113


def test_iso9001_2015_is_marked_as_superseded_by_the_edition_of_2026():
    framework = load().frameworks["iso9001-2015"]
    assert framework.superseded_by == "ISO 9001:2026"
    assert framework.superseded_on == date(2026, 9, 16)


def test_the_ai_act_carries_its_amended_dates_and_the_ones_they_replaced():
    act = load().frameworks["eu-ai-act"]
    article_9 = next(r for r in act.requirements if r.id == "Art.9")
    assert dict(article_9.applies) == {"annex_iii_systems": date(2027, 12, 2), "annex_i_systems": date(2028, 8, 2)}
    document = next(d for d in load_document()["frameworks"] if d["framework"]["id"] == "eu-ai-act")
    assert {"what": "Annex III high-risk", "old": "2026-08-02", "new": "2027-12-02"} in document["superseded_date"]


def test_a_rule_is_read_with_its_ages_filters_and_tiers():
    rule = next(r for r in load().rules[ISO] if r.name == "A.7.4/quality-measured")
    assert rule.for_each == "dataset_version"
    assert rule.needs[0].families == ("data_quality",)
    assert rule.needs[0].max_age == timedelta(days=90)
    assert rule.needs[0].coverage.of == "declared_criteria"
    assert rule.by_tier["high"]["check"].max_age == timedelta(days=30)


def changed(path, value):
    document = copy.deepcopy(dict(load_document()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    "path, value, named",
    [
        (("rules", 0, "rule", 0, "for_each"), "planet", "unknown name planet"),
        (("rules", 0, "rule", 0, "requirement"), "4.9", "unknown requirement 4.9"),
        (("rules", 0, "rule", 0, "colour"), "red", "unknown key colour"),
        (("rules", 0, "rule", 0, "needs", 0, "kind"), "record.wish", "unknown name record.wish"),
        (("rules", 0, "rule", 0, "needs", 0, "max_age"), "one year", "no ISO 8601 duration"),
        (("rules", 0, "rule", 0, "needs", 0, "coverage"), {"of": "context_topics", "min": "0"}, "outside 0 to 1"),
        (("rules", 0, "rule", 1, "where"), {"stage": ["adolescence"]}, "stage cannot be ['adolescence']"),
        (("rules", 0, "rule", 1, "where"), {"in_scope": "yes"}, "does not fit the type"),
        (("frameworks", 2, "framework", "valid_from"), "yesterday", "no day"),
        (("evidence", "check", 0, "family"), "astrology", "does not resolve"),
        (("crosswalk", "mapping", 0, "rows", 0, "to"), "GOVERN 9.9", "does not resolve"),
        (("not_yet_produced", "kinds"), ["record.wish"], "unknown record.wish"),
    ],
)
def test_a_catalogue_that_does_not_fit_together_is_refused_and_the_place_is_named(path, value, named):
    with pytest.raises(CatalogueUnreadable) as refused:
        read_catalogue(changed(path, value))
    assert named in refused.value.problem
    assert refused.value.remedy


def test_a_requirement_that_stands_twice_is_refused():
    document = copy.deepcopy(dict(load_document()))
    document["frameworks"][0]["requirement"].append(document["frameworks"][0]["requirement"][0])
    with pytest.raises(CatalogueUnreadable, match="stands twice"):
        read_catalogue(document)


def test_a_catalogue_that_went_through_canonical_json_reads_the_same_to_the_order_of_every_table():
    turned = json.loads(json.dumps(load_document(), sort_keys=True))
    again = read_catalogue(turned)
    assert repr(again.rules) == repr(load().rules)
    assert repr(again.kinds[KIND].fields) == repr(load().kinds[KIND].fields)
