"""People of the desk: who is here, what each may do, inviting, letting go."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from msp import clock, guard, reach
from msp.errors import Refused
from msp.web import forms
from msp.web.mending import mend
from tenants import actions, queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Agent
from tenants.rules import DESK_KEY, DESK_ROLES, GATE, Permission, Role
from tenants.schemas import AgentSchema, RoleSchema

pages = Blueprint("people", __name__)


@pages.get("/people")
@guard.requires(Permission.SEE_PEOPLE)
def index() -> str:
    """Everybody of the desk, those who left at the end; of their clients those count whom the reader sees too."""
    rows, who, now = db.session(), guard.principal(), clock.now()
    with acting_as(GATE):
        logins, lists = queries.desk_logins(rows), queries.allow_lists(rows, who.tenants)
        sessions = queries.open_sessions(rows, now)
    return render_template(
        "people/index.html",
        agents=queries.everybody(rows),
        logins=logins,
        lists=lists,
        sessions=sessions,
        may_run=who.may(Permission.RUN_PEOPLE),
    )


@pages.get("/people/new")
@guard.requires(Permission.RUN_PEOPLE)
def form() -> str:
    return _invitation({})


@pages.post("/people")
@guard.requires(Permission.RUN_PEOPLE)
def invite() -> ResponseReturnValue:
    """A new person of the desk; he chooses a password by the link in the mail."""
    given, errors = forms.read(AgentSchema())
    if not errors:
        try:
            with transaction() as rows:
                email, name, role = given.pop("email"), given.pop("name"), Role(given.pop("role"))
                made = actions.hire(rows, email, name, role, **given)
                rows.flush()
                actions.invite_agent(rows, made.id, _desk(), clock.now())
            return redirect(url_for(".show", login_id=made.id, said="invited"), 303)
        except Refused as refused:
            errors = mend(refused, "email")
    return _invitation(errors), 422


@pages.get("/people/<int:login_id>")
@guard.requires(Permission.SEE_PEOPLE)
def show(login_id: int) -> str:
    """One person: role, way in, and which clients he serves."""
    return page_of(login_id)


@pages.post("/people/<int:login_id>/role")
@guard.requires(Permission.RUN_PEOPLE)
def keep_role(login_id: int) -> ResponseReturnValue:
    """Change what he may do; it holds from his next request on."""
    given, errors = forms.read(RoleSchema())
    if not errors:
        try:
            with transaction() as rows:
                agent = agent_of(rows, login_id)
                actions.change_role(rows, agent, Role(given["role"]), given["tier"], given["sees_all"])
            return redirect(url_for(".show", login_id=login_id, said="kept"), 303)
        except Refused as refused:
            errors = mend(refused, "role")
    return page_of(login_id, errors), 422


@pages.post("/people/<int:login_id>/invite")
@guard.requires(Permission.RUN_PEOPLE)
def invite_again(login_id: int) -> ResponseReturnValue:
    with transaction() as rows:
        actions.invite_agent(rows, agent_of(rows, login_id).id, _desk(), clock.now())
    return redirect(url_for(".show", login_id=login_id, said="invited"), 303)


@pages.post("/people/<int:login_id>/out")
@guard.requires(Permission.RUN_PEOPLE)
def shut_out(login_id: int) -> ResponseReturnValue:
    """He leaves the desk: all his sessions end at once."""
    if login_id == guard.principal().login_id:
        raise Refused("You cannot shut yourself out.")
    with transaction() as rows:
        actions.dismiss(rows, agent_of(rows, login_id), clock.now())
    return redirect(url_for(".show", login_id=login_id, said="out"), 303)


@pages.post("/people/<int:login_id>/in")
@guard.requires(Permission.RUN_PEOPLE)
def take_back(login_id: int) -> ResponseReturnValue:
    with transaction() as rows:
        actions.take_back_in(rows, agent_of(rows, login_id))
    return redirect(url_for(".show", login_id=login_id, said="kept"), 303)


@pages.post("/people/<int:login_id>/sessions/end")
@guard.requires(Permission.RUN_PEOPLE)
def end_sessions(login_id: int) -> ResponseReturnValue:
    """Sign him out everywhere; he may sign in again."""
    with transaction() as rows:
        agent = agent_of(rows, login_id)
        with acting_as(GATE):
            actions.sign_out_everywhere(rows, agent.id)
    return redirect(url_for(".show", login_id=login_id, said="ended"), 303)


def page_of(login_id: int, errors: forms.Errors | None = None) -> str:
    """The page of one person; with errors the form shows what was sent."""
    rows, who = db.session(), guard.principal()
    agent = agent_of(rows, login_id)
    with acting_as(GATE):
        login = queries.desk_logins(rows)[agent.id]
        listed = queries.allow_lists(rows, who.tenants).get(agent.id, {})
        sessions = queries.open_sessions(rows, clock.now()).get(agent.id, 0)
    return render_template(
        "people/show.html",
        agent=agent,
        login=login,
        listed=listed,
        sessions=sessions,
        clients=queries.tenants_of(rows, who),
        roles=DESK_ROLES,
        typed=request.form if errors else None,
        errors=errors or {},
        may_run=who.may(Permission.RUN_PEOPLE),
        himself=agent.id == who.login_id,
        said=request.args.get("said", ""),
    )


def agent_of(rows: Session, login_id: int) -> Agent:
    """A person of the desk, also one who left; else 404."""
    return rows.get(Agent, login_id) or abort(404)


def _invitation(errors: forms.Errors) -> str:
    typed = request.form if request.method == "POST" else None
    return render_template("people/new.html", roles=DESK_ROLES, typed=typed, errors=errors)


def _desk() -> int:
    return reach.tenant_named(DESK_KEY)
