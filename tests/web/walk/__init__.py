"""Walks over every page as people see it: forms, lists and records are found in the pages, so new ones are found too."""
