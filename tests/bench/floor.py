"""The floor: what the same rows cost in the same framework without sign-in, walls, clocks or audit."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import and_, intersect, select

from msp.settings import Settings
from msp.tickets.rules import query_tokens
from tests.bench.gauge import Gauge
from tests.bench.tables import UNDONE, Client, Clock, Colleague, Event, Message, Person, Plain, Ticket, Token

PAGE = 50
db = SQLAlchemy(model_class=Plain, disable_autonaming=True)


def create_floor(settings: Settings) -> Flask:
    """Five pages: the queue, a ticket, opening one, replying, searching."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 10, "max_overflow": 10},
    )
    db.init_app(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_url_rule("/tickets", view_func=queue)
    app.add_url_rule("/tickets/<key>", view_func=ticket)
    app.add_url_rule("/tickets/new", view_func=create, methods=["POST"])
    app.add_url_rule("/tickets/<key>/answer", view_func=reply, methods=["POST"])
    app.add_url_rule("/search", view_func=search)
    return app


def serve() -> Gauge:
    """For `gunicorn tests.bench.floor:serve()`: measured like the desk."""
    return Gauge(create_floor(Settings.read()))


def queue() -> str:
    """Fifty rows by one indexed query, with their companies' names."""
    rows = db.session.execute(
        select(Ticket, Client)
        .join(Client, Client.id == Ticket.tenant_id)
        .where(UNDONE)
        .order_by(Ticket.due_at.asc().nulls_last(), Ticket.opened_at, Ticket.id)
        .limit(PAGE)
    ).all()
    return render_template("queue.html", rows=rows)


def ticket(key: str) -> str:
    """One ticket with its people, words, events and clocks, and what else is open at that company."""
    found = db.session.execute(
        select(Ticket, Client, Person, Colleague)
        .join(Client, Client.id == Ticket.tenant_id)
        .join(Person, Person.id == Ticket.contact_id)
        .join(Colleague, Colleague.id == Ticket.owner_id)
        .where(Ticket.key == key)
    ).one_or_none()
    if found is None:
        abort(404)
    one, client, person, colleague = found
    return render_template(
        "ticket.html",
        ticket=one,
        client=client,
        person=person,
        colleague=colleague,
        messages=db.session.scalars(select(Message).where(Message.ticket_id == one.id).order_by(Message.at)).all(),
        events=db.session.scalars(select(Event).where(Event.ticket_id == one.id).order_by(Event.at)).all(),
        clocks=db.session.scalars(select(Clock).where(Clock.ticket_id == one.id)).all(),
        beside=db.session.scalars(
            select(Ticket).where(UNDONE, Ticket.tenant_id == one.tenant_id).order_by(Ticket.opened_at.desc()).limit(5)
        ).all(),
    )


def create() -> ResponseReturnValue:
    """One insert and commit."""
    form, now = request.form, datetime.now(UTC)  # noqa: TID251 - the floor is no door of the house
    row = Ticket(
        tenant_id=int(form["tenant_id"]),
        number=0,
        key=form["key"],
        title=form["text"][:80],
        kind=form["kind"],
        impact=form["impact"],
        urgency=form["urgency"],
        priority="P4",
        status="open",
        channel="phone",
        tier=1,
        owner_id=1,
        contact_id=int(form["contact"]),
        requester="",
        opened_at=now,
        changed_at=now,
        resolution=form["text"],
        clock="none",
        breached=False,
    )
    db.session.add(row)
    db.session.commit()
    return redirect(f"/tickets/{form['key']}", 303)


def reply(key: str) -> ResponseReturnValue:
    """One insert and commit."""
    form = request.form
    row = Message(
        ticket_id=int(form["ticket_id"]),
        at=datetime.now(UTC),  # noqa: TID251 - the floor is no door of the house
        by="agent",
        by_id=1,
        by_name="計測",
        channel="mail",
        text=form["body"],
    )
    db.session.add(row)
    db.session.commit()
    return redirect(f"/tickets/{key}", 303)


def search() -> str:
    """The newest fifty that hold every word, and the companies to choose from."""
    holders = [
        select(Token.ticket_id).where(
            and_(Token.token >= token, Token.token < token + "\U0010ffff") if prefix else Token.token == token
        )
        for token, prefix in query_tokens(request.args["q"])
    ]
    hits = (intersect(*holders) if len(holders) > 1 else holders[0]).subquery()
    newest = select(hits.c.ticket_id).distinct().order_by(hits.c.ticket_id.desc()).limit(PAGE)
    rows = db.session.execute(
        select(Ticket, Client)
        .join(Client, Client.id == Ticket.tenant_id)
        .where(Ticket.id.in_(newest))
        .order_by(Ticket.id.desc())
    ).all()
    clients = db.session.scalars(select(Client).order_by(Client.name)).all()
    return render_template("search.html", words=request.args["q"], rows=rows, clients=clients)
