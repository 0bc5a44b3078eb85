"""The steps of a scale side by side, so that all are read at once and one click judges."""

from django import forms


class Steps(forms.RadioSelect):
    """Radio buttons in a row; the page's template draws them as one scale."""

    is_scale = True
