"""Pages of notices: the member's own, how they come, and for administrators the outbox and webhooks."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk.actor import Actor
from clerestory.desk.forms import attempt, inline
from clerestory.desk.lists import Bulk, Empty, list_page, show_list
from clerestory.desk.notice import inbox as own
from clerestory.desk.notice import targets
from clerestory.desk.notice.address import TargetRefused
from clerestory.desk.notice.forms import ChoicesForm, TargetForm
from clerestory.desk.notice.topics import TOPICS
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest, posted
from clerestory.store import clock
from clerestory.store.queue.pulse import is_alive
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError

AREA = "notices"


class StepUnknown(ClerestoryError):
    """Nothing of that name can be done with a webhook."""


def _mark(actor: Actor, ids: tuple[str, ...]) -> int:
    return own.mark_read(actor=actor, ids=[int(text) for text in ids if text.isdecimal() and len(text) < 19])


READ = Bulk("read", gettext_lazy("Mark as read"), _mark, icon="check", verb="read")


@list_page
def inbox(request: MemberRequest) -> HttpResponse:
    """List what the member was told, newest first; administrators see whether e-mail gets through."""
    administers = may(request.actor, "administer", AREA)
    return show_list(
        request,
        "desk/notice/inbox.html",
        columns=own.COLUMNS,
        name="notices",
        title=_("Notifications"),
        placeholder=_("Text"),
        fetch=lambda query: own.notices(request.actor, query),
        row_id=lambda row: str(row.notice_id),
        bulk=(READ,),
        empty=Empty(
            _("Nothing to tell"),
            _("You hear here when a monitor fails, something waits for you, or somebody names you."),
            picture="bell",
        ),
        extra={
            "administers": administers,
            "outbox": own.outbox(request.actor) if administers else None,
            "is_alive": is_alive(clock.now()) if administers else True,
        },
    )


@require_POST
def read_all(request: MemberRequest) -> HttpResponse:
    """Mark everything as read."""
    changed = own.mark_read(actor=request.actor)
    messages.success(
        request, ngettext("%(n)d notification is read.", "%(n)d notifications are read.", changed) % {"n": changed}
    )
    return redirect("notices")


@require_POST
def open_one(request: MemberRequest, notice_id: int) -> HttpResponse:
    """Mark a notice as read and go where it leads: to a page of this server."""
    url = own.open_notice(actor=request.actor, notice_id=notice_id)
    return redirect(f"/{url.lstrip('/')}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: MemberRequest) -> HttpResponse:
    """Choose how each topic comes."""
    form = ChoicesForm(posted(request), chosen=own.choices(request.actor))

    def keep() -> bool:
        own.choose(actor=request.actor, wanted=form.wanted())
        return True

    if request.method == "POST" and attempt(form, keep):
        messages.success(request, _("Kept."))
        return redirect("notices-choices")
    words = {"form": form, "rows": form.rows(), "administers": may(request.actor, "administer", AREA)}
    return render(request, "desk/notice/choices.html", words, status=422 if form.errors else 200)


@never_cache
@sensitive_variables("made")
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: MemberRequest) -> HttpResponse:
    """List the targets of webhooks and register one; its secret is shown this once."""
    permit(request.actor, "administer", AREA)
    form = TargetForm(posted(request))
    answer = inline(request, form)
    if answer is not None:
        return answer
    made = None
    if request.method == "POST":
        made = attempt(
            form,
            lambda: targets.register_target(
                actor=request.actor,
                name=form.cleaned_data["name"],
                url=form.cleaned_data["url"],
                topics=form.cleaned_data["topics"],
            ),
            {TargetRefused: "url"},
        )
    words = {
        "targets": targets.targets(request.actor),
        "form": TargetForm() if made else form,
        "secret": made[1] if made else "",
        "topics": _topic_words(),
        "is_alive": is_alive(clock.now()),
    }
    return render(request, "desk/notice/webhooks.html", words, status=422 if form.errors else 200)


@list_page
def webhook(request: MemberRequest, target_id: int) -> HttpResponse:
    """Show one target and what became of each message."""
    return _target_page(request, target_id)


@never_cache
@sensitive_variables("secret")
@require_POST
def step(request: MemberRequest, target_id: int, step: str) -> HttpResponse:
    """Take a step with a target: a trial message, a new secret, letting it go on, or its end."""
    if step == "secret":
        secret = targets.renew_secret(actor=request.actor, target_id=target_id)
        return _target_page(request, target_id, secret=secret)
    steps: dict[str, tuple[Callable[..., object], str, str]] = {
        "try": (targets.send_trial, _("A trial message is on its way."), "notices-webhook"),
        "resume": (targets.resume_target, _("It is told again from now on."), "notices-webhook"),
        "end": (targets.end_target, _("Ended. Nothing more is sent there."), "notices-webhooks"),
    }
    if step not in steps:
        raise StepUnknown(
            sentence.gettext("There is no step {step!r}.", step=step),
            sentence.gettext("Open the webhook and choose one that it offers."),
        )
    run, said, route = steps[step]
    run(actor=request.actor, target_id=target_id)
    messages.success(request, said)
    return redirect(route, target_id) if route == "notices-webhook" else redirect(route)


def _target_page(request: MemberRequest, target_id: int, *, secret: str = "") -> HttpResponse:
    target = targets.target(request.actor, target_id)
    words = {"target": target, "secret": secret, "topics": _topic_words()}
    if secret:
        return render(request, "desk/notice/secret.html", words)
    return show_list(
        request,
        "desk/notice/webhook.html",
        columns=targets.POST_COLUMNS,
        name="webhook-posts",
        title=target.name,
        placeholder=_("Problem or message id"),
        fetch=lambda query: targets.posts(request.actor, target_id, query),
        empty=Empty(
            _("Nothing was posted yet"), _("Send a trial message to see whether it gets through."), picture="link"
        ),
        extra=words,
    )


def _topic_words() -> dict[str, object]:
    return {name: topic.label for name, topic in TOPICS.items()}
