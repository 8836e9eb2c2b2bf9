"""The wall between tenants: the models behind it, who acts, and the policies that migrations put in place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, TypeVar

from flask_sqlalchemy.session import Session as FlaskSession
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    Identity,
    MetaData,
    and_,
    any_,
    bindparam,
    event,
    inspect,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    with_loader_criteria,
)

from tenants.ids import Ids, written_out
from tenants.rules import Kind, Principal

SETTINGS = (
    "SELECT set_config('app.tenants', %s, true), set_config('app.tenant', %s, true), set_config('app.kind', %s, true)"
)
AT_ONCE = "SET LOCAL app.tenants = '{}'; SET LOCAL app.tenant = '{}'; SET LOCAL app.kind = '{}'"
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class WallError(RuntimeError):
    """A statement tried to pass the wall; this is a fault of ours, never of the person."""


class Base(DeclarativeBase):
    """Every table of the house."""

    metadata = MetaData(naming_convention=NAMES)


class Walled(Base):
    """A row of one tenant. `__staff_only__` rows exist for the desk alone; `__append_only__` ones never change."""

    __abstract__ = True
    __staff_only__: ClassVar[bool] = False
    __append_only__: ClassVar[bool] = False

    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, sort_order=-2)


class Model(Walled):
    """What a model is unless it says otherwise: walled, with an id of its own."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True, autoincrement=True, sort_order=-1
    )


class Drawn(Model):
    """A row whose id may be drawn before it is written, so that others can name it and leave together with it."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, autoincrement=True, sort_order=-1)


class Shared(Base):
    """A table outside the wall. `__why__` says why; `__open_to__` names the kinds of session it answers."""

    __abstract__ = True
    __why__: ClassVar[str] = ""
    __open_to__: ClassVar[tuple[str, ...]] = ()
    __append_only__: ClassVar[bool] = False
    __about__: ClassVar[str | None] = None


class Desk(Shared):
    """People and settings of the desk itself."""

    __abstract__ = True
    __open_to__: ClassVar[tuple[str, ...]] = ("staff", "system")


class Gate(Shared):
    """What must be read before anybody is known: ids, hashes and normalised addresses only."""

    __abstract__ = True
    __open_to__: ClassVar[tuple[str, ...]] = ("gate", "system")


Statement = TypeVar("Statement", bound=Executable)
UNTOLD = object()

_acting: ContextVar[Principal | None] = ContextVar("acting", default=None)
_session: ContextVar[Session | None] = ContextVar("session", default=None)


def acting() -> Principal:
    """Whoever acts now. Raises `WallError` when nobody does."""
    principal = _acting.get()
    if principal is None:
        raise WallError("Nobody acts: no tenant is set, so nothing may be read or written.")
    return principal


def acting_or_none() -> Principal | None:
    return _acting.get()


@contextmanager
def acting_as(principal: Principal) -> Iterator[Principal]:
    """Everything inside is seen and written as this principal, also in a transaction that is already open."""
    before = become(principal)
    try:
        yield principal
    except BaseException:
        become(before, settle=False)
        raise
    else:
        become(before)


def become(principal: Principal | None, settle: bool = True) -> Principal | None:
    """Change who acts and answer who did before. `settle` sends what the earlier one has not yet written."""
    before = _acting.get()
    session = _session.get()
    if session is not None and session.in_transaction():
        if settle:
            session.flush()
        _acting.set(principal)
        if session.is_active and session.info.get("told", UNTOLD) != principal and not _broken(session.connection()):
            _tell_database(session, session.connection(), principal)
    else:
        _acting.set(principal)
    return before


def _broken(connection: Connection) -> bool:
    """Whether a statement failed or the server is gone, and the transaction waits only to be rolled back."""
    driver: Any = None if connection.invalidated else connection.connection.dbapi_connection
    return driver is None or driver.info.transaction_status in (TransactionStatus.INERROR, TransactionStatus.UNKNOWN)


def _tell_database(session: Session, connection: Connection, principal: Principal | None) -> None:
    """In the turn that begins the transaction, where the driver can; what fails there is said again and raises."""
    session.info["told"] = principal
    told = settings_of(principal)
    say = getattr(connection.connection.dbapi_connection, "say", None)
    if say is None or not say(AT_ONCE.format(*told)):
        connection.exec_driver_sql(SETTINGS, told)


def settings_of(principal: Principal | None) -> tuple[str, str, str]:
    """What the policies read of who acts. Numbers and one of our own words: nothing in it asks for quotes."""
    if principal is None:
        return "", "", ""
    tenants = written_out(sorted(principal.tenants)) if principal.tenants else ""
    return tenants, "" if principal.tenant is None else f"{principal.tenant:d}", Kind(principal.kind).value


class WalledSession(FlaskSession):
    """A session that tells the database who acts and adds the tenants to every ORM statement."""


def _seen() -> list[int]:
    return sorted(acting().tenants)


_TENANTS: Any = any_(bindparam("acting_tenants", callable_=_seen, type_=Ids))
_CRITERION: Callable[[type[Walled]], Any] = lambda cls: cls.tenant_id == _TENANTS  # noqa: E731 - SQLAlchemy wants a lambda
_SCOPE = with_loader_criteria(Walled, _CRITERION, include_aliases=True, track_closure_variables=False)


def among(column: ColumnElement[int] | InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether it is one of these ids; one and the same statement for any number of them."""
    return column == any_(bindparam(None, sorted(ids), type_=Ids, unique=True))


