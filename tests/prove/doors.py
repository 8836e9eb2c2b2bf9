"""Which permission opens which route, written down a second time: one that differs, or is new, is a finding."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from msp.guard import permissions_of
from tenants.rules import Permission

EVERYBODY = """
api_page.document api_page.nothing api_page.show
entrance.ask_reset entrance.check_sign_in entrance.choose entrance.front entrance.keep_choice entrance.send_reset
entrance.sign_in entrance.sign_out health.alive health.metrics health.ready profile.language profile.theme static
"""
OPENED_BY: dict[tuple[Permission, ...], str] = {
    (): EVERYBODY,
    (Permission.OWN_PROFILE,): """
api.show_me events.listen profile.keep profile.show profile.sign_out_everywhere style_guide.show
""",
    (Permission.SEE_TICKETS, Permission.OWN_TICKETS): "api.list_tickets api.show_clocks api.show_ticket",
    (Permission.WORK_TICKETS, Permission.OWN_TICKETS): "api.open_ticket api.reply",
    (Permission.SEE_TENANTS, Permission.OWN_PROFILE): "api.list_clients api.show_client",
    (Permission.SEE_BILLING, Permission.OWN_INVOICES): """
api.download_document api.list_documents api.show_document
""",
    (Permission.SEE_CONTRACTS, Permission.OWN_PROMISES): "api.list_contracts api.show_month",
    (Permission.SEE_TICKETS,): """
decisions.of_ticket
api.list_ticket_time api.list_time
attachments.formatted attachments.of_message attachments.of_note notices.bell notices.index notices.see
search.palette search.show ticket_clock.show ticket_time.show tickets.clients tickets.queue tickets.show tickets.views
notices.bell notices.index notices.see rosters.index rosters.show
""",
    (Permission.WORK_TICKETS,): """
ticket_clock.explain
decisions.choose_for_ticket
api.explain api.log api.note api.resolve api.set_priority api.set_status
answers.send answers.undo drafts.check drafts.keep new_ticket.callers new_ticket.form new_ticket.open_it
ticket_acts.cancel ticket_acts.close ticket_acts.reopen ticket_acts.send_again ticket_acts.take
ticket_acts.take_up ticket_acts.wait_on_client ticket_acts.wait_on_vendor ticket_fields.form
ticket_fields.keep escalations.acknowledge
entries.submit my_day.accept my_day.accept_all my_day.day my_day.grow my_day.pass_over my_time.drop my_time.merge
my_time.submit my_time.week ticket_time.log timer.discard timer.form timer.pause timer.show timer.start timer.stop
visits.form visits.log
""",
    (Permission.WORK_TICKETS, Permission.RUN_TENANTS, Permission.RUN_BILLING): """
entries.drop entries.edit entries.move entries.show
""",
    (Permission.RUN_TENANTS, Permission.RUN_BILLING): """
approvals.approve approvals.index approvals.reject approvals.write_off entries.approve entries.reject
entries.write_off
""",
    (Permission.TRIAGE,): "triage.drop triage.mail triage.place triage.show",
    (Permission.SEE_TENANTS,): "api.list_contacts companies.index companies.show",
    (Permission.RUN_TENANTS,): """
client_sla.answer client_sla.withdraw ticket_clock.propose
companies.add_domain companies.add_site companies.create companies.drop_domain companies.edit companies.form
companies.keep companies.keep_mail companies.keep_site companies.mail contacts.create contacts.edit
contacts.form contacts.invite contacts.keep contacts.keep_led contacts.keep_out contacts.left
""",
    (Permission.SEE_TICKETS, Permission.OWN_PROMISES): "api.list_disputes",
    (Permission.RUN_TENANTS, Permission.OWN_PROMISES): "api.contest",
    (Permission.OWN_TOKENS,): "tokens.index tokens.make tokens.revoke",
    (Permission.SEE_CONTRACTS,): """
client_sla.file client_sla.show client_sla.tickets
api.evaluate api.what_if calendars.index calendars.show contracts.progress contracts.show
""",
    (Permission.SEE_BILLING,): """
exports.download exports.index dunning.index bank.index
payments.client payments.index payments.show receivables.as_file receivables.index
sending.index
invoices.draft invoices.issued invoices.issued_pdf invoices.issued_xml invoices.preview month.board
counting_terms.of_client counting_terms.show issuers.index month.unlogged runs.show
counts.show decisions.show items.index milestones.show money_what_if.show prepaid.show rates.desk rates.of_client
""",
    (Permission.RUN_BILLING,): """
