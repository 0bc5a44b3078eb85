"""Ends a process of the server with the one that started it, so that none keeps a port or works for nobody."""

import os
import threading
import time

LOOK = 1.0
"""Seconds between two looks whether the parent lives."""


def end_with(parent: int) -> None:
    """End this process at once when its parent, however it ended, is gone."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(0)
