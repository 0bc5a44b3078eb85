"""How wide the letters of the fonts are that every PDF reader brings along, and how text is written in them.

Helvetica, Helvetica-Bold and Courier with the letters of Western Europe (cp1252); widths from Adobe's font metrics, in
thousandths of the size. Other letters become their Unicode number in brackets: never left out, never guessed.
"""

from collections.abc import Mapping

PLAIN, BOLD, MONO = "F1", "F2", "F3"
FONTS: Mapping[str, str] = {PLAIN: "Helvetica", BOLD: "Helvetica-Bold", MONO: "Courier"}
_INSTEAD = {0x2265: ">=", 0x2264: "<=", 0x2192: "->", 0x2212: "-", 0x00A0: " ", 0x202F: " ", 0x2009: " ", 0x200B: ""}
_ASCII: Mapping[str, tuple[int, ...]] = {
    PLAIN: (
        *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
        *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
        *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
        *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
        *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
        *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
    ),
    BOLD: (
        *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
        *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611),
        *(975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778),
        *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556),
        *(333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611),
        *(611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584),
    ),
}
_LIKE = {
    "A": "ÀÁÂÃÄÅ", "C": "Ç", "E": "ÈÉÊË", "I": "ÌÍÎÏìíîï", "N": "ÑÐ", "O": "ÒÓÔÕÖØ", "U": "ÙÚÛÜ", "Y": "ÝŸ", "Z": "Ž",
    "S": "Š", "P": "Þ", "a": "àáâãäå", "c": "ç", "e": "èéêë", "n": "ñ", "o": "òóôõöðø", "u": "ùúûüµ", "y": "ýÿ",
    "z": "ž", "s": "š", "p": "þß", "0": "€£¥§ƒ–«»¤", "'": "‘’‚", '"': "“”„", ".": "·", "+": "±×÷¬", "?": "¿", "!": "¡",
}  # fmt: skip
_OTHERS = {"Æ": 1000, "Œ": 1000, "æ": 889, "œ": 944, "—": 1000, "…": 1000, "•": 350, "©": 737, "®": 737,
           "™": 1000, "°": 400, "²": 333, "³": 333, "¹": 333, "¼": 834, "½": 834, "¾": 834, "‰": 1000,
           "†": 556, "‡": 556}  # fmt: skip


def _widths(font: str) -> dict[str, int]:
    found = {chr(32 + place): width for place, width in enumerate(_ASCII[font])}
    found |= {letter: found[like] for like, letters in _LIKE.items() for letter in letters}
    return found | _OTHERS


class _Widths(dict[str, int]):
    """Widths by letter; a letter that the font lacks is as wide as a figure."""

    def __missing__(self, letter: str) -> int:
        return 556


_WIDTHS = {PLAIN: _Widths(_widths(PLAIN)), BOLD: _Widths(_widths(BOLD))}


def writable(text: str) -> str:
    """Return text in letters that the fonts have; others as ``[U+0141]``."""
    if text.isascii():
        return text
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    number = ord(letter)
    if number in _INSTEAD:
        return _INSTEAD[number]
    if number < 128 or letter in _WIDTHS[PLAIN]:
        return letter
    return f"[U+{number:04X}]"


def width(text: str, font: str, size: float) -> float:
    """Return how wide a line is, in points."""
    if font == MONO:
        return len(text) * 0.6 * size
    return sum(map(_WIDTHS[font].__getitem__, text)) * size / 1000


def wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """Break text into lines that fit; a word that no line holds breaks inside."""
    lines: list[str] = []
    for piece in text.split("\n"):
        if not piece.startswith(" ") and width(piece, font, size) <= room:
            lines.append(piece)  # the usual case; the loop would come to the same
            continue
        line = ""
        for word in piece.split(" "):
            tried = f"{line} {word}" if line else word
            if width(tried, font, size) <= room:
                line = tried
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, font, size, room)
            lines += full
        lines.append(line)
    return lines


def _broken(word: str, font: str, size: float, room: float) -> list[str]:
    parts, part, used = [], "", 0.0
    steps = {letter: width(letter, font, size) for letter in set(word)}
    for letter in word:
        step = steps[letter]
        if part and used + step > room:
            parts.append(part)
            part, used = "", 0.0
        part, used = part + letter, used + step
    return [*parts, part]
