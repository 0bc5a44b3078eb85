"""The evidence log: search, one entry with its proof and content, taking an entry back, the state of the log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clerestory.desk.approval import revoke
from clerestory.desk.lists import Column
from clerestory.desk.request import MemberRequest, approved
from clerestory.report import evidence
from clerestory.report.evidence import LogLine
from clerestory.store.log import Search
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId
from clerestory.terms.status import UNWELCOME
from clerestory.web.export import file_response
from clerestory.web.templatetags.screen import word
from clerestory.web.words import kind_word

SIZE = 50
LARGEST_EXPORT = 100_000
_AS_THEY_ARE = ("application/json", "text/plain", "text/csv")


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter of the list with what was chosen."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that stands outside the tool bar and can be removed."""

    label: str
    url: str


@require_safe
def log(request: MemberRequest) -> HttpResponse:
    """Show the entries of the log, newest first."""
    export = request.GET.get("export")
    what = _search(request, size=LARGEST_EXPORT if export else SIZE)
    page, choices = evidence.log_view(request.actor, what)
    if export:
        return file_response(export, columns(), page.rows, "evidence")
    filters = (
        Choice("kind", _("Kind"), what.kind, tuple((kind, kind_word(kind)) for kind in choices.kinds)),
        Choice(
            "about", _("About"), what.subject_kind, tuple((kind, kind_word(kind)) for kind in choices.subject_kinds)
        ),
        Choice("verdict", _("Verdict"), what.verdict, tuple((verdict, word(verdict)) for verdict in choices.verdicts)),
    )
    chips: tuple[Chip, ...] = ()
    if what.subject is not None:
        rest = {key: str(value) for key, value in request.GET.items() if key not in ("subject", "page")}
        chips = (Chip(f"{kind_word(what.subject.kind)}: {what.subject.id}", f"?{urlencode(rest)}"),)
    return render(
        request, "web/evidence/log.html", {"page": page, "search": what.text, "filters": filters, "chips": chips}
    )


@require_safe
def entry(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Show one entry with its facts and its proof."""
    page = evidence.entry(request.actor, entry_id)
    return render(
        request,
        "web/evidence/entry.html",
        {
            "entry": page,
            "unwelcome": UNWELCOME,
            "facts_text": pretty(page.record.facts),
            "leaf_text": pretty(page.record.leaf),
        },
    )


@require_safe
def content(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Send the content behind an entry as a file; a browser never runs or shows it in the product's place."""
    body, media_type = evidence.content(request.actor, entry_id)
    kind = media_type if media_type.partition(";")[0] in _AS_THEY_ARE else "application/octet-stream"
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in entry_id)
    ending = {"application/json": "json", "text/plain": "txt", "text/csv": "csv", "application/pdf": "pdf"}
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{ending.get(media_type.partition(";")[0], "bin")}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(body, content_type=kind, headers=headers)


@require_POST
def take_back(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Revoke an entry with a reason; it stays in the log and counts no longer."""
    revoke(actor=request.actor, entry_id=EntryId(entry_id), reason=request.POST.get("reason", "").strip())
    if evidence.entry(request.actor, entry_id).waiting:
        messages.info(request, _("Noted. The result counts until a second person approves that it is taken back."))
    else:
        messages.success(request, _("The entry no longer counts. It stays in the log with the reason."))
    return redirect("evidence-entry", entry_id)


@require_POST
def approve_taking_back(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve, as a second person, that a failed or inconclusive result is taken back."""
    return approved(request, entry_id)


@require_safe
def state(request: MemberRequest) -> HttpResponse:
    """Show the newest signed checkpoint and how to check it elsewhere."""
    return render(request, "web/evidence/state.html", {"state": evidence.state(request.actor)})


def columns() -> Sequence[Column]:
    """Return the columns of an exported log."""
    return (
        Column(name="position", label=_("Position"), value=lambda line: line.entry.position, numeric=True),
        Column(name="entry_id", label=_("Entry"), value=lambda line: line.entry.entry_id),
        Column(name="kind", label=_("Kind"), value=lambda line: line.entry.kind),
        Column(name="subject_kind", label=_("About"), value=lambda line: line.entry.subject.kind),
        Column(name="subject", label=_("Subject"), value=lambda line: line.entry.subject.id),
        Column(name="verdict", label=_("Verdict"), value=lambda line: line.entry.verdict),
        Column(name="who", label=_("Made by"), value=_who),
        Column(name="observed_at", label=_("Observed"), value=lambda line: line.entry.observed_at),
        Column(name="received_at", label=_("Received"), value=lambda line: line.entry.received_at),
        Column(name="leaf_hash", label=_("Leaf hash"), value=lambda line: line.entry.leaf_hash),
    )


def pretty(document: bytes) -> str:
    """Write a sealed document so that people can read it; its bytes are the compact form of the same."""
    return json.dumps(json.loads(document), indent=2, ensure_ascii=False)


def _who(line: LogLine) -> str:
    return line.who


def _search(request: MemberRequest, *, size: int) -> Search:
    subject_kind, _colon, subject_id = request.GET.get("subject", "").partition(":")
    page = request.GET.get("page", "1")
    return Search(
        text=request.GET.get("q", "").strip()[:200],
        kind=request.GET.get("kind", ""),
        subject=Subject(subject_kind, subject_id) if subject_id else None,
        subject_kind=request.GET.get("about", ""),
        verdict=request.GET.get("verdict", ""),
        size=size,
        page=max(int(page), 1) if page.isdecimal() and len(page) < 9 and size == SIZE else 1,
    )
