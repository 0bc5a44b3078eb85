"""The tag that every form has already carries what tells two sendings of it from two forms."""

import secrets

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clerestory.desk.sent import ONCE

register = template.Library()


class OnceNode(CsrfTokenNode):
    """What proves that a form is ours, and beside it a random part of its own."""

    def render(self, context: Context) -> SafeString:
        """Return both as hidden fields."""
        own = format_html('<input type="hidden" name="{}" value="{}">', ONCE, secrets.token_urlsafe(16))
        return format_html("{}{}", super().render(context), own)


@register.tag
def csrf_token(parser: Parser, token: Token) -> OnceNode:  # noqa: ARG001  Django passes them by place
    """Stand in the place of Django's tag, so that no form can be without."""
    return OnceNode()
