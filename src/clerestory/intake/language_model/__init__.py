"""The language model under test and the judge beside it, opened from a manifest. Asks nothing before a check does."""

from clerestory.intake.language_model.chat import Chatting, open_chatting
from clerestory.intake.language_model.version import language_model_version

__all__ = ["Chatting", "language_model_version", "open_chatting"]