def these(name: str, column: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """`among` for a statement that is built once: the ids are its parameter of this name."""
    return column == any_(bindparam(name, type_=Ids))


def within(column: ColumnElement[int] | InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    """`among` for ids, at least one, that stand close together, as a batch's do.

    The tenants are asked for three times, so the planner takes them for fewer than they are, and for cheaper to walk
    through than to look up many ids; the range of these says how few they are.
    """
    return and_(column.between(min(ids), max(ids)), among(column, ids))


def scoped(statement: Statement) -> Statement:
    """The statement with the tenants added beforehand; for one that is built once and asked often."""
    return statement.options(_SCOPE)


@event.listens_for(WalledSession, "after_begin")
def _on_begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """A savepoint goes on with what was told before it."""
    principal = acting()
    _session.set(session)
    if not transaction.nested or session.info.get("told", UNTOLD) != principal:
        _tell_database(session, connection, principal)


@event.listens_for(WalledSession, "after_soft_rollback")
def _on_rollback(session: Session, _transaction: SessionTransaction) -> None:
    """With a savepoint goes what the database was told since, and what waits to be written."""
    session.info.pop("told", None)
    session.info.pop("gathered", None)


@event.listens_for(WalledSession, "do_orm_execute")
def _on_execute(state: ORMExecuteState) -> None:
    statement: Any = state.statement
    if (state.is_select or state.is_update or state.is_delete) and _SCOPE not in statement._with_options:
        state.statement = statement.options(_SCOPE)


@event.listens_for(WalledSession, "before_flush")
def _on_flush(session: Session, _context: object, _instances: object) -> None:
    """Foreign inserts and changed tenants are what the ORM scope cannot see; they stop here."""
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Walled):
            check_tenant(row.tenant_id)
            if inspect(row).attrs.tenant_id.history.deleted:
                raise WallError(f"{type(row).__name__} cannot move to another tenant.")


def check_tenant(tenant_id: int | None) -> None:
    """A unit of work writes in its one tenant. Raises `WallError`."""
    if tenant_id is None or tenant_id != acting().tenant:
        raise WallError(f"A unit of work for tenant {acting().tenant} tried to write for {tenant_id}.")


SEE = "tenant_id = ANY ((SELECT nullif(current_setting('app.tenants', true), '')::bigint[])::bigint[])"
WRITE = "tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::bigint)"
KIND = "(SELECT current_setting('app.kind', true)) IN ({})"


def wall(table: str, staff_only: bool = False, append_only: bool = False) -> list[str]:
    """The statements that put a table behind the wall; part of the migration that creates it (safety.md 1)."""
    sql = _forced(table, append_only)
    sql.append(f"CREATE POLICY see ON {table} FOR SELECT USING ({SEE})")
    sql.append(f"CREATE POLICY add ON {table} FOR INSERT WITH CHECK ({WRITE})")
    sql.append(f"CREATE POLICY edit ON {table} FOR UPDATE USING ({WRITE}) WITH CHECK ({WRITE})")
    sql.append(f"CREATE POLICY remove ON {table} FOR DELETE USING ({WRITE})")
    if staff_only:
        kinds = KIND.format("'staff', 'system'")
        sql.append(f"CREATE POLICY staff ON {table} AS RESTRICTIVE FOR ALL USING ({kinds}) WITH CHECK ({kinds})")
    return sql


def share(table: str, open_to: tuple[str, ...], append_only: bool = False, about: str | None = None) -> list[str]:
    """The statements for a table outside the wall: it answers the named kinds of session only.

    `about` names the column of the tenant whose words a row may repeat; who does not see him does not see the row.
    """
    kinds = KIND.format(", ".join(f"'{kind}'" for kind in open_to))
    if about is not None:
        kinds = f"{kinds} AND {SEE.replace('tenant_id', about, 1)}"
    return [
        *_forced(table, append_only),
        f"CREATE POLICY kinds ON {table} FOR ALL USING ({kinds}) WITH CHECK ({kinds})",
    ]


def _forced(table: str, append_only: bool) -> list[str]:
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"GRANT {rights} ON {table} TO msp_app",
        f"GRANT SELECT ON {table} TO msp_backup",
    ]
