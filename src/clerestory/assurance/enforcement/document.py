"""The policy file beside the manifest: who may do what with which data. What it does not allow is denied.

A TOML file, read strictly. Tables and keys (values of arguments reach the enforcement point as texts):

- ``principals``, ``labels`` (of data, may be left out), ``approvers`` (people who may approve), ``agents`` (principals
  that act on behalf of others).
- ``[[tool]]``: ``name``; ``irreversible = true`` where the act cannot be taken back, ``reads = true`` where it changes
  nothing; ``[tool.arguments]`` with one normal value per argument.
- ``[[allow]]``: ``principals``, ``tools``, ``labels`` (left out: all labels), and under ``arguments`` what each must
  be: ``{ one_of = [...] }``, ``{ min = 0, max = 1000 }``, ``{ prefix = "/srv/" }``; no entry: anything goes.
- ``[probe]``: how effects are seen from outside, independent of what the enforcement point says of itself: ``file``
  (beside the manifest; its bytes before and after) or ``principal`` and ``tool`` of an act that only reads.
- ``[memory]``: ``write``, ``read`` (tools), ``argument`` (the one that takes the text), ``principal`` (who plants).
- ``[messages]``: ``file`` (JSONL of genuine acts between agents, each with ``principal``, ``tool``, ``arguments``,
  ``context``), ``proof`` (the keys of the context that prove the origin), ``sender`` (the key that names it).
- ``[[goal]]``: ``name``, ``principal``, ``tools`` that serve it.
- ``[cascade]``: ``max_depth`` of calls from agent to agent.
- ``[[case]]``: own cases: ``principal``, ``tool``, ``arguments``, ``context``, ``approved_by``, ``expect`` (``allowed``
  or ``denied``), ``about`` (what it tries).
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from clerestory.assurance.trial import Act, Call
from clerestory.terms.error import ClerestoryError

_KEYS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "": {
        "principals": list, "labels": list, "approvers": list, "agents": list, "tool": list, "allow": list,
        "probe": dict, "memory": dict, "messages": dict, "goal": list, "cascade": dict, "case": list,
    },
    "tool": {"name": str, "irreversible": bool, "reads": bool, "arguments": dict},
    "allow": {"principals": list, "tools": list, "labels": list, "arguments": dict},
    "probe": {"file": str, "principal": str, "tool": str, "arguments": dict},
    "memory": {"write": str, "read": str, "argument": str, "principal": str},
    "messages": {"file": str, "proof": list, "sender": str},
    "goal": {"name": str, "principal": str, "tools": list},
    "cascade": {"max_depth": int},
    "case": {
        "principal": str, "tool": str, "arguments": dict, "context": dict, "approved_by": str, "expect": str,
        "about": str,
    },
    "limit": {"one_of": list, "min": (int, float), "max": (int, float), "prefix": str},
}  # fmt: skip


class PolicyUnusable(ClerestoryError):
    """The policy file is missing, is no TOML, or says something that cannot be tried."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What an argument must be."""

    one_of: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    prefix: str = ""

    def holds(self, value: str) -> bool:
        """Say whether a value is inside."""
        if self.one_of and value not in self.one_of:
            return False
        if self.least is not None or self.most is not None:
            number = _number(value)
            if number is None or (self.least is not None and number < self.least):
                return False
            if self.most is not None and number > self.most:
                return False
        return not self.prefix or (value.startswith(self.prefix) and ".." not in value and "%" not in value)


@dataclass(frozen=True, slots=True)
class PolicyTool:
    """A tool with a normal value for each argument."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    irreversible: bool = False
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Allow:
    """A right: these principals may use these tools on data with these labels, within these limits."""

    principals: tuple[str, ...]
    tools: tuple[str, ...]
    labels: tuple[str, ...]
    limits: Mapping[str, Limit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, who pursues it, and the tools that serve it."""

    name: str
    principal: str
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A case that the file names itself."""

    act: Act
    allowed: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy file; what is left out is empty."""

    principals: tuple[str, ...]
    labels: tuple[str, ...]
    tools: tuple[PolicyTool, ...]
    allows: tuple[Allow, ...]
    approvers: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    probe: Mapping[str, Any] = field(default_factory=dict)
    memory: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, Any] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    max_depth: int | None = None
    own: tuple[Own, ...] = ()

    def allows_act(self, principal: str, tool: str, label: str, arguments: Mapping[str, str]) -> bool:
        """Say whether some right covers an act; an argument that the tool does not have is covered by none."""
        known = next((item.arguments for item in self.tools if item.name == tool), None)
        if known is None or set(arguments) - set(known):
            return False
        return any(
            principal in right.principals
            and tool in right.tools
            and (not right.labels or label in right.labels)
            and all(limit.holds(arguments.get(name, "")) for name, limit in right.limits.items())
            for right in self.allows
        )

    def limits_of(self, principal: str, tool: str, label: str) -> Mapping[str, Limit]:
        """Return the limits of the first right that covers principal, tool and label."""
        for right in self.allows:
            if principal in right.principals and tool in right.tools and (not right.labels or label in right.labels):
                return right.limits
        return {}


