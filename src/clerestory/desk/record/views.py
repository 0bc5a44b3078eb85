"""Addresses that every record shares. They translate between forms and commands and hold no rule."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk.document import paper_response
from clerestory.desk.forms import draft as drafts
from clerestory.desk.people import members
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.record import attachment
from clerestory.desk.record import comment as talk
from clerestory.desk.record import link as linking
from clerestory.desk.record.comment import Said
from clerestory.desk.record.known import known
from clerestory.desk.record.paper import record_paper
from clerestory.desk.record.upload import KEPT, AttachmentRefused, largest, too_large, was_too_large
from clerestory.desk.request import MemberRequest
from clerestory.desk.sent import many_times
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId

T = TypeVar("T")
NOT_SHOWN = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}
"""A file that somebody attached is never run or shown in the product's place."""


@require_safe
def paper(request: MemberRequest, kind: str, record_id: str) -> HttpResponse:
    """Write a record as a paper (``?export=pdf``)."""
    made = record_paper(request, kind, record_id)
    return paper_response(request, made, request.GET.get("export", "pdf"), f"{kind}-{record_id}")


@require_POST
def comment(request: MemberRequest, kind: str, record_id: str) -> HttpResponse:
    """Say something about a record."""
    permit(request.actor, "write", talk.AREA)
    text = request.POST.get("text", "")
    said, refused = _tried(lambda: talk.write_comment(actor=request.actor, kind=kind, record_id=record_id, text=text))
    if said is None:
        return _again(request, "comment", kind, record_id, refused, {"text": text})
    _told(request, said)
    drafts.drop_draft(actor=request.actor, key=f"comment/{kind}/{record_id}")
    return _to(request, kind, record_id, "comments", f"#comment-{said.comment_id}")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest, comment_id: int) -> HttpResponse:
    """Put one's own comment into other words."""
    kind, record_id, text = talk.own_comment(request.actor, comment_id)
    if request.method != "POST":
        return _again(request, "comment", kind, record_id, None, {"text": text, "comment_id": comment_id})
    text = request.POST.get("text", "")
    said, refused = _tried(lambda: talk.change_comment(actor=request.actor, comment_id=comment_id, text=text))
    if said is None:
        return _again(request, "comment", kind, record_id, refused, {"text": text, "comment_id": comment_id})
    _told(request, said)
    return _to(request, kind, record_id, "comments", f"#comment-{comment_id}")


@require_POST
def delete(request: MemberRequest, comment_id: int) -> HttpResponse:
    """Delete one's own comment; it can be brought back."""
    kind, record_id = talk.delete_comment(actor=request.actor, comment_id=comment_id)
    messages.success(request, _("Deleted. You can bring it back for 30 days."))
    return _to(request, kind, record_id, "comments", f"#comment-{comment_id}")


@require_POST
def restore(request: MemberRequest, comment_id: int) -> HttpResponse:
    """Bring one's own deleted comment back."""
    kind, record_id = talk.restore_comment(actor=request.actor, comment_id=comment_id)
    messages.success(request, _("Brought back."))
    return _to(request, kind, record_id, "comments", f"#comment-{comment_id}")


@require_POST
def file(request: MemberRequest, kind: str, record_id: str) -> HttpResponse:
    """Attach a file to a record."""
    permit(request.actor, "write", attachment.AREA)
    sent = request.FILES.get("file")
    personal = request.POST.get("personal") == "on"
    if was_too_large(request):
        return _again(request, "file", kind, record_id, too_large(), {"personal": personal})
    if sent is None:
        missing = AttachmentRefused(sentence.gettext("No file was chosen."), sentence.gettext("Choose one."))
        return _again(request, "file", kind, record_id, missing, {"personal": personal})
    body, name = sent.read(), sent.name or ""
    kept, refused = _tried(
        lambda: attachment.attach(
            actor=request.actor, kind=kind, record_id=record_id, name=name, body=body, personal=personal
        )
    )
    if kept is None:
        return _again(request, "file", kind, record_id, refused, {"personal": personal})
    messages.success(request, _("Attached. The file is an entry of the log."))
    return _to(request, kind, record_id, "files")


