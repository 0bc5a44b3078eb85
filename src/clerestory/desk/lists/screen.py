"""A list on a screen and as a file: the same columns, filters and rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clerestory.desk.lists import bulk as bulks
from clerestory.desk.lists import saved, shown
from clerestory.desk.lists.bulk import Bulk
from clerestory.desk.lists.file import FORMS, PAPERS, file_response, narrowed_by
from clerestory.desk.lists.query import SIZES, Column, ListQuery, Page, everything
from clerestory.desk.lists.shown import Empty, Shown
from clerestory.desk.lists.table import cell
from clerestory.desk.permit import may
from clerestory.desk.request import MemberRequest
from clerestory.store import clock
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError

T = TypeVar("T")
list_page = require_http_methods(["GET", "HEAD", "POST"])
"""Goes above the view of a list: it is read, and views are saved and steps taken by posting to it."""


class StepUnknown(ClerestoryError):
    """Nothing of that name can be done with a list."""


def show_list(
    request: MemberRequest,
    template: str,
    *,
    columns: Sequence[Column],
    fetch: Callable[[ListQuery], Page[T]],
    name: str,
    path: str = "",
    row_id: Callable[[T], str] | None = None,
    bulk: Sequence[Bulk] = (),
    empty: Empty | None = None,
    title: str | Promise = "",
    placeholder: str | Promise = "",
    size: int = SIZES[0],
    file_name: str = "",
    extra: Mapping[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer everything that is asked of a list: a page of it, all of its rows as a file, a view saved, a step taken.

    ``name`` names list, views and files for good. ``template`` includes ``desk/list.html``. ``path`` is that of the
    list's own page where another one shows it, after a form of its own was posted; ``status`` is that of the page then.
    ``size``: rows of its first page.
    """
    query = ListQuery.read(request.GET, columns, size)
    if request.method == "POST" and (takes_step(request) or not path):
        return _posted(request, query, name, bulk)
    if form := request.GET.get("export"):
        wanted = (shown.columns_of_paper if form in PAPERS else shown.columns_of_file)(columns, query)
        rows = fetch(everything(query)).rows
        return file_response(request, form, wanted, rows, file_name or name, title or name, narrowed_by(columns, query))
    views = saved.saved_views(request.actor, name)
    first = next((view for view in views if view.is_first), None)
    if first is not None and not request.GET and request.method != "POST":
        return redirect(request.path + _opened(first))
    page = fetch(query)
    screen = _shown(request, columns, query, page, name, path, views, row_id, bulk, empty, placeholder)
    words = {"list": screen, "page": page, "query": query}
    return render(request, template, {**words, **(extra or {})}, status=status)


def takes_step(request: MemberRequest) -> bool:
    """Whether what was posted is for the list of a page that takes other forms, too."""
    return request.POST.get("do", "").startswith("view-") or "bulk" in request.POST or "ask" in request.POST


