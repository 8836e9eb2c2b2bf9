"""Verbs on programs' tokens and on answers kept for them; they write and never commit."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants.errors import Refused
from tenants.passwords import token_hash
from tenants.tokens import SCOPES, ApiToken, KeptAnswer, tokens_of

MARK = "msp_"
MOST_AT_ONCE = 20
ANSWERS_LAST = timedelta(hours=24)


def make_token(
    session: Session,
    login_id: int,
    label: str,
    scopes: Collection[str],
    bound_to: int | None,
    lasts: timedelta,
    at: datetime,
) -> tuple[ApiToken, str]:
    """A new token of 160 random bits and its secret, which nobody can read again. As `gate`.

    Raises Refused without a scope, and beyond twenty that hold.
    """
    wanted = sorted(set(scopes) & SCOPES.keys())
    if not wanted:
        raise Refused("Choose at least one of these.", {"scopes": ["Choose at least one of these."]})
    if sum(each.holds(at) for each in tokens_of(session, login_id)) >= MOST_AT_ONCE:
        raise Refused("That is too many tokens at once; revoke one first.")
    prefix = MARK + _letters(5)
    secret = f"{prefix}_{_letters(20)}"
    token = ApiToken(
        prefix=prefix,
        token_hash=token_hash(secret),
        login_id=login_id,
        bound_to=bound_to,
        label=label,
        scopes=" ".join(wanted),
        made_at=at,
        until=at + lasts,
    )
    session.add(token)
    return token, secret


def revoke_token(session: Session, login_id: int, prefix: str, at: datetime) -> bool:
    """End one of this person's tokens; it holds from the next request on. Whether there was one. As `gate`."""
    found = session.scalar(select(ApiToken).where(ApiToken.login_id == login_id, ApiToken.prefix == prefix))
    if found is not None and found.revoked_at is None:
        found.revoked_at = at
    return found is not None


def used_token(session: Session, token_id: int, at: datetime) -> None:
    """It was used just now; of several at once the latest stays. As `gate`."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, func.coalesce(ApiToken.used_at, ApiToken.made_at) <= at)
        .values(used_at=at)
    )


def forget_answers(session: Session, tenant_id: int, at: datetime) -> None:
    """Drop what is no longer answered again. As that tenant's `system`."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.tenant_id == tenant_id, KeptAnswer.at <= at - ANSWERS_LAST))


def _letters(size: int) -> str:
    """Random bytes in letters and digits that no double click cuts in two: eight signs for five bytes."""
    return base64.b32encode(secrets.token_bytes(size)).decode().lower()
