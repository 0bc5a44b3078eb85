"""Checks on models and data: tallies in, a measurement with its interval out. Reads no file, no clock, no database."""
