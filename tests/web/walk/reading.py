"""What a browser finds in a page: its forms with their fields, and its links."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXTS = ("text", "textarea", "search", "email", "url", "")
"""Types of field that people type words into."""
DAY, NUMBER = "2027-03-01", "1"


@dataclass
class Field:
    """One field of a form; ``chosen`` are the values that it is sent with when nobody touches it."""

    name: str
    type: str
    chosen: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    required: bool = False
    fixed: bool = False

    @property
    def is_text(self) -> bool:
        """Whether people type words into it."""
        return self.type in TEXTS and not self.fixed


@dataclass
class Form:
    """One form that is posted; ``values`` are what a browser would send with every field filled in."""

    page: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)
    is_upload: bool = False

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What tells it from others: where it goes and what it asks for."""
        return self.action, tuple(sorted(self.fields))

    @property
    def texts(self) -> list[str]:
        """Names of the fields that people type words into."""
        return [name for name, each in self.fields.items() if each.is_text]

    def values(self, word: str) -> dict[str, list[str]]:
        """Return what is sent where each empty field is filled in; ``word`` stands in for texts."""
        said = {}
        for name, each in self.fields.items():
            if each.type == "file":
                continue
            found = [value for value in each.chosen if value] or each.chosen
            if not any(found):
                found = _filled(each, word)
            if found:
                said[name] = found
        return said


def _filled(each: Field, word: str) -> list[str]:
    if each.type in ("select", "radio", "checkbox"):
        offered = [value for value in each.options if value]
        return offered[:1] if each.type != "checkbox" or len(offered) > 1 or each.required else []
    if each.type == "hidden" or each.fixed:
        return [""]
    if each.type == "date":
        return [DAY]
    return [NUMBER] if each.type == "number" else [word]


class Reader(HTMLParser):
    """Reads one page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.form: Form | None = None
        self.open: Field | None = None
        self.text = ""
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a field, a link or a script."""
        said = {name: value or "" for name, value in attrs}
        self.handlers += [f"{tag} {name}" for name in said if name.startswith("on")]
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif tag == "script":
            self.in_script = True
        elif tag == "form":
            post = said.get("method", "").lower() == "post"
            self.form = Form(self.page, said.get("action") or self.page) if post else None
            if self.form is not None:
                self.form.is_upload = "multipart" in said.get("enctype", "")
        elif self.form is not None:
            self._field(tag, said)

    def _field(self, tag: str, said: dict[str, str]) -> None:
        if self.form is None:
            return
        if tag == "option" and self.open is not None:
            self.open.options.append(said.get("value", ""))
            if "selected" in said:
                self.open.chosen.append(said.get("value", ""))
        if not (name := said.get("name", "")) or name == "csrfmiddlewaretoken":
            return
        if tag == "button":
            if said.get("type", "submit") == "submit" and name not in self.form.fields:
                self.form.fields[name] = Field(name, "hidden", [said.get("value", "")], fixed=True)
            return
        if tag not in ("input", "select", "textarea"):
            return
        kind = said.get("type", "text") if tag == "input" else tag
        each = self.form.fields.setdefault(name, Field(name, kind, fixed="readonly" in said or "disabled" in said))
        each.required |= "required" in said
        if tag == "input" and kind in ("radio", "checkbox"):
            each.options.append(said.get("value", "on"))
            if "checked" in said:
                each.chosen.append(said.get("value", "on"))
        elif tag == "input":
            each.chosen = [said.get("value", "")]
        else:
            self.open, self.text = each, ""

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a field."""
        if tag == "form" and self.form is not None:
            self.forms.append(self.form)
            self.form = None
        elif tag == "textarea" and self.open is not None:
            self.open.chosen, self.open = [self.text.removeprefix("\n")], None
        elif tag == "select" and self.open is not None:
            if not self.open.chosen and self.open.options and self.open.type == "select":
                self.open.chosen = self.open.options[:1]
            self.open = None
        elif tag == "script":
            self.in_script = False

    def handle_data(self, data: str) -> None:
        """Keep the text of a field or a script."""
        if self.in_script:
            self.scripts.append(data)
        elif self.open is not None and self.open.type == "textarea":
            self.text += data


def read(page: str, html: str) -> Reader:
    """Read a page."""
    reader = Reader(page)
    reader.feed(html)
    reader.close()
    return reader


def inside(links: list[str]) -> Iterator[str]:
    """Yield links that stay in the product, without their anchors."""
    for link in links:
        bare = link.partition("#")[0]
        if bare.startswith("/") and not bare.startswith("//"):
            yield bare
