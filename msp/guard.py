"""The guard at the door: who calls, what he may, which tenant the address names, and that nothing passes unwritten."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar, cast

import structlog
from flask import Flask, Response, abort, current_app, g, has_request_context, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from prometheus_client import Counter
from sqlalchemy import event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.routing import BaseConverter, IntegerConverter, Map, ValidationError

from msp import bearer, clock
from msp.keys import parse_key
from tenants import actions, queries
from tenants.db import at_last, db, let_go, transaction
from tenants.isolation import WalledSession, acting_as, acting_or_none, become
from tenants.passwords import token_hash
from tenants.rules import DESK_KEY, GATE, KEY, MAY, Permission, Principal, Role, job
from tenants.tokens import Bearer

View = TypeVar("View", bound=Callable[..., Any])
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

log = structlog.get_logger()
CROSSINGS = Counter("msp_denied_crossings", "Things of tenants outside the caller's list that were asked for")


@dataclass(frozen=True, slots=True)
class TicketKey:
    """`ACME-1042` in an address, before anybody knows whether it exists."""

    tenant: str
    number: int

    def __str__(self) -> str:
        return f"{self.tenant}-{self.number}"


class TicketConverter(BaseConverter):
    """`<ticket:key>`"""

    regex = r"[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,9}"

    def to_python(self, value: str) -> TicketKey:
        parts = parse_key(value)
        if parts is None:
            raise ValidationError
        return TicketKey(*parts)

    def to_url(self, value: object) -> str:
        return str(value)


class TenantConverter(BaseConverter):
    """`<tenant:tenant>`: the key of a client."""

    regex = KEY.pattern


class IdConverter(IntegerConverter):
    """`<int:x_id>`: what no key can hold is no address."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


class SignedInUser(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """What flask-login carries; its id is the token of the session kept on the server."""

    def __init__(self, token: str, caller: queries.Caller) -> None:
        self.token = token
        self.caller = caller

    def get_id(self) -> str:
        return self.token


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Who may use a route: whoever holds one of the permissions."""

    def mark(view: View) -> View:
        view.__permissions__ = permissions  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """A route for everybody, signed in or not. It acts as nobody until it says otherwise."""
    view.__permissions__ = ()  # type: ignore[attr-defined]
    return view


def permissions_of(view: Callable[..., Any]) -> tuple[Permission, ...] | None:
    """What a route asks for: () for public ones, None when it says nothing."""
    return cast("tuple[Permission, ...] | None", getattr(view, "__permissions__", None))


def install(app: Flask) -> None:
    """Put the guard before every request and a row of audit behind every unsafe one."""
    app.url_map.converters.update(ticket=TicketConverter, tenant=TenantConverter, int=IdConverter)
    manager = LoginManager(app)
    manager.user_loader(_load)
    manager.session_protection = None
    app.before_request(_enter)
    app.after_request(_leave)
    app.teardown_request(_forget)


def check_every_door(app: Flask) -> None:
    """A route without a permission keeps the app from starting."""
    bare = [name for name, view in app.view_functions.items() if permissions_of(view) is None]
    if bare:
        raise RuntimeError(f"Routes that do not say who may use them: {', '.join(sorted(bare))}")


def principal() -> Principal:
    """Whoever this request acts as."""
    return cast("Principal", g.principal)


def signed_in() -> queries.Caller | None:
    """The person behind this request, where there is one."""
    user = current_user._get_current_object()  # the proxy itself looks up anew at each attribute
    return user.caller if isinstance(user, SignedInUser) else None


def ask_no_more() -> None:
    """Whoever has this request is a stranger from now on: its page must be made without the database."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # flask-login's own place


def _load(token: str) -> SignedInUser | None:
    with acting_as(GATE):
        caller = queries.caller(db.session(), token_hash(token), clock.now())
    return SignedInUser(token, caller) if caller else None


def _enter() -> ResponseReturnValue | None:
    g.before = acting_or_none()
    g.principal = None
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.bind_contextvars(request=g.request_id)
    if request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    wanted = permissions_of(view)
    if not wanted:
        return None
    become(GATE)
    program = bearer.asked_by_program()
    if program is not None:
        g._login_user = SignedInUser("", program.caller)
        bearer.check_scope(program, view)
    if not current_user.is_authenticated:
        return _to_sign_in()
    caller = current_user.caller
    if not any(permission in MAY[role] for permission in wanted for role in _roles(caller)):
        abort(403)
    tenant_id = _tenant_in_address(caller, program.bound_to if program else None)
    who = caller.principal(tenant_id)
    if who is None:
        _refuse_crossing()
    if program is not None:
        who = bearer.narrowed(who, program)
    if not any(who.may(permission) for permission in wanted):
        abort(403)
    g.principal = who = replace(who, name=_name_of(who, program))
    become(who)
    structlog.contextvars.bind_contextvars(tenant=who.tenant, login=who.login_id)
    return None


def _roles(caller: queries.Caller) -> list[Role]:
    if caller.desk:
        return [Role(caller.role or Role.AUDITOR)]
    return [Role(role) for _, denied, role, _ in caller.access if role and not denied]


def _tenant_in_address(caller: queries.Caller, bound_to: int | None) -> int | None:
    """The tenant this request may write in: the one its address names, the desk's own for unsafe acts of staff.

    A token that is bound to a tenant knows no other.
    """
    keys = dict(caller.tenant_ids)
    for name, value in (request.view_args or {}).items():
        if isinstance(value, TicketKey):
            return _known(keys, value.tenant, bound_to)
        if name == "tenant":
            return _known(keys, value, bound_to)
    if bound_to is not None:
        return bound_to
    return keys[DESK_KEY] if caller.desk and request.method in UNSAFE else None


def _known(keys: dict[str, int], key: str, bound_to: int | None) -> int:
    if key not in keys or bound_to not in (None, keys[key]):
        _refuse_crossing()
    return keys[key]


def _name_of(who: Principal, program: Bearer | None) -> str:
    """What the story calls him; a session remembers it since the sign-in."""
    if program is None:
        return cast("str", session.get("name", ""))
    become(who)
    return queries.name_of(db.session(), who)


def _refuse_crossing() -> NoReturn:
    """Absent and not yours look alike; the try is counted and logged."""
    CROSSINGS.inc()
    log.warning("crossing_refused", path=request.path, login=current_user.caller.login_id)
    abort(404)


def _to_sign_in() -> ResponseReturnValue:
    if request.path.startswith(bearer.API):
        raise bearer.Stranger
    there = url_for("entrance.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": there})
    if request.method in UNSAFE or request.accept_mimetypes.best == "application/json":
        abort(401)
    return redirect(there)


