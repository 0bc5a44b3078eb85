"""The commands on the server's own data: what they print, for people and machines, and how they end."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from clerestory.cli.main import build
from clerestory.cli.server.ledger import PolicyUnreadable
from clerestory.cli.server.start import OrganisationUnclear, PersonUnknown
from clerestory.desk.entrance.links import FIRST_OWNER, INVITATION, RESET, check_link
from clerestory.desk.entrance.tokens import TokenRefused, actor_with_token
from clerestory.desk.permit import NotPermitted, may
from clerestory.intake.stamping.ask import AuthorityNotNamed
from clerestory.jobs.watch.recheck import recheck_logs
from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.sign import verify_note
from clerestory.ledger.vkey import read_vkey, vkey_text
from clerestory.store import clock, keys, log
from clerestory.store.log.cosigned import policy_path
from clerestory.store.log.proof import NotSequenced
from clerestory.store.log.reading import EntryUnknown
from clerestory.store.models import LogEntry, Payload
from clerestory.verify.trust import read_trust
from tests.organisation import found
from tests.simulators.stamping import open_desk, stamper
from tests.simulators.witnessed import nearby

pytestmark = pytest.mark.django_db


def call(*words: str, code: int = 0) -> Result:
    """Run the command line and check its exit code."""
    result = CliRunner().invoke(build(), list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def document(*words: str, code: int = 0) -> dict[str, object]:
    """Run a command with --json and read its one document."""
    return json.loads(call(*words, "--json", code=code).stdout)


def test_the_state_of_the_log_is_told_to_people_and_machines(organisation, place):
    place()
    (state,) = document("ledger", "status")["logs"]
    expected = {"organisation": organisation, "size": 2, "outbox": 0, "checkpoint_size": 2, "follows": True}
    assert state | expected == state
    assert organisation in call("ledger", "status").stdout
    assert (state["problem"], state["remedy"]) == ("", "")
    assert (state["rechecked_at"], state["rechecked_size"], state["rechecked_found"]) == ("", "", "")
    assert recheck_logs() == 1
    (state,) = document("ledger", "status")["logs"]
    assert (state["rechecked_size"], state["rechecked_rows"], state["rechecked_found"]) == (2, 1, 0)
    assert state["rechecked_by"].startswith("clerestory ")
    assert state["rechecked_at"] in call("ledger", "status").stdout


def test_a_log_that_fits_ends_well_and_an_edited_one_ends_with_its_name(organisation, place):
    place()
    (fine,) = document("ledger", "verify")["logs"]
    assert (fine["follows"], fine["size"], fine["checkpoints"], fine["problems"]) == (True, 2, 1, [])
    assert fine["rows"] == 1
    row = LogEntry.objects.order_by("id").first()
    Payload.objects.filter(pk=row.facts_id).update(body=b"{}")
    (bad,) = document("ledger", "verify", code=1)["logs"]
    assert [(p["code"], p["where"]) for p in bad["problems"]] == [("E_FACTS", row.entry_id)]
    assert row.entry_id in call("ledger", "verify", code=1).stdout


def test_the_trust_file_is_what_verifies_the_checkpoint(organisation, place):
    place()
    for words in (("ledger", "trust"), ("ledger", "trust", "--json")):
        trust = read_trust(call(*words).stdout.encode())
        checkpoint, note = read_signed_checkpoint(log.checkpoint(organisation).note.encode())
        assert checkpoint.origin == trust.origin
        assert verify_note(note, trust.keys) == trust.keys


def test_the_witnesses_of_a_log_are_named_by_a_policy_asked_and_shown(organisation, place, tmp_path):
    place()
    assert document("ledger", "witnesses")["witnesses"] == []
    file = tmp_path / "witnesses.policy"
    with pytest.raises(PolicyUnreadable):
        call("ledger", "witnesses", "--policy", str(file))
    with nearby(tmp_path / "w", read_vkey(keys.verifier_key(organisation))) as (url, key):
        file.write_text(f"witness auditor {vkey_text(key.key)} {url}\nquorum auditor\n")
        said = document("ledger", "witnesses", "--policy", str(file))
    (witness,) = said["witnesses"]
    assert (said["size"], said["witnessed_size"], said["unwitnessed_since"]) == (2, 2, "")
    assert (witness["name"], witness["counts"], witness["size"], witness["problem"]) == (key.key.name, True, 2, "")
    (state,) = document("ledger", "status")["logs"]
    assert (state["witnesses"], state["witnessed_size"]) == (said["witnesses"], 2)
    assert f"{key.key.name}  counts" in call("ledger", "witnesses").stdout
    policy_path(organisation).unlink()


def test_a_token_is_asked_for_and_shown_and_without_an_authority_it_is_said_what_to_set(
    organisation, place, tmp_path, settings
):
    place()
    with pytest.raises(AuthorityNotNamed):
        call("ledger", "timestamp")
    tsa = stamper()
    settings.STAMP_CERTIFICATES = str(tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_bytes(tsa.issuer.public_bytes(Encoding.PEM))
    settings.STAMP_URL = "http://127.0.0.1:9/tsr"
    assert "does not answer" in call("ledger", "timestamp", code=1).stdout
    with open_desk(tsa, tmp_path / "tsa") as settings.STAMP_URL:
        said = document("ledger", "timestamp")
    assert (said["size"], said["authority"], said["problem"]) == (2, "Proof TSA", "")
    assert f"2 entries existed not later than {said['not_after']}" in call("ledger", "timestamp").stdout


def test_the_proof_of_an_entry_is_written_and_checked_with_the_trust_file(organisation, place, tmp_path):
    place()
    entry = LogEntry.objects.get(organisation_id=organisation, position=1)
    proof, trust = tmp_path / "entry.tlog-proof", tmp_path / "trust.json"
    proof.write_text(call("ledger", "proof", entry.entry_id).stdout)
    trust.write_text(call("ledger", "trust").stdout)
    said = document("pack", "verify", str(proof), "--trust", str(trust))
    assert (said["integrity"]["position"], said["integrity"]["leaf_hash"]) == (1, entry.leaf_hash)
    proof.write_text(proof.read_text().replace("index 1", "index 0"))
    said = document("pack", "verify", str(proof), "--trust", str(trust), code=1)
    assert [(p["code"], p["where"]) for p in said["problems"]] == [("E_ROOT", "leaf 0")]


def test_the_proof_of_an_entry_that_is_not_there_or_not_placed_is_refused(organisation, place):
    waiting = LogEntry.objects.get(organisation_id=organisation, kind="register.organisation")
    with pytest.raises(NotSequenced, match=waiting.entry_id):
        call("ledger", "proof", waiting.entry_id)
    place()
    with pytest.raises(EntryUnknown, match="entry-none"):
        call("ledger", "proof", "entry-none")


def test_without_or_with_several_organisations_it_says_which_are_there():
    with pytest.raises(OrganisationUnclear, match="no organisation yet"):
        call("ledger", "status")
    first = found().organisation_id
    other = found("Southlight", email="south@example.org").organisation_id
    assert len(document("ledger", "status")["logs"]) == 2
    with pytest.raises(OrganisationUnclear, match="--organisation"):
        call("ledger", "trust")
    with pytest.raises(OrganisationUnclear, match="Known are"):
        call("ledger", "trust", "--organisation", "nowhere")
    for one in (first, other):
        assert f"clerestory.local/{one}" in call("ledger", "trust", "--organisation", one).stdout


def test_a_token_is_shown_once_works_and_ends(actor):
    by = ("--as", "owner@example.org")
    made = document("token", "create", "ci", "--scope", "push", *by)
    machine = actor_with_token(made["token"], now=clock.now())
    assert may(machine, "push", "checks")
    assert not may(machine, "write", "inventory")
    (listed,) = document("token", "list", *by)["tokens"]
    assert (listed["id"], listed["scopes"]) == (made["id"], ["push"])
    assert made["token"] not in call("token", "list", *by).stdout
    assert document("token", "revoke", str(made["id"]), *by) == {"revoked": made["id"]}
    with pytest.raises(TokenRefused):
        actor_with_token(made["token"], now=clock.now())
    with pytest.raises(TokenRefused):
        call("token", "create", "ci", "--scope", "approve", *by)
    with pytest.raises(PersonUnknown):
        call("token", "create", "ci", "--as", "nobody@example.org")


def test_a_member_is_admitted_with_evidence_and_a_link(actor, organisation):
    words = ("user", "admit", "bo@example.org", "Bo Risk", "--access", "editor", "--role", "risk_owner")
    made = document(*words, "--as", "owner@example.org", "--url", "https://ai.example.org/")
    assert made["link"].startswith("https://ai.example.org/invitation/")
    secret = made["link"].rstrip("/").rpartition("/")[2]
    assert check_link(secret, INVITATION, now=clock.now()).roles == ["risk_owner"]
    newest = log.search(organisation, log.Search(kind="record.membership", size=1)).rows[0]
    assert newest.actor == actor.person_id
    users = document("user", "list")["users"]
    assert [(u["email"], u["access"]) for u in users] == [("bo@example.org", "editor"), ("owner@example.org", "admin")]
    assert "bo@example.org" in call("user", "list").stdout
    with pytest.raises(NotPermitted):
        call("user", "admit", "c@example.org", "C", "--as", "bo@example.org")


def test_a_password_reset_is_made_on_the_server_alone_and_stands_in_the_log(actor, organisation, second):
    link = document("user", "reset", "second@example.org")["link"]
    assert link.startswith("http://localhost:8000/password/")
    assert check_link(link.rstrip("/").rpartition("/")[2], RESET, now=clock.now()).user_id == second.user_id
    newest = log.search(organisation, log.Search(kind="record.membership", size=1)).rows[0]
    fact = log.entry(organisation, newest.entry_id).fact
    assert (fact.produced_by.tool, fact.values["member_id"]) == ("clerestory", second.person_id)
    assert (fact.values["access"], fact.values["standing"]) == ("editor", ("designated_management",))
    assert b"new password" in log.content(organisation, newest.entry_id)


def test_a_new_first_owner_link_can_be_made():
    secret = call("user", "link").stdout.strip().rstrip("/").rpartition("/")[2]
    assert check_link(secret, FIRST_OWNER, now=clock.now()) is None


def test_every_command_says_what_it_does_with_an_example():
    for words in (
        ("up",),
        ("doctor",),
        ("ledger", "status"),
        ("ledger", "verify"),
        ("ledger", "trust"),
        ("user", "list"),
        ("user", "link"),
        ("user", "admit"),
        ("user", "reset"),
        ("token", "create"),
        ("token", "list"),
        ("token", "revoke"),
    ):
        assert "Example:" in call(*words, "--help").stdout


def test_the_key_of_a_log_is_changed_in_two_steps_and_the_trust_file_says_what_each_may_sign(organisation, place):
    place()
    (old,) = read_trust(call("ledger", "trust").stdout.encode()).keys
    begun = document("ledger", "rotate", "--as", "owner@example.org")
    assert (begun["before"], begun["ended"]) == (vkey_text(old), False)
    place()
    assert "signs no longer" in call("ledger", "rotate", "--end", "--as", "owner@example.org").stdout
    place()
    trust = read_trust(call("ledger", "trust").stdout.encode())
    assert [(vkey_text(term.key), term.first, term.last) for term in trust.terms_of(trust.origin)] == [
        (vkey_text(old), 0, 3),
        (begun["key"], 3, None),
    ]
    with pytest.raises(PersonUnknown):
        call("ledger", "rotate", "--as", "nobody@example.org")
