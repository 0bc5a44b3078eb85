"""The column that says where a version stands: missing, waiting, approved, replaced or taken back, and by whom."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from clerestory.desk.approval import Standing
from clerestory.desk.lists.query import Column
from clerestory.desk.lists.words import word

_MISSING = gettext_lazy("missing")
_TONES = {"missing": "bad", "waiting": "open", "approved": "good", "revoked": "bad", "replaced": "old"}
_WORDS = {
    "waiting": gettext_lazy("waits for approval"),
    "approved": gettext_lazy("approved"),
    "replaced": gettext_lazy("replaced"),
    "revoked": gettext_lazy("taken back"),
}
STATES = (("missing", _MISSING), *_WORDS.items())
"""Where a version may stand, as the choices of a filter."""


def state_of(standing: Standing | None) -> str:
    """Return in one word where a version stands."""
    if standing is None:
        return "missing"
    if standing.revoked_at:
        return "revoked"
    return "approved" if standing.is_approved else "replaced" if standing.replaced_at else "waiting"


def standing_column(
    name: str,
    label: str | Promise,
    of: Callable[[Any], Standing | None],
    *,
    missing: str | Promise = _MISSING,
    missing_tone: str = "bad",
    names: Mapping[str, str] | None = None,
) -> Column:
    """Return a column that shows and filters where the version of each row stands; ``names`` say who approved."""

    def tone(row: Any) -> str:
        state = state_of(of(row))
        return missing_tone if state == "missing" else _TONES[state]

    def note(row: Any) -> str:
        standing = of(row)
        return "" if standing is None else _told(standing, names or {})

    return Column(
        name=name,
        label=label,
        kind="tag",
        filtered=True,
        options=(("missing", missing), *_WORDS.items()),
        value=lambda row: state_of(of(row)),
        tone=tone,
        note=note,
    )


def _told(standing: Standing, names: Mapping[str, str]) -> str:
    if standing.revoked_at:
        return standing.revoked_reason
    if standing.is_approved:
        approval = standing.done[-1 if standing.order else 0]
        # Translators: date format of Django
        day = formats.date_format(approval.approved_at, pgettext("date format", "j M Y"))
        return ", ".join(part for part in (names.get(approval.approver, ""), word(approval.role), day) if part)
    waits_for = standing.approver_role if standing.is_open else ""
    return _("by: %(role)s") % {"role": word(waits_for)} if waits_for else ""
