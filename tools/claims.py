"""Check the claims: each thing that the product says it can do names a test that exists.

docs/claims/<capability>.toml:
    capability = "evidence-log"
    finished = true                  # from then on every test that is named must exist
    [[claim]]
    id = "order"
    claim = "An entry cannot be moved without being noticed."
    test = "tests/ledger/test_tree.py::test_moved_leaf_changes_the_root"   # or a list of them
    bad = "tests/ledger/test_tree.py::test_flipped_byte_is_named"   # the twin with bad input
    why = ""                         # why there is no such twin, where `bad` is empty
    shown_by = ""                    # screenshot or figure, if any

Usage: python -m tools.claims
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAPABILITY_KEYS = {"capability", "finished", "claim"}
REQUIRED = {"id", "claim", "test"}
CLAIM_KEYS = REQUIRED | {"bad", "why", "shown_by"}


def problems(root: Path) -> Iterator[str]:
    """Yield what is wrong with the claims below ``root``."""
    seen: dict[str, str] = {}
    for file in sorted((root / "docs" / "claims").glob("*.toml")):
        place = file.relative_to(root).as_posix()
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            yield f"{place}: cannot be read: {error}"
            continue
        yield from _file_problems(root, place, file.stem, document, seen)


def _file_problems(
    root: Path, place: str, stem: str, document: Mapping[str, object], seen: dict[str, str]
) -> Iterator[str]:
    for key in sorted(set(document) - CAPABILITY_KEYS):
        yield f"{place}: unknown key {key!r}"
    if document.get("capability") != stem:
        yield f"{place}: capability must be {stem!r}, as the file is named"
    if not isinstance(document.get("finished"), bool):
        yield f"{place}: finished must be true or false"
    claims = document.get("claim", [])
    if document.get("finished") and not claims:
        yield f"{place}: finished without a claim"
    for number, claim in enumerate(claims if isinstance(claims, list) else [], start=1):
        name = f"{place}: claim {claim.get('id', number)}"
        for key in sorted(set(claim) - CLAIM_KEYS):
            yield f"{name}: unknown key {key!r}"
        if (identifier := f"{stem}/{claim.get('id')}") in seen:
            yield f"{name}: the id stands twice"
        seen[identifier] = place
        if document.get("finished"):
            yield from _unproven(root, name, claim)


def _unproven(root: Path, name: str, claim: Mapping[str, object]) -> Iterator[str]:
    for key in sorted(key for key in REQUIRED if not claim.get(key)):
        yield f"{name}: {key} is missing"
    if not claim.get("bad") and not claim.get("why"):
        yield f"{name}: no bad-input twin; name one in `bad`, or say in `why` why there is none"
    for key in ("test", "bad"):
        for node in _nodes(claim.get(key)):
            if not exists(root, node):
                yield f"{name}: {key} names no test: {node}"
    shown = claim.get("shown_by")
    if isinstance(shown, str) and shown.endswith((".png", ".svg")) and not (root / shown).is_file():
        yield f"{name}: shown_by names no file: {shown}"


def _nodes(value: object) -> list[str]:
    """Return the node ids of a key: one text or a list of texts."""
    if isinstance(value, str):
        return [value] if value else []
    return [str(node) for node in value] if isinstance(value, list) else []


def exists(root: Path, node: str) -> bool:
    """Tell whether a pytest node id (``path::name`` or ``path::Class::name``) names a test."""
    path, *names = re.sub(r"\[.*\]$", "", node).split("::")
    file = root / path
    if not names or not file.is_file() or not names[-1].startswith(("test", "Test")):
        return False
    scope: list[ast.stmt] = ast.parse(file.read_text(encoding="utf-8")).body
    for name in names:
        found = [item for item in scope if _name(item) == name]
        if not found:
            return False
        scope = getattr(found[0], "body", [])
    return True


def _name(item: ast.stmt) -> str:
    """Return the name of a definition; an assignment counts too, as stateful tests are made by one."""
    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return item.name
    if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
        return item.targets[0].id
    return ""


def main() -> int:
    """Print the problems; exit code 1 when there are any."""
    found = list(problems(ROOT))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
