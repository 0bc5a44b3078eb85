"""Incidents and concerns: how people speak up, who hears them, and what came of it (A.3.3)."""
