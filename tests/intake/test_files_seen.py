"""What a check reads beside the manifest is part of its input: other files are another input, the same ones are not."""

import copy
from datetime import timedelta

import pytest

from clerestory.intake.receive import receive
from clerestory.intake.receive.contradiction import ContradictsHeldResult
from clerestory.terms.status import Verdict
from tests.intake.loans import MANIFEST, consistent, ran, write
from tests.organisation import NOW
from tests.registers.records import LATER

SEARCHED = """
[[check]]
name = "inventory.discovery-reconciliation"
criterion = "<= 0"
source = "own rule: all AI is registered"
sources = ["*.py"]
"""


def test_a_search_of_other_files_is_another_result_and_other_counts_of_the_same_files_are_refused(
    actor, tmp_path, place
):
    folder = write(tmp_path, manifest=MANIFEST.split("[[check]]")[0] + SEARCHED)
    folder.joinpath("ai_register.csv").write_text("id,uses,paths\nscores,torch,\n", encoding="utf-8")
    folder.joinpath("score.py").write_text("import torch\n", encoding="utf-8")
    sound = ran(folder)
    assert receive(sound, actor=actor, now=LATER).checks[0].verdict is Verdict.PASS
    place()
    folder.joinpath("other.py").write_text("import keras\n", encoding="utf-8")
    changed = ran(folder, at=NOW + timedelta(minutes=1))
    assert receive(changed, actor=actor, now=LATER).checks[0].verdict is Verdict.FAIL
    place()
    invented = copy.deepcopy(changed)
    for cell in invented["tallies"][0]["tally"]["cells"]:
        cell["hits"] = 0
    with pytest.raises(ContradictsHeldResult):
        receive(consistent(invented), actor=actor, now=LATER)
