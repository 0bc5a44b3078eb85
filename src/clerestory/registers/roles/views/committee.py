"""Pages of committees, their meetings and minutes. What a meeting begins with comes from the web project."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.desk.day import today_of
from clerestory.desk.document import Facts, Heading, Mark, Paper, Paragraph, Table, organisation_name, paper_response
from clerestory.desk.document import references as paper_references
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names, members
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.roles import commands
from clerestory.registers.roles.forms import CommitteeForm, MeetingForm, MinutesForm, committee_values
from clerestory.registers.roles.queries import committee as found
from clerestory.registers.roles.queries.committee import AREA, CommitteeRecord, MeetingRecord, committee_columns
from clerestory.registers.roles.rules.committee import Committee
from clerestory.store import clock, log


@list_page
def committees(request: MemberRequest) -> HttpResponse:
    """List the committees."""
    actor = request.actor
    columns = committee_columns(actor, member_names(actor))
    may_write = may(actor, "write", AREA)
    return show_list(
        request,
        "roles/committees.html",
        columns=columns,
        name="committees",
        title=_("Committees"),
        placeholder=_("Committee or member"),
        fetch=lambda query: page_of(found.committees(actor), query, columns),
        empty=Empty(
            _("No committee yet"),
            _("People of several functions who look at what waits and decide."),
            reverse("roles-committee-add") if may_write else "",
            _("Set one up"),
            "people",
        ),
        extra={"may_write": may_write},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_committee(request: MemberRequest) -> HttpResponse:
    """Set up a committee."""
    return _committee(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_committee(request: MemberRequest, committee_id: str) -> HttpResponse:
    """Change charter or members from the version that the editor saw."""
    return _committee(request, found.committee(request.actor, committee_id))


@require_safe
def committee(request: MemberRequest, committee_id: str) -> HttpResponse:
    """Show a committee: charter, members, meetings."""
    actor = request.actor
    record = found.committee(actor, committee_id)
    url = reverse("roles-committee", args=[committee_id])
    shown = Record("committee", committee_id, record.committee.name, url, None, f"committee/{committee_id}")
    words: dict[str, object] = {
        "record": record,
        "committee": record.committee,
        "may_write": may(actor, "write", AREA),
        **record_parts(request, shown),
    }
    if shows_details(request):
        words |= {
            "standing": record.standing,
            "may_sign": record.standing is not None and record.standing.can_approve(actor),
            "meetings": found.meetings(actor, committee_id),
            "names": member_names(actor),
            "meeting_form": MeetingForm(initial={"planned_for": today_of(actor)}),
        }
    return render(request, "roles/committee.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def meeting(request: MemberRequest, committee_id: str, number: int) -> HttpResponse:
    """Show a meeting with its agenda, and write its minutes; ``export`` gives it as a paper."""
    actor = request.actor
    if request.method != "POST" and not shows_details(request):
        record = found.meeting(actor, committee_id, number)
        told = {"record": record, "standing": record.standing, **record_parts(request, _shown(record))}
        return render(request, "roles/meeting.html", told)
    record, body = found.meeting_with_committee(actor, committee_id, number)
    sits, names = body.in_force or body.committee, member_names(actor)
    if wanted := request.GET.get("export"):
        held_on = record.minutes.held_on if record.minutes else record.planned_for
        paper = _paper(request, body.on(held_on) or sits, record, names)
        return paper_response(request, paper, wanted, f"minutes-{committee_id}-{number}")
    seated = dict.fromkeys(seat.person for one in (body.on(record.planned_for), sits) if one for seat in one.seats)
    people = [(person, names.get(person, person)) for person in seated]
    form = MinutesForm(request.POST or None, people=people, record=record, today=today_of(actor))
    editing = Editing(request, form, key=f"roles-minutes/{committee_id}/{number}", version=record.version)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.write_minutes(
            actor=actor, committee_id=committee_id, number=number, said=form.minutes(), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Recorded. It counts once a second person approved it."))
        return redirect("roles-meeting", committee_id, number)
    words = {
        "record": record,
        "form": form,
        "editing": editing,
        "names": names,
        "standing": record.standing,
        "may_sign": record.standing is not None and record.standing.can_approve(actor),
        "may_write": may(actor, "write", AREA),
        **record_parts(request, _shown(record)),
    }
    return render(request, "roles/meeting.html", words, status=editing.status)


def _shown(record: MeetingRecord) -> Record:
    """Return a meeting as the tabs of its page know it; its own paper is that of the minutes."""
    meeting = f"{record.committee_id}/{record.number}"
    page = reverse("roles-meeting", args=[record.committee_id, record.number])
    title = f"{record.committee_name}, {record.number}"
    return Record("meeting", meeting, title, page, None, f"meeting/{meeting}", paper=page)


def _committee(request: MemberRequest, record: CommitteeRecord | None) -> HttpResponse:
    actor = request.actor
    permit(actor, "write", AREA)
    people = [(one.person_id, one.name, one.unit) for one in members(actor)]
    initial = {"quorum": 2} if record is None else committee_values(record.committee)
    form = CommitteeForm(request.POST or None, people=people, initial=initial)
    if record is not None:
        form.fields["committee_id"].widget.attrs["readonly"] = True
    key = "roles-committee" if record is None else f"roles-committee/{record.committee.committee_id}"
    editing = Editing(request, form, key=key, version=0 if record is None else record.version)
    if editing.answer is not None:
        return editing.answer
    known = "" if record is None else record.committee.committee_id
    made = editing.attempt(
        lambda: commands.constitute(actor=actor, said=form.committee(known), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("roles-committee", made.record_id)
    heading = _("Set up a committee") if record is None else record.committee.name
    words = {"form": form, "editing": editing, "heading": heading, "label": _("Propose")}
    return render(request, "roles/form.html", words, status=editing.status)


def _paper(request: MemberRequest, sits: Committee, record: MeetingRecord, names: dict[str, str]) -> Paper:
    """Return a meeting as a paper: who was there, what was decided, what was on the agenda, and where it stands."""
    minutes, standing = record.minutes, record.standing
    entries = [] if record.entry_id is None else [(record.entry_id, _("Minutes"))]
    entries += [(approval.entry_id, _("Approval")) for approval in (standing.done if standing else ())]
    leaves = log.leaf_hashes(request.actor.organisation_id, [entry for entry, _about in entries])
    decided = {item.title: text for item, text in record.decided}
    present = minutes.present if minutes else ()
    facts = (
        (_("Held"), minutes.held_on if minutes else record.planned_for),
        (_("Took part"), [names.get(person, person) for person in present]),
        (_("Absent"), [names.get(s.person, s.person) for s in sits.seats if s.person not in present]),
        (_("Quorum"), record.quorum or sits.quorum),
        (
            _("Minutes"),
            Mark(_("approved"), "good") if standing and standing.is_approved else Mark(_("not approved"), "open"),
        ),
    )
    rows = [(item.title, item.why, decided.get(item.title, "–")) for item in record.agenda]
    return Paper(
        title=_("{committee}, meeting {number}").format(committee=sits.name, number=record.number),
        organisation=organisation_name(request),
        at=clock.now(),
        parts=(
            Facts(facts),
            Table(_("Agenda and decisions"), (_("Point"), _("Why it is here"), _("Decided")), rows),
            Heading(_("Minutes")),
            Paragraph(minutes.text if minutes else _("Not written yet.")),
        ),
        evidence=paper_references((entry, leaves.get(entry, ""), about) for entry, about in entries),
    )
