"""One step for many rows of a list: asked for once, then done for all of them or for none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from clerestory.desk.actor import Actor
from clerestory.desk.permit import may, permit
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

MOST = 100


class BulkRefused(ClerestoryError):
    """The step cannot be taken for these rows."""


class BulkUnknown(ClerestoryError):
    """The list offers no such step."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What is chosen together with the rows, such as a new owner."""

    label: str | Promise
    options: Sequence[tuple[str, str | Promise]]


@dataclass(frozen=True, slots=True)
class Bulk:
    """A step for the chosen rows: ``run(actor, ids)`` returns how many it changed, ``run(actor, ids, picked)`` with a
    ``pick``. It runs in one transaction: what it raises undoes all of it. ``confirm`` is asked before, and says what
    cannot be undone.
    """

    name: str
    label: str | Promise
    run: Callable[..., int]
    confirm: str | Promise = ""
    danger: bool = False
    icon: str = ""
    pick: Pick | None = None
    verb: str = "write"

    @property
    def asks(self) -> bool:
        """Whether there is something to say before it runs."""
        return bool(self.confirm or self.pick)


def offered(actor: Actor, steps: Sequence[Bulk], area: str) -> tuple[Bulk, ...]:
    """Return the steps that the member may take."""
    return tuple(step for step in steps if may(actor, step.verb, area))


def chosen_step(actor: Actor, steps: Sequence[Bulk], name: str, area: str) -> Bulk:
    """Return the step of that name.

    Raises:
        BulkUnknown: there is none.
        NotPermitted: the member may not take it.
    """
    step = next((step for step in steps if step.name == name), None)
    permit(actor, "write" if step is None else step.verb, area)
    if step is None:
        raise BulkUnknown(_("The list offers no such step."), _("Open the list again and choose one that it offers."))
    return step


def row_at(record_id: str, version: int) -> str:
    """Return what a list posts for a row, with the version that it shows."""
    return f"{record_id}~{version}"


def rows_seen(ids: Sequence[str]) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Return the ids of posted rows, each once, and at which version each was seen, where the list said so."""
    versions: dict[str, int] = {}
    found: dict[str, None] = {}
    for text in ids:
        record_id, _sign, version = text.partition("~")
        found[record_id] = None
        if version:
            versions[record_id] = int(version) if version.isdecimal() and len(version) < 10 else 0
    return tuple(found), versions


def chosen_rows(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the chosen rows, each once.

    Raises:
        BulkRefused: there are none, or more than one page holds.
    """
    rows = tuple(dict.fromkeys(text for text in ids if text))
    if not rows:
        raise BulkRefused(_("No row is chosen."), _("Tick the rows first."))
    if len(rows) > MOST:
        raise BulkRefused(
            _("{count} rows are chosen.", count=len(rows)), _("Choose at most {most} at once.", most=MOST)
        )
    return rows


def run_step(actor: Actor, step: Bulk, rows: tuple[str, ...], picked: str = "") -> int:
    """Take a step for the rows, all or none, and return how many it changed.

    Raises:
        BulkRefused: what was picked with it is not offered.
    """
    arguments: tuple[Any, ...] = (actor, rows)
    if step.pick is not None:
        if picked not in [value for value, _label in step.pick.options]:
            raise BulkRefused(
                _("Nothing, or something that is not offered, was chosen."), _("Choose one of those offered.")
            )
        arguments = (actor, rows, picked)
    with atomic():
        return step.run(*arguments)
