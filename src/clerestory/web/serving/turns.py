"""Whose turn it is: each page goes to the process with least to do, and waits while all have enough to do."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONG_S = 0.5
"""Seconds after which a page no longer holds up others: it is a paper or an upload."""


class Turns:
    """The page processes by number, and who waits for one; used by one event loop."""

    def __init__(self, processes: int, at_once: int, long_s: float = LONG_S) -> None:
        self._counted = [0] * processes
        self._running = [0] * processes
        self._at_once = at_once
        self._long_s = long_s
        self._waiting: deque[asyncio.Future[int]] = deque()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[int]:
        """Wait for a turn, first come first served; give the number of the process whose it is."""
        process = self._free() if not self._waiting else None
        if process is None:
            process = await self._wait()
        else:
            self._begin(process)
        counted = True

        def no_longer_counted() -> None:
            nonlocal counted
            if counted:
                counted = False
                self._counted[process] -= 1
                self._call()

        timer = asyncio.get_running_loop().call_later(self._long_s, no_longer_counted)
        try:
            yield process
        finally:
            timer.cancel()
            self._running[process] -= 1
            no_longer_counted()

    def _free(self) -> int | None:
        """Return the process that works on fewest pages among those that have a turn to give."""
        free = [process for process, count in enumerate(self._counted) if count < self._at_once]
        return min(free, key=lambda process: (self._counted[process], self._running[process]), default=None)

    def _begin(self, process: int) -> None:
        self._counted[process] += 1
        self._running[process] += 1

    async def _wait(self) -> int:
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given in the moment in which nobody wanted it any more
                self._counted[turn.result()] -= 1
                self._running[turn.result()] -= 1
                self._call()
            raise

    def _call(self) -> None:
        """Give turns that are free to who waits."""
        while self._waiting:
            process = self._free()
            if process is None:
                return
            turn = self._waiting.popleft()
            if not turn.done():
                self._begin(process)
                turn.set_result(process)
