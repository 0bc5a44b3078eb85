"""The seven questions, and the records behind one of them."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clerestory.desk.lists import Column, Empty, list_page, page_of, show_list
from clerestory.desk.request import MemberRequest
from clerestory.report import questions as reports
from clerestory.report.questions import Shown
from clerestory.store import clock
from clerestory.web.templatetags.screen import WORDS
from clerestory.web.words import kind_word, subject_word

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


@list_page
def question(request: MemberRequest, key: str) -> HttpResponse:
    """Show one answer with every record that it was counted from."""
    answer, found = reports.behind(request.actor, key, now=clock.now())
    return show_list(
        request,
        "web/questions/question.html",
        columns=columns(),
        fetch=lambda query: page_of(found, query, columns()),
        name=f"question-{key}",
        title=answer.question,
        placeholder=_("Record or what is said of it"),
        size=50,
        empty=Empty(_("Nobody can say yet"), answer.sentence),
        extra={"answer": answer},
    )


def columns() -> Sequence[Column]:
    """Return the columns of the records behind an answer."""
    return (
        Column(
            name="label",
            label=_("Record"),
            searched=True,
            kind="link",
            value=lambda one: subject_word(one.label),
            url=lambda one: one.url,
        ),
        Column(name="kind", label=_("Kind"), value=lambda one: kind_word(one.member.subject.kind)),
        Column(
            name="counts",
            label=_("Counts"),
            kind="tag",
            filtered=True,
            options=(("yes", _("yes")), ("no", _("no"))),
            value=lambda one: "yes" if one.member.holds else "no",
            tone=lambda one: "good" if one.member.holds else "old",
        ),
        Column(name="state", label=_("Why"), searched=True, value=state_word),
        Column(name="detail", label=_("What"), searched=True, value=lambda one: one.member.detail),
    )


def state_word(shown: Shown) -> str:
    """Return why a record counts or does not, in the reader's language."""
    state = shown.member.state
    return str(_STATES.get(state) or WORDS.get(state) or kind_word(state))
