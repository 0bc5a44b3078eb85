"""Measure the inventory: import 10,000 systems from a CSV file, dry run first, and open the list.

Run: python -m benchmarks.inventory [rows]. It uses an empty home of its own, or the database that DATABASE_URL names.
"""

import json
import os
import sys
import tempfile
import time
from typing import Any

GOALS = {"import_s": 60.0}
ROWS = 10_000


def main() -> int:
    """Print the figures; return 1 when one misses its goal."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as home:
        os.environ["CLERESTORY_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
        figures = _measure(count)
    print(json.dumps(figures, indent=1))
    return int(any(figures[name] > goal for name, goal in GOALS.items()))


def _measure(count: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.db import connection

    from benchmarks._large import found
    from clerestory.desk.lists import ListQuery
    from clerestory.registers.inventory.commands import import_systems, try_import
    from clerestory.registers.inventory.queries import ai_systems
    from clerestory.registers.inventory.rules.imported import read_sheet
    from clerestory.store.upkeep import prepare

    prepare()
    actor = found()
    body = _file(count)
    began = time.perf_counter()
    sheet = read_sheet(body, "systems.csv")
    tried = try_import(actor=actor, sheet=sheet)
    dry = time.perf_counter() - began
    began, worked = time.perf_counter(), time.process_time()
    done = import_systems(actor=actor, sheet=sheet)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    began = time.perf_counter()
    ai_systems(actor, ListQuery(search="assistant"))
    listed = time.perf_counter() - began
    return {
        "engine": connection.vendor, "rows": count, "registered": done.registered, "problems": len(tried.problems),
        "dry_run_s": round(dry, 2), "import_s": round(took, 2), "import_cpu_s": round(worked, 2),
        "list_ms": round(1000 * listed, 1),
    }  # fmt: skip


def _file(count: int) -> bytes:
    words = ("Invoice", "Contract", "Claim", "Ticket", "Letter", "Order", "Route", "Stock", "Shift", "Meter")
    areas = ("none of these", "credit", "", "employment")
    lines = ["name,purpose,owner,use areas,affects people,autonomy"]
    for number in range(count):
        word = words[number % 10]
        lines.append(
            f"{word} assistant {number},{word} number {number} is sorted for unit {number % 97},owner@large.example,"
            f"{areas[number % 4]},{('yes', 'no', '')[number % 3]},{number % 3 + 1}"
        )
    return "\n".join(lines).encode()


if __name__ == "__main__":
    sys.exit(main())
