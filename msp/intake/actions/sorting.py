"""Whose mail is it? Handed on where that is proven, left to an agent where it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from msp.files import files
from msp.intake import queries, reading
from msp.intake.actions.bounces import take_bounce
from msp.intake.actions.facts import let_go, note
from msp.intake.models import RawMail, State, Why
from msp.intake.rules.automatic import Kind
from msp.intake.rules.message import Mail
from msp.intake.rules.senders import Proof, carries_secrets
from msp.intake.rules.threading import Clues
from msp.outbox.office import Office
from msp.outbox.rules import Ours, opened, token_hash
from tenants import queries as people
from tenants.models import Tenant
from tenants.work import later

AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Pointers:
    """The tenants a mail points to: `sender` whose person wrote, `strong` by marks of ours, `weak` by a key.

    `left` are those whose person the sender was and is no longer; they are none of `sender`.
    """

    sender: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()
    weak: frozenset[int] = frozenset()
    left: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a mail goes, and why it does not go further."""

    state: State
    why: Why | None = None
    tenant_id: int | None = None
    hints: frozenset[int] = field(default=frozenset())


def sort(session: Session, desk_id: int, raw_id: int, office: Office, at: datetime) -> State | None:
    """Read a kept mail and find its client; answers where it went. As job of the desk.

    A second time it changes nothing and answers None.
    """
    raw = queries.raw_mail(session, desk_id, raw_id, lock=True)
    if raw is None or raw.state != State.KEPT:
        return None
    mail = reading.read(files().read(raw.place), raw.envelope_from, queries.own_addresses(session, office))
    session.get_one(Tenant, desk_id, with_for_update={"key_share": True})  # twins are compared one after the other
    note(raw, mail, at)
    proof = reading.proof_of(mail, office)
    raw.proof = proof
    ours = _returned(mail, office)
    if ours is not None and ours.tenant_id == desk_id and mail.judgement.bounce is not None:
        take_bounce(session, raw, mail.judgement.bounce, ours, at)
        return State(raw.state)
    verdict = _verdict(session, raw, mail, office, proof, ours)
    if verdict.state == State.DROPPED:
        let_go(raw, verdict.why or Why.AUTOMATIC)
        return State.DROPPED
    raw.state, raw.why, raw.moved_to = verdict.state, verdict.why or "", verdict.tenant_id
    raw.hints = {"tenants": sorted(verdict.hints)}
    if verdict.tenant_id is not None:
        later(session, "mail.hand_on", desk_id, raw.id, at=at)
    return verdict.state


def _returned(mail: Mail, office: Office) -> Ours | None:
    """The mail of ours that a delivery report is about."""
    bounce = mail.judgement.bounce
    return opened(office.keys, bounce.message_id) if bounce and mail.judgement.kind is Kind.BOUNCE else None


def _verdict(
    session: Session, raw: RawMail, mail: Mail, office: Office, proof: Proof, returned: Ours | None
) -> Verdict:
    if mail.judgement.kind is Kind.OWN or opened(office.keys, mail.message_id) is not None:
        return Verdict(State.DROPPED, Why.OWN)
    if queries.twin_of(session, raw) is not None:
        return Verdict(State.DROPPED, Why.DUPLICATE)
    if returned is not None:
        return Verdict(State.HANDED_ON, tenant_id=returned.tenant_id)
    if mail.judgement.kind is Kind.BOUNCE:
        return Verdict(State.DROPPED, Why.AUTOMATIC)
    if carries_secrets(mail.sender, mail.subject):
        return Verdict(State.TRIAGE, Why.SECRETS)
    at = _pointers(session, mail, reading.clues_of(mail, raw.envelope_to, office))
    verdict = _of_sender(session, raw, at, proof)
    if mail.judgement.automatic and not _may_be_placed(mail, at, verdict):
        return Verdict(State.DROPPED, Why.AUTOMATIC)
    return verdict


def _may_be_placed(mail: Mail, at: Pointers, verdict: Verdict) -> bool:
    """A machine's notice may be news; other automatic mail is worth something on the ticket it answers only."""
    if mail.judgement.kind is Kind.NOTICE:
        return True
    return verdict.state == State.HANDED_ON and bool(at.strong)


def _of_sender(session: Session, raw: RawMail, at: Pointers, proof: Proof) -> Verdict:
    """The one client it provably comes from, or what stands against it."""
    hints = at.sender | at.strong | at.weak | at.left
    doubt = _doubt(raw, at, proof)
    if doubt is not None:
        return Verdict(State.TRIAGE, doubt, hints=hints)
    (tenant_id,) = _candidates(at)
    if tenant_id == raw.tenant_id:
        return Verdict(State.TRIAGE, Why.COLLEAGUE)
    if not queries.is_open(session, tenant_id):
        return Verdict(State.TRIAGE, Why.CLIENT_GONE, hints=hints)
    if queries.handed_on_since(session, raw.tenant_id, raw.sender, raw.received_at - AN_HOUR) >= MOST_AN_HOUR:
        return Verdict(State.TRIAGE, Why.TOO_MANY, hints=hints)
    return Verdict(State.HANDED_ON, tenant_id=tenant_id)


def _doubt(raw: RawMail, at: Pointers, proof: Proof) -> Why | None:
    if not raw.sender:
        return Why.NO_SENDER
    if not at.sender:
        return Why.SENDER_LEFT if at.left else Why.UNKNOWN_SENDER
    if not (at.strong | at.weak) <= at.sender:
        return Why.SENDER_LEFT if (at.strong | at.weak) <= at.sender | at.left else Why.OTHER_CLIENT
    if len(_candidates(at)) != 1:
        return Why.SEVERAL_CLIENTS
    if proof is not Proof.PROVEN:
        return Why.REFUTED if proof is Proof.REFUTED else Why.UNPROVEN
    return None


def _candidates(at: Pointers) -> frozenset[int]:
    """Whoever serves several clients under one address is told apart by what he answers."""
    return at.strong or (at.sender if len(at.sender) == 1 else at.weak)


def _pointers(session: Session, mail: Mail, clues: Clues) -> Pointers:
    tokens = queries.by_tokens(session, [token_hash(token).hex() for token in clues.tokens])
    address = mail.sender.address if mail.sender else ""
    by_address, by_domain = people.tenants_of_sender(session, address)
    left = queries.tenants_left_by(session, address)
    return Pointers(
        sender=(by_address | by_domain) - left,
        strong=frozenset(tenant_id for tenant_id, _ in tokens.values()) | {ours.tenant_id for ours in clues.ours},
        weak=queries.tenants_named(session, {key.tenant for key in clues.keys}),
        left=left,
    )
