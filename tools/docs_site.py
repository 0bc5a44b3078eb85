"""Pages of the site that only exist when it is built: the changes from their fragments, the list of decisions."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {"added": "Added", "changed": "Changed", "fixed": "Fixed", "removed": "Removed"}


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages; MkDocs calls this once it has listed the files of the folder."""
    from mkdocs.structure.files import File

    for name, text in (("changes.md", changes_page()), ("decisions.md", decisions_page())):
        files.append(File.generated(config, name, content=text))
    return files


def changes_page(folder: Path = ROOT / "changes") -> str:
    """Return what changed since the last release, one sentence each."""
    parts = ["# Changes\n", "Not yet released.\n"]
    for kind, title in GROUPS.items():
        found = sorted(folder.glob(f"*.{kind}.md"))
        if found:
            parts.append(f"## {title}\n")
            parts += [f"- {file.read_text(encoding='utf-8').strip()}" for file in found]
            parts.append("")
    return "\n".join(parts)


def decisions_page(folder: Path = ROOT / "docs" / "decisions") -> str:
    """Return the list of decisions with their titles."""
    parts = [
        "# Decisions\n",
        "Why it is built as it is: one page each, with its price and what enforces it.\n",
    ]
    for file in sorted(folder.glob("[0-9]*.md")):
        title = re.sub(r"^#\s*\d+\s*", "", file.read_text(encoding="utf-8").splitlines()[0])
        parts.append(f"- [{file.name[:4]} {title}](decisions/{file.name})")
    return "\n".join(parts) + "\n"
