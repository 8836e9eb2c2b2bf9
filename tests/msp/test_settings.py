"""Settings are read once, say all that is wrong at once, and survive the way to a child process."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp.settings import Settings, SettingsError

NEEDED = {
    "DATABASE_URL": "postgresql://msp_app@db/msp",
    "REDIS_URL": "redis://bell:6379/0",
    "SECRET_KEY": "k" * 32,
    "MSP_BASE_URL": "https://desk.example",
    "MSP_MAIL_DOMAIN": "mail.desk.example",
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp.settings._ENVIRON", {})


def test_all_that_is_missing_is_named_in_one_message() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    assert all(f"{name} (or {name}_FILE) is missing" in str(refused.value) for name in NEEDED)


def test_all_that_is_wrong_is_named_in_one_message() -> None:
    wrong = {"PORT": "eighty", "MSP_DEMO": "perhaps", "MSP_SMTP_TLS": "some", "MSP_UNDO_SECONDS": "-1"}
    with pytest.raises(SettingsError) as refused:
        Settings.read(NEEDED | wrong)
    assert all(name in str(refused.value) for name in wrong)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY has fewer than 32 characters"),
        ("MSP_BASE_URL", "desk.example", "MSP_BASE_URL is not of the form"),
        ("MSP_BASE_URL", "https://desk.example/path", "MSP_BASE_URL is not of the form"),
        ("MSP_DEMO", "yes", "MSP_DEMO is only for desks on this machine"),
        ("MSP_MAIL_DOMAIN", "desk@example", "MSP_MAIL_DOMAIN is not a domain"),
        ("PORT", "65536", "PORT is not a port"),
        ("OWNER_DATABASE_URL", "postgresql://msp_app@db/msp", "the application may own nothing"),
    ],
)
def test_what_contradicts_itself_is_refused(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings.read(NEEDED | {name: text})


def test_the_driver_is_named_whatever_the_platform_writes() -> None:
    settings = Settings.read(NEEDED | {"DATABASE_URL": "postgres://msp_app:p@db:5432/msp?sslmode=require"})
    assert settings.database_url == "postgresql+psycopg://msp_app:p@db:5432/msp?sslmode=require"


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("f" * 40 + "\n")
    monkeypatch.setattr("msp.settings._ENVIRON", {"SECRET_KEY_FILE": str(tmp_path / "key")})
    assert Settings.read(NEEDED).secret_key == "f" * 40


def test_an_unreadable_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp.settings._ENVIRON", {"SECRET_KEY_FILE": "/nowhere/key"})
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE cannot be read: /nowhere/key"):
        Settings.read(NEEDED)


def test_the_environment_wins_over_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msp.settings._ENVIRON", {"PORT": "9000"})
    assert Settings.read(NEEDED | {"PORT": "8000"}).port == 9000


def test_files_lie_in_the_data_directory_unless_said_otherwise() -> None:
    assert Settings.read(NEEDED | {"MSP_DATA_DIR": "/srv/desk"}).files_dir == Path("/srv/desk/files")
    assert Settings.read(NEEDED | {"MSP_FILES_DIR": "/srv/files"}).files_dir == Path("/srv/files")


def test_secrets_are_not_shown() -> None:
    given = NEEDED | {"SECRET_KEY": "s3cr3t" * 8, "MSP_SMTP_PASSWORD": "s3cr3t", "MSP_S3_SECRET_KEY": "s3cr3t"}
    assert "s3cr3t" not in repr(Settings.read(given))


@given(
    port=st.integers(1, 65535),
    demo=st.booleans(),
    undo=st.integers(0, 3600),
    user=st.text("abc@. -é漢=#'\"\\$", max_size=12).map(str.strip),
    tls=st.sampled_from(["starttls", "implicit", "none"]),
)
def test_a_child_reads_what_its_parent_had(port: int, demo: bool, undo: int, user: str, tls: str) -> None:
    base = "http://localhost:8000" if demo else "https://desk.example"
    varied = {"PORT": str(port), "MSP_DEMO": str(int(demo)), "MSP_UNDO_SECONDS": str(undo), "MSP_SMTP_USER": user}
    settings = Settings.read(NEEDED | varied | {"MSP_SMTP_TLS": tls, "MSP_BASE_URL": base})
    assert (settings.port, settings.demo, settings.undo_seconds, settings.smtp_user) == (port, demo, undo, user)
    assert Settings.read(settings.environment()) == settings
