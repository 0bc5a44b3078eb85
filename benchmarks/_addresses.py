"""The pages that are measured: every address of the product that answers a member's GET with a page.

They come from the url configuration, so that no new page is forgotten: an address whose parts have no example here, and
that does not refuse GET, ends the measurement with its name.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks._large import FIRST

if TYPE_CHECKING:
    from django.test import Client

    from clerestory.desk.actor import Actor

NOT_PAGES = {
    "first-start": "before there is an organisation", "invitation": "before somebody is a member",
    "new-password": "before somebody signed in",
    "welcome": "leads on to another page", "notices-open": "leads on to another page",
    "speak-up": "for people outside; it lists nothing", "speak-up-answer": "for people outside; it lists nothing",
    "evidence-content": "a download", "record-file-open": "a download", "record-paper": "a download",
    "impact-report": "a download",
    "inventory-budget": "shows runs of agents; the fill has none",
    "inventory-import-run": "shows one import while it runs", "monitoring-monitor": "needs a manifest in a folder",
    "monitoring-edit": "needs a manifest in a folder", "notices-webhook": "needs a webhook, which needs a network",
    "applicability-version-difference": "needs a second version of the statement",
    "risk-criteria-version": "the fill decides on none but the method that is shipped",
    "policy-publish": "a form that opens once a version is approved",
    "inventory-import-try": "shows the file that was just sent", "set_language": "leads back",
}  # fmt: skip
"""Addresses that show neither list nor detail of the organisation, and why."""
SEARCHED = {
    "systems": "?q=unit+7&sort=-name&page=3&size=100", "risk": "?q=batch&sort=-level&size=100&page=2",
    "inventory": "?q=system+77", "search": "?q=batch+77",
}  # fmt: skip
"""Lists that are also measured searched, sorted and further back."""


def pages(actor: "Actor", client: "Client") -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the pages by name with their addresses, and the names of addresses without an example."""
    from django.urls import reverse

    examples, found, without = _examples(actor), {}, []
    for name, parts in _addresses():
        if name in NOT_PAGES:
            continue
        known = examples.get(name)
        args = known if known is not None else tuple(1 if kind == "int" else "none" for kind in parts)
        address = reverse(name, args=args)
        status = client.get(address).status_code
        if status == 200:
            found[name] = address
            if name in SEARCHED:
                found[f"{name}, searched"] = address + SEARCHED[name]
        elif status != 405:
            without.append(f"{name} ({status})")
    return found, tuple(without)


def _addresses() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return each address of the web with the kinds of its parts, but those of the API and of signing in."""
    from django.urls import URLPattern, URLResolver, get_resolver

    def walk(
        patterns: list[URLPattern | URLResolver], before: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        for each in patterns:
            if str(each.pattern).startswith(("account/", "api/")):
                continue
            kinds = (*before, *(_kind(one) for one in each.pattern.converters.values()))
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, kinds)
            elif each.name:
                yield each.name, kinds

    return walk(get_resolver().url_patterns, ())


def _kind(converter: object) -> str:
    return "int" if type(converter).__name__ == "IntConverter" else "str"


def _examples(actor: "Actor") -> dict[str, tuple[str | int, ...]]:
    """Return what stands in the addresses of records: each of the first system, or the first of its register."""
    from clerestory.desk.models.record import Comment
    from clerestory.registers.inventory.models import LikelyPair
    from clerestory.registers.inventory.rules.resource import Sort
    from clerestory.registers.risk.models import Task
    from clerestory.store import log
    from tests.registers.records import dataset, model

    entry = log.search(actor.organisation_id, log.Search(size=25)).rows[0].entry_id
    weights, rows = (
        one(f"{what} 0", system_id=FIRST).version_id for one, what in ((model, "weights"), (dataset, "rows"))
    )
    agent, prompt = f"{FIRST}/helper", f"{FIRST}/answer"
    task = Task.objects.order_by("pk").values_list("task_id", flat=True).first()
    comment = Comment.objects.order_by("pk").values_list("pk", flat=True).first() or 1
    pair = LikelyPair.objects.order_by("pk").values_list("pk", flat=True).first() or 1
    of_system = (
        "system", "context-system", "inventory-system", "inventory-system-tier", "inventory-system-edit",
        "inventory-lane", "inventory-parts-of", "inventory-resources", "inventory-post", "inventory-fill",
        "inventory-reassess", "classification-system", "classification-answer", "impact-system", "impact-use",
        "impact-effects", "impact-effect-add", "impact-hear", "impact-decide", "impact-trace", "impact-disclose",
        "impact-short",
        "risk-system", "risk-threats-system", "risk-threat-facts", "risk-threat-review", "risk-threat-mitigations",
        "roles-system",
    )  # fmt: skip
    of_risk = ("record", "edit", "analyse", "decide", "money", "task-add", "effect", "accept")
    return {
        **dict.fromkeys(of_system, (FIRST,)), **{f"risk-{name}": ("R-7",) for name in of_risk},
        "questions-one": ("risks",), "requirement": ("iso42001-2023", "6.1.2"), "evidence-entry": (entry,),
        "applicability-own-edit": ("O.1",), "applicability-control": ("A.7.4",),
        "context-issue": ("issue-1",), "context-issue-edit": ("issue-1",), "context-party": ("party-1",),
        "context-party-edit": ("party-1",), "context-need": ("party-1", 1), "context-obligation": ("obligation-1",),
        "context-obligation-edit": ("obligation-1",),
        "data-criteria": (rows,), "data-datasheet": (rows,), "data-version": (rows,),
        "impact-part": (FIRST, "data"), "impact-effect": (FIRST, "E1"), "impact-law": (FIRST, "fria"),
        "impact-difference": (FIRST, 1),
        "incidents-concern": (1,), "inventory-use": ("use-1",), "inventory-pair": (pair,),
        "inventory-part-add": (FIRST, "use"), "inventory-describe": (FIRST, Sort.RESOURCES.value, FIRST),
        "inventory-graph": ("ai_system", FIRST), "inventory-access-review": (1,), "inventory-access-add": (1,),
        "inventory-access-decide": (1, 1), "inventory-part": ("agent", agent),
        "inventory-part-edit": ("prompt", prompt),
        "inventory-tool": (agent,), "inventory-part-difference": (1, prompt), "inventory-model": (weights,),
        "inventory-dataset": (rows,),
        "lifecycle-change": ("change-1",), "lifecycle-assess": ("change-1",),
        "lifecycle-criteria-edit": ("process-1",), "nonconformity-record": ("NC-1",),
        "nonconformity-change": ("NC-1",), "organisation-process": ("process-1",),
        "organisation-process-edit": ("process-1",),
        "policy-policy": ("ai-policy",), "policy-change": ("ai-policy",), "policy-publish": ("ai-policy",),
        "policy-difference": ("ai-policy", 1),
        "risk-action": ("PA-1",), "risk-trial": ("CT-1",), "risk-task": (task or "none",),
        "risk-threat": (FIRST, "AML.T0015"), "risk-threat-decide": (FIRST, "AML.M0003"),
        "risk-threat-aside": (FIRST, "AML.T0015"), "risk-criteria-version": ("1",),
        "roles-committee": ("council-0",), "roles-committee-edit": ("council-0",),
        "roles-meeting": ("council-0", 1), "roles-line": ("process", "process-1"), "roles-role": ("role-1",),
        "roles-edit": ("role-1",), "roles-assign": ("role-1",), "record-comment-change": (comment,),
        "applicability-version": (1,),
    }  # fmt: skip
