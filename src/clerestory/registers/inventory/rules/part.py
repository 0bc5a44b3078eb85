"""Parts of an AI system beside models and data: agents, deployments, prompts, uses, AI embedded in what was bought."""

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from clerestory.registers.inventory.rules.agent import Act, Agent, AgentStatus, Tool, check_agent
from clerestory.registers.inventory.rules.record import InventoryRefused, word
from clerestory.terms.day import EARLIEST_LAW, not_before
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
LONGEST_SLUG = 80


class DeploymentStatus(StrEnum):
    """State of a deployment."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class PartStatus(StrEnum):
    """State of a prompt, a use or bought software."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A model version put to work in one place. None means unknown."""

    kind: ClassVar[str] = "deployment"
    system_id: str
    slug: str
    name: str
    model_version: str
    environment: str
    place: str
    started_on: date
    status: str = DeploymentStatus.ACTIVE
    affects_people: bool | None = None
    generates_content: bool | None = None
    reviewed_by_people: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt in one version, named by the digest of its text."""

    kind: ClassVar[str] = "prompt"
    system_id: str
    slug: str
    name: str
    text: str
    used_for: str = ""
    status: str = PartStatus.ACTIVE

    @property
    def digest(self) -> str:
        """The digest of the text as it stands."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Who uses the system, in which unit, and for what."""

    kind: ClassVar[str] = "use"
    system_id: str
    slug: str
    name: str
    users: str
    unit: str
    what_for: str
    status: str = PartStatus.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedAI:
    """AI inside software that was bought: whose, in which product, and what it does there."""

    kind: ClassVar[str] = "embedded_ai"
    system_id: str
    slug: str
    name: str
    supplier: str
    does: str
    can_be_switched_off: bool | None = None
    status: str = PartStatus.ACTIVE


Part: TypeAlias = Agent | Deployment | Prompt | Use | EmbeddedAI
KINDS = ("agent", "deployment", "prompt", "use", "embedded_ai")
STATUSES: Mapping[str, type[StrEnum]] = {
    "agent": AgentStatus,
    "deployment": DeploymentStatus,
    "prompt": PartStatus,
    "use": PartStatus,
    "embedded_ai": PartStatus,
}
RETIRED = "retired"


def part_id(part: Part) -> str:
    """Return the id of a part, unique per kind: its system's id and its own."""
    return f"{part.system_id}/{part.slug}"


def check_part(part: Part) -> None:
    """Refuse a part without what its kind asks for."""
    if not _SLUG.fullmatch(part.slug) or len(part.slug) > LONGEST_SLUG:
        raise InventoryRefused(
            _("{slug!r} is no id of a part.", slug=part.slug),
            _(
                "Use up to {longest_slug} small letters, digits and hyphens, like branch-offices.",
                longest_slug=LONGEST_SLUG,
            ),
        )
    plain(part.name, _("name"), longest=200)
    word(STATUSES[part.kind], part.status)
    if isinstance(part, Agent):
        check_agent(part)
    elif isinstance(part, Deployment):
        not_before(part.started_on, _("day on which it was put to work"), EARLIEST_LAW)
        plain(part.environment, _("environment"), longest=300)
        plain(part.place, _("place"), longest=200)
        plain(part.model_version, _("model version"), longest=100)
    elif isinstance(part, Prompt):
        plain(part.text, _("text of the prompt"), longest=100_000, lines=True)
        if part.used_for:
            plain(part.used_for, _("what the prompt is for"), longest=500)
    elif isinstance(part, Use):
        plain(part.users, _("users"), longest=200)
        plain(part.unit, _("unit"), longest=200)
        plain(part.what_for, _("what it is used for"), longest=2000, lines=True)
    else:
        plain(part.supplier, _("supplier"), longest=200)
        plain(part.does, _("what the AI does"), longest=2000, lines=True)


def part_in_force(before: Part, said: Part) -> tuple[Part, dict[str, Any]]:
    """Return what counts of a part once something else is said of it, and what of that waits for a second person.

    Rules look at agents that are active, at deployments that are active or suspended, and at what these are said to
    do to people; that one is no longer so waits. All else, and what is said for the first time, counts at once.
    """
    reach = _REACH.get(before.kind, {})
    kept: dict[str, Any] = {}
    if reach.get(said.status, 0) < reach.get(before.status, 0):
        kept["status"] = str(before.status)
    yes = (name for name in _YES if getattr(before, name, None) is True and getattr(said, name) is not True)
    kept |= dict.fromkeys(yes, True)
    waits = {name: getattr(said, name) for name in kept}
    return replace(said, **kept), {name: str(v) if name == "status" else v for name, v in waits.items()}


_YES = ("affects_people", "generates_content", "reviewed_by_people")
_REACH: Mapping[str, Mapping[str, int]] = {"agent": {"active": 1}, "deployment": {"active": 2, "suspended": 1}}
"""How much is asked of a part in a state; of prompts, uses and bought software rules ask the same in each."""


def check_status_follows(before: str, after: str) -> None:
    """Refuse to bring back what is retired, since its history ended."""
    if before == RETIRED and after != RETIRED:
        raise InventoryRefused(_("What is retired is not taken up again."), _("Register it under another id."))


def stored(part: Part) -> dict[str, Any]:
    """Return a part as it is kept, without what the row says of it."""
    said = asdict(part)
    if isinstance(part, Deployment):
        said["started_on"] = part.started_on.isoformat()
    return {name: value for name, value in said.items() if name not in ("system_id", "slug", "name", "status")}


def read_part(kind: str, system_id: str, slug: str, name: str, status: str, said: Mapping[str, Any]) -> Part:
    """Read a part as it is kept."""
    row: dict[str, Any] = {"system_id": system_id, "slug": slug, "name": name, "status": status, **said}
    if kind == "agent":
        tools = tuple(Tool(**{**tool, "acts": tuple(Act(act) for act in tool["acts"])}) for tool in row["tools"])
        return Agent(**{**row, "tools": tools})
    if kind == "deployment":
        return Deployment(**{**row, "started_on": date.fromisoformat(row["started_on"])})
    kinds: Mapping[str, type[Prompt] | type[Use] | type[EmbeddedAI]] = {
        "prompt": Prompt, "use": Use, "embedded_ai": EmbeddedAI,
    }  # fmt: skip
    if kind not in kinds:
        raise InventoryRefused(
            _("{kind!r} is no kind of part.", kind=kind), _("Use one of: {choices}.", choices=", ".join(KINDS))
        )
    return kinds[kind](**row)


def difference(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield what changed between two texts, line by line: sort (kept, added, removed, gap) and line."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    sorts = {"+": "added", "-": "removed", "@": "gap", " ": "kept"}
    for number, line in enumerate(lines):
        if number >= 2:
            yield sorts[line[:1]], "" if line.startswith("@") else line[1:]
