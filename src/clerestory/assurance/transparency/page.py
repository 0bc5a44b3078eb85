"""What a person sees of a page: its text without what is hidden, and what it says of itself to machines."""

import re
from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "title", "object", "iframe", "svg", "datalist"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_HIDING = re.compile(
    r"display:none|visibility:(hidden|collapse)|(^|;)color:transparent|clip:rect\(0|clip-path:inset\((50|100)%"
    r"|(^|;)(opacity|font-size|zoom):0+(\.0*)?(px|r?em|pt|%)?[;!]|transform:scale\(0[);]"
    r"|(left|right|top|bottom|text-indent|margin(-\w+)?):-\d{3,}"
    r"|(?=.*overflow(-[xy])?:(hidden|clip))(.*;)?(max-)?(height|width):[01]?(px)?;"
)
"""Styles of an element by which what it holds is not seen, written without space and comments."""


class Page(HTMLParser):
    """The visible text of a page, its ``meta`` pairs, and its linked data (JSON-LD) as text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool]] = []
        self._seen: list[str] = []
        self._linked: list[str] | None = None
        self.meta: list[tuple[str, str]] = []
        self.linked: list[str] = []
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        """What is seen, with single spaces."""
        return " ".join("".join(self._seen).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and whether it hides what it holds."""
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.meta.append((given.get("name") or given.get("property") or "", given.get("content", "")))
        if tag == "script" and given.get("type", "").lower() == "application/ld+json":
            self._linked = []
        if tag not in _VOID:
            self._open.append((tag, self._hidden or _hides(tag, given)))
        self._seen.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close an element and everything left open within it."""
        if tag == "script" and self._linked is not None:
            self.linked.append("".join(self._linked))
            self._linked = None
        if any(name == tag for name, _ in self._open):
            while self._open and self._open.pop()[0] != tag:
                pass
        self._seen.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep text that is not hidden."""
        if self._linked is not None:
            self._linked.append(data)
        elif not self._hidden:
            self._seen.append(data)

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def _hides(tag: str, given: dict[str, str]) -> bool:
    style = "".join(re.sub(r"/\*.*?\*/", "", given.get("style", "").lower(), flags=re.DOTALL).split()) + ";"
    return (
        tag in _UNSEEN
        or "hidden" in given
        or given.get("aria-hidden", "").lower() == "true"
        or (tag == "dialog" and "open" not in given)
        or _HIDING.search(style) is not None
    )
