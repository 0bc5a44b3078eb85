"""Writes the digests of the catalogue as it stands into released.toml, under the version given; run it when releasing.

A release that exists already is replaced, so that a version under development has one entry.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from clerestory.catalogue.load import load_document  # noqa: E402
from clerestory.catalogue.released import digests  # noqa: E402

FILE = ROOT / "src" / "clerestory" / "catalogue" / "data" / "released.toml"
HEAD = "# Digests of every released catalogue part. Written by tools/released.py; a verifier names what is not here.\n"


def main(version: str) -> None:
    """Write the entry of ``version``."""
    old = tomllib.loads(FILE.read_text(encoding="utf-8"))["release"] if FILE.exists() else []
    releases = [r for r in old if r["version"] != version]
    releases.append({"version": version, "digests": dict(digests(load_document()))})
    text = HEAD
    for release in releases:
        text += f'\n[[release]]\nversion = "{release["version"]}"\n[release.digests]\n'
        text += "".join(f'"{part}" = "{digest}"\n' for part, digest in release["digests"].items())
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
