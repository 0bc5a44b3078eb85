"""What the pages that open from disk share: a whole page that loads and runs nothing, and tables."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files


def whole_page(title: str, body: str) -> str:
    """Return a page around a body; its policy allows its own style and nothing else."""
    style = (files("clerestory.cli.report") / "page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{_digest(style)}'\">"
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>{body}</main></body></html>\n"
    )


def table(title: str, heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table of cells that are markup already, the first of a row as its head; nothing where no row is."""
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    if not body:
        return ""
    top = "".join(f'<th scope="col">{escape(head)}</th>' if head else "<td></td>" for head in heads)
    # It may be wider than the window: then it is scrolled by keyboard, too.
    return (
        f'<div class="wide" role="group" aria-label="{escape(title)}" tabindex="0"><table>'
        f"<caption>{escape(title)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(drawn: str, caption: str) -> str:
    """Return a drawing with its caption."""
    return f'<figure tabindex="0">{drawn}<figcaption>{escape(caption)}</figcaption></figure>'


def small(text: str) -> str:
    """Return a text beside another; nothing where there is none."""
    return f" <small>{escape(text)}</small>" if text else ""


def _digest(style: str) -> str:
    """Return by what the page's policy knows its own style, so that it allows no other."""
    return "sha256-" + b64encode(sha256(style.encode()).digest()).decode()
