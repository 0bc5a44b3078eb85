"""Clause 9.1: monitors, which run the checks of a manifest on this server at set times."""
