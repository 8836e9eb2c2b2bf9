"""Verbs at the gate: sessions, one-time tokens, passwords, preferences; they write and never commit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tenants.isolation import acting_as
from tenants.models import Login, OneTimeToken, SignedIn, TenantKey
from tenants.passwords import hash_password, is_right, new_token, token_hash
from tenants.queries import login_by_email
from tenants.rules import DESK_KEY, job
from tenants.work import later

SESSION_LASTS = timedelta(hours=12)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)


def sign_in(session: Session, email: str, password: str, at: datetime) -> tuple[Login, str] | None:
    """Check the password and open a session under a new token. None for a wrong pair, whatever is wrong. As `gate`."""
    login = login_by_email(session, email)
    right = is_right(password, login.password_hash if login else None)
    if login is None or not right or login.disabled_at is not None:
        return None
    return login, open_session(session, login.id, at)


def open_session(session: Session, login_id: int, at: datetime) -> str:
    """A new session; answers the token for the cookie. As `gate`."""
    token = new_token()
    session.add(
        SignedIn(token_hash=token_hash(token), login_id=login_id, since=at, seen_at=at, until=at + SESSION_LASTS)
    )
    return token


def sign_out(session: Session, token: str) -> None:
    """End this session. As `gate`."""
    session.execute(delete(SignedIn).where(SignedIn.token_hash == token_hash(token)))


def sign_out_everywhere(session: Session, login_id: int) -> None:
    """End every session of a person. As `gate`."""
    session.execute(delete(SignedIn).where(SignedIn.login_id == login_id))


def forget_over(session: Session, before: datetime) -> None:
    """Drop sessions and one-time tokens that ended before an instant. As `gate`."""
    session.execute(delete(SignedIn).where(SignedIn.until < before))
    session.execute(delete(OneTimeToken).where(OneTimeToken.until < before))


def knows_password(session: Session, login_id: int, password: str) -> bool:
    """Whether this is the person's own password; asked again before what cannot be undone. As `gate`."""
    return is_right(password, session.get_one(Login, login_id).password_hash)


def one_time_token(session: Session, login_id: int, purpose: str, at: datetime) -> str:
    """A token for an invitation or a reset; earlier ones of the same purpose end. As `gate`."""
    session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.login_id == login_id, OneTimeToken.purpose == purpose, OneTimeToken.used_at.is_(None))
        .values(used_at=at)
    )
    token = new_token()
    lasts = INVITATION_LASTS if purpose == "invite" else RESET_LASTS
    session.add(OneTimeToken(token_hash=token_hash(token), login_id=login_id, purpose=purpose, until=at + lasts))
    return token


def choose_password(session: Session, token: str, password: str, at: datetime) -> Login | None:
    """Use an invitation or a reset. All open sessions of the person end. None: used, over or unknown. As `gate`."""
    row = session.scalar(
        select(OneTimeToken)
        .where(OneTimeToken.token_hash == token_hash(token), OneTimeToken.until > at, OneTimeToken.used_at.is_(None))
        .with_for_update()
    )
    if row is None:
        return None
    row.used_at = at
    login = session.get_one(Login, row.login_id)
    login.password_hash = hash_password(password)
    sign_out_everywhere(session, login.id)
    return login


def ask_reset(session: Session, email: str, at: datetime) -> None:
    """Somebody says he forgot his password: a mail goes to him if we know him, by work of the desk. As `gate`."""
    login = login_by_email(session, email)
    if login is None or login.disabled_at is not None:
        return
    desk = session.scalars(select(TenantKey.id).where(TenantKey.key == DESK_KEY)).one()
    with acting_as(job(desk)):
        later(session, "mail.reset", desk, login.id, at=at, key=f"{login.id}:{at:%Y%m%d%H%M}")


def set_preferences(session: Session, login_id: int, **wishes: Any) -> None:
    """Language, zone, theme and single keys of a person. As `gate`."""
    login = session.get_one(Login, login_id)
    for name, value in wishes.items():
        setattr(login, name, value)
