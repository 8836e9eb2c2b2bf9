"""What somebody would write into the form behind each unsafe route, so that the verb behind it runs."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from json import dumps
from types import SimpleNamespace
from typing import Any

from msp.web import send_token
from sla.rules.contract import METRICS
from tests.cast import PASSWORD
from tests.promises import OFFICE, TARGETS
from tests.prove.after import CSV
from tests.prove.uneven import OCCASION, RATE, SPAN
from tests.prove.world import World

Form = Mapping[str, str]

PRESSED = """
rosters.end_swap rosters.use webhooks.renew_secret webhooks.send_again webhooks.try_out webhooks.use
client_sla.withdraw portal_sla.withdraw
answers.undo api_page.nothing contacts.invite contacts.left entrance.sign_out entries.approve
entries.drop entries.edit entries.move entries.submit my_day.grow
 invoices.compute issuers.drop_tax my_day.accept_all my_time.drop my_time.merge my_time.submit
people.end_sessions people.invite_again people.shut_out
people.take_back prepaid.take_back profile.sign_out_everywhere rates.drop_client rates.drop_cost rates.drop_desk
rates.end_discount ticket_acts.cancel ticket_acts.close ticket_acts.reopen
ticket_acts.send_again ticket_acts.take ticket_acts.take_up ticket_acts.wait_on_client ticket_acts.wait_on_vendor
timer.discard timer.pause timer.start work.again work.run
sending.again sending.stop bank.pass_over
contract_editor.withdraw portal_contract.approve portal_contract.decline surge.withdraw
"""
"""Routes that ask for nothing but the press of a button."""

ANSWER = {"body": "わかりました", "minutes": "5", "work_type": "remote", "send_token": "{send_token}"}
COMPANY = {
    "name": "北町商店", "short": "北町", "zone": "Asia/Tokyo", "billing_zone": "Asia/Tokyo", "owner": "{login_id}",
}  # fmt: skip
CALL = {"client": "{home}", "text": "電話です", "title": "電話", "minutes": "5", "work_type": "remote"}
LINE = {"name": "出張費", "quantity": "1", "price": "1000"}
CHANGE = {"?line": "{line_key}", "quantity": "3", "reason": "約束どおり"}

WORKED = {"day": "2026-05-31", "spent": "0:25", "work_type": "remote", "billable": "1"}
COUNTED = {"scope": "ticket", "step_remote": "15", "times_after": "1.25", "price_km": "50"}
TICKED = {"entry": "{home}:{entry_id}:1"}

JSON = "application/json"
"""A form of this one name is a body for a program's route; its own braces are doubled."""

LOT = {"item": "block", "hours": "10", "since": "2031-01-05"}

CALENDAR = {"name": "本社", "zone": "Asia/Tokyo", "mon": "9:00-18:00", "tue": "9:00-17:00", "holiday_set": "JP"}
TERMS = {"calendar": "{calendar_id}", "P1_first_response": "15m", "P1_resolution": "4h", "mode": "pinned"}

ISSUER = {"name": "デスク欧州", "country": "DE", "fiscal_year_month": "1", "due_by": "net", "due_days": "14"}

ROSTER = {
    "name": "当番", "zone": "Asia/Tokyo", "since": "2026-06-01", "hand_over_day": "0", "hand_over_time": "09:00",
    "shift-0-days": "mon", "shift-0-from": "18:00", "shift-0-to": "09:00", "shift-0-people": "{login_id}",
}  # fmt: skip
STAND_IN = {"login_id": "{login_id}", "begins": "2031-06-01T09:00", "ends": "2031-06-02T09:00"}
WEBHOOK = {"name": "監視", "url": "https://93.184.216.34/in", "events": "escalation.reached"}

