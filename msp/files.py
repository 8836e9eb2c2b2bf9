"""Where bytes lie: attachments, raw mails, PDFs; local files now, an S3-compatible store by setting."""

from __future__ import annotations

import hashlib
import os
import secrets
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from flask import current_app

from msp.settings import Settings


class Store(Protocol):
    """Puts bytes under a place of ours and gives them back."""

    def put(self, place: str, content: bytes) -> None: ...

    def get(self, place: str) -> bytes: ...

    def drop(self, place: str) -> None: ...


class Files:
    """The one door to stored bytes. Places are made here, never from a stranger's name."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def of(cls, settings: Settings) -> Files:
        return cls(Bucket(settings) if settings.s3_bucket else Folder(settings.files_dir))

    def keep(self, tenant_id: int, content: bytes) -> tuple[str, str]:
        """Store the bytes; answers (place, SHA-256 in hexadecimal). Written before the row that names it."""
        digest = hashlib.sha256(content).hexdigest()
        place = f"{tenant_id}/{digest[:2]}/{secrets.token_hex(16)}"
        self.store.put(place, content)
        return place, digest

    def read(self, place: str) -> bytes:
        """The bytes of a place. Raises FileNotFoundError."""
        return self.store.get(place)

    def drop(self, place: str) -> None:
        self.store.drop(place)


class Folder:
    """Files on this machine, each written beside its place, flushed and moved in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, place: str, content: bytes) -> None:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)

    def get(self, place: str) -> bytes:
        return (self.root / place).read_bytes()

    def drop(self, place: str) -> None:
        (self.root / place).unlink(missing_ok=True)


class Bucket:
    """An S3-compatible store; needs the extra `s3`."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.s3_bucket
        self.client: Any = import_module("boto3").client(
            "s3",
            endpoint_url=settings.s3_endpoint_url or None,
            region_name=settings.s3_region or None,
            aws_access_key_id=settings.s3_access_key or None,
            aws_secret_access_key=settings.s3_secret_key or None,
        )

    def put(self, place: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=place, Body=content)

    def get(self, place: str) -> bytes:
        try:
            return cast("bytes", self.client.get_object(Bucket=self.name, Key=place)["Body"].read())
        except self.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(place) from error

    def drop(self, place: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=place)


def files() -> Files:
    """The store of this installation."""
    return cast("Files", current_app.extensions["files"])
