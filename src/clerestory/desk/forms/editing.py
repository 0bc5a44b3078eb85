"""Forms: what a command refuses stands beside the field that caused it, drafts are kept, and nobody overwrites unseen.

A view of a form does this::

    form = RiskForm(posted(request), initial=values)
    editing = Editing(request, form, key=f"risk/{risk_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.change_risk(..., expected_version=editing.seen))
    if made is not None:
        return redirect("risk", risk_id)
    return render(request, "risk/form.html", {"form": form, "editing": editing}, status=editing.status)

and its template ``{% include "desk/form.html" with label=_("Save") %}``.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BoundField
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from clerestory.desk.document.words import refusal_shown
from clerestory.desk.forms.draft import Kept, drop_draft
from clerestory.desk.forms.draft import draft as kept_draft
from clerestory.desk.request import MemberRequest
from clerestory.desk.version import ChangedMeanwhile
from clerestory.store import clock
from clerestory.terms.error import ClerestoryError

T = TypeVar("T")
ONE_FIELD = "_field"
"""Name of the part of a form that asks for the validation of one field only; nothing is run then."""
VERSION, SEEN = "version", "_seen"
_CHANGED = "changed_meanwhile"


def attempt(
    form: forms.Form, command: Callable[[], T], fields: Mapping[type[ClerestoryError], str] | None = None
) -> T | None:
    """Run a command for a valid form; what it refuses becomes an error of the form, and None is returned.

    ``fields`` says beside which field an error belongs; others stand above the form.
    """
    if ONE_FIELD in form.data or not form.is_valid():
        return None
    try:
        return command()
    except ClerestoryError as error:
        field = next((name for kind, name in (fields or {}).items() if isinstance(error, kind)), None)
        code = _CHANGED if isinstance(error, ChangedMeanwhile) else ""
        said = ValidationError(refusal_shown(error), code=code)
        form.add_error(field if field in form.fields else None, said)
        return None


def inline(request: MemberRequest, form: forms.Form) -> HttpResponse | None:
    """Answer what is wrong with one field, where the browser asks for that while a form is filled in; else None."""
    name = request.POST.get(ONE_FIELD, "") if request.method == "POST" else ""
    if name not in form.fields:
        return None
    return render(request, "desk/field_errors.html", {"field": form[name]})


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text area, without empty ones and doubles, in order."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class SeenVersion(forms.IntegerField):
    """The version of another record that the page shows beside the form; what is sent rests on it.

    A kept draft never brings an older one back: whoever goes on with it has the newest before them.
    """

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, min_value=0, **options)

    def clean(self, value: object) -> int:
        """Return the version; 0 where the form does not say, which is the version of nothing."""
        return super().clean(value) or 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """One field that somebody else changed meanwhile: what it was, what they wrote, and what stands in the form now."""

    label: str
    was: str
    theirs: str
    yours: str
    is_conflict: bool
    """Whether both changed it; else theirs was taken over."""


class Editing:
    """A form while somebody fills it in: validation of one field, the draft, and what others changed meanwhile.

    ``key`` names the draft, ``version`` is that of the record as it is now (0 where there is none yet); a form without
    either keeps no draft, or looks for no change of others.
    """

    def __init__(self, request: MemberRequest, form: forms.Form, *, key: str = "", version: int | None = None) -> None:
        self.request, self.form, self.key, self.version = request, form, key, version
        self.answer = inline(request, form)
        self.overlaps: tuple[Overlap, ...] = ()
        self.changed = False
        self.newer: tuple[str, str] | None = None
        """The versions that were seen, and that is the newest now, of what the form rests on; None where both agree."""
        self.base = {name: texts(form.get_initial_for_field(f, name)) for name, f in form.fields.items()}
        self.draft: Kept | None = None
        self.restored = False
        if key and request.method != "POST":
            self._look_for_draft()

    @property
    def seen(self) -> int:
        """The version of the record that the editor saw; 0 where the form does not say."""
        text = self.request.POST.get(VERSION, "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    @property
    def expected(self) -> int | None:
        """The version that the editor saw; None where the form does not say, as one that a program sends."""
        return self.seen if VERSION in self.request.POST else None

    @property
    def status(self) -> int:
        """The HTTP status with which the form is shown."""
        return 422 if self.form.errors else 200

    @property
    def base_text(self) -> str:
        """What the record said when the form was opened, as the form carries it along."""
        return json.dumps(self.base, ensure_ascii=False, separators=(",", ":"))

    def attempt(self, command: Callable[[], T], fields: Mapping[type[ClerestoryError], str] | None = None) -> T | None:
        """Run a command for a form that was sent; forget the draft where it worked.

        Where somebody else changed the record meanwhile, the form then holds theirs in the fields that one left alone
        and one's own in all others, with the newest version, so that sending it again goes on knowingly.
        """
        if self.request.method != "POST":
            return None
        made = attempt(self.form, command, fields)
        if made is not None and self.key:
            drop_draft(actor=self.request.actor, key=self.key)
        if made is None and self.form.has_error(NON_FIELD_ERRORS, _CHANGED):
            self.changed = True
            self._merge()
        return made

    def _look_for_draft(self) -> None:
        self.draft = kept_draft(self.request.actor, self.key, clock.now())
        if self.draft is None or self.request.GET.get("draft") != "restore":
            return
        said = QueryDict(mutable=True)
        for name, values in self.draft.fields.items():
            said.setlist(name, list(values))
        for name, field in self.form.fields.items():
            value = field.widget.value_from_datadict(said, {}, self.form.add_prefix(name))
            if not isinstance(field, forms.FileField | SeenVersion):
                self.form.initial[name] = value
        self.restored = True
        self.base = _read_base(said.get(SEEN, "")) or self.base
        version = said.get(VERSION, "")
        if version.isdecimal() and len(version) < 10:
            self.version = int(version)

    def _merge(self) -> None:
        base = _read_base(self.request.POST.get(SEEN, ""))
        data = self.request.POST.copy()
        overlaps = []
        for name, field in self.form.fields.items():
            if name == VERSION:
                data[self.form.add_prefix(name)] = str(self.version)
                continue
            bound = self.form[name]
            if isinstance(field, SeenVersion):  # the newest is shown with the answer
                seen, newest = texts(bound.data) or ["0"], self.base[name]
                self.newer = (seen[0], newest[0]) if newest and seen != newest else self.newer
                _put(data, bound, newest)
                continue
            was, theirs, yours = base.get(name, self.base[name]), self.base[name], texts(bound.data)
            if was == theirs or theirs == yours:
                continue
            left_alone = yours == was
            if left_alone and bound.is_hidden:  # carried along for the page itself, as a count it was opened with
                _put(data, bound, theirs)
                continue
            overlaps.append(
                Overlap(
                    label=str(bound.label),
                    was=_words(field, was),
                    theirs=_words(field, theirs),
                    yours=_words(field, yours),
                    is_conflict=not left_alone,
                )
            )
            if left_alone:
                _put(data, bound, theirs)
        self.form.data = data
        self.overlaps = tuple(sorted(overlaps, key=lambda overlap: not overlap.is_conflict))


def texts(value: object) -> list[str]:
    """Return what a field holds as the texts that a form sends, so that two of them can be compared."""
    if value is None or value is False or value == "":
        return []
    if value is True:
        return ["on"]
    if isinstance(value, str):
        plain = value.replace("\r\n", "\n").strip()
        return [plain] if plain else []
    if isinstance(value, Iterable):
        return sorted(str(item) for item in value)
    return [str(value)]


def _read_base(text: str) -> dict[str, list[str]]:
    """Read what a form carries along of the record as it was; nonsense is nothing."""
    try:
        said = json.loads(text)
        return {str(name): [str(value) for value in values] for name, values in said.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _put(data: QueryDict, bound: BoundField, values: list[str]) -> None:
    if values:
        data.setlist(bound.html_name, values)
    else:
        data.pop(bound.html_name, None)


def _words(field: forms.Field, values: list[str]) -> str:
    """Return the values of a field as people chose them."""
    if isinstance(field, forms.BooleanField):
        return _("yes") if values else _("no")
    labels = {str(value): str(label) for value, label in getattr(field, "choices", ())}
    return ", ".join(labels.get(value, value) for value in values) or "–"
