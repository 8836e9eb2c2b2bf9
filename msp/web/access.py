"""Which clients a person of the desk serves: all but the denied, or the chosen ones; a deny wins."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from msp import guard
from msp.errors import Refused
from msp.web.people import agent_of
from tenants import actions, queries
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Permission

pages = Blueprint("access", __name__)
WISHES = ("", "allowed", "denied")


@pages.post("/people/<int:login_id>/access")
@guard.requires(Permission.RUN_PEOPLE)
def keep(login_id: int) -> ResponseReturnValue:
    """Put the list as the form says, for the clients whoever sends it sees himself; it holds at the next request."""
    with transaction() as rows:
        agent, who = agent_of(rows, login_id), guard.principal()
        clients = queries.tenants_of(rows, who)
        with acting_as(GATE):
            listed = queries.allow_lists(rows, who.tenants).get(agent.id, {})
        for client in clients:
            wish = request.form.get(f"access-{client.key}")
            if wish is None:
                continue
            if wish not in WISHES:
                raise Refused("Choose one of these.")
            denied = {"allowed": False, "denied": True}.get(wish)
            if denied is None and client.tenant_id in listed:
                actions.disallow(rows, agent.id, client.tenant_id)
            elif denied is not None and listed.get(client.tenant_id) is not denied:
                actions.allow(rows, agent.id, client.tenant_id, denied=denied)
    return redirect(f"{url_for('people.show', login_id=login_id, said='kept')}#access", 303)
