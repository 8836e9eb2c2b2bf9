"""Passwords: argon2id, at most four at a time, and the same work for an unknown person as for a known one."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST = 12
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = BoundedSemaphore(4)


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one behind the hash; takes as long when there is no hash."""
    with _at_once:
        try:
            return _hasher.verify(password_hash or _nobody(), password) and password_hash is not None
        except (VerifyMismatchError, InvalidHashError):
            return False


def new_token() -> str:
    """A secret for a cookie or a link: 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
