"""Instructions hidden in the description of a tool: what nobody sees, and what no description needs to say."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_ESCAPE = re.compile("\x1b[\\[\\]()#;?0-9A-Za-z]")
_UNSEEN = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
_JOINERS = {"\u200d", "\ufe0f"}
"""Between pictures a joiner is part of the picture."""
_PHRASES = {
    "tells to disregard other instructions": re.compile(
        r"\b(ignore|disregard|forget|override)\b.{0,30}\b(previous|prior|above|earlier|other|all|any|system|user)\b.{0,30}"
        r"\b(instruction|prompt|rule|message|request|direction)s?\b",
        re.I | re.S,
    ),
    "tells to hide something from the user": re.compile(
        r"\b(do not|don'?t|never|without)\b.{0,20}\b(mention|tell|inform|show|reveal|disclos\w+|telling|informing|"
        r"mentioning|notify\w*|alert\w*)\b.{0,60}\b(user|human|person|anyone|that you|this|it)\b",
        re.I | re.S,
    ),
    "speaks to the model behind a mark": re.compile(
        r"<\s*/?\s*(important|system|secret|hidden|instructions?|admin|critical|assistant)\s*>|"
        r"\[/?(INST|SYSTEM)\]|<\|",
        re.I,
    ),
    "asks for keys or private files": re.compile(
        r"(~|/home/\w+|/root|\$HOME|%USERPROFILE%)/?\.(ssh|aws|cursor|config|kube|gnupg|env|netrc)|\bid_rsa\b|/etc/(passwd|shadow)"
        r"|\bprivate key\b.{0,40}\b(send|pass|include|read)\b"
        r"|\b(read|send|pass|include)\b.{0,60}"
        r"\b(private key|\.env\b|credentials? file|mcp\.json)",
        re.I | re.S,
    ),
    "sets what to do with other tools": re.compile(
        r"\b(before|after|when(ever)?|instead of)\b.{0,20}\b(using|calling|invoking|any)\b.{0,20}"
        r"\b(this|any|other|every|all)\b.{0,15}"
        r"\btools?\b.{0,60}\b(read|send|call|pass|must|first|always)\b",
        re.I | re.S,
    ),
    "holds a hidden comment": re.compile(r"<!--"),
}


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value, names of its fields included: a model reads them all."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def found(tool: Mapping[str, Any]) -> list[str]:
    """Return what is hidden in a tool, each kind once."""
    kinds = dict[str, None]()
    for text in texts(tool):
        plain = "".join(character for character in text if not _invisible(character))
        if any(_invisible(character) for character in text):
            kinds["holds characters that nobody sees"] = None
        if _ESCAPE.search(text) or any(unicodedata.category(c) == "Cc" and c not in "\n\r\t" for c in text):
            kinds["holds control characters"] = None
        for what, pattern in _PHRASES.items():
            if pattern.search(unicodedata.normalize("NFKC", plain)):
                kinds[what] = None
    return list(kinds)


def _invisible(character: str) -> bool:
    hidden = unicodedata.category(character) in ("Cf", "Co", "Cn") or character in _UNSEEN
    return hidden and character not in _JOINERS
