"""Passwords hashed as the product hashes them, at the smallest cost that Argon2 knows: tests found people by the dozen.

What the product spends on a password is asserted in tests/test_settings.py, in a process that knows nothing of this.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class AtLittleCost(Argon2PasswordHasher):
    """The product's own hasher with one pass over eight kibibytes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
