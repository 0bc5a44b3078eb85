"""Settings come from the environment alone, with defaults that work and are safe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHOW = """
import json
from clerestory import settings as s
print(json.dumps({"db": s.DATABASES["default"], "hosts": s.ALLOWED_HOSTS, "debug": s.DEBUG, "key": s.SECRET_KEY,
    "csp": s.CONTENT_SECURITY_POLICY["DIRECTIVES"], "secure": s.SESSION_COOKIE_SECURE, "user": s.AUTH_USER_MODEL,
    "zone": s.TIME_ZONE, "hashers": s.PASSWORD_HASHERS, "cache": s.CACHES["default"]["BACKEND"],
    "apps": s.INSTALLED_APPS,
    "languages": [code for code, _ in s.LANGUAGES], "origins": s.CSRF_TRUSTED_ORIGINS}))
"""


def settings(home: Path, **more: str) -> dict[str, object]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "CLERESTORY_HOME": str(home), **more}
    ended = subprocess.run([sys.executable, "-c", SHOW], env=environment, text=True, check=True, capture_output=True)
    return json.loads(ended.stdout)


def test_without_any_setting_everything_is_embedded_durable_and_closed(tmp_path):
    found = settings(tmp_path)
    options = found["db"]["OPTIONS"]
    assert found["db"]["NAME"] == str(tmp_path / "clerestory.sqlite3")
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]
    assert found["hosts"] == ["localhost", "127.0.0.1", "[::1]"]
    assert (found["debug"], found["zone"], found["languages"]) == (False, "UTC", ["en", "de"])
    assert found["hashers"][0].endswith("Argon2PasswordHasher")
    assert found["cache"].endswith("DatabaseCache")
    assert found["user"] == "desk.User"
    assert {"allauth.account", "allauth.mfa", "clerestory.registers.organisation"} <= set(found["apps"])
    assert found["key"] == (tmp_path / "secret_key").read_text()


def test_a_password_costs_who_guesses_it_a_hundred_mebibytes(tmp_path):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "CLERESTORY_HOME": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "clerestory.settings"
    hashed = "from django.contrib.auth.hashers import make_password; print(make_password('a window high'))"
    ended = subprocess.run([sys.executable, "-c", hashed], env=environment, text=True, check=True, capture_output=True)
    assert ended.stdout.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")


def test_the_content_policy_allows_nothing_inline_and_nothing_foreign(tmp_path):
    policy = settings(tmp_path)["csp"]
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    sources = {source for values in policy.values() for source in values}
    assert sources == {"'none'", "'self'", "data:"}


def test_the_environment_sets_database_key_and_public_address(tmp_path):
    found = settings(
        tmp_path,
        DATABASE_URL="postgresql://ada:p%40ss@db.example.org:5433/ledger?sslmode=require",
        CLERESTORY_SECRET_KEY="given",
        CLERESTORY_URL="https://ai.example.org",
        CLERESTORY_ALLOWED_HOSTS="other.example.org, ",
        HOST="10.0.0.5",
    )
    base = found["db"]
    assert (
        base
        | {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "ledger",
            "USER": "ada",
            "PASSWORD": "p@ss",
            "HOST": "db.example.org",
            "PORT": "5433",
            "OPTIONS": {"sslmode": "require"},
        }
        == base
    )
    assert found["key"] == "given"
    assert not (tmp_path / "secret_key").exists()
    assert {"ai.example.org", "other.example.org", "10.0.0.5"} <= set(found["hosts"])
    assert (found["secure"], found["origins"]) == (True, ["https://ai.example.org"])


@pytest.mark.parametrize("address,place", [("sqlite:////tmp/x.db", "/tmp/x.db"), ("sqlite:///x.db", "x.db")])
def test_an_sqlite_file_can_be_named(tmp_path, address, place):
    assert settings(tmp_path, DATABASE_URL=address)["db"]["NAME"] == place


def test_a_socket_can_be_named_as_the_host_of_the_database(tmp_path):
    base = settings(tmp_path, DATABASE_URL="postgresql://postgres:@/postgres?host=/run/pg")["db"]
    assert (base["HOST"], base["NAME"], base["OPTIONS"]) == ("/run/pg", "postgres", {})


@pytest.mark.parametrize(
    "name, value",
    [
        ("CLERESTORY_RUN_LIMIT", "soon"),
        ("CLERESTORY_RUN_LIMIT", "0"),
        ("CLERESTORY_JOB_LEASE", "-1"),
        ("CLERESTORY_JOB_LEASE", "1e9"),
        ("CLERESTORY_MAIL_URL", "smtp://mail.example.org:port"),
        ("DATABASE_URL", "postgresql://db.example.org:port/x"),
        ("DATABASE_URL", "clerestory.db"),
        ("DATABASE_URL", "postgresql://ada@[::1/x"),
        ("CLERESTORY_MAIL_URL", "smtp://[::1"),
        ("CLERESTORY_URL", "https://[::1"),
        ("DATABASE_URL", "mysql://db.example.org/x"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_before_anything_starts(tmp_path, name, value):
    code = "from clerestory.cli.main import run; import sys; sys.argv = ['clerestory', 'status']; run()"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "CLERESTORY_HOME": str(tmp_path / "home"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**environment, name: value}, text=True, capture_output=True, cwd=tmp_path,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert name in ended.stderr.splitlines()[0]
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "clerestory.db").exists()


@pytest.mark.parametrize("url", ["postgresql://nobody.invalid/x", "postgresql://127.0.0.1:1/x?nonsense=1"])
def test_a_database_that_cannot_be_reached_is_said_in_words(tmp_path, url):
    code = "from clerestory.cli.main import run; import sys; sys.argv = ['clerestory', 'status']; run()"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "CLERESTORY_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "DATABASE_URL": url}, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
