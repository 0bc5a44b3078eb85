"""Verdict of one measurement and conformity of one requirement: the only values either can take."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a criterion says of a measurement; INCONCLUSIVE is never a pass."""

    PASS = "PASS"  # noqa: S105 a verdict, no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


UNWELCOME = frozenset({Verdict.FAIL, Verdict.INCONCLUSIVE})
"""Verdicts of results that nobody takes back alone."""


class Conformity(StrEnum):
    """Derived status of a requirement on the evidence held (words of ISO 9000)."""

    CONFORMS = "CONFORMS"
    NONCONFORMING = "NONCONFORMING"
    STALE = "STALE"
    NOT_EVIDENCED = "NOT_EVIDENCED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
