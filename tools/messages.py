"""Translations: collect the texts of code and templates, compile them, or check that nothing is missing.

Usage: python -m tools.messages extract | compile | check
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "clerestory"
LOCALE = PACKAGE / "web" / "locale"
LANGUAGES = ("de", "en")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
HEADER = "# Texts of Clerestory. Collected by script/messages; fill in the empty msgstr and run it again.\n"


def main(task: str) -> int:
    """Do one task; return the exit code."""
    if task == "extract":
        for language in LANGUAGES:
            write(language, merged(language, collect()))
    if task in ("extract", "compile"):
        for language in LANGUAGES:
            compile_one(language)
        return 0
    if task == "check":
        return report(problems())
    print(__doc__, file=sys.stderr)
    return 2


def collect() -> Catalog:
    """Return every text that code and templates mark for translation, in the order of its place."""
    catalog = Catalog(project="Clerestory", charset="utf-8", fuzzy=False)
    for file in sources():
        place = file.relative_to(ROOT).as_posix()
        body = file.read_bytes() if file.suffix == ".py" else as_code(file)
        found = extract("python", io.BytesIO(body), KEYWORDS, ("Translators:",), {"encoding": "utf-8"})
        for _line, message, comments, context in found:
            catalog.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return catalog


def sources() -> Iterator[Path]:
    """Yield the files that can hold texts."""
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("templates/**/*.html"), *PACKAGE.rglob("templates/**/*.txt")]
    return (file for file in sorted(files) if "migrations" not in file.parts)


def as_code(template: Path) -> bytes:
    """Write the marked texts of a template as calls, which the collector of code reads."""
    import django
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    text = templatize(template.read_text(encoding="utf-8"), origin=str(template))
    return "\n".join(line.strip() for line in text.splitlines() if "gettext(" in line or "_(" in line or line.lstrip().startswith("#")).encode()


def path_of(language: str) -> Path:
    """Return the file of a language."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Read the translations of a language; empty where there are none yet."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str, collected: Catalog) -> Catalog:
    """Return what is translated, brought to the texts that there are now; nothing is guessed."""
    catalog = read(language)
    catalog.update(collected, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def write(language: str, catalog: Catalog) -> None:
    """Write the file of a language without line numbers and dates, so that it changes only when a text does."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = as_text(catalog, language)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def as_text(catalog: Catalog, language: str) -> str:
    """Return the file of a language as text."""
    body = io.BytesIO()
    write_po(body, catalog, width=120, sort_output=True, include_lineno=False, omit_header=True)
    plural = Catalog(locale=language).plural_forms
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    )
    return HEADER + header + body.getvalue().decode("utf-8").strip() + "\n"


def compile_one(language: str) -> None:
    """Compile one language into the form that is read at run time."""
    path = path_of(language)
    if path.is_file():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(language))


def problems() -> Iterator[str]:
    """Yield what is wrong: texts that were not collected, not translated, or whose placeholders differ."""
    collected = collect()
    for language in LANGUAGES:
        path = path_of(language)
        if not path.is_file() or path.read_text(encoding="utf-8") != as_text(merged(language, collected), language):
            yield f"{path.relative_to(ROOT)} is behind the code: run script/messages."
            continue
        for message in read(language):
            if message.id and language != "en" and not all(message.string if message.pluralizable else [message.string]):
                yield f"{path.relative_to(ROOT)}: no translation of {message.id!r}"
            if message.id and message.string:
                yield from (f"{path.relative_to(ROOT)}: {error} in {message.id!r}" for error in placeholder_errors(message))


def placeholder_errors(message: object) -> Iterator[Exception]:
    """Yield what Babel finds wrong with the placeholders of a translation."""
    return iter(message.check())  # type: ignore[attr-defined]


def report(found: Iterator[str]) -> int:
    """Print problems; return the exit code."""
    listed = list(found)
    for line in listed:
        print(line)
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
