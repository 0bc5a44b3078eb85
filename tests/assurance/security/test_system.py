"""Limits hold, rights hold, no secrets lie about: a system that is right passes, each flaw is found for what it is."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.security.pattern import PLANTED, entropy, harmless, planted, secrets_in
from clerestory.assurance.security.tenant_isolation import TenantsUnusable, read_tenants
from clerestory.assurance.trial import Act, Acted, Chat, Reply, Unanswered, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

LAYOUT = Layout(columns={"x": "number"}, asked=frozenset({"agent", "language_model"}))


def measured(name: str, *, given: Mapping[str, object] | None = None, **ground: object) -> Measurement:
    check = find(f"security.{name}")
    parameters = check.complete(given or {}, LAYOUT)
    tally = drive(check.begin(parameters), **ground)  # type: ignore[arg-type]
    return check.measure({trial_of(check.name, parameters): tally}, parameters)


def verdict(name: str, found: Measurement, limit: str) -> Verdict:
    return judge(found, find(f"security.{name}").criterion(limit)).verdict


class Bucket:
    """A token bucket on the time that its own answers take; ``flaw`` lets through what names a new session."""

    def __init__(self, limit: float, window: float, *, flaw: str = "", seconds: float = 0.01) -> None:
        self.limit, self.rate, self.flaw, self.seconds = limit, limit / window, flaw, seconds
        self.tokens, self.seen = limit, set[str]()

    def __call__(self, act: Act) -> Acted:
        self.tokens = min(self.tokens + self.seconds * self.rate, self.limit)
        if self.flaw == "none" or (self.flaw and self.flaw in act.context):
            return Acted("allowed", (), "", self.seconds)
        if self.tokens < 1:
            return Acted("denied", (), "", self.seconds)
        self.tokens -= 1
        return Acted("allowed", (), "", self.seconds)


def test_a_bucket_that_holds_passes_and_one_that_counts_sessions_fails():
    given = {"limit": 100, "window_s": 60.0}
    held = measured("rate-limit", given=given, act=Bucket(100, 60))
    assert verdict("rate-limit", held, "<= 0.1") is Verdict.PASS
    assert held.details["served within the limit"] == "100 of 100"
    # Over the limit: 300 sent; 100 and, in 3 s, 100 * 3 / 60 = 5 more may go through.
    first = next(group for group in held.by_group if group.group == "over the limit: one after another")
    assert first.n == 195
    wrong = measured("rate-limit", given=given, act=Bucket(100, 60, flaw="session"))
    assert verdict("rate-limit", wrong, "<= 0.1") is Verdict.FAIL
    assert wrong.value == pytest.approx(1.0, abs=0.1)
    shown = {group.group: group.value for group in wrong.by_group}
    assert (shown["over the limit: other addresses"] or 0) < 0.05
    none = measured("rate-limit", given=given, act=Bucket(100, 60, flaw="none"))
    assert verdict("rate-limit", none, "<= 0.1") is Verdict.FAIL


def test_a_twice_as_wide_limit_is_found_and_one_that_serves_nothing_proves_nothing():
    given = {"limit": 50, "window_s": 60.0}
    wide = measured("rate-limit", given=given, act=Bucket(100, 60))
    assert verdict("rate-limit", wide, "<= 0.1") is Verdict.FAIL
    dead = measured("rate-limit", given=given, act=lambda _: Acted("denied"))
    assert dead.reason is Reason.ASSUMPTION_BROKEN


def test_a_language_model_that_says_429_holds_its_limit_and_one_that_breaks_is_not_measured():
    served = [0]

    def limited(chat: Chat) -> Reply:
        served[0] += 1
        if served[0] > 60:
            raise Unanswered("The endpoint did not answer after 1 attempts: HTTP 429.", "Later.")
        return Reply("yes", (), 0.001)

    given = {"through": "language_model", "limit": 60}
    found = measured("rate-limit", given=given, chat=limited)
    assert verdict("rate-limit", found, "<= 0.15") is Verdict.PASS
    served[0] = -(10**6)

    def broken(chat: Chat) -> Reply:
        raise Unanswered("HTTP 500", "Later.")

    assert measured("rate-limit", given=given, chat=broken).value is None


@given(st.integers(5, 80), st.integers(2, 4))
@settings(max_examples=25, deadline=None)
def test_a_bucket_is_never_blamed_for_what_time_allows(limit, times):
    found = measured("rate-limit", given={"limit": limit, "times": times, "window_s": 1.0}, act=Bucket(limit, 1.0))
    assert sum(group.value or 0 for group in found.by_group if group.group.startswith("over")) == 0


CLEAN = {
    "prompt.md": b"You answer customers. Be kind. The password is never asked for.\n",
    "clerestory.toml": b'[language_model]\nkey_env = "MODEL_KEY"\nmax_tokens = 4000\n',
    ".env.example": b"API_KEY=changeme\nDB_PASSWORD=${DB_PASSWORD}\n",
}
_HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
FILES = {"files": ["*.md", "*.toml", ".env*"]}


def test_clean_files_pass_with_the_recall_that_was_measured_and_one_key_fails():
    clean = measured("secret-scan", given=FILES, files=CLEAN)
    assert verdict("secret-scan", clean, "<= 0") is Verdict.PASS
    assert float(clean.details["recall at least"]) > 0.95
    # The example key of the cloud vendor's own documentation.
    leaked = CLEAN | {"prompt.md": b"Use key AKIAIOSFODNN7EXAMPLE to read the files.\n"}
    found = measured("secret-scan", given=FILES, files=leaked)
    assert verdict("secret-scan", found, "<= 0") is Verdict.FAIL
    assert found.details["found"] == "prompt.md:1 cloud access key"
    assert "AKIA" not in str(found)
    allowed = measured("secret-scan", given=FILES | {"allowed": ["prompt.md"]}, files=leaked)
    assert verdict("secret-scan", allowed, "<= 0") is Verdict.PASS
    assert allowed.details["not counted, in allowed files"] == "1 in 1 files: prompt.md (1)"


@pytest.mark.parametrize(
    "line",
    [
        # From public documentation and standards: RFC 7519 style token of jwt.io, a PEM head, an address with password.
        f"{_HEAD}.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzKEY",
        "redis://default:p4ssw0rd99@cache.internal:6379",
        '"client_secret": "d8e8fca2dc0f896fd7cb4cb0031ba249"',
    ],
)
def test_known_secrets_are_found(line):
    assert list(secrets_in(line))


@pytest.mark.parametrize(
    "line",
    [
        "sha256 = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "https://example.org/path?token_type=bearer",
        "password: str = field()",
        "The secret to a good soup is time.",
        "token = get_token(request)",
        "api_key=os.environ['KEY']",
    ],
)
def test_what_only_sounds_like_a_secret_is_left_alone(line):
    assert not list(secrets_in(line))


def test_recall_and_false_alarms_on_planted_lines():
    draw = np.random.default_rng(7)
    for kind in PLANTED:
        assert sum(any(secrets_in(planted(kind, draw))) for _ in range(100)) >= 98, kind
    assert sum(any(secrets_in(harmless(draw))) for _ in range(300)) == 0


def test_entropy_is_that_of_shannon():
    assert entropy("aabb") == 1.0
    assert entropy("abcdefgh") == 3.0
    assert entropy("") == 0.0


WORDS = (
    "the",
    "model",
    "answers",
    "every",
    "question",
    "in",
    "plain",
    "words",
    "and",
    "keeps",
    "a",
    "friendly",
    "tone",
)


@given(st.lists(st.sampled_from(WORDS)))
def test_plain_words_never_look_like_a_secret(words):
    assert not list(secrets_in("password: " + " ".join(words[:1]) + "\n" + " ".join(words)))


def test_a_limit_of_another_form_is_refused():
    for wrong in ({"limit": 0}, {"through": "mail"}, {"window_s": "a minute"}):
        with pytest.raises(ParameterRefused, match=next(iter(wrong))):
            find("security.rate-limit").complete(wrong, LAYOUT)


def test_no_file_to_read_says_nothing():
    assert measured("secret-scan", given=FILES, files={}).reason is Reason.INSUFFICIENT_DATA


TENANTS = """
tool = "search"
argument = "query"
id_argument = "id"
tenant_argument = "tenant"
principals = ["ann", "bob", "eve"]
[[document]]
id = "a1"
marker = "MARK-4711-alpha"
query = "contract alpha"
tenant = "alpha"
readers = ["ann"]
[[document]]
id = "b1"
marker = "MARK-4712-beta"
query = "contract beta"
tenant = "beta"
readers = ["bob"]
"""
_DOCUMENTS = {"a1": ("alpha", "MARK-4711-alpha", "ann"), "b1": ("beta", "MARK-4712-beta", "bob")}


def search(flaw: str = ""):
    def act(act: Act) -> Acted:
        if flaw == "dead":
            return Acted("denied")
        query, asked = act.call.arguments.get("query", ""), act.call.arguments.get("id", "")
        shown = []
        for name, (tenant, marker, reader) in _DOCUMENTS.items():
            may = act.principal == reader or (flaw == "id" and asked == name)
            may = may or (flaw == "claims" and act.context.get("tenant") == tenant)
            may = may or (flaw == "tenant" and act.call.arguments.get("tenant") == tenant)
            wanted = asked == name or tenant in query or query in ("*", "", "%")
            if may and wanted:
                shown.append(f"{name}: {marker}")
        return Acted("allowed", (), "\n".join(shown))

    return act


@pytest.mark.parametrize(
    "flaw, kind", [("id", "by its id alone"), ("claims", "by a claim"), ("tenant", "by its tenant")]
)
def test_retrieval_that_keeps_tenants_apart_passes_and_each_way_around_fails(flaw, kind):
    files = {"tenants.toml": TENANTS.encode()}
    name = "tenant-isolation"
    held = measured(name, files=files, act=search())
    assert verdict(name, held, "<= 0.1") is Verdict.PASS, held.details
    wrong = measured(name, files=files, act=search(flaw))
    assert verdict(name, wrong, "<= 0.1") is Verdict.FAIL
    assert kind in wrong.details["got through"]
    dead = measured(name, files=files, act=search("dead"))
    assert dead.reason is Reason.ASSUMPTION_BROKEN


@pytest.mark.parametrize(
    "change, problem",
    [
        (('tool = "search"', 'tol = "search"'), "unknown key 'tol'"),
        (("MARK-4712-beta", "MARK-4711-alpha"), "marker twice"),
        (('readers = ["bob"]', ""), "does not say which documents"),
    ],
)
def test_a_file_of_tenants_that_is_wrong_is_refused(change, problem):
    with pytest.raises(TenantsUnusable, match=problem):
        read_tenants("tenants.toml", TENANTS.replace(*change).encode())
    with pytest.raises(TenantsUnusable, match="no file"):
        read_tenants("tenants.toml", None)
