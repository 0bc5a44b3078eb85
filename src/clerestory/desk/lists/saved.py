"""Saved views: the rows and columns of a list that a member wants to see again, for the member or for all.

A view is a way of looking. It proves nothing, so nothing of it enters the log.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.models import SavedView
from clerestory.desk.people import names_of
from clerestory.desk.permit import may, permit
from clerestory.desk.version import first_wins
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

AREA = "views"
MOST = 50


class ViewRefused(ClerestoryError):
    """A view cannot be saved like this."""


class ViewUnknown(ClerestoryError):
    """There is no such view of this list, or it is somebody else's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view as one member sees it; ``by`` names its author where that is somebody else."""

    view_id: int
    title: str
    address: str
    is_own: bool
    is_shared: bool
    is_first: bool
    by: str = ""


def saved_views(actor: Actor, list_name: str) -> tuple[View, ...]:
    """Return the member's own views of a list and those that others share, by title, in at most two queries."""
    permit(actor, "read", AREA)
    rows = list(_seen(actor, list_name).order_by("title", "id"))
    others = {row.person_id for row in rows} - {actor.person_id}
    names = names_of(actor.organisation_id, others) if others else {}
    return tuple(_view(actor, row, names.get(row.person_id, row.person_id)) for row in rows)


def save_view(
    *, actor: Actor, list_name: str, title: str, address: str, shared: bool = False, first: bool = False, at: datetime
) -> View:
    """Keep what a member looks at under a title; sharing it asks for the right to write.

    Raises:
        ViewRefused: it has no title, there are too many, or the title is taken.
    """
    permit(actor, "write" if shared else "read", AREA)
    with first_wins(), atomic():
        mine = _own(actor, list_name).select_for_update()
        if len(mine) >= MOST:
            raise ViewRefused(
                _("You have {most} views of this list.", most=MOST), _("Delete one that you no longer use.")
            )
        row = SavedView(
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            list_name=list_name,
            title=_title(title, [other.title for other in mine]),
            address=_address(address),
            is_shared=shared,
            saved_at=at,
        )
        row.save()
        if first:
            _open_first(mine, row)
    return _view(actor, row, "")


def change_view(
    *,
    actor: Actor,
    list_name: str,
    view_id: int,
    title: str | None = None,
    address: str | None = None,
    shared: bool | None = None,
    first: bool | None = None,
) -> View:
    """Change one of the member's own views; what is None stays.

    Raises:
        ViewUnknown: the member has no such view of this list.
        ViewRefused: the title is empty or taken.
    """
    permit(actor, "write" if shared else "read", AREA)
    with first_wins(), atomic():
        mine = _own(actor, list_name).select_for_update()
        row = next((row for row in mine if row.pk == view_id), None)
        if row is None:
            raise _unknown()
        if title is not None:
            row.title = _title(title, [other.title for other in mine if other.pk != view_id])
        row.address = row.address if address is None else _address(address)
        row.is_shared = row.is_shared if shared is None else shared
        row.is_first = row.is_first and first is not False
        row.save()
        if first:
            _open_first(mine, row)
    return _view(actor, row, "")


def delete_view(*, actor: Actor, list_name: str, view_id: int) -> str:
    """Delete one of the member's own views, or as an administrator one that is shared; return its title.

    Raises:
        ViewUnknown: there is no such view of this list.
    """
    permit(actor, "read", AREA)
    with atomic():
        row = _seen(actor, list_name).filter(pk=view_id).first()
        if row is None or (row.person_id != actor.person_id and not may(actor, "administer", AREA)):
            raise _unknown()
        row.delete()
        return row.title


def _seen(actor: Actor, list_name: str) -> QuerySet[SavedView]:
    mine_or_shared = Q(person_id=actor.person_id) | Q(is_shared=True)
    return SavedView.objects.filter(mine_or_shared, organisation_id=actor.organisation_id, list_name=list_name)


def _own(actor: Actor, list_name: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(
        organisation_id=actor.organisation_id, list_name=list_name, person_id=actor.person_id
    )


def _open_first(mine: QuerySet[SavedView], row: SavedView) -> None:
    mine.exclude(pk=row.pk).update(is_first=False)
    row.is_first = True
    row.save()


def _title(text: str, taken: list[str]) -> str:
    title = " ".join(text.split())
    if not title:
        raise ViewRefused(_("The view has no name."), _("Give it a short name."))
    if len(title) > 80:
        raise ViewRefused(_("The name of the view is longer than 80 characters."), _("Shorten it."))
    plain(title, _("name of the view"), longest=80)
    if title in taken:
        raise ViewRefused(
            _("You have a view {title!r} of this list.", title=title), _("Choose another name, or change that view.")
        )
    return title


def _address(text: str) -> str:
    if len(text) > 3000:
        raise ViewRefused(_("The view asks for more than can be kept."), _("Shorten the search."))
    return text


def _unknown() -> ViewUnknown:
    return ViewUnknown(_("There is no such view of yours."), _("Open the list and choose one of its views."))


def _view(actor: Actor, row: SavedView, name: str) -> View:
    is_own = row.person_id == actor.person_id
    return View(
        view_id=row.pk,
        title=row.title,
        address=row.address,
        is_own=is_own,
        is_shared=row.is_shared,
        is_first=is_own and row.is_first,
        by="" if is_own else name,
    )
