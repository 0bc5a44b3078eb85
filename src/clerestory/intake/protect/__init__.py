"""Makes a safer version of a table by a recipe, and measures what that hides and what it costs. Needs no server."""
