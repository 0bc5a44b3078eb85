"""Sections of a run's page that draw more than one check found."""
