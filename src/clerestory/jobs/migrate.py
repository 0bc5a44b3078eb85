"""``python -m clerestory.jobs.migrate``: makes the database ready, as ``clerestory up`` does at its start."""

import os
import sys

from clerestory.terms.error import ClerestoryError


def main() -> int:
    """Prepare the database; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
    try:
        import django

        django.setup()
        from clerestory.store.upkeep import prepare

        problems = prepare()
    except ClerestoryError as error:
        sys.stderr.write(f"{error.problem}\n{error.remedy}\n")
        return 2
    for organisation_id, problem in problems.items():
        sys.stderr.write(f"{organisation_id}: {problem.problem} {problem.remedy}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
