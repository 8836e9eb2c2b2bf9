"""Directories for embedded servers that may be reached even when we are root, and servers in them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from msp.embedded import Services
from msp.serve import postgres, roles
from tests.services import SLOTS


def directory() -> Path:
    """A directory for servers that may be reached even when we are root (pytest's own may not)."""
    SLOTS.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=SLOTS, prefix="embedded-"))
    path.chmod(0o711)
    return path


def remove(path: Path) -> None:
    """The directory and what lies elsewhere for it."""
    shutil.rmtree(postgres.cluster(path, path).data, ignore_errors=True)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    path = directory()
    with Services(path, fsync=False, aof=False) as services:
        yield services
    remove(path)


@pytest.fixture
def fresh() -> Iterator[Path]:
    path = directory()
    yield path
    remove(path)


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(roles.libpq(url), autocommit=True)
