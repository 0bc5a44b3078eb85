"""Forms as every register shows them: errors beside their field, drafts, and nobody overwrites unseen."""

from clerestory.desk.forms.editing import ONE_FIELD, Editing, Overlap, SeenVersion, attempt, inline, lines, texts
from clerestory.desk.forms.known import say_known
from clerestory.desk.forms.offer import Offer, offer, put_offer
from clerestory.desk.forms.shipped import kept, offered
from clerestory.desk.forms.steps import Steps

__all__ = [
    "ONE_FIELD",
    "Editing",
    "Offer",
    "Overlap",
    "SeenVersion",
    "Steps",
    "attempt",
    "inline",
    "kept",
    "lines",
    "offer",
    "offered",
    "put_offer",
    "say_known",
    "texts",
]
