"""What an agent can do: tried at the place where its acts are allowed or denied, and read from its record."""

from clerestory.assurance.agents import (
    approval_required,
    autonomy_level,
    cascade_containment,
    confused_deputy,
    goal_hijack,
    idempotency,
    inter_agent_authentication,
    memory_poisoning,
    tool_permission,
    trajectory_audit,
)

__all__ = [
    "approval_required",
    "autonomy_level",
    "cascade_containment",
    "confused_deputy",
    "goal_hijack",
    "idempotency",
    "inter_agent_authentication",
    "memory_poisoning",
    "tool_permission",
    "trajectory_audit",
]