@require_safe
def download(request: MemberRequest, kind: str, record_id: str, entry_id: str) -> HttpResponse:
    """Send a file of a record, to be saved; a browser never shows it in the product's place."""
    name, media_type, body = attachment.file_of(request.actor, kind, record_id, entry_id)
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(body, content_type=media_type, headers={**NOT_SHOWN, "Content-Disposition": disposition})


@require_POST
def remove(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Take a file away from its record, with a reason."""
    reason = request.POST.get("reason", "")
    kind, record_id = attachment.detach(actor=request.actor, entry_id=EntryId(entry_id), reason=reason)
    messages.success(request, _("Taken away. The log keeps the entry, and says why it counts no longer."))
    return _to(request, kind, record_id, "files")


@require_POST
def link(request: MemberRequest, kind: str, record_id: str) -> HttpResponse:
    """Link a record to another one."""
    to_kind, _bar, to_id = request.POST.get("to", "").partition("|")
    relation = request.POST.get("relation", "")
    linking.link_records(
        actor=request.actor, kind=kind, record_id=record_id, relation=relation, to_kind=to_kind, to_id=to_id
    )
    messages.success(request, _("Linked. It shows on both records."))
    return _to(request, kind, record_id, "links")


@require_POST
def unlink(request: MemberRequest, kind: str, record_id: str) -> HttpResponse:
    """Remove a link that was made by hand."""
    key = request.POST.get("key", "")
    linking.unlink_records(actor=request.actor, kind=kind, record_id=record_id, key=key)
    messages.success(request, _("The link is gone from both records."))
    return _to(request, kind, record_id, "links")


@require_POST
@many_times
def draft(request: MemberRequest, key: str) -> HttpResponse:
    """Keep what was typed so far; nobody else sees it."""
    fields = {name: [str(value) for value in request.POST.getlist(name)] for name in request.POST}
    kept = drafts.keep_draft(actor=request.actor, key=key, fields=fields)
    return JsonResponse({"saved_at": kept.saved_at.isoformat()})


@require_POST
def discard(request: MemberRequest, key: str) -> HttpResponse:
    """Forget what was typed, and lead back to the form."""
    drafts.drop_draft(actor=request.actor, key=key)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if safe else "home")


def _tried(command: Callable[[], T]) -> tuple[T | None, ClerestoryError | None]:
    try:
        return command(), None
    except NotPermitted:
        raise
    except ClerestoryError as error:
        if type(error).__name__.endswith("Unknown"):
            raise
        return None, error


def _again(
    request: MemberRequest,
    what: str,
    kind: str,
    record_id: str,
    refused: ClerestoryError | None,
    said: dict[str, object],
) -> HttpResponse:
    """Show the form alone, with what was said and what is wrong with it."""
    record = known(request.actor, kind, record_id)
    extra: dict[str, object] = {"record": record, "what": what, "refused": refused, **said}
    extra |= (
        {"people": members(request.actor)} if what == "comment" else {"endings": sorted(KEPT), "largest": largest()}
    )
    return render(request, "desk/record/again.html", extra, status=422 if refused else 200)


def _told(request: MemberRequest, said: Said) -> None:
    if said.told:
        n = len(said.told)
        messages.success(request, ngettext("%(n)s person is told.", "%(n)s people are told.", n) % {"n": n})
    for name in said.unknown:
        text = _("Nobody called @%(name)s is a member, so nobody was told. Choose a name from the list.")
        messages.warning(request, text % {"name": name})


def _to(request: MemberRequest, kind: str, record_id: str, tab: str, mark: str = "") -> HttpResponse:
    record = known(request.actor, kind, record_id)
    return redirect(f"{record.url or '/'}?tab={tab}{mark}")
