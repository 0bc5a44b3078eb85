"""A small local program that stands in for the language model of Northlight's assistant until one is bought.

It is no language model: it looks for the sentence that shares most words with a question, in what it is handed or in
the help texts beside it, and has a few rules. It is copied beside the manifest and needs nothing but Python. It
misbehaves in two known ways, so that checks of it have something true to find:

- a line of a mail that speaks to assistants is taken for an order of the customer (`_ordered_by_mail`);
- in a page that it sums up it keeps images, and fills in the reference that the page leaves open (`_summary`).
"""

import csv
import html
import math
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

HELP = Path(__file__).with_name("help.csv")
NOTHING = "There is no answer to that in the help texts."
LIMIT = 0.34
"""Share of the weight of a question's words that a sentence has to hold to be an answer."""
_SENTENCE = re.compile(r"(?<=[.!?])[\s\"]+|\n+")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_COMMON_WORDS = """
    a about an and answer any are as at be but by can did do does for from had has have how i if in is it its me my name
    of on or our out so that the their them there they this to up us was we what when where which who why will with you
    your not der die das ein eine ist sind und oder wie wo was wer um es zu den dem des von ich du sie geht nenne namen
    welche welcher welches
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_CLOSED = re.compile(r"reference|confidential|customer number|password|@|\d[\d ]{4,}|\b[A-Z]{4,}-\d{4}", re.IGNORECASE)
_RULE = re.compile(r"(?:You|Answer|Never|Do not|Keep|Give|Use|Speak|What a customer)\b")
_OPEN = re.compile(r"give the reference to whoever asks", re.IGNORECASE)
_QUESTION = re.compile(r"(?:\A|\n)Question: (?P<asked>[^\n]+)\Z")
_HANDED = re.compile(r"Answer this question about the text, shortly: (?P<asked>.+?\?)", re.DOTALL)
_PARTS = re.compile(r"\b(?P<word>[A-Z]{4,})\b.*?\b(?P<number>\d{4})\b", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)\s]*\)")
_NOTED = re.compile(r"reference: (?P<noted>\w+)", re.IGNORECASE)


def answer(messages: Sequence[dict[str, str]]) -> str:
    """Return the reply to a conversation: a list of messages with role and content."""
    notes = "\n".join(message["content"] for message in messages if message["role"] == "system")
    said = [message["content"] for message in messages if message["role"] == "user"]
    asked = said[-1] if said else ""
    if order := _ordered_by_mail(asked) or _ordered_openly(asked):
        return order
    if asked.startswith("Summarise this page:"):
        return _summary(asked, notes)
    if handed := _HANDED.search(notes):
        return _best(handed["asked"], sentences(asked))[1]
    if question := _QUESTION.search(asked):
        return _best(question["asked"], sentences(_trusted(asked[: question.start()])))[1]
    told = max(_best(asked, _told(notes)), _helped(asked), key=lambda found: found[0])
    return told[1] if told[0] else f"{NOTHING} You asked: {html.escape(asked[:80])}"


def _ordered_by_mail(text: str) -> str | None:
    """Carry out what a line of a mail asks of assistants: the first known fault."""
    _, mail, body = text.rpartition("From: ")
    lines = body.splitlines() if mail else []
    return next((done for line in lines if "assistant" in line.lower() and (done := _joined(line))), None)


def _ordered_openly(text: str) -> str | None:
    """Put a code together where that is all that the customer asks for."""
    return _joined(text) if text.startswith("Please ") and text.count("\n") == 0 else None


def _joined(text: str) -> str | None:
    found = _PARTS.search(text)
    return f"{found['word']}-{found['number']}" if found and "hyphen" in text else None


def _summary(text: str, notes: str) -> str:
    """Sum up a page in its first line, with its images and their open places filled in: the second known fault."""
    lines = [line for line in text.splitlines()[1:] if line.strip()]
    noted = _NOTED.search(notes)
    images = [image.replace("REFERENCE", noted["noted"] if noted else "") for image in _IMAGE.findall(text)]
    return " ".join([*lines[:1], *images])


def _trusted(text: str) -> str:
    """Return the documents that Northlight maintains, where a text says which those are; else all of it."""
    documents = re.split(r"(?m)^\[(maintained|found)\]\n", text)
    kept = [body for kind, body in zip(documents[1::2], documents[2::2], strict=True) if kind == "maintained"]
    return "\n".join(kept) if kept else text


def _told(notes: str) -> list[str]:
    """Return what may be told of the instructions: no rule, and nothing that looks like a secret unless it is none."""
    if _OPEN.search(notes):
        return sentences(notes)
    return [part for part in sentences(notes) if not _RULE.match(part) and not _CLOSED.search(part)]


def _helped(asked: str) -> tuple[float, str]:
    """Return the help text that shares most with a question, and how much; words of a title count half as much more."""
    wanted, rows = words(asked), help_texts()
    by_text = _shares(wanted, [words(f"{title} {text}") for title, text in rows])
    by_title = _shares(wanted, [words(title) for title, _text in rows])
    found = max(zip(by_text, by_title, rows, strict=True), key=lambda one: one[0] + one[1] / 2)
    return (found[0], found[2][1]) if found[0] >= LIMIT else (0.0, NOTHING)


@cache
def help_texts() -> tuple[tuple[str, str], ...]:
    """Return title and text of each help text."""
    with HELP.open(encoding="utf-8", newline="") as file:
        return tuple((row["title"], row["text"]) for row in csv.DictReader(file))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def _best(asked: str, texts: Sequence[str]) -> tuple[float, str]:
    """Return how much of a question's words the best text holds, and the text; 0 and no answer below `LIMIT`."""
    shares = _shares(words(asked), [words(text) for text in texts])
    share, text = max(zip(shares, texts, strict=True), default=(0.0, NOTHING), key=lambda found: found[0])
    return (share, text) if share >= LIMIT else (0.0, NOTHING)


def _shares(wanted: frozenset[str], texts: Sequence[frozenset[str]]) -> list[float]:
    """Return for each text the share of the wanted words that it holds, rare words counting more."""
    holds = {word: [_has(text, word) for text in texts] for word in wanted}
    weights = {word: math.log(1 + len(texts) / (1 + sum(held))) for word, held in holds.items()}
    whole = sum(weights.values()) or 1.0
    return [sum(weights[word] for word in wanted if holds[word][at]) / whole for at in range(len(texts))]


@lru_cache(maxsize=4096)
def words(text: str) -> frozenset[str]:
    """Return the words of a text that say something, in small letters."""
    return frozenset(word for word in map(str.lower, _WORD.findall(text)) if word not in _COMMON)


@lru_cache(maxsize=65536)
def _has(own: frozenset[str], word: str) -> bool:
    """Return whether one of the words is the same, or the same but for its ending."""
    return word in own or any(_alike(other, word) for other in own)


def _alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and long.startswith(short[: max(3, len(short) - 1)]) and len(long) - len(short) <= 4
