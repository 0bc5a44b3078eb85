"""``python -m clerestory.demo``: fills the demo organisation and says who can sign in."""

import os
import sys

from clerestory.terms.error import ClerestoryError


def main() -> int:
    """Fill the demo with a progress bar on the terminal; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
    import django

    django.setup()
    from django.conf import settings
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from clerestory.demo.northlight import SIGN_IN, fill
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store import clock

    say = Console(stderr=True, highlight=False)
    if organisations() and not (settings.CLERESTORY_HOME / "demo" / SIGN_IN).is_file():
        say.print("There is an organisation already.\nThe demo needs a data folder of its own: CLERESTORY_HOME.")
        return 2
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=say, transient=True, disable=not say.is_terminal) as bar:
            task = bar.add_task("Demo", total=None)
            logins = fill(
                settings.CLERESTORY_HOME / "demo",
                clock=clock.now,
                tell=lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
            )
    except ClerestoryError as error:
        say.print(f"{error.problem}\n{error.remedy}", markup=False)
        return 2
    except ImportError as error:
        say.print(f"The demo needs more packages ({error.name}).\nRun: pip install 'clerestory[demo]'", markup=False)
        return 2
    say.print("Northlight Bank is filled. Sign in as:", markup=False)
    for login in logins:
        say.print(f"  {login.email:<30} {login.password:<14} {login.who}", markup=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
