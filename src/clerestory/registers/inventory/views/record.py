"""Pages of the inventory. They translate between forms and commands and hold no rule."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import stood
from clerestory.desk.day import shown_here
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import OtherPage, Record, other_page, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, forms, queries
from clerestory.registers.inventory.queries.records import LessRecord
from clerestory.registers.inventory.rules.record import ModelStatus, Stage
from clerestory.registers.inventory.views.system import system_record
from clerestory.terms.evidence import Subject

AREA = "inventory"


@list_page
def models(request: MemberRequest) -> HttpResponse:
    """List model versions."""
    return show_list(
        request,
        "inventory/models.html",
        columns=queries.MODEL_COLUMNS,
        name="model-versions",
        title=_("Model versions"),
        placeholder=_("Version or system"),
        fetch=lambda query: queries.model_versions(request.actor, query),
        empty=Empty(
            _("No model version"), _("clerestory push registers the model that a manifest names."), picture="systems"
        ),
    )


@list_page
def datasets(request: MemberRequest) -> HttpResponse:
    """List versions of data."""
    return show_list(
        request,
        "inventory/datasets.html",
        columns=queries.DATASET_COLUMNS,
        name="data-versions",
        title=_("Versions of data"),
        placeholder=_("Version or system"),
        fetch=lambda query: queries.dataset_versions(request.actor, query),
        empty=Empty(
            _("No version of data"),
            _("clerestory push --register registers the data that a manifest names."),
            picture="data",
        ),
    )


@list_page
def budgets(request: MemberRequest) -> HttpResponse:
    """List the privacy budgets of data sets."""
    return show_list(
        request,
        "inventory/budgets.html",
        columns=queries.BUDGET_COLUMNS,
        name="privacy-budgets",
        title=_("Privacy budgets"),
        placeholder=_("Data set or system"),
        fetch=lambda query: page_of(queries.privacy_budgets(request.actor), query, queries.BUDGET_COLUMNS),
        empty=Empty(
            _("No privacy budget"),
            _(
                "Declare the check privacy.budget-accounting in a manifest; its criterion is the ceiling. Release "
                "figures with clerestory release; clerestory check and clerestory push bring what was spent here."
            ),
            picture="data",
        ),
    )


@require_safe
def budget(request: MemberRequest, budget_key: str) -> HttpResponse:
    """Show one privacy budget: what is spent of it over time, and what spent it."""
    found = queries.privacy_budget(request.actor, budget_key)
    words = {"budget": found, "points": tuple(reversed(found.points)), "chart": _chart(found)}
    return render(request, "inventory/budget.html", words)


@require_safe
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the record of a system with what everybody said, attached and changed."""
    record = queries.ai_system(request.actor, system_id)
    pairs = () if request.GET else queries.pairs_of(request.actor, system_id)
    joined = next((one for one in pairs if one.state == "joined"), None)
    if joined is not None and joined.kept != system_id and record.system.stage is Stage.RETIREMENT:
        messages.info(request, _("It was joined with this one. Its own record is kept."))
        return redirect("inventory-system", joined.kept)
    words: dict[str, Any] = {"record": record, "system": record.system}
    words["may_write"] = may(request.actor, "write", AREA)
    words |= record_parts(request, system_record(record))
    if words["parts"].tab == "details":
        words |= less_words(request.actor, queries.less_asked_of(request.actor, record))
    return render(request, "inventory/system.html", words)


def less_words(actor: Actor, found: Iterable[LessRecord]) -> dict[str, object]:
    """Return what a page says of what waits to ask less of a system or of what belongs to it."""
    return {"less": stood(actor, found), "names": member_names(actor)} if found else {}


