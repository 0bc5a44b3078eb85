"""A person who counts: each click, press, choice and field written into is one step, as a stopwatch would see it."""

import re
from typing import Any


class Counter:
    """Counts what a person does on a page; goes nowhere by address."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.steps: list[str] = []

    def __len__(self) -> int:
        return len(self.steps)

    def click(self, target: Any, said: str = "") -> None:
        """Click a link, a button, a box or a label."""
        self.steps.append(f"click {said or target.first.inner_text().strip()[:40]}")
        target.first.click()
        self.page.wait_for_load_state()

    def write(self, label: str, text: str) -> None:
        """Write into a field: putting the cursor there is the step, typing is none."""
        self.steps.append(f"write {label}")
        self._field(label).fill(text)

    def choose(self, label: str, value: str) -> None:
        """Open a list of choices and take one: two steps, as with a mouse."""
        self.steps += [f"open {label}", f"choose {value}"]
        self._field(label).select_option(label=value)

    def _field(self, label: str) -> Any:
        return self.page.locator("main").get_by_label(re.compile(rf"^{re.escape(label)}( \(optional\))?$"))

    def press(self, key: str) -> None:
        """Press one key."""
        self.steps.append(f"press {key}")
        self.page.keyboard.press(key)
        self.page.wait_for_load_state()

    def told(self) -> str:
        """Return the steps in order, numbered."""
        return "\n".join(f"{at} {step}" for at, step in enumerate(self.steps, 1))
