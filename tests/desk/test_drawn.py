"""Controls that are drawn without Django's templates look exactly as its templates draw them."""

from collections.abc import Iterable

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override

from clerestory.desk.forms.drawn import Drawn

NASTY = "\"><script>alert('x')</script> & so on\u0000"
CHOICES = (
    ("", "–"),
    ("a", gettext_lazy("Name")),
    ('"b"', NASTY),
    ("safe", mark_safe("<b>bold</b>")),
    (7, 1234567),
    (True, False),
    ("Group & co", (("g1", "One"), ("g2", "<Two>"))),
)
VALUES: tuple[object, ...] = (None, "", "a", 7, True, "g2", NASTY, ["a", "g1"], '"b"')
ATTRIBUTES: tuple[dict[str, object], ...] = (
    {},
    {"class": "select", "required": True, "disabled": False, "rows": 4, "data-x": NASTY, "title": gettext_lazy("Name")},
)


def widgets() -> Iterable[forms.Widget]:
    """Yield one of each control that stands on forms."""
    yield from (forms.Select(choices=CHOICES), forms.SelectMultiple(choices=CHOICES))
    yield from (forms.TextInput(), forms.NumberInput(), forms.EmailInput(), forms.URLInput(), forms.PasswordInput())
    yield from (forms.DateInput(), forms.HiddenInput(), forms.CheckboxInput(), forms.Textarea(), forms.FileInput())
    yield from (forms.RadioSelect(choices=CHOICES), forms.CheckboxSelectMultiple(choices=CHOICES))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("widget", tuple(widgets()), ids=lambda widget: type(widget).__name__)
def test_a_control_is_drawn_as_the_templates_draw_it(widget, language):
    with override(language):
        for value in VALUES:
            for attributes in ATTRIBUTES:
                drawn = widget.render("na<me", value, dict(attributes), renderer=Drawn())
                wanted = widget.render("na<me", value, dict(attributes), renderer=DjangoTemplates())
                assert drawn == wanted


def test_forms_of_the_product_are_drawn_so():
    assert isinstance(get_default_renderer(), Drawn)


@pytest.mark.parametrize("control", [forms.RadioSelect, forms.CheckboxSelectMultiple])
@pytest.mark.parametrize("wrapped", [True, False])
def test_one_choice_alone_is_drawn_as_the_templates_draw_it(control, wrapped):
    class Asking(forms.Form):
        which = forms.ChoiceField(choices=[(key, name) for key, name in CHOICES if key != "Group & co"], widget=control)

    drawn, wanted = (
        [one.tag(wrap_label=wrapped) for one in Asking({"which": "a"}, renderer=renderer)["which"]]
        for renderer in (Drawn(), DjangoTemplates())
    )
    assert [one.strip() for one in drawn] == [one.strip() for one in wanted]
    assert len(drawn) == 6
