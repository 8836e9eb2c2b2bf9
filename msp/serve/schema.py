"""Brings the tables of a database to what the code expects."""

from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config

from msp.settings import SettingsError


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Run the migrations as the owner of the tables. Raises SettingsError when nobody said who that is."""
    if not owner_url:
        raise SettingsError("OWNER_DATABASE_URL (or OWNER_DATABASE_URL_FILE) is missing: migrations run as that role.")
    command.upgrade(configuration(owner_url), revision)


def configuration(owner_url: str) -> Config:
    """Alembic without a file: where the migrations lie and as whom they run."""
    spec = find_spec("migrations")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package `migrations` is not installed.")
    config = Config()
    folder = Path(spec.origin).parent
    config.set_main_option("script_location", str(folder / "environment"))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config
