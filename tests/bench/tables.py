"""The floor's tables: the desk's own rows copied without walls, with the indexes a page needs and no more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Instant = DateTime(timezone=True)
UNDONE = text("status IN ('new', 'open', 'pending_client', 'pending_vendor', 'scheduled')")


class Plain(DeclarativeBase):
    """A table as a small program would have it: one key, no walls."""

    __copied_from__: str = ""
    __id_is__: str = "id"


class Client(Plain):
    """A company."""

    __tablename__ = "floor_client"
    __copied_from__ = "tenant"
    __id_is__ = "tenant_id"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short: Mapped[str]
    tile: Mapped[int]
    language: Mapped[str]


class Person(Plain):
    """Somebody at a company."""

    __tablename__ = "floor_person"
    __copied_from__ = "contact"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, index=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str]


class Colleague(Plain):
    """Somebody of the desk."""

    __tablename__ = "floor_colleague"
    __copied_from__ = "agent"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]


class Ticket(Plain):
    """A matter, with all that the desk's own row says of it."""

    __tablename__ = "floor_ticket"
    __copied_from__ = "ticket"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    kind: Mapped[str]
    category: Mapped[str | None]
    impact: Mapped[str]
    urgency: Mapped[str]
    priority: Mapped[str]
    status: Mapped[str]
    channel: Mapped[str]
    tier: Mapped[int]
    owner_id: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    requester: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolution: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    due_metric: Mapped[str | None]
    due_target: Mapped[int | None] = mapped_column(BigInteger)
    clock: Mapped[str]
    breached: Mapped[bool]

    __table_args__ = (
        Index("ix_floor_ticket_queue", "due_at", "opened_at", "id", postgresql_where=UNDONE),
        Index("ix_floor_ticket_beside", "tenant_id", "opened_at", postgresql_where=UNDONE),
    )


class Message(Plain):
    """Words on a ticket."""

    __tablename__ = "floor_message"
    __copied_from__ = "message"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    by_name: Mapped[str]
    channel: Mapped[str]
    text: Mapped[str]


class Event(Plain):
    """What happened to a ticket."""

    __tablename__ = "floor_event"
    __copied_from__ = "event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    type: Mapped[str]
    by: Mapped[str]
    by_name: Mapped[str]


class Clock(Plain):
    """A promise on a ticket."""

    __tablename__ = "floor_clock"
    __copied_from__ = "clock"
    __id_is__ = ""

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    target: Mapped[int | None] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger)


class Token(Plain):
    """A word that a ticket holds, newest ticket first."""

    __tablename__ = "floor_token"
    __copied_from__ = "token"
    __id_is__ = ""

    token: Mapped[str] = mapped_column(String(collation="C"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


def copy(admin_url: str) -> None:
    """Make the floor's tables from the desk's, as a superuser, whom no wall stops; the application may use them."""
    engine = create_engine(admin_url)
    with engine.begin() as connection:
        Plain.metadata.drop_all(connection)
        Plain.metadata.create_all(connection)
        for mapper in Plain.registry.mappers:
            model = mapper.class_
            named = {"id": model.__id_is__}
            columns = [column.name for column in mapper.columns]
            sources = ", ".join(named.get(name, name) for name in columns)
            table = model.__tablename__
            connection.execute(
                text(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {sources} FROM {model.__copied_from__}")
            )
            connection.execute(text(f"GRANT SELECT, INSERT, UPDATE ON {table} TO msp_app"))
            if mapper.columns.get("id") is not None and mapper.columns["id"].identity is not None:
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
                )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))
    engine.dispose()
