"""Made-up personal data to plant, in the forms that people write it, and rows of digits that only look like it.

The forms come from how such items are written, not from the recognisers: some of them are meant to be hard. Nothing
here belongs to anybody: addresses use reserved domains and networks, numbers are drawn, check digits worked out.
"""

from collections.abc import Callable, Mapping

import numpy as np

from clerestory.assurance.personal_data import checksum

Draw = np.random.Generator
LANGUAGES = ("de", "en")
_GIVEN = ("anna", "jonas", "marie", "lukas", "emma", "oliver", "sofia", "paul", "lea", "james", "olivia", "noah", "zoë")
_FAMILY = (
    "meier",
    "schmidt",
    "smith",
    "taylor",
    "garcia",
    "kowalski",
    "rossi",
    "jansen",
    "dubois",
    "o'neill",
    "müller",
)
_CARRIER = {
    "de": (
        "Bitte melden Sie sich unter {}, danke.", "Kunde hat {} angegeben und wartet auf Antwort",
        "Notiz vom Montag: {}", "Siehe Vorgang ({}) im Archiv.", "{} - so steht es im Antrag",
        "Daten geprüft; {}; Unterlagen vollständig",
    ),
    "en": (
        "Please get back to me at {}, thanks.", "The customer gave {} and waits for an answer", "Note from Monday: {}",
        "See the file ({}) in the archive.", "{} - as it says in the form", "Data checked; {}; papers complete",
    ),
}  # fmt: skip
_BIRTH = {
    "de": ("geboren am {}", "geb. {}", "Geburtsdatum: {}", "Geburtstag {}", "* {}"),
    "en": ("born on {}", "DOB {}", "date of birth: {}", "birthday {}", "b. {}"),
}
_MONTHS = {
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip


def item(entity: str, language: str, draw: Draw) -> str:
    """Return one made-up item as somebody who writes in the language might write it."""
    return _MAKERS[entity](language, draw)


def within(text: str, made: str, language: str, draw: Draw) -> str:
    """Return a text with the item in it: between two of its words, or in a sentence where there is no text."""
    words = text.split()
    if len(words) < 3:
        return _pick(draw, _CARRIER[language]).format(made)
    at = int(draw.integers(0, len(words) + 1))
    return " ".join([*words[:at], made, *words[at:]])


def decoy(draw: Draw) -> str:
    """Return digits that are nobody's data: an order, an amount, a version, a moment, a broken number."""
    makers: tuple[Callable[[], str], ...] = (
        lambda: f"order {_digits(draw, 8)}-{_digits(draw, 3)}",
        lambda: f"{int(draw.integers(1, 999)):d},{_digits(draw, 3)}.{_digits(draw, 2)} EUR",
        lambda: f"version {int(draw.integers(1, 20))}.{int(draw.integers(0, 30))}.{int(draw.integers(0, 200))}",
        lambda: f"20{_digits(draw, 2)}-0{int(draw.integers(1, 9))}-1{_digits(draw, 1)} 1{_digits(draw, 1)}:30:00",
        lambda: f"invoice {_digits(draw, 10)}",
        lambda: f"0.{_digits(draw, 12)}",
        lambda: f"ISBN 978-3-{_digits(draw, 2)}-{_digits(draw, 6)}-{_digits(draw, 1)}",
        lambda: f"paragraph {int(draw.integers(1, 99))} of 19{_digits(draw, 2)}",
        lambda: f"ref {_letters(draw, 2)}{_digits(draw, 6)}",
        lambda: f"{_letters(draw, 8).lower()}-{_digits(draw, 4)}-{_letters(draw, 4).lower()}",
    )  # fmt: skip
    return makers[int(draw.integers(len(makers)))]()


def _pick(draw: Draw, options: "tuple[str, ...]") -> str:
    return options[int(draw.integers(len(options)))]


def _digits(draw: Draw, size: int) -> str:
    return "".join(str(digit) for digit in draw.integers(0, 10, size).tolist())


def _letters(draw: Draw, size: int) -> str:
    return "".join(chr(65 + at) for at in draw.integers(0, 26, size).tolist())


def _until(make: Callable[[], str], good: Callable[[str], bool]) -> str:
    while True:
        made = make()
        if good(made):
            return made


def _email(_language: str, draw: Draw) -> str:
    first, last = _pick(draw, _GIVEN), _pick(draw, _FAMILY)
    local = _pick(draw, (f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}{_digits(draw, 2)}", f"{first}+news"))
    domain = _pick(draw, ("example.org", "example.com", "mail.example.net", "example-firma.example", "EXAMPLE.ORG"))
    forms = (f"{local}@{domain}",) * 9 + (f"<{local}@{domain}>", f"mailto:{local}@{domain}", f"{local} (at) {domain}")
    return _pick(draw, (*forms, f"{local.upper()}@{domain}", f"{local}[at]{domain.replace('.', '[dot]')}"))


def _phone(language: str, draw: Draw) -> str:
    a, b, c = _digits(draw, 3), _digits(draw, 4), _digits(draw, 2)
    if language == "de":
        return _pick(draw, (
            f"+49 17{c[0]} {a}{b}", f"017{c[0]}/{a}{b}", f"0049 30 {a}{b}", f"(030) {a} {b}", f"030-{a}{b}-{c}",
            f"Tel. 089 {a} {c} {c}", f"+49 (0) 40 {a} {b}", f"Telefon: 17{c[0]} {a} {b}", f"0151{a}{b}", f"+4930{a}{b}",
        ))  # fmt: skip
    return _pick(draw, (
        f"+44 20 7946 0{a}", f"020 7946 0{a}", f"(212) 555-0{a}", f"212-555-0{a}", f"+1 212 555 0{a}",
        f"+1-212-555-0{a}", f"07700 900{a}", f"+44 (0)7700 900{a}", f"phone 555 0{a}", f"212.555.0{a}",
    ))  # fmt: skip


def _spaced(text: str, draw: Draw, *, by: int = 4) -> str:
    grouped = " ".join(text[at : at + by] for at in range(0, len(text), by))
    return _pick(draw, (text, grouped, grouped, text.lower()))


def _iban(language: str, draw: Draw) -> str:
    if language == "de":
        country, account = "DE", _digits(draw, 18)
    else:
        country, account = "GB", _letters(draw, 4) + _digits(draw, 14)
    number = "".join(str(int(letter, 36)) for letter in account + country + "00")
    return _spaced(f"{country}{98 - int(number) % 97:02d}{account}", draw)


def _card(_language: str, draw: Draw) -> str:
    start = _pick(draw, ("4", "51", "53", "2221", "6011"))
    digits = _until(lambda: start + _digits(draw, 16 - len(start)), checksum.luhn)
    parts = [digits[at : at + 4] for at in range(0, 16, 4)]
    return _pick(draw, (digits, " ".join(parts), "-".join(parts), " ".join(parts)))


def _german_tax(_language: str, draw: Draw) -> str:
    order = "".join(str(at) for at in draw.permutation(10).tolist())
    first = _until(lambda: "".join(draw.permutation(list(order[:9] + order[0])).tolist()), lambda text: text[0] != "0")
    digits = first + str(checksum.iso7064_11_10(first))
    return _pick(draw, (digits, f"{digits[:2]} {digits[2:5]} {digits[5:8]} {digits[8:]}", f"IdNr. {digits}"))


def _spanish(_language: str, draw: Draw) -> str:
    number = _digits(draw, 8)
    letter = next(at for at in "ABCDEFGHJKLMNPQRSTVWXYZ" if checksum.spanish_id(number + at))
    return _pick(draw, (number + letter, f"{number}-{letter}", f"{number[:2]}.{number[2:5]}.{number[5:]}-{letter}"))


def _french(_language: str, draw: Draw) -> str:
    parts = (str(int(draw.integers(1, 3))), _digits(draw, 2), f"{int(draw.integers(1, 13)):02d}", "75",
             _digits(draw, 3), _digits(draw, 3))  # fmt: skip
    whole = (*parts, f"{97 - int(''.join(parts)) % 97:02d}")
    return _pick(draw, ("".join(whole), " ".join(whole)))


def _italian(_language: str, draw: Draw) -> str:
    body = f"{_letters(draw, 6)}{_digits(draw, 2)}{_pick(draw, tuple('ABCDEHLMPRST'))}{int(draw.integers(1, 29)):02d}"
    body += f"{_letters(draw, 1)}{_digits(draw, 3)}"
    return next(body + at for at in map(chr, range(65, 91)) if checksum.italian_code(body + at))


def _dutch(_language: str, draw: Draw) -> str:
    digits = _until(lambda: "1" + _digits(draw, 8), checksum.dutch_bsn)
    return _pick(
        draw, (f"BSN {digits}", f"bsn: {digits[:4]}.{digits[4:6]}.{digits[6:]}", f"Burgerservicenummer {digits}")
    )


def _polish(_language: str, draw: Draw) -> str:
    body = f"{_digits(draw, 2)}{int(draw.integers(1, 13)):02d}{int(draw.integers(1, 29)):02d}{_digits(draw, 4)}"
    digits = next(body + str(at) for at in range(10) if checksum.polish_pesel(body + str(at)))
    return _pick(draw, (digits, f"PESEL {digits}"))


def _swedish(_language: str, draw: Draw) -> str:
    body = f"{_digits(draw, 2)}{int(draw.integers(1, 13)):02d}{int(draw.integers(1, 29)):02d}{_digits(draw, 3)}"
    digits = next(body + str(at) for at in range(10) if checksum.swedish_number(body + str(at)))
    return _pick(draw, (f"{digits[:6]}-{digits[6:]}", f"19{digits[:6]}-{digits[6:]}"))


def _swiss(_language: str, draw: Draw) -> str:
    body = "756" + _digits(draw, 9)
    digits = next(body + str(at) for at in range(10) if checksum.swiss_number(body + str(at)))
    return _pick(draw, (digits, f"756.{digits[3:7]}.{digits[7:11]}.{digits[11:]}"))


def _british(_language: str, draw: Draw) -> str:
    start = _pick(draw, ("AB", "CE", "HJ", "JZ", "LP", "SR"))
    a, b, c = (_digits(draw, 2) for _ in range(3))
    end = _pick(draw, tuple("ABCD"))
    return _pick(
        draw, (f"{start}{a}{b}{c}{end}", f"{start} {a} {b} {c} {end}", f"{start.lower()}{a}{b}{c}{end.lower()}")
    )


def _american(_language: str, draw: Draw) -> str:
    digits = _until(lambda: _digits(draw, 9), checksum.american_ssn)
    parts = (digits[:3], digits[3:5], digits[5:])
    return _pick(draw, ("-".join(parts), "-".join(parts), " ".join(parts), f"SSN {digits}"))


def _address(_language: str, draw: Draw) -> str:
    last = int(draw.integers(1, 255))
    sixth = f"2001:db8:{int(draw.integers(1, 65535)):x}::{last:x}"
    return _pick(draw, (f"192.0.2.{last}", f"198.51.100.{last}", f"203.0.113.{last}:8080", f"10.20.{last}.7", sixth))


def _url(_language: str, draw: Draw) -> str:
    number = _digits(draw, 6)
    return _pick(draw, (
        f"https://example.org/user/{number}", f"https://app.example.com/accounts/{number}/edit",
        f"https://example.org/shop?lang=de&customer_id={number}", f"http://example.net/?email=a{number}%40example.org",
        f"https://example.org/profile/anna.{number}", f"https://anna:{number}@example.org/", f"https://example.org/#/u/{number}",
        f"https://example.org/track?sid={number}x",
    ))  # fmt: skip


def _birth(language: str, draw: Draw) -> str:
    year, month, day = (int(draw.integers(a, b)) for a, b in ((1930, 2015), (1, 13), (1, 29)))
    name = _MONTHS[language][month - 1]
    local = f"{day}. {name} {year}" if language == "de" else f"{name} {day}, {year}"
    numeric = f"{day:02d}.{month:02d}.{year}" if language == "de" else f"{day:02d}/{month:02d}/{year}"
    short = f"{day}.{month}.{year % 100:02d}" if language == "de" else f"{month}/{day}/{year % 100:02d}"
    forms = (f"{year}-{month:02d}-{day:02d}", local, numeric, numeric, short)
    frames = _BIRTH[language]
    # The last frame is the hard one: a star or one letter.
    return _pick(draw, (*frames[:-1] * 4, frames[-1])).format(_pick(draw, forms))


_MAKERS: Mapping[str, Callable[[str, Draw], str]] = {
    "email": _email, "phone": _phone, "iban": _iban, "card": _card, "german tax id": _german_tax,
    "spanish id": _spanish, "french id": _french, "italian id": _italian, "dutch id": _dutch, "polish id": _polish,
    "swedish id": _swedish, "swiss id": _swiss, "british id": _british, "american id": _american,
    "ip address": _address, "url": _url, "birth date": _birth,
}  # fmt: skip
