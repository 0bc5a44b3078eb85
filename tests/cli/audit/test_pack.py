"""``clerestory pack``: one file that follows, also as of a past day, and that says so by its exit code."""

import pytest

from clerestory.report.pack.file import PackNotWritten
from clerestory.terms.moment import MomentUnreadable
from tests.cli.server.test_commands import call, document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pack(actor, tmp_path):
    file = tmp_path / "northlight.zip"
    trust = tmp_path / "trust.json"
    trust.write_text(call("ledger", "trust").stdout)
    return file, trust


def test_a_pack_is_written_and_follows(pack):
    file, trust = pack
    told = document("pack", "create", str(file))
    assert told["bytes"] == file.stat().st_size
    assert told["entries"] == document("ledger", "status")["logs"][0]["size"]
    verdict = document("pack", "verify", str(file), "--trust", str(trust))
    assert verdict["follows"] is True
    assert "derived again" in call("pack", "verify", str(file), "--trust", str(trust)).stdout


def test_without_trust_a_pack_follows_but_nobody_vouches(pack):
    file, _trust = pack
    call("pack", "create", str(file))
    assert document("pack", "verify", str(file), code=4)["follows"] is True


def test_the_day_of_the_statuses_is_in_the_pack(pack):
    file, trust = pack
    assert document("pack", "create", str(file), "--at", "2026-11-20")["at"] == "2026-11-20T23:59:59.999999Z"
    assert document("pack", "verify", str(file), "--trust", str(trust))["follows"] is True


def test_no_pack_claims_statuses_of_a_day_to_come(pack):
    file, _trust = pack
    with pytest.raises(MomentUnreadable):
        call("pack", "create", str(file), "--at", "2999-01-01")
    assert not file.exists()


def test_a_flipped_byte_ends_with_one_and_no_pack_with_two(pack):
    file, trust = pack
    call("pack", "create", str(file))
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    assert call_any("pack", "verify", str(file), "--trust", str(trust)) in (1, 2)
    file.write_bytes(b"no zip at all")
    assert document("pack", "verify", str(file), "--trust", str(trust), code=2)["follows"] is not True


def test_a_sample_of_a_pack_is_drawn_again_by_anybody_and_of_no_pack_that_was_changed(pack):
    file, trust = pack
    call("pack", "create", str(file))
    words = ("pack", "sample", str(file), "1", "--seed", "dice 4 1 6", "--trust", str(trust))
    first = document(*words)
    assert (first["count"], first["population"]) == (1, document("ledger", "status")["logs"][0]["size"])
    assert document(*words) == first
    assert first["entries"][0]["entry_id"] in call(*words).stdout
    assert document("pack", "sample", str(file), "1", "--seed", "dice 4 1 6", code=4)["entries"] == first["entries"]
    file.write_bytes(b"no zip at all")
    assert document(*words, code=2)["follows"] is False


def test_a_folder_that_is_not_there_is_refused_and_nothing_is_written(actor, tmp_path):
    with pytest.raises(PackNotWritten):
        call("pack", "create", str(tmp_path / "nowhere" / "pack.zip"))
    assert list(tmp_path.iterdir()) == []


def call_any(*words):
    from typer.testing import CliRunner

    from clerestory.cli.main import build

    return CliRunner().invoke(build(), list(words)).exit_code
