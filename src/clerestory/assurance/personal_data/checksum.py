"""Check digits of account, card and identity numbers: what tells a real one from any other row of digits."""

from collections.abc import Sequence

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
"""Characters of an IBAN by country, from the registry of SWIFT."""


def luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of Luhn (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + at % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def iban(text: str) -> bool:
    """Return whether a text without spaces is an IBAN: length of its country and 97-remainder 1 (ISO 13616)."""
    code = text.upper()
    if len(code) != IBAN_LENGTHS.get(code[:2], 0):
        return False
    return int("".join(str(int(letter, 36)) for letter in code[4:] + code[:4])) % 97 == 1


def german_tax_id(digits: str) -> bool:
    """Return whether 11 digits are a German tax identification number (ISO 7064, modulus 11, 10).

    Among the first ten one digit occurs twice or three times, as the Federal Central Tax Office gives them out.
    """
    first = digits[:10]
    counts = sorted(first.count(digit) for digit in set(first))
    if len(digits) != 11 or digits[0] == "0" or counts[-1] not in (2, 3) or counts[:-1] != [1] * (len(counts) - 1):
        return False
    return iso7064_11_10(first) == int(digits[10])


def iso7064_11_10(digits: str) -> int:
    """Return the check digit of ISO 7064, modulus 11, 10."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10


def spanish_id(text: str) -> bool:
    """Return whether 8 digits and a letter are a DNI, or X, Y or Z, 7 digits and a letter a NIE."""
    code = text.upper()
    number = code[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return number.isdigit() and _DNI[int(number) % 23] == code[-1]


def french_id(text: str) -> bool:
    """Return whether 15 characters are a French social security number: key 97 - (first 13 modulo 97).

    For the key the departments 2A and 2B of Corsica count as 19 and 18.
    """
    digits = text.upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def italian_code(text: str) -> bool:
    """Return whether 16 characters are an Italian tax code, by its last letter."""
    code = text.upper()
    odd = sum(_CF_ODD[letter] for letter in code[0:15:2])
    even = sum(int(letter) if letter.isdigit() else ord(letter) - 65 for letter in code[1:15:2])
    return chr(65 + (odd + even) % 26) == code[15]


def dutch_bsn(digits: str) -> bool:
    """Return whether 9 digits pass the eleven test of the Dutch citizen service number."""
    return int(digits) > 0 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def polish_pesel(digits: str) -> bool:
    """Return whether 11 digits are a PESEL: a date, and weights 1 3 7 9 to a check digit."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    return 1 <= month <= 12 and 1 <= day <= 31 and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def swedish_number(digits: str) -> bool:
    """Return whether 10 digits are a Swedish personal number: a date, and Luhn."""
    month, day = int(digits[2:4]), int(digits[4:6])
    return 1 <= month <= 12 and 1 <= day <= 31 and luhn(digits)


def swiss_number(digits: str) -> bool:
    """Return whether 13 digits are a Swiss social security number: 756 and the check digit of an EAN-13."""
    return digits.startswith("756") and weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def american_ssn(digits: str) -> bool:
    """Return whether 9 digits can be a social security number: no part is empty, and the area is one given out."""
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digits times their weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
