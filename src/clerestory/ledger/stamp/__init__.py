"""Time tokens after RFC 3161: asked for, read strictly and checked, with nothing but the standard library."""
