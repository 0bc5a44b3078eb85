"""Walks over every page: forms, lists and records are found in the pages, so that new ones are found by themselves."""
