"""Records that a form offers for choice by name: a list while it can be read, else a field in which names are typed.

A page whose list grows with the inventory would not answer in time, and nobody finds one of 10,000 systems in a list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.store import directory
from clerestory.terms.ids import OrganisationId

MOST = 200
"""So many records are offered as a list."""
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Offer:
    """The records of a kind that can be chosen; ``choices`` is None where there are too many for a list."""

    organisation_id: OrganisationId
    kind: str
    choices: tuple[tuple[str, str], ...] | None


def offer(actor: Actor, kind: str = "ai_system") -> Offer:
    """Return the records of a kind for a form, in one query however many there are."""
    found = directory.first(actor.organisation_id, kind, most=MOST + 1)
    named = tuple((record.id, record.label) for record in found)
    choices = named if len(found) <= MOST else None
    return Offer(actor.organisation_id, kind, choices)


def put_offer(form: forms.Form, name: str, offered: Offer, *, before: Iterable[tuple[str, object]] = ()) -> None:
    """Let a field of choices offer records, after some other choices; too many are typed by name instead."""
    field = form.fields[name]
    if offered.choices is not None:
        field.choices = [*before, *offered.choices]  # type: ignore[attr-defined]
        return
    typed = _Several if isinstance(field, forms.MultipleChoiceField) else _One
    form.fields[name] = typed(
        offered, label=field.label, required=field.required, initial=field.initial, help_text=field.help_text
    )


class _One(forms.CharField):
    """A record by its name or id; its value is the id."""

    def __init__(self, offered: Offer, **kwargs: object) -> None:
        told = _("Type a name as it stands in the list, or an id.")
        super().__init__(**{"max_length": 300, **kwargs, "help_text": kwargs.get("help_text") or told})  # type: ignore[arg-type]
        self.offered = offered

    def prepare_value(self, value: object) -> object:
        """Return the name of the record, for the page."""
        names = _names(self.offered, [str(value)]) if value else ()
        return names[0] if names else value

    def clean(self, value: object) -> str:
        """Return the id of the record that was named."""
        text = super().clean(value)
        return _ids(self.offered, [text])[0] if text else ""


class _Several(forms.CharField):
    """Records by their names or ids, one on each line; the value is their ids."""

    widget = forms.Textarea

    def __init__(self, offered: Offer, **kwargs: object) -> None:
        told = gettext("One on each line, by name or id.")
        said = f"{kwargs.get('help_text') or ''} {told}".strip()
        super().__init__(**{"max_length": LONGEST, **kwargs, "help_text": said})  # type: ignore[arg-type]
        self.widget.attrs["rows"] = 4
        self.offered = offered

    def prepare_value(self, value: object) -> object:
        """Return the names of the records on lines of their own, for the page."""
        if not isinstance(value, list | tuple):
            return value
        return "\n".join(_names(self.offered, value))

    def clean(self, value: object) -> list[str]:
        """Return the ids of the records that were named."""
        lines = super().clean(value).splitlines()
        return _ids(self.offered, list(dict.fromkeys(line.strip() for line in lines if line.strip())))


def _names(offered: Offer, ids: Sequence[str]) -> list[str]:
    """Return names for ids, or the id where several have the name, so that what is shown can be sent back."""
    known = {record.id: record.label for record in directory.find(offered.organisation_id, offered.kind, ids)}
    called = [record.label for record in directory.called(offered.organisation_id, offered.kind, known.values())]
    return [known[one] if one in known and called.count(known[one]) == 1 else one for one in ids]


def _ids(offered: Offer, said: Sequence[str]) -> list[str]:
    found = directory.called(offered.organisation_id, offered.kind, said)
    ids = {record.id for record in found}
    named: dict[str, list[str]] = {}
    for record in found:
        named.setdefault(record.label, []).append(record.id)
    chosen = []
    for text in said:
        meant = [text] if text in ids else named.get(text, [])
        if len(meant) != 1:
            problem = _("Several are called “%(said)s”.") if meant else _("None is called “%(said)s”.")
            remedy = (
                _("Type the id, such as %(id)s.") if meant else _("Type a name as it stands in the list, or an id.")
            )
            raise ValidationError(
                f"{problem} {remedy}", code="unknown_record", params={"said": text, "id": min(meant, default="")}
            )
        chosen.append(meant[0])
    return list(dict.fromkeys(chosen))
