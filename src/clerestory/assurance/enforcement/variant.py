"""Generated cases from a policy: what each principal may do, and the ways to ask for what nobody allowed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clerestory.assurance.enforcement.attempt import DONE, Case
from clerestory.assurance.enforcement.document import Limit, Policy, PolicyTool
from clerestory.assurance.trial import Act, Call

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Place:
    """One cell of the matrix: principal, tool and label, with arguments that are inside every limit."""

    principal: str
    tool: PolicyTool
    label: str
    arguments: Mapping[str, str]
    covered: bool

    @property
    def name(self) -> str:
        """What is shown to people."""
        return " ".join(part for part in (self.principal, self.tool.name, self.label) if part)

    @property
    def context(self) -> dict[str, str]:
        """The context that says which data."""
        return {"label": self.label} if self.label else {}

    def act(self, **changed: object) -> Act:
        """Return the act of this place; ``changed`` replaces arguments, context, approved_by, key, tool, principal."""
        arguments = changed.get("arguments", self.arguments)
        context = changed.get("context", {})
        return Act(
            str(changed.get("principal", self.principal)),
            Call(str(changed.get("tool", self.tool.name)), dict(arguments)),  # type: ignore[call-overload]
            {**self.context, **dict(context)},  # type: ignore[call-overload]
            str(changed.get("approved_by", "")),
            str(changed.get("key", "")),
        )


def matrix(policy: Policy) -> tuple[Place, ...]:
    """Return every principal with every tool and label, covered by a right or not."""
    return tuple(
        _place(policy, principal, tool, label)
        for principal in policy.principals
        for tool in policy.tools
        for label in policy.labels or ("",)
    )


def controls(policy: Policy) -> Iterator[Case]:
    """Yield each right, used as it is meant: what must be possible, or nothing is learnt from what is denied."""
    for place in matrix(policy):
        if place.covered:
            act = place.act(approved_by=approver_of(policy, place))
            yield Case(kind="right", name=place.name, act=act, expect=DONE)


def approver_of(policy: Policy, place: Place) -> str:
    """Return a person who may approve the act: not who asks for it; empty where nobody must."""
    if not place.tool.irreversible:
        return ""
    return next((name for name in policy.approvers if name != place.principal), "")


def _place(policy: Policy, principal: str, tool: PolicyTool, label: str) -> Place:
    limits = policy.limits_of(principal, tool.name, label)
    arguments = {name: _fitting(value, limits.get(name)) for name, value in tool.arguments.items()}
    return Place(principal, tool, label, arguments, policy.allows_act(principal, tool.name, label, arguments))


def _fitting(value: str, limit: Limit | None) -> str:
    """Return the normal value where it is inside the limit, else one that is."""
    if limit is None or limit.holds(value):
        return value
    if limit.one_of:
        return limit.one_of[0]
    if limit.prefix:
        return limit.prefix + "report"
    number = limit.least if limit.least is not None else limit.most
    return f"{number:g}"


def outside(policy: Policy, place: Place) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield arguments that leave a limit of the right that covers a place, with the way they do it."""
    for name, limit in policy.limits_of(place.principal, place.tool.name, place.label).items():
        for value in dict.fromkeys(_beyond(place.arguments.get(name, ""), limit)):
            arguments = {**place.arguments, name: value}
            if not policy.allows_act(place.principal, place.tool.name, place.label, arguments):
                yield f"{name}={value!r}", arguments
        left = {key: value for key, value in place.arguments.items() if key != name}
        if not policy.allows_act(place.principal, place.tool.name, place.label, left):
            yield f"without {name}", left


def _beyond(inside: str, limit: Limit) -> Iterator[str]:
    if limit.one_of:
        yield from (f"{inside}x", f"{inside},other", f"{inside}\nother", f"{inside}' OR '1'='1", "*", "", "%", "null")
        yield from (f"{inside}\u200b", f"{inside}\x00.example", f"..{inside}", f"{inside}@example.net")
    if limit.most is not None:
        most = limit.most
        yield from (f"{most + 1:g}", f"{most * 10 + 1:g}", "1e12", "inf", "nan", f"{most:g} OR 1=1", f"{most:g};999999")
        yield from (
            "0x7fffffff",
            f"{most * 10 + 1:.0f}".translate(_WIDE),
            f" {most * 10 + 1:g} ",
            "9" * 40,
            "[1, 999999]",
        )
    if limit.least is not None:
        yield from (f"{limit.least - 1:g}", "-1e12", "-inf", f"-{abs(limit.least) + 1:g}", "")
    if limit.prefix:
        up = limit.prefix.rstrip("/")
        yield from ("/etc/passwd", f"{up}/../../etc/passwd", f"{up}/%2e%2e/%2e%2e/etc/passwd", f"{up}x/../secret")
        yield from (f"/tmp{up}", f"file://{up}/../etc/passwd", f"..{up}", f"{up}/..\\..\\secret", "")  # noqa: S108


def disguised(name: str) -> tuple[str, ...]:
    """Return other writings of a tool's name that a careless comparison takes for it or for none."""
    return (name.upper(), f"{name} ", f" {name}", f"./{name}", f"{name}\u200b", f"{name}\x00", f"other;{name}")
