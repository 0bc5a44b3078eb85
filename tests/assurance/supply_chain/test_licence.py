"""Licence terms: expressions read by the grammar of SPDX, held against rules with three answers."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from clerestory.assurance.supply_chain.spdx import Both, Licence, NotAnExpression, Rules, parse, permitted
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "supply_chain.licence"
VECTORS = Path(__file__).parents[2] / "vectors" / "supply_chain"
RULES = 'allow = ["MIT", "Apache-2.0", "Unicode-3.0"]\ndeny = ["AGPL-3.0-only"]\n[data]\nallow = ["CC-BY-4.0"]\n'


def test_the_example_of_the_standard_binds_as_it_says():
    # SPDX 2.3, annex D.4.5: "LGPL-2.1-only OR BSD-3-Clause AND MIT" is LGPL, or else both of the others.
    assert parse("LGPL-2.1-only OR BSD-3-Clause AND MIT") == Both(
        "OR", (Licence("LGPL-2.1-only"), Both("AND", (Licence("BSD-3-Clause"), Licence("MIT"))))
    )
    assert parse("MIT AND (LGPL-2.1-or-later OR BSD-3-Clause)") == Both(
        "AND", (Licence("MIT"), Both("OR", (Licence("LGPL-2.1-or-later"), Licence("BSD-3-Clause"))))
    )
    assert parse("GPL-2.0-or-later WITH Bison-exception-2.2") == Licence("GPL-2.0-or-later", "Bison-exception-2.2")


@pytest.mark.parametrize(
    "text", ["", "MIT AND", "AND MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "MIT WITH (", "a b c", "MIT; no"]
)
def test_what_breaks_the_grammar_is_no_expression_for_us_nor_for_packaging(text):
    with pytest.raises(NotAnExpression):
        parse(text)
    with pytest.raises(InvalidLicenseExpression):
        canonicalize_license_expression(text)


@pytest.mark.parametrize(
    "text, answer",
    [
        ("MIT OR AGPL-3.0-only", True),
        ("MIT AND AGPL-3.0-only", False),
        ("MIT AND Unheard-1.0", None),
        ("Unheard-1.0 AND AGPL-3.0-only", False),
        ("Unheard-1.0 OR mit", True),
        ("Unheard-1.0 OR AGPL-3.0-only", None),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("Apache-2.0+", True),
    ],
)
def test_of_or_one_is_enough_and_of_and_all_are_needed(text, answer):
    assert permitted(parse(text), Rules.of(["MIT", "Apache-2.0"], ["AGPL-3.0-only"])) is answer


def test_a_real_sbom_passes_rules_that_allow_its_terms_and_fails_others(tmp_path):
    files = {"hypothesis.cdx.json": (VECTORS / "hypothesis_6.170.15.cdx.json").read_bytes(), "licences.toml": RULES}
    found = measured(NAME, write(tmp_path, files))
    assert (found.value, found.high, found.n) == (0.0, 0.0, 13)
    assert verdict(found) is Verdict.PASS
    write(tmp_path, {"licences.toml": 'allow = ["Apache-2.0"]\ndeny = ["Unicode-3.0"]\n'})
    strict = measured(NAME, tmp_path)
    assert strict.value == 1.0 and "unicode-ident" in strict.details["code: broken"]
    assert verdict(strict) is Verdict.FAIL


def test_data_and_models_have_rules_of_their_own_and_no_terms_are_not_judged(tmp_path):
    components = [
        {"type": "data", "name": "speech", "licenses": [{"license": {"id": "MIT"}}]},
        {"type": "machine-learning-model", "name": "net", "licenses": [{"expression": "AGPL-3.0-only"}]},
        {"type": "library", "name": "bare"},
    ]
    items = "[[item]]\nname = 'survey'\nkind = 'data'\nlicence = 'CC-BY-4.0'\n"
    sbom = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components})
    folder = write(tmp_path, {"m.cdx.json": sbom, "licences.toml": RULES, "terms.toml": items})
    found = measured(NAME, folder, terms="terms.toml")
    assert {cell.group: (cell.value, cell.high) for cell in found.by_group} == {
        "code": (None, None),
        "data": (0.0, 1.0),
        "model": (1.0, 1.0),
    }
    assert "no terms are given" in found.details["code: not judged"]
    assert verdict(found) is Verdict.FAIL


@pytest.mark.parametrize(
    "rules, problem",
    [(None, "no file"), ("deny = []", "allows no licence"), ("allow = 3", "no list"), ("x", "no TOML")],
)
def test_rules_that_cannot_be_used_are_refused(rules, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, {} if rules is None else {"licences.toml": rules}))


trees = st.recursive(
    st.sampled_from(["A", "B", "C"]).map(Licence),
    lambda inner: st.builds(Both, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    max_leaves=6,
)


def written(tree) -> str:
    if isinstance(tree, Licence):
        return str(tree)
    return "(" + f" {tree.operator} ".join(map(written, tree.parts)) + ")"


@given(trees, st.sets(st.sampled_from("ABC")), st.sets(st.sampled_from("ABC")))
def test_reading_gives_back_what_was_written_and_the_answer_is_that_of_truth_tables(tree, allow, deny):
    rules = Rules.of(allow, deny - allow)

    def holds(part, world) -> bool:
        if isinstance(part, Licence):
            return part.name in world
        return (any if part.operator == "OR" else all)(holds(inner, world) for inner in part.parts)

    open_ones = set("ABC") - allow - (deny - allow)
    least, most = holds(tree, allow), holds(tree, allow | open_ones)
    assert permitted(parse(written(tree)), rules) is (least if least == most else None)
