"""Draws the controls that stand on most forms without a template for each choice: a list of 300 people is one text.

What comes out is what Django's own templates make of the same widget; every other widget is left to them.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

_FOLDER = "django/forms/widgets/"


class Drawn(DjangoTemplates):
    """The templates of Django, but for inputs, long texts and lists of choices."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Draw a widget."""
        draw = _DRAWN.get(template_name)
        return super().render(template_name, context, request) if draw is None else draw(context["widget"])


def _input(widget: Mapping[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget)}>'


def _long_text(widget: Mapping[str, Any]) -> str:
    value = "" if not widget["value"] else _text(widget["value"])
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _choices(widget: Mapping[str, Any]) -> str:
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        parts += [f'\n  <optgroup label="{_shown(group)}">'] if group else []
        for option in options:
            value, label = _text(option["value"]), _shown(option["label"])
            parts.append(f'\n  <option value="{value}"{_attributes(option)}>{label}</option>\n')
        parts += ["\n  </optgroup>"] if group else []
    return "".join([*parts, "\n</select>"])


def _boxes(widget: Mapping[str, Any]) -> str:
    shown = widget["attrs"]
    named = f' id="{_shown(shown["id"])}"' if shown.get("id") else ""
    named += f' class="{_shown(shown["class"])}"' if shown.get("class") else ""
    parts = [f"<div{named}>"]
    for group, options, _index in widget["optgroups"]:
        parts += [f"\n  <div><label>{_shown(group)}</label>"] if group else []
        parts += [f"<div>\n    {_box(option)}</div>" for option in options]
        parts += ["\n  </div>"] if group else []
    return "".join([*parts, "\n</div>"])


def _box(option: Mapping[str, Any]) -> str:
    if not option["wrap_label"]:
        return _input(option) + "\n\n"
    named = f' for="{_shown(option["attrs"]["id"])}"' if option["attrs"].get("id") else ""
    return f"<label{named}>{_input(option)}\n {_shown(option['label'])}</label>\n\n"


def _attributes(widget: Mapping[str, Any]) -> str:
    if not widget["attrs"]:
        return ""
    return "".join(
        f" {_shown(name)}" if value is True else f' {_shown(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value: object) -> str:
    """Return a value as ``stringformat:"s"`` writes it."""
    if type(value) is str:  # most are, and there may be thousands
        return escape(value)
    return conditional_escape(value if isinstance(value, SafeString) else str(value))


def _shown(value: Any) -> str:
    """Return a value as a template writes it."""
    if type(value) is str:
        return escape(value)
    return conditional_escape(localize(value))


_INPUTS = ("input", "text", "number", "email", "url", "password", "hidden", "date", "datetime", "time", "checkbox")
_DRAWN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    **{f"{_FOLDER}{name}.html": _input for name in _INPUTS},
    f"{_FOLDER}textarea.html": _long_text,
    f"{_FOLDER}select.html": _choices,
    f"{_FOLDER}checkbox_select.html": _boxes,
    f"{_FOLDER}radio.html": _boxes,
    **{f"{_FOLDER}{name}_option.html": _box for name in ("radio", "checkbox")},
}