exports.make dunning.keep dunning.send dunning.texts questions.say bank.bring
bank.confirm bank.pass_over payments.enter payments.refund payments.spend payments.spread payments.void
sending.again sending.keep sending.stop sending.texts
credits.decide pack_charges.decide
counts.keep counts.take_file counts.tick decisions.choose items.form items.keep items.remove milestones.keep
prepaid.cover prepaid.end prepaid.sell prepaid.take_back rates.drop_client rates.drop_cost rates.drop_desk
rates.end_discount rates.keep_client rates.keep_cost rates.keep_desk rates.keep_discount
accounts.edit accounts.keep invoices.add invoices.change invoices.compute invoices.restore month.compute
counting_terms.keep counting_terms.keep_of_client issuers.create issuers.drop_tax issuers.edit issuers.keep
issuers.keep_tax issuers.new
board_mends.account board_mends.approve board_mends.place board_mends.price month.confirm month.issue
runs.resume runs.stop sales.issue
credit_notes.credit credit_notes.form credit_notes.replace
approvals.decide work_types.create work_types.edit work_types.form work_types.index work_types.keep
""",
    (Permission.RUN_CONTRACTS,): """
margin.index
client_sla.close month_pace.keep month_pace.show
calendars.create calendars.edit calendars.form calendars.keep calendars.restate calendars.restatement
contract_editor.keep contract_editor.next_form contract_editor.withdraw
surge.end surge.form surge.propose surge.withdraw what_if.show
first_contract.agree first_contract.form first_contract.price items.make_next
""",
    (Permission.SEE_PEOPLE,): "people.index people.show",
    (Permission.RUN_PEOPLE,): """
access.keep people.end_sessions people.form people.invite people.invite_again people.keep_role people.shut_out
people.take_back
""",
    (Permission.RUN_ROSTERS,): """
rosters.create rosters.edit rosters.end_swap rosters.form rosters.keep rosters.swap rosters.use
""",
    (Permission.SEE_WORK,): "clocks.index work.index",
    (Permission.RUN_WORK,): """
webhooks.create webhooks.form webhooks.index webhooks.keep webhooks.renew_secret webhooks.send_again webhooks.show
webhooks.try_out webhooks.use work.again work.run
""",
    (Permission.OWN_TICKETS,): """
portal.tickets portal_tickets.answer portal_tickets.create portal_tickets.file portal_tickets.form
portal_tickets.show
""",
    (Permission.OWN_PROMISES, Permission.OWN_INVOICES): "prepaid.own",
    (Permission.OWN_PROMISES,): """
portal_contract.approve portal_contract.decline portal_contract.show
portal_sla.answer portal_sla.contest portal_sla.file portal_sla.show portal_sla.ticket portal_sla.tickets
portal_sla.withdraw
""",
    (Permission.OWN_INVOICES,): "portal.invoice_pdf portal.invoices portal_invoice.say portal_invoice.show",
    (Permission.OWN_TICKETS, Permission.OWN_INVOICES): "portal.front",
    (Permission.OWN_ACCESS_LOG,): "portal.access_log",
}
DOORS: dict[str, tuple[Permission, ...]] = {
    endpoint: permissions for permissions, endpoints in OPENED_BY.items() for endpoint in endpoints.split()
}


def opens(app: Flask, endpoint: str) -> tuple[Permission, ...]:
    """What the table says; of a route it does not know yet (a finding of its own), what the route says of itself."""
    return DOORS[endpoint] if endpoint in DOORS else permissions_of(app.view_functions[endpoint]) or ()


def unlike(app: Flask) -> Iterator[str]:
    """Routes whose own word differs from the table, that it does not know, or that are gone."""
    said = {name: permissions_of(view) for name, view in app.view_functions.items()}
    for name in sorted(said.keys() | DOORS.keys()):
        if name not in DOORS:
            yield f"{name} is not in the table of doors"
        elif name not in said:
            yield f"{name} is in the table of doors, but there is no such route"
        elif said[name] != DOORS[name]:
            yield f"{name} opens to {said[name]}, but should to {DOORS[name]}"