@require_http_methods(["GET", "HEAD", "POST"])
def edit_system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Change a system from the version that the editor saw."""
    permit(request.actor, "write", AREA)
    record = queries.ai_system(request.actor, system_id)
    form = forms.SystemForm(
        asking.posted(request), people=member_choices(request.actor), initial=forms.system_values(record.said)
    )
    form.fields["system_id"].disabled = True  # whatever is sent, it stays
    form.fields["system_id"].widget.attrs["readonly"] = True
    editing = Editing(request, form, key=f"inventory-system-edit/{system_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.update_ai_system(
            actor=request.actor,
            expected_version=editing.seen,
            system=replace(form.system(), system_id=system_id, architecture_facts=record.system.architecture_facts),
        )
    )
    if made is not None:
        messages.success(request, _("Changed. The change is an entry of the log."))
        return redirect("inventory-system", system_id)
    return _form(request, editing, record.system.name, _("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
def model(request: MemberRequest, version_id: str) -> HttpResponse:
    """Show a model version; release or withdraw it."""
    record = queries.model_version(request.actor, version_id)
    form = forms.StatusForm(asking.posted(request), initial={"status": record.model.status, "version": record.version})
    editing = Editing(request, form, version=record.version)
    if request.method == "POST":
        permit(request.actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_model_status(
            actor=request.actor,
            version_id=version_id,
            status=ModelStatus(form.cleaned_data["status"]),
            expected_version=form.cleaned_data["version"],
        )
    )
    if made is not None:
        messages.success(request, _("Changed. The change is an entry of the log."))
        return redirect("inventory-model", version_id)
    words = {"record": record, "model": record.model, "form": form, "editing": editing}
    words |= {"may_write": may(request.actor, "write", AREA)}
    words |= less_words(request.actor, queries.less_asked_about(request.actor, "model_version", version_id))
    shown = _shown("model_version", version_id, version_id, "inventory-model")
    return render(request, "inventory/model.html", {**words, **record_parts(request, shown)}, status=editing.status)


@require_http_methods(["GET", "HEAD", "POST"])
def dataset(request: MemberRequest, version_id: str) -> HttpResponse:
    """Show a version of data; say more about it."""
    record = queries.dataset_version(request.actor, version_id)
    form = forms.DatasetForm(asking.posted(request), initial=forms.dataset_values(record.said, record.version))
    editing = Editing(request, form, key=f"inventory-dataset/{version_id}", version=record.version)
    if request.method == "POST":
        permit(request.actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.describe_dataset_version(
            actor=request.actor, dataset=form.dataset(record.dataset), expected_version=form.cleaned_data["version"]
        )
    )
    if made is not None:
        messages.success(request, _("Changed. The change is an entry of the log."))
        return redirect("inventory-dataset", version_id)
    words: dict[str, Any] = {"record": record, "dataset": record.dataset, "form": form, "editing": editing}
    words |= {"may_write": may(request.actor, "write", AREA)}
    pages = other_page("quality", _("Limits and description"), "data-version", version_id)
    words |= record_parts(request, _shown("dataset_version", version_id, version_id, "inventory-dataset", pages))
    if words["parts"].tab == "details":
        words["budgets"] = queries.privacy_budgets_of(request.actor, version_id)
        words |= less_words(request.actor, queries.less_asked_about(request.actor, "dataset_version", version_id))
    return render(request, "inventory/dataset.html", words, status=editing.status)


def _shown(kind: str, record_id: str, title: str, route: str, pages: tuple[OtherPage, ...] = ()) -> Record:
    address = reverse(route, args=[record_id])
    return Record(kind, record_id, title, address, Subject(kind, record_id), f"{kind}/{record_id}", pages)


def _chart(budget: queries.Budget) -> Mapping[str, object]:
    """Return what the browser draws: the epsilon spent over time, and the ceiling."""
    points = [
        {
            "at": int(point.at.timestamp() * 1000),
            "day": shown_here(point.at),
            "value": point.epsilon,
            "low": point.low,
            "high": point.high,
            "verdict": point.verdict,
            "verdict_word": _(point.verdict.capitalize()),
            "label": f"{point.epsilon:.4g}",
        }
        for point in budget.points
        if point.epsilon is not None and point.verdict
    ]
    ceiling = budget.newest.ceiling
    label = _("ceiling %(epsilon)s") % {"epsilon": f"{ceiling:g}"} if ceiling is not None else ""
    return {"points": points, "limits": [] if ceiling is None else [{"at": ceiling, "label": label}]}


def _form(request: MemberRequest, editing: Editing, heading: str, label: str) -> HttpResponse:
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label}
    return render(request, "inventory/form.html", words, status=editing.status)