WHAT_IF = '{{"client": "{home}", "months": ["2026-05", "2026-06"], %s}}'
LONG = {"calendar": "neu", "targets": {each: dict.fromkeys(METRICS, 90_000) for each in TARGETS}}
KEPT = dumps({"terms": LONG, "calendars": {"neu": OFFICE}})[1:-1].replace("{", "{{").replace("}", "}}")
"""Terms under which promises that were broken are kept."""

OF_CYCLE = {"metric": "first_response", "cycle": "1"}
VERDICTS = ({"verdict": "accept"}, {"verdict": "reject", "answer": "いいえ"})

FORMS: dict[str, tuple[Form, ...]] = {
    "escalations.acknowledge": ({"metric": "resolution"},),
    "rosters.create": (ROSTER,),
    "rosters.keep": (ROSTER,),
    "rosters.swap": (STAND_IN,),
    "webhooks.create": (WEBHOOK,),
    "webhooks.keep": (WEBHOOK,),
    "client_sla.answer": VERDICTS,
    "client_sla.close": ({"?of": "2026-05"},),
    "month_pace.keep": ({"close_after": "10", "answer_within": "6"},),
    "credits.decide": ({"verdict": "accept"}, {"verdict": "decline"}),
    "pack_charges.decide": ({"verdict": "accept"}, {"verdict": "decline"}),
    "portal_sla.answer": VERDICTS,
    "portal_sla.contest": (OF_CYCLE | {"metric": "resolution", "reason": "遅い"}, OF_CYCLE | {"reason": "遅い"}),
    "ticket_clock.explain": (OF_CYCLE | {"metric": "resolution", "code": "volume"},),
    "ticket_clock.propose": (OF_CYCLE | {"reason": "停電"},),
    "api.contest": ({JSON: '{{"metric": "first_response", "cycle": 1, "reason": "停電"}}'},),
    "api.explain": ({JSON: '{{"metric": "resolution", "cycle": 1, "code": "volume"}}'},),
    "api.evaluate": ({JSON: '{{"op": "holidays", "country": "JP", "year": 2026}}'},),
    "api.log": ({JSON: '{{"work_type": "remote", "worked_on": "2026-06-01", "seconds": 300}}'},),
    "api.note": ({JSON: '{{"text": "書きかけ"}}'},),
    "api.open_ticket": ({JSON: '{{"title": "壊れた", "text": "動きません", "contact": null}}'},),
    "api.reply": ({JSON: '{{"text": "まだです"}}'},),
    "api.resolve": ({JSON: '{{"resolution": "直しました"}}'},),
    "api.set_priority": ({JSON: '{{"impact": "high", "urgency": "high"}}'},),
    "api.set_status": ({JSON: '{{"status": "pending_client"}}'},),
    "api.what_if": ({JSON: WHAT_IF % '"terms": {{"targets": {{}}}}'}, {JSON: WHAT_IF % KEPT}),
    "bank.bring": ({"layout": "generic", "@file": CSV.replace("4321", "5432")},),
    "bank.confirm": ({"line": "{line_id}", "client-{line_id}": "{home}"},),
    "portal_invoice.say": (
        {"line": "1", "kind": "question", "text": "何の作業ですか"},
        {"line": "0", "kind": "accept"},
    ),
    "questions.say": ({"line": "1", "kind": "say", "text": "会議です"},),
    "dunning.keep": ({"1_days": "5", "1_subject_ja": "お願い"},),
    "dunning.send": ({"document": "{home}:{document_id}"}, {"document": "{home}:{credited_id}"}),
    "exports.make": ({"issuer": "{issuer_id}", "until": "2030-12-31"},),
    "payments.enter": ({"paid_on": "2026-05-31", "amount": "1000"},),
    "payments.refund": ({"paid_on": "2026-06-30", "amount": "1", "reason": "過入金"},),
    "payments.spend": ({"currency": "JPY"},),
    "payments.spread": ({"amount-{document_id}": "100"},),
    "payments.void": ({"reason": "誤り"},),
    "sending.keep": ({"undo_minutes": "20", "invoice_subject_ja": "請求書 {{{{number}}}}"},),
    "surge.end": ({"ends_at": "2029-01-01T00:00"},),
    "surge.propose": (
        {"name": "増強", "starts_at": "2035-01-01T00:00", "ends_at": "2035-02-01T00:00", "P1_resolution": "1h"},
    ),
    "tokens.make": ({"label": "帳票", "client": "{home}", "scopes": "tickets:read", "days": "30"},),
    "tokens.revoke": ({"token": "msp_none"},),
    "access.keep": ({"access-{home}": "denied"}, {"access-{home}": "allowed"}, {"access-{home}": ""}),
    "accounts.keep": (
        {"issuer": "{issuer_id}", "recipient": "北町商店", "emails": "a@x.example", "closing_day": "20"},
        {"issuer": "{issuer_id}", "recipient": "北町商店", "due_by": "net", "due_days": "30"},
    ),
    "answers.send": (
        ANSWER | {"kind": "reply", "then": "solve", "resolution": "直しました"},
        ANSWER | {"kind": "reply", "cc": "{colleague}", "after": "pending_client"},
        ANSWER | {"kind": "note"},
    ),
    "approvals.approve": (TICKED,),
    "approvals.decide": ({"how": "on_close"}, {"how": "manual", "four_eyes": "1"}),
    "approvals.reject": (TICKED | {"reason": "何の作業ですか"},),
    "approvals.write_off": (TICKED | {"reason": "お詫び"},),
    "calendars.create": (CALENDAR | {"name": "支店"},),
    "calendars.keep": (CALENDAR | {"since": "2033-01-01T00:00"},),
    "calendars.restate": (CALENDAR | {"since": "2026-05-20T00:00", "reason": "休業でした"},),
    "companies.add_domain": ({"name": "kitamachi.example"},),
    "companies.add_site": ({"name": "支店", "address": "大阪"}, {"name": "{away}別館"}),
    "companies.create": (COMPANY | {"key": "KITA"},),
    "companies.drop_domain": ({"name": "{domain}"}, {"name": "{away_domain}"}),
    "companies.keep": (COMPANY,),
    "companies.keep_mail": ({"mail_name": "受付", "mail_address": "a@x.example", "signature": "よろしく"},),
    "companies.keep_site": ({"name": "新本社", "address": "東京"},),
    "contacts.create": (
        {"name": "北町花子", "email": "hanako@x.example", "site": "{site_id}", "invite": "1"},
        {"name": "北町次郎", "email": "{stranger}"},
    ),
    "contacts.keep": ({"name": "北町太郎", "email": "taro@x.example", "role": "team_lead", "site": "{site_id}"},),
    "contacts.keep_led": ({"people": "{colleague_id}", "sites": "{site_id}"},),
    "contacts.keep_out": ({"out": "1"}, {"out": "0"}),
    "counts.keep": ({"product": "pc", "on_date": "2026-11-01", "quantity": "13"},),
    "counts.take_file": ({"@file": "date,product,quantity\n2026-06-01,pc,14\n"},),
    "counts.tick": ({"item": "pcs", "day": "2031-01-05"},),
    "decisions.choose": ({"item": "care"}, {"item": "care", "scope": "ticket"}),
    "decisions.choose_for_ticket": ({"item": "care"}, {"item": ""}),
    "contract_editor.keep": (TERMS | {"since": "2034-01-01T00:00"}, TERMS | {"what_if": "1", "months": "1"}),
    "drafts.check": ({"kind": "reply", "body": "ACME-1 GLOBEX-1 {domain} {name}"},),
    "drafts.keep": ({"kind": "note", "body": "書きかけ"}, {"kind": "reply", "body": "書きかけ"}),
    "entrance.check_sign_in": ({"email": "{email}", "password": PASSWORD},),
    "entrance.keep_choice": ({"password": "another horse battery"},),
    "entrance.send_reset": ({"email": "{email}"},),
    "entries.reject": ({"reason": "何の作業ですか"},),
    "entries.write_off": ({"reason": "お詫び", "spent": "5"},),
    "first_contract.agree": ({"offer": "tm", "rate": "9000"},),
    "invoices.add": (LINE, LINE | {"price": "-1000", "tax_code": "reduced"}),
    "invoices.change": (CHANGE,),
    "invoices.restore": ({"?line": "{changed_key}"}, {"?line": "{manual_key}"}),
    "counting_terms.keep": (COUNTED,),
    "counting_terms.keep_of_client": (COUNTED,),
    "issuers.create": (ISSUER,),
    "issuers.keep": (ISSUER | {"name": "株式会社デスク"},),
    "issuers.keep_tax": ({"country": "DE", "rate": "19", "since": "2031-01-01"},),
    "items.keep": (
        {"kind": "fixed", "name": "保守", "price": "50000"},
        {"kind": "block", "key": "block", "name": "回数"},
    ),
    "items.make_next": ({"since": "2032-01-01"},),
    "items.remove": ({"key": "pcs"},),
    "milestones.keep": ({"item": "move", "step": "plan", "reached_on": "2031-01-05"}, {"item": "move", "step": "plan"}),
    "credit_notes.credit": (
        {"how": "part", "amount-1": "1", "reason": "値引"},
        {"how": "all", "release_all": "1", "reason": "誤り"},
    ),
    "credit_notes.replace": ({"recipient": "北町商店", "reason": "宛名違い"},),
    "board_mends.account": ({"?of": "2026-05", "po_number": "PO-7"},),
    "board_mends.approve": (TICKED,),
    "board_mends.place": ({"item": "care"},),
    "board_mends.price": ({"work_type": "remote", "price": "9000"},),
    "runs.resume": ({"?of": "2026-02"},),
    "runs.stop": ({"?of": "2026-04"},),
    "sales.issue": ({"seen": "{sale_hash}", "password": PASSWORD},),
    "month.compute": ({"?of": "2026-05"}, {"?of": "2026-06"}),
    "month.issue": ({"?of": "2026-04", "draft": "{home}:{ready_id}:{ready_hash}", "password": PASSWORD},),
    "my_day.accept": (SPAN,),
    "my_day.pass_over": (SPAN,),
    "new_ticket.open_it": (
        CALL | {"contact": "{contact_id}"},
        CALL | {"new_contact": "北町次郎", "email": "j@x.example"},
    ),
    "notices.see": ({"until": "999999"},),
    "people.invite": ({"name": "新人", "email": "new@desk.example", "role": "agent", "sees_all": "1"},),
    "people.keep_role": ({"role": "lead", "tier": "2", "sees_all": "1"},),
    "portal_tickets.answer": ({"text": "まだです"},),
    "portal_tickets.create": (
        {"title": "壊れた", "text": "動きません", "scope": "everyone", "urgency": "high", "site": "{site_id}"},
    ),
    "prepaid.cover": ({"day": "2026-01-01"},),
    "prepaid.end": ({"last_day": "2031-12-31"},),
    "prepaid.sell": (LOT | {"how": "sale", "price": "90000"}, LOT | {"how": "gift"}),
    "profile.keep": ({"language": "ja", "zone": "Asia/Tokyo", "theme": "dark"},),
    "profile.language": ({"language": "en", "next": "/"},),
    "profile.theme": ({"theme": "dark"},),
    "rates.keep_client": (RATE,),
    "rates.keep_cost": ({"whose": "role:lead", "price": "5000", "since": "2031-02-01"},),
    "rates.keep_desk": (RATE,),
    "rates.keep_discount": ({"percent": "5", "reason": "長期", "since": "2031-01-05"},),
    "ticket_fields.keep/describe": ({"title": "別の題", "kind": "question", "category": "it"},),
    "ticket_fields.keep/follow-up": ({"on": "2026-06-09T09:00"},),
    "ticket_fields.keep/follower": ({"contact": "{colleague_id}"},),
    "ticket_fields.keep/labels": ({"labels": "至急, 再発"},),
    "ticket_fields.keep/link": ({"other": "{home}-{third}", "kind": "related"},),
    "ticket_fields.keep/owner": ({"owner": "{login_id}"},),
    "ticket_fields.keep/priority": ({"impact": "high", "urgency": "high"},),
    "ticket_fields.keep/resolve": ({"resolution": "直しました"},),
    "ticket_fields.keep/tier": ({"tier": "2"},),
    "ticket_time.log": (WORKED,),
    "timer.stop": ({"spent": "5", "charge": "5", "work_type": "remote"},),
    "triage.drop": ({"why": "広告"},),
    "triage.place": (
        {"client": "{home}", "contact": "{contact_id}"},
        {"client": "{home}", "contact": "{contact_id}", "ticket": "{home}-1"},
    ),
    "visits.log": (
        {
            "day": "2026-05-31",
            "spent": "0:40",
            "work_type": "remote",
            "other_1": "{home}-{third}",
            "spent_1": "15",
            "occasion": OCCASION,
        },
    ),
    "work_types.create": ({"code": "care", "name_ja": "保守", "name_en": "Care", "mode": "remote"},),
    "work_types.keep": ({"name_ja": "遠隔", "name_en": "Remote work", "mode": "remote", "billable": "1"},),
}
"""By endpoint (and, where one route serves several forms, what it serves); words in braces come from the world."""

