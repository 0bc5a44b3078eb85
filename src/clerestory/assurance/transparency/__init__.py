"""Notices and marks in the running product: people are told, and machines can read that content is synthetic."""

from clerestory.assurance.transparency import content_marking, disclosure

__all__ = ["content_marking", "disclosure"]
