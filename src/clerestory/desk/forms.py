"""Forms that show what a command refuses beside the field that caused it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from django import forms

from clerestory.terms.error import ClerestoryError

T = TypeVar("T")


def attempt(
    form: forms.Form, command: Callable[[], T], fields: Mapping[type[ClerestoryError], str] | None = None
) -> T | None:
    """Run a command for a valid form; what it refuses becomes an error of the form, and None is returned.

    ``fields`` says beside which field an error belongs; others stand above the form.
    """
    if not form.is_valid():
        return None
    try:
        return command()
    except ClerestoryError as error:
        field = next((name for kind, name in (fields or {}).items() if isinstance(error, kind)), None)
        form.add_error(field if field in form.fields else None, f"{error.problem} {error.remedy}")
        return None


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text area, without empty ones and doubles, in order."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
