"""What a form begins with says where it comes from, so that a person confirms it and types nothing twice.

Nothing is answered for anybody: what is filled in stands open to change, and counts once the person sent the form.
"""

from collections.abc import Mapping

from django import forms
from django.utils.html import format_html


def say_known(form: forms.Form, sources: Mapping[str, object]) -> None:
    """Say beside each field that begins with something where that comes from: ``{"purpose": _("From the record")}``."""
    for name, source in sources.items():
        field = form.fields.get(name)
        if field is not None and form.get_initial_for_field(field, name) not in (None, "", [], ()):
            space = " " if field.help_text else ""
            field.help_text = format_html('{}{}<span class="field-known">{}</span>', field.help_text, space, source)
