"""Hostile HTML, file names and names wherever the desk and the portal show what strangers wrote, in a real browser."""

from __future__ import annotations

from collections.abc import Sequence

from msp.tickets import actions as tickets
from msp.tickets.rules import Channel
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tests.browser import Visitor, chromium, served
from tests.cast import MONDAY_9, PASSWORD
from tests.prove.ground import Ground, standing
from tests.prove.proof import Found, Place

REDIS = 45
FAR = "http://elsewhere.invalid"
RUN = "ran()"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"<ScRiPt src={FAR}/x.js></sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<img src={FAR}/pixel.gif>",
    f"<img srcset='{FAR}/a.png 1x' src={FAR}/b.png loading=eager>",
    f"<svg onload={RUN}><image href='{FAR}/i.svg'/></svg>",
    f"<svg><script>{RUN}</script><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=20>x</text></a></svg>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={RUN}&gt;'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<iframe src='javascript:{RUN}'></iframe><iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src={FAR}/frame></iframe>",
    f"<object data={FAR}/o></object><embed src={FAR}/e><applet code={FAR}/a></applet>",
    f"<link rel=stylesheet href={FAR}/s.css><link rel=prefetch href={FAR}/p><link rel=dns-prefetch href={FAR}>",
    f"<style>@import '{FAR}/i.css'; body {{ background: url({FAR}/bg.png) }}</style>",
    f"<p style=\"background:url('{FAR}/b.png');position:fixed;inset:0\">x</p>",
    f"<div style='width:expression({RUN});behavior:url({FAR}/h.htc)'>x</div>",
    f"<base href={FAR}/><a href=x>x</a>",
    f"<meta http-equiv=refresh content='0;url={FAR}/go'>",
    f"<form action={FAR}/f><input autofocus onfocus={RUN}><button formaction='javascript:{RUN}'>x</button></form>",
    f"<body onload={RUN} onpageshow={RUN} background={FAR}/bg.gif>",
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    f"<video src={FAR}/v.mp4 poster={FAR}/p.png autoplay onerror={RUN}></video><audio src={FAR}/a.mp3 autoplay>",
    f"<video><source onerror={RUN} src=x></video>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<a href='java&#10;script:{RUN}'>x</a><a href='&#x6A;avascript:{RUN}'>x</a>",
    f"<a href='data:text/html,<script>{RUN}'>x</a>",
    f"<table background={FAR}/t.png><td background={FAR}/d.png>x</table>",
    f"<template><script>{RUN}</script></template><xmp><img src=x onerror={RUN}></xmp>",
    f"<textarea></textarea><img src=x onerror={RUN}></textarea>",
    f"<!--><img src=x onerror={RUN}>--><![CDATA[<img src=x onerror={RUN}>]]>",
    f"<img src='cid:x' onload={RUN} alt='\"><script>{RUN}</script>'>",
    f"\"'><img src=x onerror={RUN}>",
    f"</script><script>{RUN}</script>",
    f"</title></style></textarea></template><script>{RUN}</script>",
    f"<div hx-get={FAR}/h hx-trigger=load hx-on::load='{RUN}' data-hx-get={FAR}/d>x</div>",
    f"<div data-hx-on:htmx:load='{RUN}' hx-vals='js:{{a: {RUN}}}' hx-get=/healthz hx-trigger=load>x</div>",
    f"{{{{ config }}}} ${{ {RUN} }} #{{ {RUN} }} <%= {RUN} %>",
    f"<x onpointerenter={RUN} onanimationstart={RUN} style='animation-name:x'>x</x>",
    f"<portal src={FAR}></portal><fencedframe src={FAR}></fencedframe>",
    f"\u202e<img/src=`x`onerror={RUN}>\u2028<script>{RUN}</script>",
)


def prove(place: Place) -> Found:
    with standing(place.servers, "prove_hostile", REDIS, place.folder) as ground:
        shown, wrong = show(ground, PAYLOADS, place)
    return Found(f"{len(wrong)} on {shown} pages of {len(PAYLOADS)} tickets", wrong)


def show(ground: Ground, payloads: Sequence[str], place: Place | None = None) -> tuple[int, list[str]]:
    """Open every page that shows them, as an agent and as the client. Answers (pages, what ran or left the origin)."""
    cast = ground.world.cast
    with ground.app.app_context():
        numbers = [_open(ground, payload) for payload in payloads]
        db.session.remove()
    desk = [*(f"/tickets/ACME-{number}" for number, _ in numbers), "/tickets", "/tickets?view=all", "/search?q=onerror"]
    framed = [f"/tickets/ACME-{number}/messages/{message}/formatted" for number, message in numbers]
    portal = [*(f"/portal/ACME/tickets/{number}" for number, _ in numbers), "/portal", "/portal/ACME/tickets"]
    wrong: list[str] = []
    where = [""]

    def ran() -> None:
        wrong.append(f"{where[0]}: a script ran")

    with served(ground.app) as url, chromium() as browser:
        for email, paths in (
            (cast.emails["agent"], desk + framed),
            (cast.acme.emails[Role.CLIENT_ADMIN], portal),
        ):
            visitor = Visitor(browser, url, "ja")
            visitor.context.expose_function("ran", ran)
            visitor.sign_in(email, PASSWORD)
            visitor.complaints.clear()
            for path in paths:
                where[0] = path
                if place is not None:
                    place.say(path)
                _visit(visitor, path)
                wrong += [f"{path}: {said}" for said in visitor.complaints if said.startswith("asked ")]
                visitor.complaints.clear()
            visitor.context.close()
    return len(desk) + len(framed) + len(portal), wrong


def _visit(visitor: Visitor, path: str) -> None:
    """Open a page with all that is folded in it, and give what lurks a moment."""
    visitor.page.goto(path, wait_until="load")
    visitor.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    visitor.page.mouse.move(400, 400)
    visitor.page.wait_for_timeout(150)


def _open(ground: Ground, payload: str) -> tuple[int, int]:
    """A ticket with the payload in its title, words, HTML, sender's and file's name: (number, message id)."""
    company = ground.world.cast.acme
    with acting_as(job(company.id)), transaction() as session:
        contact = session.get_one(Contact, (company.id, company.contacts[Role.REQUESTER]))
        tenant = session.get_one(Tenant, company.id)
        upload = tickets.Upload(f"{payload[:150]}.html", "text/html", 1, "0" * 64, "nowhere")
        matter = tickets.Matter(payload[:200], payload, Channel.MAIL, contact, html=payload, uploads=[upload])
        ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, payload), MONDAY_9)
        session.flush()
        assert ticket.last_message_id is not None
        return ticket.number, ticket.last_message_id
