"""Texts of code and templates are collected, translated and compiled without any program but Python."""

import ast
import gettext
import tomllib
from pathlib import Path

import pytest
from babel.messages import Catalog

from tools import messages

CODE = 'from django.utils.translation import gettext as _\n_("Owner")\nngettext("%(n)s entry", "%(n)s entries", 2)\n'
TEMPLATE = """{% load i18n %}{% translate "Requirement board" %} "it's {{ free }}"
{% blocktranslate with n=count %}{{ n }} open{% endblocktranslate %}
{% blocktranslate count n=count %}{{ n }} risk{% plural %}{{ n }} risks{% endblocktranslate %}"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    package = tmp_path / "src" / "clerestory"
    (package / "web" / "templates").mkdir(parents=True)
    (package / "web" / "board.py").write_text(CODE)
    (package / "web" / "templates" / "board.html").write_text(TEMPLATE)
    return tmp_path


def translate(root: Path, text: str, translation: str) -> None:
    path = messages.path_of("de", root)
    path.write_text(path.read_text().replace(f'msgid "{text}"\nmsgstr ""', f'msgid "{text}"\nmsgstr "{translation}"'))


def test_texts_of_code_and_templates_are_collected(root: Path) -> None:
    found = {message.id for message in messages.collect(root) if message.id}
    assert found == {
        "Owner", ("%(n)s entry", "%(n)s entries"), "Requirement board", "%(n)s open", ("%(n)s risk", "%(n)s risks"),
    }  # fmt: skip


def test_german_is_read_after_compiling(root: Path) -> None:
    messages.main("extract", root)
    translate(root, "Owner", "Verantwortlich")
    messages.main("compile", root)
    with messages.path_of("de", root).with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Owner") == "Verantwortlich"


def test_collecting_twice_changes_nothing_and_keeps_translations(root: Path) -> None:
    messages.main("extract", root)
    translate(root, "Owner", "Verantwortlich")
    messages.main("extract", root)
    kept = messages.path_of("de", root).read_text()
    assert 'msgstr "Verantwortlich"' in kept
    messages.main("extract", root)
    assert messages.path_of("de", root).read_text() == kept


def test_missing_translation_new_text_and_wrong_placeholder_are_named(root: Path) -> None:
    messages.main("extract", root)
    assert any("no translation of 'Owner'" in problem for problem in messages.problems(root))
    translate(root, "%(n)s open", "%(m)s offen")
    assert any("%(n)s open" in problem and "no translation" not in problem for problem in messages.problems(root))
    (root / "src" / "clerestory" / "web" / "more.py").write_text('_("Brand new")')
    assert any("is behind the code" in problem for problem in messages.problems(root))


def test_a_translation_with_a_value_that_the_sentence_does_not_have_is_named(root: Path) -> None:
    (root / "src" / "clerestory" / "web" / "more.py").write_text('_("The tool {name!r} is unknown.", name="x")')
    messages.main("extract", root)
    translate(root, "The tool {name!r} is unknown.", "Das Werkzeug „{nmae}“ ist unbekannt.")
    assert any("unknown value nmae" in problem for problem in messages.problems(root))
    path = messages.path_of("de", root)
    path.write_text(path.read_text().replace("{nmae}", "{name}"))
    assert not any("The tool" in problem for problem in messages.problems(root))


def test_catalog_of_the_product_is_whole() -> None:
    catalog: Catalog = messages.read("de")
    assert catalog.plural_forms
    assert all(not list(message.check()) for message in catalog if message.id and message.string)


def test_texts_of_data_files_that_pages_show_are_collected_and_asked_for_in_german(root: Path) -> None:
    law = root / "src" / "clerestory" / "catalogue" / "law" / "one.toml"
    law.parent.mkdir(parents=True)
    law.write_text(
        '[[question]]\nid = "system"\ntitle = "An AI system"\noptions = [{ text = "For defence", hints = ["x"] }]\n'
    )
    assert {text for _file, text in messages.shown_data(root)} == {"An AI system", "For defence"}
    messages.main("extract", root)
    assert any("An AI system" in problem for problem in messages.problems(root))
    translate(root, "An AI system", "Ein KI-System")
    assert not any("An AI system" in problem for problem in messages.problems(root))


def test_every_kind_of_data_that_is_to_be_translated_is_there() -> None:
    package = messages.ROOT / "src" / "clerestory"
    for pattern, keys in messages.DATA.items():
        found = [
            text for file in package.glob(pattern) for text in messages.said(tomllib.loads(file.read_text()), keys)
        ]
        assert found, pattern


def test_texts_are_marked_only_by_names_that_the_collector_knows() -> None:
    wrong = []
    for file in messages.sources(messages.ROOT):
        if file.suffix != ".py":
            continue
        for statement in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(statement, ast.ImportFrom) and statement.module == "django.utils.translation":
                wrong += [f"{file}: {name.asname}" for name in statement.names if name.asname not in (None, "_")]
    assert wrong == [], "a text behind another name is never collected"
