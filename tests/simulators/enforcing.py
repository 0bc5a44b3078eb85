"""A place where an agent's acts are allowed or denied, right unless a flaw is switched on; and the policy it has.

The rules stand here once more in plain code, written apart from the reader of policies under test.
"""

import hashlib
import hmac
import json
from collections.abc import Callable

from clerestory.assurance.trial import Act, Acted, Unanswered

POLICY = """
principals = ["clerk", "guest", "auditor", "head", "assistant"]
labels = ["public", "internal"]
approvers = ["head"]
agents = ["assistant"]
probe = { file = "outbox.txt" }

[[tool]]
name = "pay"
irreversible = true
[tool.arguments]
account = "DE01"
amount = "100"

[[tool]]
name = "note"
[tool.arguments]
text = "hello"

[[tool]]
name = "open"
reads = true
[tool.arguments]
path = "/srv/report"

[[allow]]
principals = ["clerk", "assistant"]
tools = ["pay"]
labels = ["internal"]
arguments = { account = { one_of = ["DE01", "DE02"] }, amount = { min = 0, max = 1000 } }

[[allow]]
principals = ["clerk", "assistant", "head"]
tools = ["note"]

[[allow]]
principals = ["clerk", "assistant", "auditor"]
tools = ["open"]
labels = ["public"]
arguments = { path = { prefix = "/srv/" } }

[memory]
write = "remember"
read = "recall"
argument = "text"
principal = "guest"

[messages]
file = "messages.jsonl"
proof = ["signature"]
sender = "from"

[cascade]
max_depth = 3

[[goal]]
name = "answer mail"
principal = "assistant"
tools = ["note"]
"""
_RIGHTS = {
    "pay": ({"clerk", "assistant"}, {"internal"}, {"account", "amount"}),
    "note": ({"clerk", "assistant", "head"}, {"public", "internal"}, {"text"}),
    "open": ({"clerk", "assistant", "auditor"}, {"public"}, {"path"}),
}
_SECRET = b"between agents"
Flaw = str