MISFITS: dict[str, tuple[Form, ...]] = {
    "answers.send": (ANSWER | {"kind": "reply", "cc": "{stranger}"},),
    "companies.add_domain": ({"name": "{away_domain}"},),
    "contacts.keep_led": ({"people": "{only_theirs}"}, {"sites": "{only_their_site}"}),
}
"""What must be refused: another company's people and words where one's own are asked for."""

OF_ALL_CLIENTS = frozenset({"access.keep"})
"""Whose form has a field for each client the sender sees; a field for none of them is passed over."""

IN_QUERY, AS_FILE = "?", "@"
"""How the name of what stands in the address begins, and that of a file."""


def forms_of(endpoint: str, what: str = "") -> tuple[Form, ...]:
    """The forms of an unsafe route. One that nobody has written down is a gap in the proof."""
    name = f"{endpoint}/{what}" if what else endpoint
    if name in FORMS:
        return FORMS[name]
    if endpoint not in PRESSED.split():
        raise LookupError(f"The proof does not know what is written into {name}: say so in tests/prove/filled.py.")
    return ({},)


def names_client(form: Form) -> bool:
    """Whether a form itself says which client it is about."""
    return any("{home}" in text for item in form.items() for text in item)


def given(form: Form, words: Mapping[str, object]) -> dict[str, Any]:
    """The form as the test client sends it, with the world's words in it."""
    said = {name.format_map(words): text.format_map(words) for name, text in form.items()}
    if JSON in said:
        return {"data": said[JSON], "content_type": JSON}
    asked = {name[1:]: said.pop(name) for name in list(said) if name.startswith(IN_QUERY)}
    files = {name[1:]: (BytesIO(said.pop(name).encode()), "given.csv") for name in list(said) if name[0] == AS_FILE}
    return {"data": {**said, **files}} | ({"query_string": asked} if asked else {})


def sealed(world: World, home: str, login_id: int | None) -> str:
    """The token of a composer that was served to this person for his company's first ticket."""
    furniture = world.acme if home == "ACME" else world.globex
    ticket: Any = SimpleNamespace(
        tenant_id=furniture.company.id,
        id=furniture.ids["ticket_id"],
        last_message_id=furniture.ids["last_message_id"],
    )
    return send_token.seal(ticket, login_id, "reply")
