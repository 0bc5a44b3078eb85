"""Recognisers of personal data in text: patterns, check digits and the words before them. They need no model.

What is found is told as kind and place, never as text; callers count it and let it go.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from clerestory.assurance.personal_data import checksum

CONTEXT = 40
"""So many characters before an item may hold the word that says what it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """One item: its kind, where it stands, and whether its digits alone speak for it (``bare``)."""

    entity: str
    start: int
    end: int
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Recogniser:
    """How one kind of personal data is recognised.

    ``valid`` looks at the match without its separators; None: the pattern is enough. ``context``: words before it, or
    in the name of the column, without which it does not count (``needs_context``). ``chance``: share of digits of the
    right length that pass by chance; 0 where the form alone is telling. ``unless``: words right before it that say it
    is something else.
    """

    entity: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None
    needs_context: bool = False
    chance: float = 0.0
    unless: re.Pattern[str] | None = None


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{text})", re.IGNORECASE)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+-])(?:{text})(?![\w-])", re.IGNORECASE)


def _card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and checksum.luhn(digits)


def _address(text: str) -> bool:
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return not (found.is_unspecified or found.is_loopback or found.is_multicast)


def _phone(text: str) -> bool:
    digits = re.sub(r"\D", "", re.split(r"[ex]", text, maxsplit=1, flags=re.IGNORECASE)[0])
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2


_MONTH = (
    "jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]vrier|mar(?:ch|s)?|m[äa]rz|apr(?:il)?|avril|mai|may|june?|juni|juin|"
    "july?|juli|juillet|aug(?:ust)?|ao[uû]t|sep(?:t(?:ember|embre)?)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|"
    "de[cz](?:ember)?|d[ée]cembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_DATE = (
    r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T ]00:00:00)?"
    r"|(?:0?[1-9]|[12]\d|3[01])\s?[-/.]\s?(?:0?[1-9]|1[0-2])\s?[-/.]\s?(?:19|20)?\d\d"
    r"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/(?:19|20)?\d\d"
    rf"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.|er)?\s(?:de\s)?(?:{_MONTH})\.?,?\s(?:de\s)?(?:19|20)\d\d"
    rf"|(?:{_MONTH})\.?\s(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,?\s(?:19|20)\d\d"
)
_PHONE = (
    r"(?:\+|00)[1-9]\d{0,2}(?:[\s./-]?\(0\))?(?:[\s./()-]{0,2}\d){6,12}"  # international
    r"|\(?0\d{1,5}\)?(?:[\s./-]{0,3}\d){5,11}"  # national, with its leading 0
    r"|(?:\([2-9]\d{2}\)[\s.-]?|[2-9]\d{2}[\s.-])\d{3}[\s.-]\d{4}"  # North America
)
_IBAN = "|".join(rf"{land}\d\d(?:[\s-]?[a-z0-9]){{{size - 4}}}" for land, size in checksum.IBAN_LENGTHS.items())
RECOGNISERS: tuple[Recogniser, ...] = (
    Recogniser("url", re.compile(
        r"\bhttps?://(?:[^\s/@]+@\S+|[^\s?]*/(?:users?|profiles?|u|accounts?|customers?|kunden?|members?|people|patients?)"
        r"/[\w.%-]*[\w%-]|[^\s?#]*\?(?:\S*&)?(?:user|uid|user_?id|customer|client|account|patient|member|kunde|id|email|mail|"
        r"session|sid|token|name|phone)[\w-]*=[^\s&]+)", re.IGNORECASE)),
    Recogniser("email", re.compile(
        r"(?<![\w.+-])[\w.+!#$%&'*/=?^`{|}~-]+@(?:[\w-]+\.)+[^\W\d_]{2,}(?![\w@])"
        r"|(?<![\w.+-])[\w.+-]+\s?[\[(](?:at|@)[\])]\s?[\w-]+(?:(?:\.|\s?[\[(](?:dot|punkt|\.)[\])]\s?)[\w-]+)+",
        re.IGNORECASE)),
    Recogniser("iban", _pattern(_IBAN), checksum.iban),
    Recogniser("italian id", _pattern(r"[a-z]{6}\d{2}[a-ehlmprst]\d{2}[a-z]\d{3}[a-z]"), checksum.italian_code),
    Recogniser("spanish id", _pattern(r"(?:\d{2}\.?\d{3}\.?\d{3}|[xyz][ -]?\d{7})[ -]?[a-z]"), checksum.spanish_id),
    Recogniser("british id", _pattern(
        r"(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-npr-tw-z]\s?\d{2}\s?\d{2}\s?\d{2}\s?[a-d]")),
    Recogniser("swiss id", _pattern(r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"), checksum.swiss_number, chance=0.1),
    Recogniser("french id", _pattern(
        r"[12]\s?\d{2}\s?(?:0[1-9]|1[0-2]|[2-9]\d)\s?(?:\d{2}|2[ab])\s?\d{3}\s?\d{3}\s?\d{2}"),
               checksum.french_id, chance=1 / 97),
    Recogniser("card", _pattern(
        r"[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}(?:[ -]?\d{3})?|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}"),
               _card, chance=0.1),
    Recogniser("german tax id", _pattern(r"[1-9]\d[ /]?\d{3}[ /]?\d{3}[ /]?\d{3}"), checksum.german_tax_id,
               _words(r"steuer|tax|idnr|tin\b"), chance=0.05),
    Recogniser("polish id", _pattern(r"\d{11}"), checksum.polish_pesel, _words("pesel"), chance=0.05),
    Recogniser("swedish id", _pattern(r"(?:19|20)?(\d{6}[-+]\d{4})"), checksum.swedish_number, chance=0.05),
    Recogniser("american id", _pattern(r"\d{3}[- ]\d{2}[- ]\d{4}"), checksum.american_ssn),
    Recogniser("american id", _pattern(r"\d{9}"), checksum.american_ssn, _words(r"\bssn|social.?sec"),
               needs_context=True),
    Recogniser("dutch id", _pattern(r"\d{4}[. ]?\d{2}[. ]?\d{3}|\d{3}[. ]\d{3}[. ]\d{3}"), checksum.dutch_bsn,
               _words(r"\bbsn|burgerservice|sofi"), needs_context=True, chance=1 / 11),
    Recogniser("ip address", re.compile(
        r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,39})"
        r"(?=:\d{1,5}\b|(?![\w:]|\.\d))", re.IGNORECASE), _address),
    Recogniser("birth date", _pattern(_DATE), None, _words(
        r"birth|born|\bdob\b|d\.o\.b|geburt|geboren|\bgeb\b|naissance|\bn[ée]+e?\b|nacid|nacim|nascit|\bnat[oa]\b|urodz"),
        needs_context=True),
    Recogniser("phone", re.compile(rf"(?<![\w.+/-])(?:{_PHONE})(?:\s?(?:x|ext\.?)\s?\d{{1,6}})?(?![\w/]|-\w)"), _phone,
               unless=_words(r"\b(?:order|invoice|ref|ticket|rechnung\w*|auftrag\w*|bestell\w*)[\s.:#]*$")),
    Recogniser("phone", _pattern(r"\d[\d\s./-]{5,14}\d"), _phone,
               _words(r"\bte?l\b|telef|telep|phone|fon\b|mobil|handy|rufnummer|portable|m[óo]vil|cell"),
               needs_context=True),
)  # fmt: skip
"""In the order in which they take a place in the text: the more telling first."""
ENTITIES = tuple(dict.fromkeys(recogniser.entity for recogniser in RECOGNISERS))
CHANCE = {recogniser.entity: recogniser.chance for recogniser in RECOGNISERS if recogniser.chance}
_MAY_HOLD = re.compile(r"\d|@|://|\(at\)|\[at\]", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s./+-]")
_PLAIN = ("url", "email", "ip address", "phone", "birth date")


