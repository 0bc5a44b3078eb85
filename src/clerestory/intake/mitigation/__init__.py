"""Mitigation tried on a manifest's own data, and measured on rows that nothing was learned from."""
