"""The page on agents says what is so: its manifest, gate and policy are run as they stand there."""

import re
from pathlib import Path

from clerestory.assurance.statistics.rate import wilson
from clerestory.terms.status import Verdict
from tests.intake.conftest import DATA, SYSTEM, Project, run

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def written(project: Project, gate: str) -> Path:
    manifest, policy = blocks("toml")
    folder = project(SYSTEM + DATA + manifest)
    (folder / "policy.toml").write_text(policy)
    (folder / "gate.py").write_text(gate)
    return folder


def test_the_gate_of_the_page_passes_and_a_careless_one_fails(project: Project) -> None:
    (gate,) = blocks("python")
    (held,) = run(written(project, gate)).results
    assert held.verdict is Verdict.PASS, held
    assert held.measurement is not None
    assert held.measurement.details["effects seen by"] == "file effects.txt"
    careless = gate.replace("amount.isascii() and amount.isdigit() and int(amount) <= 1000", 'amount <= "1000"')
    assert careless != gate
    (found,) = run(written(project, careless)).results
    assert found.verdict is Verdict.FAIL
    assert found.measurement is not None
    assert "argument outside its limit" in found.measurement.details["got through"]


def test_the_numbers_of_cases_of_the_page_are_those_of_the_interval() -> None:
    for share, n in ((0.05, 73), (0.02, 189), (0.01, 381)):
        assert f"{share:.0%} with {n}".replace("%", " %") in PAGE.replace("\n", " ")
        assert wilson(0, n).high <= share < wilson(0, n - 1).high
