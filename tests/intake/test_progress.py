"""A trial that takes long tells how often it asked, before it ends."""

from datetime import UTC, datetime

from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from tests.intake.conftest import MANIFEST, Project

LONG = """
[model]
entry = "scoring:scores"
features = ["income"]
threshold = 0.5

[[check]]
name = "robustness.noise-flip-rate"
criterion = "<= 0.5"
source = "own"
columns = ["income"]
noise = { income = 1 }
"""


def test_asking_is_told_move_by_move_and_trials_when_they_end(project: Project):
    folder = project(manifest=MANIFEST + LONG)
    (folder / "scoring.py").write_text(
        "def scores(document):\n    return {'scores': [0.5] * len(document['columns']['income'])}\n", encoding="utf-8"
    )
    told: list[tuple[str, int, int]] = []
    run_check(read(folder), now=lambda: datetime(2026, 11, 21, tzinfo=UTC), progress=lambda *said: told.append(said))
    asking = [done for what, done, total in told if what == "asking" and total == 0]
    assert asking == list(range(1, len(asking) + 1))
    assert len(asking) > 1
    assert told.index(("asking", 1, 0)) < told.index(("trying", 1, 1))
