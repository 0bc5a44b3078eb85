"""Pages of importing systems from a file: hand it in, look at what would happen, then do it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.desk.document.words import refusal_shown
from clerestory.desk.permit import permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.forms.imports import FileForm, MappingForm
from clerestory.registers.inventory.rules.imported import Sheet, read_sheet
from clerestory.registers.inventory.views.record import AREA
from clerestory.terms.error import ClerestoryError

KEPT = "inventory-import"
"""Where the session keeps the file between the dry run and the import; it is gone afterwards."""


@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: MemberRequest) -> HttpResponse:
    """Take a file, and keep it for the dry run."""
    permit(request.actor, "write", AREA)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            sheet = read_sheet(file.read(), file.name)
        except ClerestoryError as error:
            form.add_error("file", refusal_shown(error))
        else:
            rows = [[number, list(cells)] for number, cells in sheet.rows]
            request.session[KEPT] = {"name": file.name[:200], "head": list(sheet.head), "rows": rows}
            return redirect("inventory-import-try")
    status = 422 if form.errors else 200
    return render(request, "inventory/import.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def try_out(request: MemberRequest) -> HttpResponse:
    """Show by row and field what an import would do; do it once nothing is wrong."""
    actor = request.actor
    permit(actor, "write", AREA)
    kept = request.session.get(KEPT)
    if not kept:
        return redirect("inventory-import")
    sheet = Sheet(tuple(kept["head"]), tuple((number, tuple(cells)) for number, cells in kept["rows"]))
    sent = request.POST if request.method == "POST" else None
    form = MappingForm(sent, head=sheet.head)
    mapping = form.mapping() if sent is not None and form.is_valid() else None
    report = commands.try_import(actor=actor, sheet=sheet, mapping=mapping)
    if sent is not None and mapping and report.is_right and "import" in sent:
        done = commands.begin_import(actor=actor, sheet=sheet, file_name=kept["name"], mapping=mapping)
        del request.session[KEPT]
        if done.run_id is not None:
            return redirect("inventory-import-run", done.run_id)
        said = ngettext("%(n)d system registered.", "%(n)d systems registered.", done.registered)
        messages.success(request, said % {"n": done.registered})
        return redirect("inventory-pairs" if done.duplicates else "systems")
    if sent is None:
        form = MappingForm(head=sheet.head, initial=dict(report.mapping))
    words = {"form": form, "report": report, "name": kept["name"]}
    status = 422 if sent is not None and not report.is_right else 200
    return render(request, "inventory/import_try.html", words, status=status)


@require_safe
def run(request: MemberRequest, run_id: int) -> HttpResponse:
    """Show how far an import is that a job does."""
    record = queries.import_run(request.actor, run_id)
    return render(request, "inventory/import_run.html", {"record": record, "title": _("Import")})
