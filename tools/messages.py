"""Translations: collect the texts of code and templates, compile them, or check that nothing is missing.

Usage: python -m tools.messages extract | compile | check
"""

import ast
import io
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de", "en")
SENTENCES = "phrase.py"
DATA = {
    "catalogue/frameworks/*.toml": ("title", "group"),
    "catalogue/frameworks/iso42001_2023.toml": ("intent", "typical_evidence"),
    "catalogue/frameworks/eu_ai_act.toml": ("intent", "typical_evidence"),
    "catalogue/data/fact_kinds.toml": ("items", "kind.meaning", "check.what"),
    "catalogue/data/rules_*.toml": ("because",),
    "catalogue/law/*.toml": ("name", "note", "title", "text", "help", "exception", "changes"),
    "catalogue/threats/owasp.toml": ("licence",),
    "registers/inventory/rules/tier.toml": ("label", "because"),
    "registers/inventory/rules/use.toml": ("label", "because", "conditions"),
    "registers/organisation/rules/usual.toml": ("name", "inputs", "outputs"),
    "registers/policy/rules/templates.toml": ("title", "text"),
    "registers/risk/rules/criteria.toml": ("label", "description", "source", "steps", "parts"),
}
"""Which words of which data files people read on pages: they are translated as those of code are.

A key stands for itself wherever it is; with a dot it is the whole way to it: ``kind.meaning``, not that of its fields.
"""
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
HEADER = "# Texts of Clerestory. Collected by script/messages; fill in the empty msgstr and run it again.\n"


def main(task: str, root: Path = ROOT) -> int:
    """Do one task; return the exit code."""
    if task not in ("extract", "compile", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    if task == "check":
        found = list(problems(root))
        print("\n".join(found))
        return 1 if found else 0
    if task == "extract":
        collected = collect(root)
        for language in LANGUAGES:
            write(path_of(language, root), as_text(merged(language, collected, root), language))
    for language in LANGUAGES:
        compile_one(language, root)
    return 0


def collect(root: Path = ROOT) -> Catalog:
    """Return every text that code and templates mark for translation, in the order of its place."""
    catalog = Catalog(project="Clerestory", charset="utf-8", fuzzy=False)
    for file in sources(root):
        place = file.relative_to(root).as_posix()
        body = file.read_bytes() if file.suffix == ".py" else as_code(file)
        found = extract("python", io.BytesIO(body), KEYWORDS, ("Translators:",), {"encoding": "utf-8"})
        for _line, message, comments, context in found:
            catalog.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
        for text in sentences(body) if file.name == SENTENCES else ():
            catalog.add(text, locations=[(place, 0)])
    for file, text in shown_data(root):
        catalog.add(text, locations=[(file.relative_to(root).as_posix(), 0)])
    return catalog


def shown_data(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts of data files that pages show, with their file, in the order of the files."""
    package = root / "src" / "clerestory"
    for pattern, keys in DATA.items():
        for file in sorted(package.glob(pattern)):
            yield from ((file, text) for text in said(tomllib.loads(file.read_text(encoding="utf-8")), keys))


def said(data: object, keys: tuple[str, ...], way: str = "") -> Iterator[str]:
    """Yield the texts that stand under some keys, wherever they are; a key with a dot is the whole way from the top."""
    if isinstance(data, list):
        for one in data:
            yield from said(one, keys, way)
    elif isinstance(data, dict):
        for key, value in data.items():
            here = f"{way}.{key}".lstrip(".")
            if key in keys or here in keys:
                texts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
                yield from (text.strip() for text in texts if isinstance(text, str) and text)
            yield from said(value, keys, here)


def sentences(module: bytes) -> Iterator[str]:
    """Yield the judge's sentences, which stand as plain values of one mapping: its floor knows no translation."""
    for statement in ast.parse(module).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "TEMPLATES" and statement.value:
            yield from ast.literal_eval(statement.value).values()


def sources(root: Path) -> Iterator[Path]:
    """Yield the files that can hold texts."""
    package = root / "src" / "clerestory"
    files = [*package.rglob("*.py"), *package.rglob("templates/**/*.html"), *package.rglob("templates/**/*.txt")]
    return (file for file in sorted(files) if "migrations" not in file.parts)


def as_code(template: Path) -> bytes:
    """Write the marked texts of a template as calls, which the collector of code reads."""
    import django
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    lines = templatize(template.read_text(encoding="utf-8"), origin=str(template)).splitlines()
    return "\n".join(line.strip() for line in lines if "gettext(" in line or "_(" in line or "#" in line).encode()


def path_of(language: str, root: Path = ROOT) -> Path:
    """Return the file of a language."""
    return root / "src" / "clerestory" / "web" / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str, root: Path = ROOT) -> Catalog:
    """Read the translations of a language; empty where there are none yet."""
    path = path_of(language, root)
    if not path.is_file():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str, collected: Catalog, root: Path) -> Catalog:
    """Return what is translated, brought to the texts that there are now; nothing is guessed."""
    catalog = read(language, root)
    catalog.update(collected, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def write(path: Path, text: str) -> None:
    """Write a file when its text changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def as_text(catalog: Catalog, language: str) -> str:
    """Return the file of a language as text, without line numbers and dates: it changes only when a text does."""
    body = io.BytesIO()
    write_po(body, catalog, width=120, sort_output=True, include_lineno=False, omit_header=True)
    plural = Catalog(locale=language).plural_forms
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural}\\n"\n\n'
    )
    return HEADER + header + body.getvalue().decode("utf-8").strip() + "\n"


def compile_one(language: str, root: Path) -> None:
    """Compile one language into the form that is read at run time."""
    path = path_of(language, root)
    if path.is_file():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(language, root))


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong: texts that were not collected, not translated, or whose placeholders differ."""
    collected = collect(root)
    for language in LANGUAGES:
        path = path_of(language, root)
        place = path.relative_to(root)
        if not path.is_file() or path.read_text(encoding="utf-8") != as_text(
            merged(language, collected, root), language
        ):
            yield f"{place} is behind the code: run script/messages."
            continue
        for message in read(language, root):
            if (
                message.id
                and language != "en"
                and not all(message.string if message.pluralizable else [message.string])
            ):
                yield f"{place}: no translation of {message.id!r}"
            if message.id and message.fuzzy:
                yield f"{place}: {message.id!r} is marked as fuzzy and is not compiled: check it and take the mark off."
            if message.id and message.string:
                yield from (f"{place}: {error} in {message.id!r}" for error in placeholder_errors(message))


def placeholder_errors(message: Message) -> Iterator[str]:
    """Yield what is wrong with the placeholders of a translation; values in braces may be left out, but not added."""
    yield from map(str, message.check())
    texts = [message.id] if isinstance(message.id, str) else message.id
    said = [message.string] if isinstance(message.string, str) else message.string
    known = braced(texts)
    if known and (unknown := (braced(said) or set()) - known):
        yield f"unknown value {sorted(unknown)[0]}"
    if known and braced(said) is None:
        yield "unpaired brace"


def braced(texts: Iterable[str]) -> set[str] | None:
    """Return the names of values in braces; None where a text is no template."""
    try:
        return {name for text in texts for _text, name, _spec, _repr in Formatter().parse(text) if name is not None}
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