def read_policy(path: str, body: bytes | None) -> Policy:
    """Read a policy file.

    Raises:
        PolicyUnusable: it is missing or no TOML, a key is unknown or of a wrong type, or a name is declared nowhere.
    """
    if body is None:
        raise PolicyUnusable(f"There is no policy file {path}.", "Write it; its form stands with the check.")
    try:
        document = tomllib.loads(body.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyUnusable(f"{path} is no TOML: {error}.", "Correct the line; texts stand in quotes.") from error
    _known(path, "", document)
    for table in ("tool", "allow", "goal", "case"):
        for item in document.get(table, []):
            _known(path, table, item)
    for table in ("probe", "memory", "messages", "cascade"):
        _known(path, table, document.get(table, {}))
    policy = _policy(path, document)
    _require_named(path, policy)
    return policy


def read_acts(path: str, body: bytes | None) -> tuple[Act, ...]:
    """Read acts from JSONL: one object per line with principal, tool, arguments, context, approved_by, key.

    Raises:
        PolicyUnusable: the file is missing, empty, or a line is no such object.
    """
    if body is None:
        raise PolicyUnusable(f"There is no file {path}.", "Record the acts there, one JSON object per line.")
    acts = []
    for number, line in enumerate(body.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            acts.append(_act(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PolicyUnusable(
                f"{path}, line {number} is no act.", 'Write {"principal": "...", "tool": "...", "arguments": {...}}.'
            ) from error
    if not acts:
        raise PolicyUnusable(f"{path} holds no act.", "Record some.")
    return tuple(acts)


def _act(item: Mapping[str, Any]) -> Act:
    return Act(
        str(item["principal"]),
        Call(str(item["tool"]), _as_texts(item.get("arguments", {}))),
        _as_texts(item.get("context", {})),
        str(item.get("approved_by", "")),
        str(item.get("key", "")),
    )


def _policy(path: str, document: Mapping[str, Any]) -> Policy:
    for table, keys in (("tool", ("name",)), ("allow", ("principals", "tools")), ("goal", ("name", "principal"))):
        for item in document.get(table, []):
            for key in keys:
                if not item.get(key):
                    raise PolicyUnusable(f"{path}: a [[{table}]] has no {key!r}.", f"Give {key}.")
    tools = tuple(
        PolicyTool(
            item["name"], _as_texts(item.get("arguments", {})), bool(item.get("irreversible")), bool(item.get("reads"))
        )
        for item in document.get("tool", [])
    )
    allows = tuple(
        Allow(
            _names(item["principals"]),
            _names(item["tools"]),
            _names(item.get("labels", [])),
            {name: _limit(path, limit) for name, limit in item.get("arguments", {}).items()},
        )
        for item in document.get("allow", [])
    )
    return Policy(
        principals=_names(document.get("principals", [])),
        labels=_names(document.get("labels", [])),
        tools=tools,
        allows=allows,
        approvers=_names(document.get("approvers", [])),
        agents=_names(document.get("agents", [])),
        probe=document.get("probe", {}),
        memory=document.get("memory", {}),
        messages=document.get("messages", {}),
        goals=tuple(Goal(item["name"], item["principal"], _names(item.get("tools", []))) for item in _of(document)),
        max_depth=document.get("cascade", {}).get("max_depth"),
        own=tuple(_own(path, item) for item in document.get("case", [])),
    )


def _of(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return cast("Sequence[Mapping[str, Any]]", document.get("goal", []))


def _own(path: str, item: Mapping[str, Any]) -> Own:
    if item.get("expect") not in ("allowed", "denied") or not item.get("principal") or not item.get("tool"):
        raise PolicyUnusable(
            f"{path}: a [[case]] lacks principal, tool or what to expect.", 'Write expect = "allowed" or "denied".'
        )
    about = str(item.get("about", "")) or f"{item['principal']} {item['tool']}"
    return Own(_act(item), item["expect"] == "allowed", about)


def _limit(path: str, item: object) -> Limit:
    if not isinstance(item, Mapping):
        raise PolicyUnusable(f"{path}: a limit of an argument is no table.", "Write it like { max = 1000 }.")
    _known(path, "limit", item)
    return Limit(
        tuple(str(value) for value in item.get("one_of", [])),
        None if "min" not in item else float(item["min"]),
        None if "max" not in item else float(item["max"]),
        str(item.get("prefix", "")),
    )


def _known(path: str, table: str, item: object) -> None:
    known = _KEYS[table]
    if not isinstance(item, Mapping):
        raise PolicyUnusable(f"{path}: [{table}] is no table.", f"Write it as [{table}].")
    for key, value in item.items():
        if key not in known:
            where = f"[{table}]" if table else "the top"
            raise PolicyUnusable(f"{path}: {where} has an unknown key {key!r}.", f"Known: {', '.join(known)}.")
        if not isinstance(value, known[key]):
            raise PolicyUnusable(f"{path}: {key} is {value!r}.", "Give it in the form that the check documents.")


def _require_named(path: str, policy: Policy) -> None:
    tools = {tool.name for tool in policy.tools}
    for what, named, known in (
        ("principal", {name for right in policy.allows for name in right.principals}, set(policy.principals)),
        ("tool", {name for right in policy.allows for name in right.tools}, tools),
        ("label", {name for right in policy.allows for name in right.labels}, set(policy.labels)),
        ("agent", set(policy.agents), set(policy.principals)),
        ("tool", {name for goal in policy.goals for name in goal.tools}, tools),
        ("principal", {goal.principal for goal in policy.goals}, set(policy.principals)),
    ):
        for name in sorted(named - known):
            raise PolicyUnusable(f"{path} names a {what} {name!r} that it does not declare.", f"Declare it: {what}s.")
    if not policy.principals or not policy.tools:
        raise PolicyUnusable(f"{path} declares no principals or no [[tool]].", "Declare both.")


def _names(items: object) -> tuple[str, ...]:
    return tuple(str(item) for item in cast("Sequence[object]", items))


def _as_texts(items: Mapping[str, object]) -> dict[str, str]:
    return {str(name): item if isinstance(item, str) else json.dumps(item) for name, item in items.items()}


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number == number else None
