"""Pages of documents about data. They translate between forms and commands and hold no rule."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, other_page, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.data import commands, forms, queries
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId

AREA = "data"


@list_page
def data(request: MemberRequest) -> HttpResponse:
    """List the versions of data with where their limits and descriptions stand."""
    return show_list(
        request,
        "data/data.html",
        columns=queries.DATA_COLUMNS,
        name="data-quality",
        title=_("Data quality"),
        placeholder=_("Version"),
        fetch=lambda query: page_of(queries.standing_rows(request.actor), query, queries.DATA_COLUMNS),
        empty=Empty(
            _("No version of data"),
            _("clerestory push --register registers the data that a manifest names and proposes its limits."),
            picture="data",
        ),
    )


@require_safe
def version(request: MemberRequest, version_id: str) -> HttpResponse:
    """Show one version of data: its limits, its description, where they stand, and what was measured."""
    actor = request.actor
    limits, sheets = queries.criteria_versions(actor, version_id), queries.datasheet_versions(actor, version_id)
    if not limits and not sheets:
        queries.data_row(actor, version_id)  # says so where there is no such version
    stand = standings(actor, [made.entry_id for made in (*(r.made for r in limits), *(r.made for r in sheets))])
    return render(
        request,
        "data/version.html",
        {
            "version_id": version_id,
            "names": member_names(actor),
            "may_write": may(actor, "write", AREA),
            "limits": [(record, *_standing(actor, stand, record.made.entry_id)) for record in limits],
            "sheets": [(record, *_standing(actor, stand, record.made.entry_id)) for record in sheets],
            **record_parts(request, _shown(version_id), tab="quality"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def criteria(request: MemberRequest, version_id: str) -> HttpResponse:
    """Propose limits for a version of data."""
    permit(request.actor, "write", AREA)
    row = queries.data_row(request.actor, version_id)
    initial = {} if row.criteria is None else forms.criteria_values(row.criteria.criteria)
    form = forms.CriteriaForm(
        asking.posted(request), topics=load().coverages["data_quality_topics"].items, initial=initial
    )
    editing = Editing(request, form, key=f"data-criteria/{version_id}", version=_newest(row.criteria))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_criteria(
            actor=request.actor, criteria=form.criteria(version_id), expected_version=editing.expected
        )
    )
    if made is not None:
        messages.success(request, _("Proposed. The limits count once a second person approved them."))
        return redirect("data-version", version_id)
    return _form(request, editing, _("Limits of quality"), _("Propose"), version_id)


@require_http_methods(["GET", "HEAD", "POST"])
def datasheet(request: MemberRequest, version_id: str) -> HttpResponse:
    """Propose a description of a version of data."""
    permit(request.actor, "write", AREA)
    row = queries.data_row(request.actor, version_id)
    initial = {} if row.datasheet is None else forms.datasheet_values(row.datasheet.sheet)
    form = forms.DatasheetForm(
        asking.posted(request), topics=load().coverages["datasheet_topics"].items, initial=initial
    )
    editing = Editing(request, form, key=f"data-datasheet/{version_id}", version=_newest(row.datasheet))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_datasheet(
            actor=request.actor, sheet=form.sheet(version_id), expected_version=editing.expected
        )
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("data-version", version_id)
    return _form(request, editing, _("Datasheet"), _("Propose"), version_id)


@require_http_methods(["GET", "HEAD", "POST"])
def procedure(request: MemberRequest) -> HttpResponse:
    """Show and propose how data are managed."""
    actor = request.actor
    versions = queries.procedure_versions(actor)
    initial = forms.procedure_values(versions[0].procedure) if versions else {}
    form = forms.ProcedureForm(
        asking.posted(request), parts=load().coverages["data_management_parts"].items, initial=initial
    )
    editing = Editing(request, form, key="data-procedure", version=_newest(versions[0] if versions else None))
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_procedure(actor=actor, procedure=form.procedure(), expected_version=editing.expected)
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("data-procedure")
    stand = standings(actor, [record.made.entry_id for record in versions])
    return render(
        request,
        "data/procedure.html",
        {
            "versions": [(record, *_standing(actor, stand, record.made.entry_id)) for record in versions],
            "form": form,
            "editing": editing,
            "names": member_names(actor),
            "may_write": may(actor, "write", AREA),
        },
        status=422 if form.errors else 200,
    )


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve limits, a datasheet or the procedure."""
    return asking.approved(request, entry_id)


def _form(request: MemberRequest, editing: Editing, heading: str, label: str, version_id: str) -> HttpResponse:
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label, "version_id": version_id}
    return render(request, "data/form.html", words, status=editing.status)


def _shown(version_id: str) -> Record:
    address = next((page.url for page in other_page("details", "", "inventory-dataset", version_id)), "")
    pages = other_page("quality", _("Limits and description"), "data-version", version_id)
    subject = Subject("dataset_version", version_id)
    return Record("dataset_version", version_id, version_id, address, subject, f"dataset_version/{version_id}", pages)


def _newest(record: queries.CriteriaRecord | queries.DatasheetRecord | queries.ProcedureRecord | None) -> int:
    return 0 if record is None else record.made.version


def _standing(actor: Actor, stand: Mapping[EntryId, Standing], entry_id: EntryId) -> tuple[Standing | None, bool]:
    standing = stand.get(entry_id)
    return standing, standing is not None and standing.can_approve(actor)
