"""Programs at the door: whose token a request carries, and what of its person's rights that token leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from flask import g, request
from werkzeug.exceptions import Forbidden, Unauthorized

from msp import clock
from tenants.actions.tokens import used_token
from tenants.db import db, transaction
from tenants.passwords import token_hash
from tenants.rules import Permission, Principal
from tenants.tokens import Bearer, bearer

View = TypeVar("View", bound=Callable[..., Any])
API = "/api/"
ANY = ""


class Stranger(Unauthorized):
    """401, with what a program must send; `error` says what is wrong with the token it sent."""

    def __init__(self, error: str = "") -> None:
        super().__init__()
        self.error = error

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        said = f'Bearer realm="msp", error="{self.error}"' if self.error else 'Bearer realm="msp"'
        return [*super().get_headers(*args, **kwargs), ("WWW-Authenticate", said)]


class TooNarrow(Forbidden):
    """403: the token was not made for this; `wanted` is the scope it lacks, empty where no token serves."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        said = f'Bearer realm="msp", error="insufficient_scope", scope="{self.wanted}"'
        return [*super().get_headers(*args, **kwargs), ("WWW-Authenticate", said)]


def scope(name: str) -> Callable[[View], View]:
    """Which scope a token needs for a route; ANY: any token will do. A route that says nothing takes no token."""

    def mark(view: View) -> View:
        view.__scope__ = name  # type: ignore[attr-defined]
        return view

    return mark


def scope_of(view: Callable[..., Any]) -> str | None:
    return cast("str | None", getattr(view, "__scope__", None))


def program() -> Bearer | None:
    """The token this request came with, once it is known to hold."""
    return cast("Bearer | None", g.get("bearer"))


def on_record() -> dict[str, Any] | None:
    """What the audit says of an act beside who did it: by which token, and whether it was only answered again."""
    token = program()
    return {"token": token.prefix} | ({"replayed": True} if g.get("replayed") else {}) if token else None


def asked_by_program() -> Bearer | None:
    """Look at the token of a request to the interface. 401 for one that does not hold, whoever else is signed in.

    As `gate`. Pages take no tokens: a header there means nothing.
    """
    given = request.authorization if request.path.startswith(API) else None
    if given is None:
        return None
    now = clock.now()
    found = bearer(db.session(), token_hash(given.token), now) if given.type == "bearer" and given.token else None
    if found is None:
        raise Stranger("invalid_token")
    if found.is_stale(now):
        with transaction(durable=False) as rows:
            used_token(rows, found.id, now)
    g.bearer = found
    return found


def narrowed(who: Principal, token: Bearer) -> Principal:
    """The person as his program may act; 401 where his role makes no tokens any more."""
    if not who.may(Permission.OWN_TOKENS):
        raise Stranger("invalid_token")
    seen = who.tenants if token.bound_to is None else who.tenants & {token.bound_to}
    return replace(who, tenants=seen, permissions=who.permissions & token.permissions)


def check_scope(token: Bearer, view: Callable[..., Any]) -> None:
    """403 where the token was not made for this route."""
    wanted = scope_of(view)
    if wanted is None or (wanted != ANY and wanted not in token.scopes):
        raise TooNarrow(wanted or "")
