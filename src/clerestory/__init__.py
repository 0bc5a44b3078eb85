"""Clerestory: the open AI management system, in which every status is derived from evidence."""

__version__ = "0.1.0"