@at_last
def _write_down(rows: Session) -> None:
    """An unsafe request's row of audit stands in the act's own transaction."""
    if has_request_context() and request.method in UNSAFE and not g.get("written"):
        who = acting_or_none()
        if who is not None and who.tenant is not None:
            g.written = True
            actions.write_down(
                rows,
                who.tenant,
                g.get("principal") or who,
                request.endpoint or "",
                clock.now(),
                subject=request.path,
                request_id=g.request_id,
                detail=bearer.on_record(),
            )


@event.listens_for(WalledSession, "after_rollback")
def _not_written(_rows: Session) -> None:
    if has_request_context():
        g.written = False


def _leave(response: Response) -> Response:
    if request.method in UNSAFE and not g.get("written"):
        try:
            _write_refusal(response.status_code)
        except (OperationalError, InterfaceError) as error:  # the answer, 503 as a rule, is worth more than its row
            db.session.rollback()
            log.error("refusal_not_written", status=response.status_code, error=str(error)[:300])
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


def _write_refusal(status: int) -> None:
    """What was refused before any transaction is written too, with the desk."""
    db.session.rollback()
    with acting_as(GATE):
        desk = queries.desk_id(db.session())
        db.session.rollback()
    g.written = True
    who = g.get("principal") or job(desk)
    with acting_as(job(desk)), transaction() as rows:
        actions.write_down(
            rows,
            desk,
            who,
            request.endpoint or "",
            clock.now(),
            subject=request.path,
            outcome=str(status),
            request_id=g.get("request_id", ""),
            detail=bearer.on_record(),
        )


def _forget(_error: BaseException | None) -> None:
    let_go()
    become(g.get("before"), settle=False)
    structlog.contextvars.clear_contextvars()