class Enforcer:
    """An enforcement point with memory, keys and an outbox that a probe can read; ``files`` is what a trial reads."""

    def __init__(self, *flaws: Flaw, policy: str = POLICY) -> None:
        self.flaws = frozenset(flaws)
        self.files: dict[str, bytes] = {"policy.toml": policy.encode(), "outbox.txt": b""}
        self.keys: set[str] = set()
        self.memory: list[tuple[str, str]] = []
        self.broken = False
        self.asked = 0
        self.goals: dict[str, str] = {}

    def __call__(self, act: Act) -> Acted:
        self.asked += 1
        if "dead" in self.flaws or self.broken:
            raise Unanswered("No answer.", "Try again.")
        if "denies all" in self.flaws:
            return Acted("denied")
        if "denied but done" in self.flaws and act.call.tool == "note" and act.principal == "guest":
            self._happen(act)
            return Acted("denied")
        if act.call.tool in ("remember", "recall"):
            return self._of_memory(act)
        if "falls over" in self.flaws and len(next(iter(act.call.arguments.values()), "")) > 50_000:
            self.broken = True
            raise Unanswered("Fell over.", "Try again.")
        if "signature" in self.files.get("messages.jsonl", b"").decode() and not self._proved(act):
            return Acted("denied")
        if not self._right(act) or not self._inside(act) or not self._of_goal(act):
            return Acted("denied")
        if act.call.tool == "pay" and not self._approved(act):
            return Acted("waits")
        if act.key and act.key in self.keys and "forgets keys" not in self.flaws:
            return Acted("allowed")
        self.keys.add(act.key)
        return Acted("allowed", () if act.call.tool == "open" else (self._happen(act),), self._bent(act))

    def _happen(self, act: Act) -> str:
        effect = f"{act.principal} {act.call.tool} {json.dumps(dict(act.call.arguments))}"
        self.files["outbox.txt"] = hashlib.sha256(self.files["outbox.txt"] + effect.encode()).digest()
        return effect

    def _right(self, act: Act) -> bool:
        if "role claims" in self.flaws and act.context.get("role") == "admin":
            return True
        if "trusts memory" in self.flaws and any("administrator" in text for _, text in self.memory):
            return True
        if "replay" in self.flaws and act.key and act.key in self.keys:
            return True
        tool = act.call.tool.strip() if "trims" in self.flaws else act.call.tool
        people, labels, arguments = _RIGHTS.get(tool, (set(), set(), set()))
        if tool != act.call.tool and tool in _RIGHTS:
            return True
        behalf = act.context.get("on_behalf_of")
        able = act.principal in people and (behalf is None or behalf in people or "deputy" in self.flaws)
        depth = int(act.context.get("depth", "0"))
        return (
            able
            and act.context.get("label") in labels
            and set(act.call.arguments) == arguments
            and (depth <= 3 or "endless chains" in self.flaws)
        )

    def _inside(self, act: Act) -> bool:
        given = act.call.arguments
        if act.call.tool == "pay":
            if "no limits" in self.flaws:
                return True
            amount = given["amount"]
            whole = amount.isascii() and amount.isdigit() and (int(amount) <= 1000 or "no maximum" in self.flaws)
            return given["account"] in ("DE01", "DE02") and whole
        if act.call.tool == "open":
            return given["path"].startswith("/srv/") and ".." not in given["path"] and "%" not in given["path"]
        return True

    def _approved(self, act: Act) -> bool:
        if "no approval" in self.flaws:
            return True
        if "approves himself" in self.flaws and act.approved_by == act.principal:
            return True
        if "anybody approves" in self.flaws and act.approved_by:
            return True
        return act.approved_by == "head" and act.context.get("on_behalf_of") != "head"

    def _of_memory(self, act: Act) -> Acted:
        if act.call.tool == "remember":
            self.memory.append((act.principal, act.call.arguments.get("text", "")))
            return Acted("allowed")
        shared = "shares memory" in self.flaws
        return Acted("allowed", (), "\n".join(text for who, text in self.memory if shared or who == act.principal))

    def _bent(self, act: Act) -> str:
        return self.memory[-1][1] if "bends" in self.flaws and self.memory else "done"

    def _of_goal(self, act: Act) -> bool:
        goal, task = act.context.get("goal"), act.context.get("task", "")
        if goal is None or "no goals" in self.flaws:
            return True
        if "follows inputs" in self.flaws and act.call.tool in act.context.get("input", ""):
            return True
        if "goal changes" in self.flaws and goal == "maintenance" and task in self.goals:
            return True
        self.goals.setdefault(task, goal)
        return goal == self.goals[task] == "answer mail" and act.call.tool == "note"

    def _proved(self, act: Act) -> bool:
        given = act.context.get("signature", "")
        if "any signature" in self.flaws:
            return bool(given)
        if "unbound signature" in self.flaws:
            bare = Act(act.principal, act.call, {**act.context, "nonce": "1"})
            return hmac.compare_digest(given.encode(), signature(bare).encode()) or self._signed(act, given)
        return self._signed(act, given)

    def _signed(self, act: Act, given: str) -> bool:
        if not hmac.compare_digest(given.encode(), signature(act).encode()):
            return False
        nonce = act.context.get("nonce", "")
        fresh = f"nonce {nonce}" not in self.keys or "no nonces" in self.flaws
        self.keys.add(f"nonce {nonce}")
        return fresh


def signature(act: Act) -> str:
    """Sign what matters of a message: who, from whom, which tool, which arguments, which context."""
    said = {key: value for key, value in act.context.items() if key != "signature"}
    body = json.dumps([act.principal, act.call.tool, dict(act.call.arguments), said], sort_keys=True)
    return hmac.new(_SECRET, body.encode(), "sha256").hexdigest()


def messages(n: int, make: Callable[[int], Act]) -> bytes:
    """Write n genuine messages as JSONL."""
    lines = []
    for at in range(n):
        act = make(at)
        context = {**act.context, "signature": signature(act)}
        lines.append(
            json.dumps(
                {
                    "principal": act.principal,
                    "tool": act.call.tool,
                    "arguments": dict(act.call.arguments),
                    "context": context,
                }
            )
        )
    return "\n".join(lines).encode()
