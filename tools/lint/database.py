"""Rules on rows: who reads them with which scope, and who writes them."""

import ast
from collections.abc import Iterator

from tools.lint.rule import (
    Place,
    Rule,
    body_after_docstring,
    calls,
    dotted,
    in_role,
    is_migration,
    public_functions,
    top,
)

UNSCOPED_MODELS = {"Organisation", "User", "Token", "OneTimeLink"}
"""Models without an organisation of their own: the organisation itself, people, who may be members of several, and
what is found by the digest of a secret before anybody is known."""
SCOPING_METHODS = {"of", "scoped"}
SCOPED_FLOORS = {"registers", "desk", "store"}
ROW_METHODS = {
    "save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "adelete", "asave",
}  # fmt: skip
QUERYSET_ONLY = {"create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
QUERYSET_STEPS = {"objects", "filter", "exclude", "all", "select_for_update"}


def _chains(tree: ast.Module) -> Iterator[tuple[ast.Attribute, list[ast.Call]]]:
    """Yield each ``Model.objects`` with the calls that are chained on it."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager", "_base_manager")):
            continue
        chained: list[ast.Call] = []
        at: ast.AST = node
        while True:
            parent = parents.get(at)
            if isinstance(parent, ast.Attribute):
                at = parent
            elif isinstance(parent, ast.Call) and parent.func is at:
                chained.append(parent)
                at = parent
            else:
                break
        yield node, chained


def _is_scoped(chained: list[ast.Call]) -> bool:
    for call in chained:
        if isinstance(call.func, ast.Attribute) and call.func.attr in SCOPING_METHODS | {"bulk_create", "bulk_update"}:
            return True
        names = {word.arg for word in call.keywords if word.arg}
        if any(
            word.arg == "pk" and isinstance(word.value, ast.Attribute) and word.value.attr == "pk"
            for word in call.keywords
        ):
            return True  # the row was loaded before, where its query named an organisation
        for node in (inner for argument in call.args for inner in ast.walk(argument)):
            if isinstance(node, ast.Call):
                names |= {word.arg for word in node.keywords if word.arg}
        if any(name.startswith("organisation") or "__organisation" in name for name in names):
            return True
    return False


def unscoped_query(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find queries that name no organisation."""
    if top(place) not in SCOPED_FLOORS or is_migration(place):
        return
    for manager, chained in _chains(tree):
        model = dotted(manager.value).rpartition(".")[2]
        if model not in UNSCOPED_MODELS and not _is_scoped(chained):
            yield manager.lineno, f"query on {model} names no organisation"


def write_elsewhere(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find writes of rows outside commands, store and desk."""
    if top(place) in ("store", "desk") or is_migration(place) or in_role(place, "commands"):
        return
    if top(place) not in ("registers", "intake", "processes", "report", "web", "cli", "jobs", "demo"):
        return
    for call in calls(tree):
        if not isinstance(call.func, ast.Attribute):
            continue
        method, steps = call.func.attr, set(dotted(call.func).split("."))
        if method in QUERYSET_ONLY and not steps & QUERYSET_STEPS:
            continue
        if method in ROW_METHODS or method == "update":
            yield call.lineno, f".{method}() writes a row outside a command"


def get_model(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find models reached by name."""
    if is_migration(place):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("get_model", "get_models"):
            yield node.lineno, f"{node.attr} reaches tables past the import contracts"


def permit_later(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find commands and queries that do something before they ask for permission."""
    if not in_role(place, "commands", "queries") or place.name == "__init__.py":
        return
    for function in public_functions(tree):
        first = body_after_docstring(function)[0]
        value = first.value if isinstance(first, ast.Expr) else None
        if not (isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] == "permit"):
            yield function.lineno, f"{function.name}() does not call permit() first"


RULES = (
    Rule(
        name="organisation-scope",
        reason="A query without an organisation shows one organisation's records to another.",
        example_at="registers/risk/queries.py",
        wrong="rows = Risk.objects.filter(owner=owner)",
        right="rows = Risk.objects.filter(organisation_id=actor.organisation_id, owner=owner)",
        check=unscoped_query,
    ),
    Rule(
        name="one-write-path",
        reason="A row written outside a command has no evidence in the log, so nothing can be proven from it.",
        example_at="registers/risk/views.py",
        wrong="Risk.objects.filter(organisation_id=o).update(level='low')",
        right="commands.treat_risk(actor=actor, risk_id=risk_id)",
        check=write_elsewhere,
    ),
    Rule(
        name="no-get-model",
        reason="get_model walks around the import contracts; registers would know each other in secret.",
        example_at="processes/incident.py",
        wrong="Risk = apps.get_model('risk', 'Risk')",
        right="risks = queries.open_risks(actor)",
        check=get_model,
    ),
    Rule(
        name="permit-first",
        reason="Each command and query asks for permission itself, so that no shell can forget it.",
        example_at="registers/risk/commands.py",
        wrong='def accept_risk(*, actor):\n    """Accept."""\n    row = find()\n    permit(actor, "approve", "risk")',
        right='def accept_risk(*, actor):\n    """Accept."""\n    permit(actor, "approve", "risk")\n    row = find()',
        check=permit_later,
    ),
)