def find(text: str, column: str = "") -> list[Found]:
    """Return what looks like personal data in a text, without overlaps, in the order of the recognisers.

    Args:
        text: what to look at.
        column: name of the column that it stands in, whose words count as context.
    """
    taken: list[Found] = []
    if not _MAY_HOLD.search(text):
        return taken
    for recogniser in RECOGNISERS:
        for found in _matches(recogniser, text, column):
            if all(found.end <= other.start or found.start >= other.end for other in taken):
                taken.append(found)
    return taken


def candidates(entity: str, text: str) -> int:
    """Return how many rows of digits have the form of an entity, check digit or not."""
    return sum(
        1 for recogniser in RECOGNISERS if recogniser.entity == entity for _ in recogniser.pattern.finditer(text)
    )


def normal(text: str) -> str:
    """Return a text without what people put between the parts of a number, to compare it."""
    return re.sub(r"[\s./()+-]", "", text).casefold()


def _matches(recogniser: Recogniser, text: str, column: str) -> Iterator[Found]:
    for match in recogniser.pattern.finditer(text):
        start, end = match.span()
        if recogniser.valid is not None:
            # The Swedish number leaves its century out; others are looked at as they stand.
            inner = (match[1] if match.re.groups else match[0]) or match[0]
            code = inner if recogniser.entity in _PLAIN else _SEPARATORS.sub("", inner)
            if not recogniser.valid(code):
                continue
        if recogniser.unless is not None and recogniser.unless.search(text[max(start - CONTEXT, 0) : start]):
            continue
        told = False
        if recogniser.context is not None:
            told = bool(
                recogniser.context.search(text, max(start - CONTEXT, 0), start)
                or recogniser.context.search(column.replace("_", " "))
            )
            if recogniser.needs_context and not told:
                continue
        yield Found(recogniser.entity, start, end, bare=recogniser.chance > 0 and not told and match[0].isdigit())
