"""The only place that reads the environment. Everything has a working default, so that nothing must be configured."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from clerestory.store.home import open_home, secret_key
from clerestory.terms.error import ClerestoryError


class SettingUnreadable(ClerestoryError):
    """An environment variable holds a value that cannot be used."""


PACKAGE = Path(__file__).resolve().parent
_LONGEST_WAIT = 7 * 86_400


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, "1" if default else "0").strip().lower() in ("1", "true", "yes", "on")


def _log_level() -> str:
    level = os.environ.get("CLERESTORY_LOG_LEVEL", "WARNING").strip().upper()
    if level not in logging.getLevelNamesMapping():
        raise SettingUnreadable(
            f"CLERESTORY_LOG_LEVEL is {level!r}, which is no level.",
            "Use one of: DEBUG, INFO, WARNING, ERROR, CRITICAL.",
        )
    return level


def _names(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _seconds(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not 0 < int(text) <= _LONGEST_WAIT:
        raise SettingUnreadable(f"{name} is {text!r}.", f"Write a whole number of seconds, such as {default}.")
    return int(text)


def _split(url: str, name: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise SettingUnreadable(f"{name} is no address.", "Write an IPv6 address as in http://[::1]:8000.") from error


def _port(parts: SplitResult, name: str) -> int | None:
    try:
        return parts.port
    except ValueError as error:
        raise SettingUnreadable(f"{name} holds a port that is none.", "Write a number behind the colon.") from error


def _mail(url: str) -> dict[str, Any] | None:
    if not url.strip() or url.strip().lower() == "none":
        return None
    parts = _split(url.strip(), "CLERESTORY_MAIL_URL")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingUnreadable(
            "CLERESTORY_MAIL_URL names no mail server.",
            "Write smtp://user:password@host:587, smtps://user:password@host:465, or leave it empty.",
        )
    security = dict(parse_qsl(parts.query)).get("tls", "")
    own = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return {
        "host": parts.hostname,
        "port": _port(parts, "CLERESTORY_MAIL_URL") or (465 if parts.scheme == "smtps" else 587),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "ssl": parts.scheme == "smtps",
        "tls": parts.scheme == "smtp" and (security == "yes" or (not own and security != "no")),
    }


def _database(url: str, home: Path) -> dict[str, object]:
    parts = _split(url, "DATABASE_URL")
    if not url or parts.scheme == "sqlite":
        path = Path(unquote(parts.path.removeprefix("/"))) if parts.path else home / "clerestory.sqlite3"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
            },
        }
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingUnreadable(
            f"DATABASE_URL names the unknown kind of database {parts.scheme or parts.path!r}.",
            "Write postgresql://user:password@host/name, or leave it empty for SQLite.",
        )
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = str(options.pop("host", parts.hostname or ""))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")) or "clerestory",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(_port(parts, "DATABASE_URL") or options.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


CLERESTORY_HOME = open_home(Path(os.environ.get("CLERESTORY_HOME") or "var"))
SECRET_KEY = os.environ.get("CLERESTORY_SECRET_KEY") or secret_key(CLERESTORY_HOME)
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", ""), CLERESTORY_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DEBUG = _flag("CLERESTORY_DEBUG", False)
PUBLIC_URL = os.environ.get("CLERESTORY_URL", "")
"""Address under which people reach the server, such as https://ai.example.org; empty when it is only local."""
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *_names("CLERESTORY_ALLOWED_HOSTS"),
    *([os.environ["HOST"]] if os.environ.get("HOST") else []),
    *([_split(PUBLIC_URL, "CLERESTORY_URL").hostname or ""] if PUBLIC_URL else []),
]

LOCAL_URL = f"http://{os.environ.get('HOST') or 'localhost'}:{os.environ.get('PORT') or 8000}"
"""Address in messages while CLERESTORY_URL is not set."""

REGISTERS = sorted(path.parent.name for path in (PACKAGE / "registers").glob("*/apps.py"))
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "django_q",
    "clerestory.store",
    "clerestory.desk",
    *(f"clerestory.registers.{name}" for name in REGISTERS),
    "clerestory.jobs",
    "clerestory.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clerestory.web.middleware.ReadersLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clerestory.web.middleware.NothingUnprintable",
    "clerestory.web.middleware.Doorkeeper",
]
ROOT_URLCONF = "clerestory.web.urls"
WSGI_APPLICATION = "clerestory.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(PACKAGE / "web" / "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["clerestory.web.templatetags.once"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                *(["clerestory.web.context.frame"] if (PACKAGE / "web" / "context.py").exists() else []),
            ],
        },
    }
]

FORM_RENDERER = "clerestory.desk.forms.drawn.Drawn"

