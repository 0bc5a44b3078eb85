"""An organisation with a registered system, and a project with its manifest in the server's projects folder."""

from pathlib import Path

import pytest

from clerestory.desk.actor import Actor
from clerestory.registers.inventory.commands import register_ai_system
from clerestory.registers.inventory.rules import NO_AREA, AIRole, AISystem, Stage
from clerestory.registers.monitoring.commands import Wanted, set_up_monitor
from tests.intake.loans import MANIFEST
from tests.organisation import NOW


@pytest.fixture
def root(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    """Give the projects folder of the server."""
    folder = tmp_path / "projects"
    folder.mkdir()
    settings.PROJECTS = (folder,)
    return folder


@pytest.fixture
def project(root: Path) -> Path:
    """Give a folder with a manifest about credit scoring."""
    folder = root / "credit"
    folder.mkdir()
    (folder / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
    return folder


@pytest.fixture
def system(actor: Actor) -> str:
    """Register the system that the manifest is about."""
    return register_system(actor)


def register_system(actor: Actor, system_id: str = "credit-scoring") -> str:
    """Register a system as its owner does."""
    register_ai_system(
        actor=actor,
        system=AISystem(
            system_id=system_id,
            name="Credit scoring",
            purpose="Rank loan applications for an officer's decision",
            owner=actor.person_id,
            stage=Stage.VERIFICATION,
            ai_role=(AIRole.PROVIDER,),
            use_areas=(NO_AREA,),
            affects_people=True,
            autonomy_level=2,
            in_scope=True,
        ),
        now=NOW,
    )
    return system_id


def wanted(actor: Actor, **other: object) -> Wanted:
    """Return what is wanted of a monitor."""
    said: dict[str, object] = {
        "system_id": "credit-scoring",
        "folder": "credit",
        "interval": "daily",
        "hour": 3,
        "owner": actor.person_id,
    }
    return Wanted(**{**said, **other})  # type: ignore[arg-type]


@pytest.fixture
def monitor_id(actor: Actor, system: str, project: Path) -> str:
    """Give a monitor of credit scoring."""
    return set_up_monitor(actor=actor, wanted=wanted(actor), now=NOW).monitor_id


@pytest.fixture
def monitor_today(actor: Actor, system: str, project: Path) -> str:
    """Give a monitor of credit scoring that was set up at this moment, for what looks at the clock."""
    return set_up_monitor(actor=actor, wanted=wanted(actor)).monitor_id
