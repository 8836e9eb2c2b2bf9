"""The servers of the proofs, as the tests start them, and a folder that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.services import Servers, TestRun


@contextmanager
def servers() -> Iterator[tuple[Servers, Path]]:
    """PostgreSQL, Redis and the migrated template, with a folder for files."""
    config: Any = SimpleNamespace()
    run = TestRun(config)
    try:
        with tempfile.TemporaryDirectory(prefix="msp-prove-") as folder:
            yield run.servers(), Path(folder)
    finally:
        run.close()
