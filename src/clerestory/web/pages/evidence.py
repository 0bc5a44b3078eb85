"""The evidence log: search, one entry with its proof and content, taking an entry back, the state of the log."""

import json
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clerestory.desk.approval import asks_for_two, revoke
from clerestory.desk.lists import Column, Empty, ListQuery, Page, list_page, show_list
from clerestory.desk.request import MemberRequest, approved
from clerestory.report import evidence
from clerestory.report.evidence import LogChoices, LogLine
from clerestory.store.log import Search
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId
from clerestory.web.templatetags.screen import word
from clerestory.web.words import kind_word, subject_word

_AS_THEY_ARE = ("application/json", "text/plain", "text/csv")


@list_page
def log(request: MemberRequest) -> HttpResponse:
    """Show the entries of the log, newest first."""
    choices = evidence.log_choices(request.actor)

    def fetch(query: ListQuery) -> Page[LogLine]:
        return evidence.entries(request.actor, _search(query))

    return show_list(
        request,
        "web/evidence/log.html",
        columns=columns(choices),
        fetch=fetch,
        name="evidence",
        title=_("Evidence"),
        placeholder=_("Words, id or digest"),
        empty=Empty(
            _("No evidence yet"),
            _("Bring it in with clerestory check, then clerestory push; every record made here enters by itself."),
            picture="log",
        ),
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
            "asks_for_two": asks_for_two(page.record.fact),
            "facts_text": pretty(page.record.facts),
            "leaf_text": pretty(page.record.leaf),
        },
    )


@require_safe
def content(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Send the content behind an entry as a file; a browser never runs or shows it in the product's place."""
    body, media_type = evidence.content(request.actor, entry_id)
    kind = media_type if media_type.partition(";")[0] in _AS_THEY_ARE else "application/octet-stream"
    ending = {"application/json": "json", "text/plain": "txt", "text/csv": "csv", "application/pdf": "pdf"}
    return _file(body, kind, f"{entry_id}.{ending.get(media_type.partition(';')[0], 'bin')}")


@require_safe
def proof(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Send the proof that an entry stands in the log, for whoever checks it elsewhere."""
    return _file(evidence.proof(request.actor, entry_id), "application/octet-stream", f"{entry_id}.tlog-proof")


def _file(body: bytes, media_type: str, name: str) -> HttpResponse:
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(body, content_type=media_type, headers=headers)


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


def columns(choices: LogChoices) -> Sequence[Column]:
    """Return the columns of the log; what it can be narrowed to stands in its index."""
    return (*_what(choices), *_about(choices), *_when())


def _what(choices: LogChoices) -> tuple[Column, ...]:
    return (
        Column(
            name="entry",
            label=_("Entry"),
            kind="link",
            sortable=False,
            searched=True,
            exported=False,
            value=lambda line: line.check or kind_word(line.entry.kind),
            url=lambda line: reverse("evidence-entry", args=[line.entry.entry_id]),
        ),
        Column(
            name="position",
            label=_("Position"),
            kind="number",
            sortable=False,
            value=lambda line: _("waiting") if line.entry.position is None else line.entry.position,
        ),
        Column(
            name="entry_id", label=_("Entry id"), sortable=False, optional=True, value=lambda line: line.entry.entry_id
        ),
        Column(
            name="kind",
            label=_("Kind"),
            sortable=False,
            optional=True,
            filtered=True,
            options=tuple((kind, kind_word(kind)) for kind in choices.kinds),
            value=lambda line: line.entry.kind,
        ),
        Column(
            name="about_what",
            label=_("About"),
            sortable=False,
            value=lambda line: line.whom or subject_word(line.about),
        ),
    )


def _about(choices: LogChoices) -> tuple[Column, ...]:
    return (
        Column(
            name="about",
            label=_("Kind of subject"),
            sortable=False,
            listed=False,
            filtered=True,
            options=tuple((kind, kind_word(kind)) for kind in choices.subject_kinds),
            value=lambda line: line.entry.subject.kind,
        ),
        Column(
            name="subject",
            label=_("Subject"),
            sortable=False,
            listed=False,
            filtered=True,
            named=_subject_named,
            value=lambda line: line.entry.subject.id,
        ),
        Column(
            name="verdict",
            label=_("Verdict"),
            kind="status",
            sortable=False,
            filtered=True,
            options=tuple((verdict, word(verdict)) for verdict in choices.verdicts),
            value=lambda line: line.entry.verdict,
        ),
    )


def _when() -> tuple[Column, ...]:
    return (
        Column(name="who", label=_("Made by"), kind="person", sortable=False, value=lambda line: line.who),
        Column(
            name="observed_at",
            label=_("Observed"),
            kind="day",
            sortable=False,
            value=lambda line: line.entry.observed_at,
        ),
        Column(
            name="received_at",
            label=_("Received"),
            kind="moment",
            sortable=False,
            optional=True,
            value=lambda line: line.entry.received_at,
        ),
        Column(
            name="leaf_hash",
            label=_("Leaf hash"),
            sortable=False,
            optional=True,
            value=lambda line: line.entry.leaf_hash,
        ),
    )


def pretty(document: bytes) -> str:
    """Write a sealed document so that people can read it; its bytes are the compact form of the same."""
    return json.dumps(json.loads(document), indent=2, ensure_ascii=False)


def _subject_named(wanted: str) -> str:
    kind, _colon, subject_id = wanted.partition(":")
    return f"{kind_word(kind)} {subject_id}"


def _search(query: ListQuery) -> Search:
    subject_kind, _colon, subject_id = query.filters.get("subject", "").partition(":")
    return Search(
        text=query.search,
        kind=query.filters.get("kind", ""),
        subject=Subject(subject_kind, subject_id) if subject_id else None,
        subject_kind=query.filters.get("about", ""),
        verdict=query.filters.get("verdict", ""),
        size=query.size,
        page=query.page,
    )
