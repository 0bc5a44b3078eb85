"""Draws a field of a form: what it asks, its control, its help and what is wrong, each named to a screen reader.

In Python, not as a template: a form of some hundred fields is drawn as often as people look at it.
"""

from django import template
from django.forms import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from clerestory.web.templatetags import drawing

register = template.Library()
_CLASSES = {
    "checkbox": "checkbox",
    "select": "select",
    "selectmultiple": "select h-auto",
    "textarea": "textarea",
    "radioselect": "",
    "steps": "",
    "checkboxselectmultiple": "",
    "clearablefile": "input",
    "file": "input",
    "hidden": "",
}
_NOTHING = mark_safe("")
_HERE = mark_safe(' tabindex="-1" autofocus')


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Draw the control of a form field with the design's class and its help and error named to a screen reader."""
    attributes: dict[str, str | bool] = {"class": _CLASSES.get(field.widget_type, "input")}
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    described += [f"{field.auto_id}_error"] if field.errors else []
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if not field.use_fieldset and _is_first_wrong(field):
        attributes["autofocus"] = True
    return field.as_widget(attrs=attributes)


@register.simple_tag
def errors_of(field: BoundField) -> SafeString:
    """Draw what is wrong with a field, where the field's control points to."""
    if not field.errors:
        return _NOTHING
    lines = format_html_join(
        "",
        '<p class="field-error">{}<span>{}</span></p>',
        ((drawing.icon("warning"), error) for error in field.errors),
    )
    return format_html('<div id="{}_error">{}</div>', field.auto_id, lines)


@register.simple_tag
def field_row(field: BoundField) -> SafeString:
    """Draw a field with all that belongs to it; a hidden one is its control alone."""
    if field.is_hidden:
        return field.as_widget()
    is_group = field.use_fieldset
    inside = _checked(field) if field.widget_type == "checkbox" else _asked(field, is_group)
    classes = "field whole" if is_group else "field"
    classes += " scale" if getattr(field.field.widget, "is_scale", False) else ""
    grouped = format_html(' role="group" aria-labelledby="{}_label"', field.auto_id) if is_group else _NOTHING
    grouped += _HERE if is_group and _is_first_wrong(field) else _NOTHING
    return format_html('<div class="{}"{}>{}{}</div>', classes, grouped, inside, errors_of(field))


def _is_first_wrong(field: BoundField) -> bool:
    """Whether a refused form is to be read from this field on: what is wrong may stand far below what is seen first."""
    return bool(field.errors) and field.name == next(name for name in field.form.fields if name in field.form.errors)


def _checked(field: BoundField) -> SafeString:
    help_text = _NOTHING
    if field.help_text:
        help_text = format_html(
            '<span class="field-help" id="{}_helptext"><br>{}</span>', field.auto_id, field.help_text
        )
    return format_html(
        '<label class="field-check">{}<span><span class="strong">{}</span>{}</span></label>',
        control(field), field.label, help_text,
    )  # fmt: skip


def _asked(field: BoundField, is_group: bool) -> SafeString:
    if is_group:
        label = format_html('<span class="field-label" id="{}_label">{}</span>', field.auto_id, field.label)
    else:
        optional = _NOTHING
        if not field.field.required:
            optional = format_html(' <span class="optional">{}</span>', gettext("(optional)"))
        label = format_html('<label for="{}">{}{}</label>', field.id_for_label, field.label, optional)
    help_text = _NOTHING
    if field.help_text:
        help_text = format_html('<div class="field-help" id="{}_helptext">{}</div>', field.auto_id, field.help_text)
    return format_html("{}{}{}", label, control(field), help_text)
