"""The seven questions, and the records behind one of them."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clerestory.desk.lists import Column
from clerestory.desk.request import MemberRequest
from clerestory.report import questions as reports
from clerestory.report.questions import Shown
from clerestory.store import clock
from clerestory.web.export import file_response
from clerestory.web.templatetags.screen import WORDS
from clerestory.web.words import kind_word, subject_word

SIZE = 50
_STATES = {
    "held": gettext_lazy("decided and approved"),
    "undecided": gettext_lazy("nobody decided"),
    "unapproved": gettext_lazy("waits for approval"),
    "owner_left": gettext_lazy("the owner has left"),
    "accountable_left": gettext_lazy("the accountable person has left"),
    "over": gettext_lazy("over the criteria"),
    "ended": gettext_lazy("its acceptance ended"),
    "unsigned": gettext_lazy("its acceptance waits for approval"),
    "unrated": gettext_lazy("not analysed yet"),
    "within": gettext_lazy("within the criteria"),
    "accepted": gettext_lazy("accepted"),
    "never": gettext_lazy("never checked"),
    "waiting": gettext_lazy("not accepted yet"),
    "changed": gettext_lazy("accepted before the duties changed"),
    "open": gettext_lazy("open"),
    "late": gettext_lazy("open and late"),
    "effective": gettext_lazy("closed, effect confirmed"),
}


@require_safe
def questions(request: MemberRequest) -> HttpResponse:
    """Show all seven with their answers as of now."""
    return render(request, "web/questions/questions.html", {"all": reports.answers(request.actor, now=clock.now())})


@require_safe
def question(request: MemberRequest, key: str) -> HttpResponse:
    """Show one answer with every record that it was counted from."""
    answer, shown = reports.behind(request.actor, key, now=clock.now())
    if export := request.GET.get("export"):
        return file_response(export, columns(), shown, f"question-{key}")
    text = request.GET.get("q", "").strip()
    found = [one for one in shown if text.casefold() in f"{one.label} {one.member.detail}".casefold()]
    page = max(int(request.GET["page"]) if request.GET.get("page", "").isdigit() else 1, 1)
    pages = max(-(-len(found) // SIZE), 1)
    page = min(page, pages)
    return render(
        request,
        "web/questions/question.html",
        {
            "answer": answer,
            "shown": [(one, state_word(one)) for one in found[(page - 1) * SIZE : page * SIZE]],
            "text": text,
            "total": len(found),
            "number": page,
            "pages": pages,
        },
    )


def columns() -> Sequence[Column]:
    """Return the columns of the exported records."""
    return (
        Column(name="label", label=_("Record"), value=lambda one: subject_word(one.label)),
        Column(name="kind", label=_("Kind"), value=lambda one: kind_word(one.member.subject.kind)),
        Column(name="counts", label=_("Counts"), value=lambda one: _("yes") if one.member.holds else _("no")),
        Column(name="state", label=_("Why"), value=state_word),
        Column(name="detail", label=_("What"), value=lambda one: one.member.detail),
    )


def state_word(shown: Shown) -> str:
    """Return why a record counts or does not, in the reader's language."""
    state = shown.member.state
    return str(_STATES.get(state) or WORDS.get(state) or kind_word(state))
