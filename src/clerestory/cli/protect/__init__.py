"""Commands that make data and figures safe to give away."""
