"""Keys of records that somebody names. Nobody has to invent one: left empty, it comes from the name."""

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def key_field(longest: int) -> forms.CharField:
    """Return the field that asks for a key, and may be left empty."""
    return forms.CharField(
        label=_("Id"),
        max_length=longest,
        required=False,
        help_text=_("Short and lasting; left empty, it is taken from the name."),
    )


def key_from(given: str, name: str, longest: int) -> str:
    """Return the key as given, or made from the name: small letters, digits and hyphens."""
    return given.strip() or slugify(name.translate(_SPELT))[:longest].strip("-")
