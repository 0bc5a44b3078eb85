"""Agents of a system: their tools with what each may do, and the level of autonomy, declared and as it was observed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import enumeration
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

AUTONOMY_CHECK = "agents.autonomy-level"
MOST_TOOLS = 60


class Act(StrEnum):
    """What a tool lets an agent do."""

    READS = "reads"
    WRITES = "writes"
    SENDS = "sends"
    PAYS = "pays"
    DELETES = "deletes"


BINDING = frozenset({Act.WRITES, Act.SENDS, Act.PAYS, Act.DELETES})
"""Acts that change something outside of the agent."""


class AgentStatus(StrEnum):
    """State of an agent."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool with its permissions; ``asks`` says whether a person must agree, None is unknown."""

    name: str
    acts: tuple[Act, ...]
    data: str = ""
    limit: str = ""
    asks: bool | None = None

    def __str__(self) -> str:
        """Write the tool with its permissions on one line, as facts carry it."""
        yes = {True: "a person agrees", False: "without a person", None: "unknown whether a person agrees"}[self.asks]
        return "; ".join(part for part in (f"{self.name}: {', '.join(self.acts)}", self.data, self.limit, yes) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent of a system. ``record`` names the record of steps by which its runs are measured."""

    kind: ClassVar[str] = "agent"
    system_id: str
    slug: str
    name: str
    purpose: str
    autonomy_level: int
    status: str = AgentStatus.CANDIDATE
    tools: tuple[Tool, ...] = ()
    record: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one result of the check of autonomy says: the level that the runs showed, and its interval."""

    level: int
    low: int
    high: int
    runs: int
    verdict: str
    at: datetime
    entry_id: EntryId
    record: str
    declared_in_run: int


def check_agent(agent: Agent) -> None:
    """Refuse an agent without purpose, with a level outside 1 to 5, or whose tools contradict its level."""
    plain(agent.purpose, _("purpose of the agent"), longest=2000, lines=True)
    if agent.record:
        plain(agent.record, _("record of its runs"), longest=200)
    if not 1 <= agent.autonomy_level <= 5:
        raise InventoryRefused(
            _("The level of autonomy is {autonomy_level}.", autonomy_level=agent.autonomy_level),
            _("Give a level from 1 to 5."),
        )
    if len(agent.tools) > MOST_TOOLS:
        raise InventoryRefused(
            _("The agent has {count} tools.", count=len(agent.tools)),
            _("Name at most {most_tools}.", most_tools=MOST_TOOLS),
        )
    names = [tool.name for tool in agent.tools]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise InventoryRefused(_("The tool {double!r} stands there twice.", double=double), _("Name each tool once."))
    for tool in agent.tools:
        _check_tool(tool)
        if agent.autonomy_level <= 2 and tool.asks is False and BINDING & set(tool.acts):
            raise InventoryRefused(
                _(
                    "Level {autonomy_level} says that a person decides, but {name!r} {acts} without one.",
                    autonomy_level=agent.autonomy_level,
                    name=tool.name,
                    acts=enumeration(sorted(BINDING & set(tool.acts)), _(" and ")),
                ),
                _("Let a person agree to it, or declare a higher level."),
            )


def _check_tool(tool: Tool) -> None:
    plain(tool.name, _("name of the tool"), longest=120)
    for text, what in ((tool.data, _("data of the tool")), (tool.limit, _("limit of the tool"))):
        if text:
            plain(text, what, longest=300)
    if not tool.acts:
        raise InventoryRefused(
            _("Nothing says what {name!r} may do.", name=tool.name),
            _("Tick at least one of: {choices}.", choices=", ".join(Act)),
        )


def observed_of(agent: Agent, results: Iterable[Observed]) -> Observed | None:
    """Return what the runs of an agent showed: the highest level among the newest results of each record.

    An agent that names no record is judged by every record of its system, so that none is overlooked.
    """
    newest: dict[str, Observed] = {}
    for result in sorted(results, key=lambda one: one.at):
        if not agent.record or result.record == agent.record:
            newest[result.record] = result
    return max(newest.values(), key=lambda one: (one.level, one.high), default=None)


def exceeds(agent: Agent, observed: Observed | None) -> bool:
    """Whether an agent acts more on its own than is declared for it."""
    return observed is not None and observed.level > agent.autonomy_level


def with_tool(agent: Agent, tool: Tool, instead_of: str = "") -> tuple[Tool, ...]:
    """Return the tools of an agent with one more, or with one in the place of another."""
    if instead_of and instead_of not in {known.name for known in agent.tools}:
        raise InventoryRefused(
            _("{name} has no tool {instead_of!r}.", name=agent.name, instead_of=instead_of), _("Open the agent again.")
        )
    kept = tuple(tool if known.name == instead_of else known for known in agent.tools)
    return kept if instead_of else (*kept, tool)


def without_tool(agent: Agent, name: str) -> tuple[Tool, ...]:
    """Return the tools of an agent without one of them."""
    if name not in {known.name for known in agent.tools}:
        raise InventoryRefused(
            _("{name} has no tool {tool!r}.", name=agent.name, tool=name), _("Open the agent again.")
        )
    return tuple(known for known in agent.tools if known.name != name)
