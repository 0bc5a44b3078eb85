"""Every register of know and plan has a journey by its user, permission tests, pictures that are shown, and a guide."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.web.test_permissions import pages

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
REGISTERS = {
    "applicability": ("test_statement_in_a_browser", "soa-light", "**Applicability** holds"),
    "context": ("test_context_in_a_browser", "context-light", "Say what bears on you"),
    "impact": ("test_impact_in_a_browser", "impact-system-light", "Assess what a system does to people"),
    "incidents": ("test_concerns_in_a_browser", "concerns-light", "Let people speak up"),
    "inventory": ("test_inventory_in_a_browser", "register-light", "Put AI systems into the inventory"),
    "lifecycle": ("test_changes_in_a_browser", "changes-light", "Change a system that is at work"),
    "organisation": ("test_leadership_in_a_browser", "organisation-picture-light", "Say who leads and who answers"),
    "policy": ("test_policies_in_a_browser", "policy-light", "olic"),
    "risk": ("test_risks_in_a_browser", "risk-record-light", "Hold risks"),
    "roles": ("test_leadership_in_a_browser", "roles-matrix-light", "Say who leads and who answers"),
}
"""Register -> the journey of its user, a picture of it that is shown, and its words in the guide."""
OTHERS = {"data", "monitoring", "nonconformity"}
"""Registers that other capabilities promise."""
SHOWN = set(
    subprocess.run(
        ["git", "ls-files", "docs/screenshots"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
)


def lacking(name: str, journey: str, picture: str, words: str) -> list[str]:
    """Return what a register lacks of a journey, permission tests, a picture that a journey takes, and a guide."""
    path = ROOT / "tests" / "journeys" / f"{journey}.py"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    stem = re.sub(r"-(light|dark|phone)$", "", picture)
    lines = [line for line in GUIDE.splitlines() if words in line]
    walked = {address for _route, address in pages() if address.startswith(f"/{name}/")}
    found = {
        "a journey that goes to its pages": bool(re.search(rf"/{name}/|[\"']{name}[-\"']", text)),
        "pages that the permission tests walk": len(walked) > 1,
        "a picture that is shown": f"docs/screenshots/{picture}.png" in SHOWN,
        "a journey that takes the picture": stem in text,
        "words in the guide": bool(lines),
    }
    return [what for what, has in found.items() if not has]


@pytest.mark.parametrize("name", sorted(REGISTERS))
def test_a_register_has_a_journey_permission_tests_pictures_and_a_place_in_the_guide(name: str) -> None:
    assert lacking(name, *REGISTERS[name]) == []


def test_no_register_is_left_out() -> None:
    assert set(settings.REGISTERS) == set(REGISTERS) | OTHERS


def test_a_register_without_them_is_named() -> None:
    assert lacking("nothing", "test_of_nobody", "nothing-light", "No such words") == [
        "a journey that goes to its pages", "pages that the permission tests walk", "a picture that is shown",
        "a journey that takes the picture", "words in the guide",
    ]  # fmt: skip
