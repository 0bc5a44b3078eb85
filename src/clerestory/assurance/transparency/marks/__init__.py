"""Marks that machines can read: where formats keep them, and what they must say to count."""
