"""Reads the catalogue's TOML files into one document of text, whole numbers, lists and tables."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.read import read_catalogue
from clerestory.terms.evidence import number_text
from clerestory.terms.fact import Document

VERSION = "1"


@cache
def load() -> Catalogue:
    """Return the catalogue that ships with this version.

    Raises:
        CatalogueUnreadable: a file names something that does not exist or lacks a part.
    """
    return read_catalogue(load_document())


@cache
def load_document() -> Document:
    """Return all catalogue files as one document: dates as text, fractions as decimal text."""
    root = files("clerestory.catalogue")
    frameworks = sorted(
        (f for f in root.joinpath("frameworks").iterdir() if f.name.endswith(".toml")), key=lambda f: f.name
    )
    data = root.joinpath("data")
    return {
        "version": VERSION,
        "frameworks": [_read(file) for file in frameworks],
        "rules": [_read(f) for f in sorted(data.iterdir(), key=lambda f: f.name) if f.name.startswith("rules_")],
        "evidence": _read(data.joinpath("fact_kinds.toml")),
        "crosswalk": _read(data.joinpath("crosswalk.toml")),
        "not_yet_produced": _read(data.joinpath("not_yet_produced.toml")),
    }


def _read(file: Traversable) -> Document:
    return {key: _plain(value) for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return number_text(value)
    return value.isoformat() if isinstance(value, date) else value
