"""Content: verified, erased as logged, withheld as the scope allows, and everything else has failed."""

import json

import pytest

from clerestory.ledger import canonical
from clerestory.verify.verdict import Exit
from tests.simulators.log import small_log
from tests.simulators.pack import (
    MEMBERS,
    changed,
    codes,
    forged,
    judged,
    members_of,
    pack_of,
    places,
    swap_at,
    zip_of,
)


@pytest.mark.parametrize(
    "name, position", [("payloads/content/3.json", 3), ("payloads/content/4.txt", 4), ("payloads/content/8.bin", 8)]
)
def test_a_flipped_byte_in_content_is_refused_and_the_entry_is_named(name, position, tmp_path):
    verdict = judged(zip_of(forged(changed(MEMBERS, name, swap_at(5)))), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_CONTENT"})
    assert places(verdict, "E_CONTENT") == f"leaf {position}, entry entry-{position:04d}"
    assert verdict.integrity["content"]["failed"] == 1


def test_salted_content_in_scope_opens_with_its_salt_and_with_no_other(tmp_path):
    members = members_of(pack_of(small_log(), scope="all"))
    assert judged(zip_of(members), tmp_path).integrity["content"]["verified"] == 4
    openings = json.loads(members["openings.json"])
    salted = next(item for item in openings["contents"] if "salt" in item)
    salted["salt"] = "ff" + salted["salt"][2:]
    verdict = judged(zip_of(forged(members | {"openings.json": canonical.encode(openings)})), tmp_path)
    assert places(verdict, "E_CONTENT") == "leaf 5, entry entry-0005"


def openings_with(position: int, **change: object) -> dict[str, bytes]:
    openings = json.loads(MEMBERS["openings.json"])
    item = next(item for item in openings["contents"] if item["position"] == position)
    item |= change
    if item["state"] != "present":
        item.pop("media_type", None)
    members = {
        name: data
        for name, data in MEMBERS.items()
        if item["state"] == "present" or not name.startswith(f"payloads/content/{position}.")
    }
    return forged(members | {"openings.json": canonical.encode(openings)})


def test_content_that_is_gone_without_an_entry_of_its_erasure_fails(tmp_path):
    verdict = judged(zip_of(openings_with(4, state="erased")), tmp_path)
    assert (codes(verdict), places(verdict, "E_ERASURE")) == ({"E_ERASURE"}, "leaf 4, entry entry-0004")


def test_content_in_scope_is_never_just_withheld(tmp_path):
    verdict = judged(zip_of(openings_with(4, state="withheld")), tmp_path)
    assert (codes(verdict), places(verdict, "E_CONTENT")) == ({"E_CONTENT"}, "leaf 4, entry entry-0004")


def test_erased_content_that_is_still_in_the_pack_is_named(tmp_path):
    log = small_log()
    members = openings_with(7, state="present", media_type="text/csv", salt=(7).to_bytes(32, "big").hex())
    order = [*MEMBERS]
    order.insert(order.index("payloads/content/8.bin"), "payloads/content/7.csv")
    members["payloads/content/7.csv"] = b"attendance of John"
    members = forged({name: members[name] for name in order})
    assert log.size == 12
    verdict = judged(zip_of(members), tmp_path)
    assert (codes(verdict), places(verdict, "E_ERASURE")) == ({"E_ERASURE"}, "leaf 7, entry entry-0007")
