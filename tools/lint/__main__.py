"""Run the own lint rules: `python -m tools.lint [FILE ...]`. Exit code 1 when a rule is broken."""

import sys
from pathlib import Path

from tools.lint.run import ALL, lint


def main() -> int:
    """Print each breach with its rule, and once the reason of each broken rule."""
    root = Path(__file__).resolve().parents[2]
    named = [Path(argument).resolve() for argument in sys.argv[1:]]
    breaches = list(lint(root, named))
    for breach in breaches:
        print(f"{breach.file}:{breach.line}: {breach.rule}: {breach.message}")
    for rule in ALL:
        if any(breach.rule == rule.name for breach in breaches):
            print(f"\n{rule.name}: {rule.reason}\n  wrong: {rule.wrong!r}\n  right: {rule.right!r}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
