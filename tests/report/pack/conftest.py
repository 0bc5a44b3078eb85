"""Packs are made from an organisation as commands make it, not from the furnished one of the pages."""

from tests.organisation import place

__all__ = ["place"]
