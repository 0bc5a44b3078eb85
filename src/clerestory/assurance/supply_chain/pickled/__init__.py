"""Pickled files, read as instructions and never carried out."""
