"""Run the benchmarks and say which goals are met: `script/bench [NAME...]`, `script/bench --list`.

Each module of this folder is one benchmark: run by itself it prints one line of JSON with its figures and goals, and
ends with exit code 1 when a goal is missed. Arguments after `--` go to the benchmark.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; return 1 when one missed its goal."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    arguments, _, passed = _split(arguments)
    if "--list" in arguments:
        for name in names:
            text = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
            print(f"{name:12} {text.splitlines()[0] if text else ''}")
        return 0
    if unknown := [name for name in arguments if name not in names]:
        print(f"script/bench: no benchmark is called {unknown[0]!r}. Known: {', '.join(names)}.", file=sys.stderr)
        return 2
    missed = [name for name in arguments or names if not run(name, passed)]
    if missed:
        print(f"\nmissed: {', '.join(missed)}")
    return 1 if missed else 0


def _split(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    if "--" not in arguments:
        return arguments, "", []
    at = arguments.index("--")
    return arguments[:at], "--", arguments[at + 1 :]


def run(name: str, passed: list[str]) -> bool:
    """Run one benchmark, show its figures; tell whether it met its goals."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *passed], stdout=subprocess.PIPE, text=True, check=False
    )
    print(f"\n{name}: {'goals met' if done.returncode == 0 else 'GOAL MISSED'}")
    for line in done.stdout.splitlines():
        try:
            figures = json.loads(line)
        except ValueError:
            print(f"  {line}")
            continue
        for key, value in figures.items():
            print(f"  {key:32} {value}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