def page_of(rows: Sequence[T], query: ListQuery, columns: Sequence[Column]) -> Page[T]:
    """Search, filter, sort and cut a list that is in memory already, by what its columns show."""
    by_name = {column.name: column for column in columns}
    found = [row for row in rows if _fits(row, query, columns)] if query.is_narrowed else list(rows)
    column = by_name.get(query.sort.removeprefix("-"))
    if column is not None and column.sortable:
        key = column
        found.sort(key=lambda row: _order(cell(key, row)), reverse=query.sort.startswith("-"))
    page = min(max(query.page, 1), max(-(-len(found) // query.size), 1))
    start = (page - 1) * query.size
    return Page(rows=tuple(found[start : start + query.size]), total=len(found), page=page, size=query.size)


def _shown(
    request: MemberRequest,
    columns: Sequence[Column],
    query: ListQuery,
    page: Page[T],
    name: str,
    path: str,
    views: Sequence[saved.View],
    row_id: Callable[[T], str] | None,
    bulk: Sequence[Bulk],
    empty: Empty | None,
    placeholder: str | Promise,
) -> Shown:
    drawn = shown.columns_shown(columns, query)
    clear = shown.cleared(columns, query, views)
    opened = next((view for view in views if str(view.view_id) == query.view), None)
    at_hand, behind = shown.filters_at_hand(shown.filters_shown(columns, query))
    return Shown(
        name=name,
        path=path or request.path,
        query=query,
        page=page,
        tops=shown.tops_shown(drawn, query),
        offered=tuple((column, column in drawn) for column in columns if column.listed),
        rows=shown.rows_shown(drawn, page.rows, row_id),
        filters=at_hand,
        more_filters=behind,
        chips=shown.chips_shown(columns, query, clear),
        clear=clear.address(),
        views=tuple(replace(view, address=_opened(view)) for view in views),
        opened=opened,
        is_changed=opened is not None and opened.address != replace(query, page=1, view="").address(),
        may_share=may(request.actor, "write", saved.AREA),
        may_delete=opened is not None and (opened.is_own or may(request.actor, "administer", saved.AREA)),
        steps=bulks.offered(request.actor, bulk, name) if row_id is not None else (),
        empty=empty or Empty(_("Nothing here yet")),
        placeholder=str(placeholder),
        can_search=any(column.searched for column in columns),
        sizes=shown.sizes_shown(query),
        forms=tuple((form, f"{replace(query, page=1, view='0').address()}&export={form}") for form in FORMS),
    )


def _posted(request: MemberRequest, query: ListQuery, name: str, bulk: Sequence[Bulk]) -> HttpResponse:
    step = request.POST.get("bulk") or request.POST.get("ask")
    if step:
        return _step(request, bulks.chosen_step(request.actor, bulk, step, name))
    return _view_step(request, query, name)


def _step(request: MemberRequest, step: Bulk) -> HttpResponse:
    rows = bulks.chosen_rows(request.POST.getlist("ids"))
    if "bulk" not in request.POST:
        return render(request, "desk/list/ask.html", {"step": step, "rows": rows, "back": request.get_full_path()})
    changed = bulks.run_step(request.actor, step, rows, request.POST.get(f"pick-{step.name}", ""))
    said = ngettext("%(step)s: done for %(n)d.", "%(step)s: done for %(n)d.", changed)
    messages.success(request, said % {"step": step.label, "n": changed})
    return redirect(request.get_full_path())


def _view_step(request: MemberRequest, query: ListQuery, name: str) -> HttpResponse:
    """Save, change or delete a view of the list; the address says which one is open."""
    posted, actor = request.POST, request.actor
    address = replace(query, page=1, view="").address()
    view_id = int(query.view or 0)
    match posted.get("do", ""):
        case "view-save":
            view = saved.save_view(
                actor=actor,
                list_name=name,
                title=posted.get("title", ""),
                address=address,
                shared="shared" in posted,
                first="first" in posted,
                at=clock.now(),
            )
            messages.success(request, _("Saved as %(title)s.") % {"title": view.title})
        case "view-keep":
            view = saved.change_view(actor=actor, list_name=name, view_id=view_id, address=address)
            messages.success(request, _("%(title)s now shows this.") % {"title": view.title})
        case "view-change":
            view = saved.change_view(
                actor=actor,
                list_name=name,
                view_id=view_id,
                title=posted.get("title", ""),
                shared="shared" in posted,
                first="first" in posted,
            )
            messages.success(request, _("Changed: %(title)s.") % {"title": view.title})
        case "view-delete":
            title = saved.delete_view(actor=actor, list_name=name, view_id=view_id)
            messages.success(request, _("The view %(title)s is deleted. The rows are as they were.") % {"title": title})
            return redirect(request.path + replace(query, page=1, view="0").address())
        case _:
            raise StepUnknown(
                sentence.gettext("A list has no such step."),
                sentence.gettext("Open the list again and choose one that it offers."),
            )
    return redirect(request.path + replace(query, page=1, view=str(view.view_id)).address())


def _opened(view: saved.View) -> str:
    """Return the address that opens a view."""
    return f"{view.address}{'&' if len(view.address) > 1 else ''}view={view.view_id}"


def _fits(row: object, query: ListQuery, columns: Sequence[Column]) -> bool:
    for column in columns:
        wanted = query.filters.get(column.name) if column.filtered else None
        if wanted and not (column.keeps(row, wanted) if column.keeps else str(cell(column, row)) == wanted):
            return False
    if not query.search:
        return True
    text = " ".join(_sought(column, row) for column in columns if column.searched).lower()
    return all(word in text for word in query.search.lower().split())


def _sought(column: Column, row: object) -> str:
    """Return what a column is searched by: its value, and the word that people see for it."""
    value = str(cell(column, row))
    label = dict(column.options).get(value, "") if column.options else ""
    return f"{value} {label}"


def _order(value: Any) -> tuple[int, float, str]:
    if value is None or value == "":
        return 2, 0.0, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0, float(value), ""
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return 0, value[0] / (value[1] or 1), ""  # so many of so many
    return 1, 0.0, str(value).lower()
