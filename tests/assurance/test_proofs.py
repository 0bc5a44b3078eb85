"""Each check has a known answer from outside, a property, an example that is run and a section in the reference.

The table is `proofs.toml`. Nothing is run here: the tests that it names are read (`proof.py`) and run where they stand.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from clerestory.assurance.registry import registered
from tests.assurance import proof

TABLE = Path(__file__).parent / "proofs.toml"
KEYS = {"vector", "from", "property"}
EXAMPLES_RUN = "tests/house/test_docs_site.py::test_the_example_of_every_check_can_be_run_as_it_stands"
REFERENCE_HELD = "tests/house/test_docs_site.py::test_the_reference_is_what_the_code_says"
HOMES = {name: check._formula.__module__ for name, check in registered().items()}
"""The file of the formula of each check."""


def read(file: Path = TABLE) -> dict[str, dict[str, str]]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def problems(
    table: Mapping[str, Mapping[str, str]], homes: Mapping[str, str], root: Path = proof.ROOT
) -> Iterator[str]:
    """Yield what lacks of the proofs of the checks whose formulas stand in these files."""
    yield from (f"{name}: is no registered check" for name in sorted(set(table) - set(homes)))
    for name, formula in homes.items():
        if name not in table:
            yield f"{name}: has no entry in proofs.toml"
            continue
        entry = table[name]
        if set(entry) != KEYS or not all(entry.values()):
            yield f"{name}: an entry has {', '.join(sorted(KEYS))}, and nothing else"
            continue
        yield from (f"{name}: {problem}" for problem in _of_entry(name, formula, entry, root))
    for name in homes:
        yield from (f"{name}: {problem}" for problem in _of_documents(name, root))


def _of_entry(name: str, formula: str, entry: Mapping[str, str], root: Path) -> Iterator[str]:
    for key, holds, what in (
        ("vector", proof.holds_answer, "asserts no value that comes from elsewhere"),
        ("property", proof.is_property, "is not drawn by hypothesis, or does not reach our code"),
    ):
        found = proof.found_test(entry[key], root)
        if found is None:
            yield f"{key} names no test: {entry[key]}"
            continue
        if not holds(found):
            yield f"{key} {what}: {entry[key]}"
        if not proof.speaks_of(found, name, formula):
            yield f"{key} does not reach the check: {entry[key]}"


def _of_documents(name: str, root: Path) -> Iterator[str]:
    family = name.partition(".")[0]
    examples, page = root / "tools/examples" / f"{family}.toml", root / "docs/reference/checks" / f"{family}.md"
    if not examples.is_file() or name not in tomllib.loads(examples.read_text(encoding="utf-8")):
        yield f"has no example in tools/examples/{family}.toml"
    if not page.is_file() or f"## {name}" not in page.read_text(encoding="utf-8").splitlines():
        yield f"has no section in docs/reference/checks/{family}.md"


def test_every_check_has_an_answer_from_outside_a_property_an_example_and_a_section():
    assert list(problems(read(), HOMES)) == []


@pytest.mark.parametrize("node", [EXAMPLES_RUN, REFERENCE_HELD])
def test_the_tests_that_run_every_example_and_hold_every_page_to_the_code_exist(node):
    found = proof.found_test(node, proof.ROOT)
    assert found is not None
    if node == EXAMPLES_RUN:
        assert any("registered" in ast.dump(item) for item in found.test.decorator_list)


NAME = "fairness.demographic-parity"
MODULE = """
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from clerestory.assurance.registry import find
from clerestory.terms.status import Verdict

CHECK = find("fairness.demographic-parity")


def measured(n):
    return CHECK.measure(n)


def test_frozen():
    assert measured(3).value == pytest.approx(0.25)


@pytest.mark.parametrize("n, expected", [(3, 0.25)])
def test_by_another_program(n, expected):
    low = binomtest(1, n).proportion_ci().low
    assert (measured(n).low, expected) == (low, expected)


def test_computed_with_the_code_under_test():
    expected = measured(4)
    half = expected.value / 2
    assert measured(3).value == half
    assert measured(3).verdict is Verdict.PASS


def test_says_nothing():
    assert measured(3).reason == None


@given(st.integers())
def test_drawn(n):
    assert measured(n).value <= 1


@given(st.integers())
def test_drawn_of_nothing_of_ours(n):
    assert n + 1 > n


def test_of_another_check():
    assert find("fairness.equal-opportunity").measure(3).value == 0.25
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one check and tests of every kind."""
    for name, body in {
        "tests/test_x.py": MODULE,
        "tools/examples/fairness.toml": f'["{NAME}"]\ncriterion = "<= 0.1"\n',
        "docs/reference/checks/fairness.md": f"# Fairness\n\n## {NAME}\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body, encoding="utf-8")
    return tmp_path


def entry(vector: str = "test_frozen", drawn: str = "test_drawn", **more: str) -> dict[str, dict[str, str]]:
    base = {"vector": f"tests/test_x.py::{vector}", "from": "by hand", "property": f"tests/test_x.py::{drawn}"}
    return {NAME: base | more}


def found(table: Mapping[str, Mapping[str, str]], root: Path) -> str:
    return "\n".join(problems(table, {NAME: HOMES[NAME]}, root))


def test_a_whole_entry_has_no_problem_whether_its_answer_is_frozen_or_of_another_program(root):
    assert found(entry(), root) == ""
    assert found(entry("test_by_another_program"), root) == ""


@pytest.mark.parametrize(
    "table, problem",
    [
        ({}, "has no entry"),
        (entry("test_gone"), "vector names no test"),
        (entry(drawn="test_gone"), "property names no test"),
        (entry(vector="measured"), "vector names no test"),
        (entry(property="tests/x.py::test_drawn"), "property names no test"),
        (entry("test_computed_with_the_code_under_test"), "vector asserts no value that comes from elsewhere"),
        (entry("test_says_nothing"), "vector asserts no value"),
        (entry("test_drawn"), "vector asserts no value"),
        (entry(drawn="test_frozen"), "property is not drawn by hypothesis"),
        (entry(drawn="test_drawn_of_nothing_of_ours"), "property is not drawn by hypothesis, or does not reach"),
        (entry("test_of_another_check"), "vector does not reach the check"),
        (entry(**{"from": ""}), "an entry has from, property, vector"),
        (entry(source="x"), "an entry has from, property, vector"),
        (entry() | {"fairness.gone": entry()[NAME]}, "is no registered check"),
    ],
)
def test_what_lacks_of_a_proof_is_found(table, problem, root):
    assert problem in found(table, root)


@pytest.mark.parametrize(
    "file, problem",
    [
        ("tools/examples/fairness.toml", "has no example"),
        ("docs/reference/checks/fairness.md", "has no section"),
    ],
)
def test_a_check_without_example_or_section_is_found(file, problem, root):
    (root / file).write_text("", encoding="utf-8")
    assert problem in found(entry(), root)
    (root / file).unlink()
    assert problem in found(entry(), root)


def test_every_registered_check_is_asked_for():
    assert set(HOMES) == set(registered())
    said = set(problems({}, HOMES))
    assert {f"{name}: has no entry in proofs.toml" for name in registered()} <= said
