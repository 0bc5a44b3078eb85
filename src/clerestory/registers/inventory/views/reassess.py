"""What of a system must be looked at again since something changed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import queries
from clerestory.registers.inventory.queries.part import overreaching, parts_of
from clerestory.registers.inventory.queries.reassess import rests_on, to_reassess
from clerestory.registers.inventory.views.system import system_record
from clerestory.store import clock, directory

CHANGES = ("model_version", "dataset_version", "data_source", "prompt", "tools", "purpose", "supplier")


@require_safe
def reassess(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show what no longer counts and which change made it old, agents that act too far, and what rests on what."""
    actor = request.actor
    record = queries.ai_system(actor, system_id)
    items = to_reassess(actor, system_id, at=clock.now())
    wanted = {(item.subject.kind, item.subject.id) for item in items}
    over = overreaching(actor, parts_of(actor, system_id))
    words = {
        "system": record.system,
        "items": items,
        "labels": {f"{one.kind}:{one.id}": one for one in directory.some(actor.organisation_id, wanted)},
        "overreaching": over,
        "rests": [(change, rests_on(actor, change)) for change in CHANGES],
        "on_autonomy": rests_on(actor, "autonomy_level") if over else (),
    }
    shown = system_record(record)
    return render(request, "inventory/reassess.html", {**words, **record_parts(request, shown, tab="reassess")})
