"""Forms as every register shows them: errors beside their field, drafts, and nobody overwrites unseen."""

from clerestory.desk.forms.editing import Editing, Overlap, attempt, inline, lines, texts

__all__ = ["Editing", "Overlap", "attempt", "inline", "lines", "texts"]
