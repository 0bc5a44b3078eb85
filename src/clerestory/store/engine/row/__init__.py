"""Whole rows: rules between their columns, and rows that are equal."""
