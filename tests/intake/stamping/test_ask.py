"""A time stamping authority is asked for tokens; what it answers is checked before it is kept, and nothing waits."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clerestory.intake.stamping.ask import WAITS, AuthorityNotNamed, Service, is_due, service, stamp
from clerestory.jobs.upkeep import ask_authority
from clerestory.ledger.stamp import der
from clerestory.ledger.vkey import read_vkey
from clerestory.report.pack.write import write as write_pack
from clerestory.store import keys, log
from clerestory.store.log.stamped import packed_tokens, stamp_stand
from clerestory.store.models import TimeToken
from clerestory.store.sequencer import sequence
from clerestory.verify.form import layout
from clerestory.verify.trust import Trust
from clerestory.verify.verify import verify
from tests.organisation import NOW
from tests.simulators.pack import members_of
from tests.simulators.stamping import open_desk, response_of, stamper
from tests.store.test_sequencer import fill

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TSA = stamper()


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.CLERESTORY_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir(mode=0o700)
    return settings.CLERESTORY_HOME


@pytest.fixture
def filled(organisation):
    fill(organisation, 5)
    sequence(organisation)
    return organisation


@pytest.fixture
def named(tmp_path, settings):
    file = tmp_path / "ca.pem"
    file.write_bytes(b"of our authority:\n" + TSA.issuer.public_bytes(Encoding.PEM))
    settings.STAMP_CERTIFICATES = str(file)
    return file


def at_desk(url: str) -> Service:
    return Service(url, TSA.by_issuer, DAY)


def test_a_token_over_the_newest_checkpoint_is_checked_kept_once_and_packed(filled, tmp_path):
    with open_desk(TSA, tmp_path / "tsa") as url:
        stand = stamp(filled, at_desk(url), now=NOW)
        first = log.status(filled).size
        assert (stand.size, stand.authority, stand.problem) == (first, "Proof TSA", "")
        assert stamp(filled, at_desk(url), now=NOW) == stand
    assert TimeToken.objects.filter(organisation_id=filled).count() == 1
    fill(filled, 1, start=5)
    sequence(filled)
    write_pack(filled, tmp_path / "p.zip", at=NOW, now=NOW)
    (token,) = [name for name in members_of((tmp_path / "p.zip").read_bytes()) if name.startswith("tsr/")]
    assert token == f"tsr/{first}.tsr"
    assert log.status(filled).size == first + 1
    key = read_vkey(keys.verifier_key(filled))
    trust = Trust(key.name, (key,), authorities=TSA.by_issuer)
    proven = verify(tmp_path / "p.zip", trust).time
    assert (proven["verdict"], [one["size"] for one in proven["tokens"]["proven"]]) == ("stamped", [first])


@pytest.mark.parametrize(
    "name", ["altered", "another nonce", "another digest", "another authority", "no token", "a flood", "not granted"]
)
def test_a_wrong_answer_is_not_kept_and_says_why(filled, name, tmp_path):
    text = "".join(log.checkpoint(filled).note.splitlines(keepends=True)[:3]).encode()
    answers = {
        "altered": lambda right: right[:-1] + bytes([right[-1] ^ 1]),
        "another nonce": lambda _: response_of(TSA, text, nonce=1),
        "another digest": lambda _: response_of(TSA, text + b"x"),
        "another authority": lambda _: response_of(stamper(), text),
        "no token": lambda _: b"<html>",
        "a flood": lambda right: right + bytes(der.LARGEST),
        "not granted": lambda _: response_of(TSA, text, status=2),
    }
    words = {"another nonce": "another request", "another digest": "other bytes", "not granted": "did not grant"}
    with open_desk(TSA, tmp_path / "tsa", answers[name]) as url:
        stand = stamp(filled, at_desk(url), now=NOW)
    assert (stand.size, stand.tries) == (0, 1)
    assert words.get(name, "") in stand.problem != ""
    assert not TimeToken.objects.filter(organisation_id=filled).exists()


def test_an_authority_that_is_away_is_asked_again_ever_more_rarely_and_nothing_is_lost(filled, tmp_path):
    now = NOW
    for tries, wait in enumerate((*WAITS, WAITS[-1]), 1):
        assert is_due(filled, stamp_stand(filled), DAY, now)
        stand = stamp(filled, at_desk("http://127.0.0.1:9/tsr"), now=now)
        assert (stand.tries, "does not answer" in stand.problem) == (tries, True)
        assert not is_due(filled, stand, DAY, now + timedelta(seconds=wait - 1))
        now += timedelta(seconds=wait)
    fill(filled, 1, start=5)
    sequence(filled)
    write_pack(filled, tmp_path / "p.zip", at=now, now=now)
    with open_desk(TSA, tmp_path / "tsa") as url:
        assert stamp(filled, at_desk(url), now=now).problem == ""
    assert stamp_stand(filled).size == log.status(filled).size


def test_one_token_is_enough_for_a_while_and_a_clock_set_back_holds_none_up(filled, tmp_path):
    with open_desk(TSA, tmp_path / "tsa") as url:
        stamp(filled, at_desk(url), now=NOW)
    assert not is_due(filled, stamp_stand(filled), DAY, NOW + 2 * DAY)
    fill(filled, 1, start=5)
    sequence(filled)
    stand = stamp_stand(filled)
    assert not is_due(filled, stand, DAY, NOW + timedelta(hours=23))
    assert is_due(filled, stand, DAY, NOW + DAY)
    assert is_due(filled, stand, DAY, NOW - DAY)


def test_the_job_asks_where_an_authority_is_named_and_only_there(filled, named, tmp_path, settings):
    ask_authority()
    assert stamp_stand(filled).tries == 0
    with open_desk(TSA, tmp_path / "tsa") as settings.STAMP_URL:
        ask_authority()
    assert stamp_stand(filled).size == log.status(filled).size


def test_a_certificate_that_is_missing_or_none_is_said(named, settings):
    settings.STAMP_URL = "https://tsa.example"
    assert service().authorities == TSA.by_issuer
    for text in (b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        named.write_bytes(text)
        with pytest.raises(AuthorityNotNamed):
            service()
    settings.STAMP_CERTIFICATES = str(named) + ".not-there"
    with pytest.raises(AuthorityNotNamed):
        service()


def test_of_many_tokens_a_pack_holds_evenly_fewer_and_always_the_newest(organisation):
    most = layout.MOST_TOKENS
    rows = [
        TimeToken(organisation_id=organisation, size=size, response=b"x", authority="a", at=NOW, received_at=NOW)
        for size in range(1, most + 5)
    ]
    TimeToken.objects.bulk_create(rows)
    assert [size for size, _ in packed_tokens(organisation, most)] == list(range(1, most + 1))
    sizes = [size for size, _ in packed_tokens(organisation, most + 4)]
    assert (sizes[0], sizes[-1]) == (1, most + 4)
    assert most / 2 <= len(sizes) <= most