AUTH_USER_MODEL = "desk.User"
AUTHENTICATION_BACKENDS = ["clerestory.web.session.MemberBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "clerestory.desk.entrance.signin.ByInvitation"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Clerestory"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    "template_fragments": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "fragments"},
}
"""The second keeps, in each process, parts of pages that are the same for everybody (``{% cache %}``)."""
MAIL = _mail(os.environ.get("CLERESTORY_MAIL_URL", ""))
"""How e-mail leaves; None where no mail server is named, and then it waits in the outbox."""
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if MAIL else "django.core.mail.backends.dummy.EmailBackend"
)
EMAIL_HOST, EMAIL_PORT = (MAIL["host"], MAIL["port"]) if MAIL else ("", 0)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (MAIL["user"], MAIL["password"]) if MAIL else ("", "")
EMAIL_USE_SSL, EMAIL_USE_TLS = (MAIL["ssl"], MAIL["tls"]) if MAIL else (False, False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("CLERESTORY_MAIL_FROM", "clerestory@localhost")
WEBHOOK_LOOPBACK = _flag("CLERESTORY_WEBHOOK_LOOPBACK", False)
"""Whether webhooks may go to this machine itself, also without TLS: for tests, and for a relay that listens here."""
PROJECTS = tuple(Path(name).expanduser().absolute() for name in _names("CLERESTORY_PROJECTS")) or (
    CLERESTORY_HOME / "projects",
)
"""Folders below which monitors may find a manifest."""

PUBLISH = (
    Path(os.environ["CLERESTORY_PUBLISH"]).expanduser().absolute() if os.environ.get("CLERESTORY_PUBLISH") else None
)
"""Folder in which each log is published as files; None publishes none."""

ENGINE = os.environ.get("CLERESTORY_ENGINE") or "polars"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
_FOR_DATA = (
    *("JAVA_HOME", "SPARK_HOME", "SPARK_LOCAL_IP"),
    *("PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"),
    *("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
)
"""What Spark, PostgreSQL and S3 ask of the environment, where data of a monitor lie there."""


def _for_data(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a run may know to reach its data; PG* only where the product's own database does not use them too."""
    own = urlsplit(environment.get("DATABASE_URL", ""))
    shared = own.scheme in ("postgres", "postgresql") and own.password is None
    names = [name for name in _FOR_DATA if not (shared and name.startswith("PG"))]
    given = {name: environment[name] for name in names if environment.get(name)}
    return given | {
        name: environment[f"CLERESTORY_RUN_{name}"] for name in _FOR_DATA if environment.get(f"CLERESTORY_RUN_{name}")
    }


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what every run needs; a relative place of modules would be the folder of the run, so none is kept so."""
    given = {name: environment[name] for name in _PASSED_ON if name in environment}
    places = [str(Path(place).absolute()) for place in given.pop("PYTHONPATH", "").split(os.pathsep) if place]
    return given | ({"PYTHONPATH": os.pathsep.join(places)} if places else {})


RUN_ENVIRONMENT = _passed_on(os.environ) | _for_data(os.environ) | {"POLARS_MAX_THREADS": "2"}
"""What the process of a monitor's run may know: nothing of the product's own database, the mail server or its keys."""
RUN_SOURCES = tuple(_names("CLERESTORY_RUN_SOURCES"))
"""Databases and buckets that a monitor's manifest may name, such as postgresql://db.example/loans and s3://decisions."""
STAMP_URL = os.environ.get("CLERESTORY_STAMP_URL", "").strip()
"""Time stamping authority (RFC 3161) that is asked for tokens over checkpoints; empty for none."""
STAMP_CERTIFICATES = os.environ.get("CLERESTORY_STAMP_CERTIFICATES", "").strip()
"""PEM file with the authority's certificate, or that of who issued it."""
STAMP_EVERY = _seconds("CLERESTORY_STAMP_EVERY", 86_400)
"""Seconds for which one token is enough."""
RUN_LIMIT = _seconds("CLERESTORY_RUN_LIMIT", 1800)
"""Seconds that one run of a monitor may take."""
JOB_LEASE = _seconds("CLERESTORY_JOB_LEASE", 60)
"""Seconds after which a job of a worker that died is taken by another; a living worker renews its lease."""
Q_CLUSTER = {
    "name": "clerestory",
    "orm": "default",
    "workers": 1,
    "timeout": JOB_LEASE,
    "retry": JOB_LEASE,
    "poll": 1,
    "catch_up": False,
    "save_limit": -1,
    "log_level": "WARNING",
}

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [str(PACKAGE / "web" / "locale")]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.rstrip("/")] if PUBLIC_URL else []
CSRF_FAILURE_VIEW = "clerestory.web.errors.stale_form"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
LARGEST_ATTACHMENT = 25 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "clerestory.desk.record.upload.Measured",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _log_level()},
}
