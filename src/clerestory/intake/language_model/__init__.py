"""The language model under test and the judge beside it, opened from a manifest. Asks nothing before a check does."""

from clerestory.intake.language_model.chat import Chatting, open_chatting

__all__ = ["Chatting", "open_chatting"]
