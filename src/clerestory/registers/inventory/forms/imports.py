"""The form in which a file of systems is handed in, and its columns are named."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.registers.inventory.rules.imported import FIELDS, NEEDED


class FileForm(forms.Form):
    """A file with a head and rows."""

    file = forms.FileField(label=_("File"), help_text=_("CSV in UTF-8 or XLSX, with a head; at most 20,000 rows."))


class MappingForm(forms.Form):
    """Which column means what; each field of a system is one choice among the columns."""

    def __init__(self, *args: object, head: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        columns = [("", gettext("not in the file")), *((column, column) for column in head if column)]
        for name in FIELDS:
            label = gettext(name.replace("_", " ")).capitalize()
            self.fields[name] = forms.ChoiceField(label=label, choices=columns, required=name in NEEDED)

    def mapping(self) -> dict[str, str]:
        """Return which column means what, by field."""
        return {name: column for name, column in self.cleaned_data.items() if column}
