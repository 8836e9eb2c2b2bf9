"""What an installation decides for itself, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Final, Literal, Self, get_args, get_type_hints
from urllib.parse import urlsplit

PROJECT: Final = Path(__file__).resolve().parent.parent

UNPREFIXED: Final = frozenset(
    {"database_url", "owner_database_url", "admin_database_url", "redis_url", "secret_key", "port"}
)
"""Fields whose variable is their bare name, as hosting platforms set it; all others begin with MSP_."""

_ENVIRON: Final = os.environ  # noqa: TID251  # the one place that may

TRUE: Final = frozenset({"1", "true", "yes", "on"})
FALSE: Final = frozenset({"", "0", "false", "no", "off"})


class SettingsError(Exception):
    """Settings are missing or wrong; the message names all of them at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation. Empty text means: not wanted. Tests build it directly, programs call `read`."""

    database_url: str = field(repr=False)
    """The role that owns nothing; every request and job uses it."""
    owner_database_url: str = field(default="", repr=False)
    """The role that owns the tables; only for `msp migrate`, no other process need know it."""
    admin_database_url: str = field(default="", repr=False)
    """A superuser, only for `msp prepare`, which makes the other roles."""
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    """Signs sessions and tokens; at least 32 characters."""

    base_url: str
    """How people reach the desk: scheme, host and port, no path; it stands in every mail."""
    host: str = "127.0.0.1"
    port: int = 8000
    events_port: int = 8001
    """Where the process of the live updates listens."""
    trusted_proxies: int = 0
    """How many proxies before us set X-Forwarded-*."""

    data_dir: Path
    """What the programs keep on this machine; `var` beside the packages unless said otherwise."""
    files_dir: Path
    """Attachments and raw mails, when no bucket is named; `files` in the data directory unless said otherwise."""
    s3_bucket: str = ""
    s3_endpoint_url: str = ""
    s3_region: str = ""
    s3_access_key: str = ""
    s3_secret_key: str = field(default="", repr=False)

    mail_domain: str
    """The right side of reply addresses and Message-IDs."""
    mail_edge: str = ""
    """The authserv-id under which our own edge writes what it proved of a sender (RFC 8601); without one no sender
    counts as proven, except in a demo."""
    smtp_host: str = ""
    """Where mail leaves; empty keeps every mail in the outbox."""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_tls: Literal["starttls", "implicit", "none"] = "starttls"
    listen_protocol: Literal["smtp", "lmtp"] = "smtp"
    """What our own edge speaks to the listener."""
    listen_host: str = "127.0.0.1"
    listen_port: int = 2525
    undo_seconds: int = 10
    """How long a reply may be taken back before it leaves."""

    webhook_loopback: bool = False
    """Whether webhooks may call programs on this machine, to try them out; the desks of others they may never call."""

    demo: bool = False
    """A desk to try: sign-ins are printed, the second factor may be left out. Refused off loopback names."""
    clock_ahead: int = 0
    """Seconds by which a desk to try lives in the future, so that a month end can be looked at today."""
    log_format: Literal["json", "text"] = "json"

    @classmethod
    def read(cls, otherwise: Mapping[str, str] | None = None) -> Self:
        """The settings of this process; what the environment leaves out is taken from `otherwise`.

        A variable may name a file instead (`SECRET_KEY_FILE`), as container secrets do.
        Raises SettingsError with everything that is missing or wrong.
        """
        return cls._from({**_without(_ENVIRON, otherwise or {}), **_ENVIRON})

    @classmethod
    def is_given(cls, name: str) -> bool:
        """Whether the environment itself says something about the field of this name."""
        return bool({variable(name), f"{variable(name)}_FILE"} & _ENVIRON.keys())

    @classmethod
    def _from(cls, variables: Mapping[str, str]) -> Self:
        data_dir = variables.get("MSP_DATA_DIR") or str(PROJECT / "var")
        variables = {"MSP_DATA_DIR": data_dir, "MSP_FILES_DIR": f"{data_dir}/files", **variables}
        values: dict[str, object] = {}
        wrong: list[str] = []
        kinds = get_type_hints(cls)
        for each in fields(cls):
            try:
                values[each.name] = _value(each, kinds[each.name], variables)
            except ValueError as problem:
                wrong.append(str(problem))
        if not wrong:
            settings = cls(**values)  # type: ignore[arg-type]  # each value was read as its field's type
            wrong = list(settings._contradictions())
            if not wrong:
                return settings
        raise SettingsError("The settings are not complete:\n" + "\n".join(f"  {line}" for line in wrong))

    def environment(self) -> dict[str, str]:
        """The variables from which `read` makes these settings again, for child processes."""
        return {variable(each.name): _text(getattr(self, each.name)) for each in fields(self)}

    def _contradictions(self) -> list[str]:
        url = urlsplit(self.base_url)
        checks = {
            "SECRET_KEY has fewer than 32 characters": len(self.secret_key) < 32,
            "MSP_BASE_URL is not of the form https://desk.example": url.scheme not in {"http", "https"}
            or not url.hostname
            or url.path not in {"", "/"},
            "MSP_DEMO is only for desks on this machine, but MSP_BASE_URL is not": self.demo
            and url.hostname not in {"127.0.0.1", "localhost", "::1"},
            "MSP_MAIL_DOMAIN is not a domain": "@" in self.mail_domain or " " in self.mail_domain,
            "MSP_CLOCK_AHEAD is only for a demo": self.clock_ahead != 0 and not self.demo,
            "MSP_UNDO_SECONDS is below 0": self.undo_seconds < 0,
            "MSP_TRUSTED_PROXIES is below 0": self.trusted_proxies < 0,
            "DATABASE_URL and OWNER_DATABASE_URL name the same role: the application may own nothing": bool(
                self.owner_database_url
            )
            and _user(self.database_url) == _user(self.owner_database_url),
        }
        ports = ("port", "events_port", "smtp_port", "listen_port")
        checks |= {f"{variable(name)} is not a port": not 0 < getattr(self, name) < 65536 for name in ports}
        return [sentence for sentence, wrong in checks.items() if wrong]


def variable(name: str) -> str:
    """The environment variable of a field."""
    return name.upper() if name in UNPREFIXED else f"MSP_{name.upper()}"


def surroundings() -> dict[str, str]:
    """The environment as it is, for child processes that need its PATH and locale."""
    return dict(_ENVIRON)


def _without(environ: Mapping[str, str], otherwise: Mapping[str, str]) -> dict[str, str]:
    """The stand-ins that neither a variable nor a file in the environment makes unneeded."""
    return {name: text for name, text in otherwise.items() if not {name, f"{name}_FILE"} & environ.keys()}


def _value(each: "Field[object]", kind: object, variables: Mapping[str, str]) -> object:
    name = variable(each.name)
    text = variables.get(name, "").strip()
    path = variables.get(f"{name}_FILE", "")
    if not text and path:
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"{name}_FILE cannot be read: {path}: {error.strerror}") from error
    if not text:
        if each.default is MISSING:
            raise ValueError(f"{name} (or {name}_FILE) is missing")
        return each.default
    return _parse(name, kind, text)


def _parse(name: str, kind: object, text: str) -> object:
    if kind is bool:
        if text.lower() not in TRUE | FALSE:
            raise ValueError(f"{name} is neither yes nor no: {text}")
        return text.lower() in TRUE
    if kind is int:
        if not text.isascii() or not text.isdecimal():
            raise ValueError(f"{name} is not a whole number: {text}")
        return int(text)
    if kind is Path:
        return Path(text).absolute()
    if choices := get_args(kind):
        if text not in choices:
            raise ValueError(f"{name} is none of {', '.join(choices)}: {text}")
        return text
    return _with_our_driver(text) if name.endswith("DATABASE_URL") else text


def _with_our_driver(url: str) -> str:
    """Hosting platforms write postgres:// or postgresql://; SQLAlchemy wants the driver named."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if separator and scheme in {"postgres", "postgresql"} else url


def _user(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[0].partition(":")[0]


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
