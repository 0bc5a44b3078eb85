"""The terms by which content says how it was made: the list of digital source types of IPTC, also by schema.org."""

import re

SYNTHETIC = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicMedia",
    "compositeSynthetic",
)
"""Terms of https://cv.iptc.org/newscodes/digitalsourcetype/ that say that content is wholly or partly synthetic."""
_IPTC = re.compile(r"https?://cv\.iptc\.org/newscodes/digitalsourcetype/(\w+)")
_SCHEMA = re.compile(r"(?:https?://schema\.org/|schema:)?(\w+?)(?:DigitalSource)?")


class NoMark(Exception):
    """Content carries no mark that counts; ``str`` says why."""


def is_synthetic(value: object) -> bool:
    """Return whether a value is a term that says that content is synthetic, written as IPTC or schema.org do."""
    if not isinstance(value, str):
        return False
    match = _IPTC.fullmatch(value.strip()) or _SCHEMA.fullmatch(value.strip())
    return match is not None and match[1][:1].lower() + match[1][1:] in SYNTHETIC
