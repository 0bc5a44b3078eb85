"""Pages of applicability: controls and exceptions, versions of the whole statement."""
