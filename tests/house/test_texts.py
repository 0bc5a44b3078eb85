"""Every text that a page shows goes through gettext; what is the same in all languages stands in a short list."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "src" / "clerestory").rglob("templates/**/*.html"))
SAME_EVERYWHERE = {
    "Clerestory",
    "API",
    "CSV",
    "DOCX",
    "PDF",
    "XLSX",
    "JSON",
    "ISO/IEC",
    "OpenAPI",
    "SHA",
    "UTC",
    "Ed25519",
    "Merkle",
    "ROC",
    "AUC",
}
SHOWN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title", "data-confirm", "data-label"}
NOT_SHOWN = {"script", "style", "code", "kbd", "samp", "pre"}
TRANSLATED = re.compile(
    r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|\{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)


class Texts(HTMLParser):
    """Collects the texts and shown attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in NOT_SHOWN
        self.found += [(self.getpos()[0], value) for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in NOT_SHOWN

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.found.append((self.getpos()[0], data))


def bare_texts(template: str) -> list[str]:
    """Return the words of a template that no translation reaches."""
    reader = Texts()
    template = re.sub(r"\{% block width %\}\w*\{% endblock %\}|\b[\w-]+\.(?:json|toml|zip)\b", "", template)
    reader.feed(TRANSLATED.sub(lambda match: "\n" * match[0].count("\n"), template))
    bare = []
    for line, text in reader.found:
        words = [word for word in re.findall(r"[^\W\d_][\w/'-]+", text) if word not in SAME_EVERYWHERE]
        if words:
            bare.append(f"{line}: {' '.join(text.split())}")
    return bare


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_texts_of_a_page_are_translatable(path: Path) -> None:
    assert bare_texts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "template,count",
    [
        ("<p>Owner</p>", 1),
        ('<a title="More">{% translate "Owner" %}</a>', 1),
        ("<p>{% if x %}Yes{% endif %}</p>", 1),
        ('<p>{% translate "Owner" %}: {{ owner }}</p>', 0),
        ("<p>{% blocktranslate %}{{ n }} open{% endblocktranslate %}</p>", 0),
        ("<code>clerestory up</code><b>Clerestory</b><i>{# a note #}</i>", 0),
    ],
)
def test_bare_text_is_found(template: str, count: int) -> None:
    assert len(bare_texts(template)) == count
