"""Filters against planted rows and hostile feedback, and the seeded recipes that they are tried with."""
