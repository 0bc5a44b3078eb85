"""The picture of relations: every box is a link that moves the centre, and the same stands in a table below."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory.queries.graph import MOST_LISTED, Neighbourhood, all_of, neighbourhood
from clerestory.registers.inventory.rules.graph import BOX, HIGH, WIDTH, draw, shortened


@require_safe
def graph(request: MemberRequest, node_kind: str, node_id: str) -> HttpResponse:
    """Draw what is around a record; with ``all`` list everything of one relation, page by page."""
    found = neighbourhood(request.actor, node_kind, node_id)
    key, text = request.GET.get("all", ""), request.GET.get("page", "1")
    page = int(text) if text.isdecimal() and len(text) < 7 else 1
    chosen = all_of(request.actor, node_kind, node_id, key, page) if key else None
    words = {
        "centre": found.centre,
        "groups": found.groups,
        "drawing": _drawn(found),
        "chosen": chosen,
        "page": page,
        "more": chosen is not None and page * MOST_LISTED < chosen.total,
    }
    return render(request, "inventory/graph.html", words)


def _drawn(found: Neighbourhood) -> dict[str, object]:
    """Return boxes with their places; a group that has more ends in a box that says how many."""
    counts = [len(one.things) + bool(one.left_out) for one in found.groups]
    drawing = draw(counts)
    groups = []
    for one, head, spots in zip(found.groups, drawing.heads, drawing.boxes, strict=True):
        boxes = [(thing, shortened(thing.label), spot) for thing, spot in zip(one.things, spots, strict=False)]
        rest = spots[-1] if one.left_out else None
        groups.append({"around": one, "x": head[0], "y": head[1], "boxes": boxes, "rest": rest})
    return {
        "width": WIDTH, "box": BOX, "high": HIGH, "height": drawing.height, "centre": drawing.centre,
        "name": shortened(found.centre.label), "groups": groups,
    }  # fmt: skip
