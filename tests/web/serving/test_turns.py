"""Each page goes to the process with least to do, waits while all are busy, and never for a long one."""

import asyncio
from collections.abc import Awaitable, Callable

from clerestory.web.serving.turns import Turns


def played(turns: Callable[[], Turns], play: Callable[[Turns], Awaitable[None]]) -> None:
    async def whole() -> None:
        await asyncio.wait_for(play(turns()), timeout=20)

    asyncio.run(whole())


async def page(turns: Turns, name: str, said: list[str], end: asyncio.Event) -> None:
    async with turns.take() as process:
        said.append(f"{name} at {process}")
        await end.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_pages_are_spread_and_the_next_one_goes_where_the_first_ended() -> None:
    async def play(turns: Turns) -> None:
        said: list[str] = []
        ends = [asyncio.Event() for _ in range(4)]
        tasks = []
        for number in range(4):
            tasks.append(asyncio.create_task(page(turns, str(number), said, ends[number])))
            await settle()
        assert said == ["0 at 0", "1 at 1"]
        ends[1].set()
        await settle()
        assert said[2:] == ["2 at 1"]
        ends[0].set()
        await settle()
        assert said[3:] == ["3 at 0"]
        for end in ends:
            end.set()
        await asyncio.gather(*tasks)

    played(lambda: Turns(2, 1, long_s=60), play)


def test_where_two_at_once_are_allowed_the_emptier_process_comes_first() -> None:
    async def play(turns: Turns) -> None:
        said: list[str] = []
        end = asyncio.Event()
        tasks = [asyncio.create_task(page(turns, str(number), said, end)) for number in range(5)]
        await settle()
        assert [line[-1] for line in said] == ["0", "1", "0", "1"]
        end.set()
        await asyncio.gather(*tasks)
        assert len(said) == 5

    played(lambda: Turns(2, 2, long_s=60), play)


def test_a_long_page_holds_up_nobody() -> None:
    async def play(turns: Turns) -> None:
        said: list[str] = []
        long, short = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(page(turns, "long", said, long))]
        await settle()
        tasks.append(asyncio.create_task(page(turns, "short", said, short)))
        await settle()
        assert said == ["long at 0"]
        while len(said) < 2:
            await asyncio.sleep(0.005)
        assert said == ["long at 0", "short at 0"]
        short.set()
        long.set()
        await asyncio.gather(*tasks)

    played(lambda: Turns(1, 1, long_s=0.02), play)


def test_who_leaves_while_waiting_takes_no_turn_away() -> None:
    async def play(turns: Turns) -> None:
        said: list[str] = []
        end = asyncio.Event()
        first = asyncio.create_task(page(turns, "first", said, end))
        await settle()
        gone = asyncio.create_task(page(turns, "gone", said, end))
        given = asyncio.create_task(page(turns, "given", said, end))
        await settle()
        gone.cancel()
        end.set()
        given.cancel()  # in the very moment in which the turn of the first becomes free
        await asyncio.gather(first, gone, given, return_exceptions=True)
        last = asyncio.create_task(page(turns, "last", said, end))
        await last
        assert (said[0], said[-1]) == ("first at 0", "last at 0")

    played(lambda: Turns(1, 1, long_s=60), play)
