"""Roles, authorities and duties (5.3, A.3.2): who holds what, by whose decision, and whether the holder accepted."""
