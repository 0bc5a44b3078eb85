"""Forms as every register shows them: errors beside their field, drafts, and nobody overwrites unseen."""

from clerestory.desk.forms.editing import ONE_FIELD, Editing, Overlap, attempt, inline, lines, texts

__all__ = ["ONE_FIELD", "Editing", "Overlap", "attempt", "inline", "lines", "texts"]
