"""Holes that somebody might dig one day, written down: in the code that decides, and in the schema."""

from __future__ import annotations

GUARD, PEOPLE, RULES = "msp/guard.py", "tenants/queries.py", "tenants/rules.py"
TICKETS, DESK, REACH = "msp/tickets/queries.py", "msp/tickets/desk.py", "msp/reach.py"
RARE = (
    "Note", "Attachment", "NoteAttachment", "Participant", "Tag", "Link",
    "Escalation", "Watcher", "Draft", "Mail", "Work",
)  # fmt: skip

IN_CODE: tuple[tuple[str, str, str, str, str], ...] = (
    (
        GUARD,
        "_enter",
        "if not any(permission in MAY[role] for permission in wanted for role in _roles(caller)):",
        "if False:",
        "portal.tickets",
    ),
    (
        GUARD,
        "_known",
        "if key not in keys or bound_to not in (None, keys[key]):\n        _refuse_crossing()",
        "if key not in keys:\n        return max(keys.values())",
        "portal.access_log",
    ),
    (GUARD, "_leave", 'if request.method in UNSAFE and not g.get("written"):', "if False:", "people.invite"),
    (GUARD, "_refuse_crossing", "abort(404)", "abort(403)", "tickets.show"),
    (PEOPLE, "Caller._staff", "if tenant_id is not None and tenant_id not in seen:", "if False:", "companies.show"),
    (RULES, "reachable", "(every if sees_all else allowed & every)", "every", "companies.index"),
    (TICKETS, "visible_to", "if principal.role is Role.CLIENT_ADMIN:", "if True:", "portal.tickets"),
    (
        TICKETS,
        "visible_to",
        "Ticket.contact_id == principal.contact_id, ",
        "Ticket.contact_id == Ticket.contact_id, ",
        "portal.tickets",
    ),
    (TICKETS, "visible_to", "Ticket.contact_id.in_(led)", "Ticket.contact_id.is_not(None)", "portal.tickets"),
    (
        TICKETS,
        "client_ticket",
        "Ticket.number == number, visible_to(session, principal)",
        "Ticket.number == number",
        "portal_tickets.show",
    ),
    (
        DESK,
        "message",
        "Message.ticket_id == ticket.id, Message.id == message_id",
        "Message.id == message_id",
        "attachments.formatted",
    ),
    (
        DESK,
        "attachment",
        "Attachment.ticket_id == ticket.id, Attachment.id == file_id",
        "Attachment.id == file_id",
        "attachments.of_message",
    ),
)
"""(file, function, what stands there, what would, a route that shows it). A piece that is gone is an error."""

NO_HOLES: dict[tuple[str, str, str], str] = {
    (TICKETS, "visible_to", "Ticket.tenant_id"): "every statement that asks it names the person's tenant beside it",
    **{
        (
            "msp/tickets/opened.py",
            "RARE",
            f"{model}.{column}",
        ): "says whether a page looks for any; whoever looks asks the same once more"
        for model in RARE
        for column in ("tenant_id", "ticket_id")
        if (model, column) != ("Work", "ticket_id")
    },
    ("msp/reports/margin.py", "margins", "Contract.tenant_id"): "names by tenant, looked up for listed ones only",
    **{
        (TICKETS, f"{kind}attachments_of", f"{model}.ticket_id"): "files by message or note, looked up for those of one"
        " ticket only"
        for kind, model in (("", "Attachment"), ("note_", "NoteAttachment"))
    },
    (
        "msp/tickets/portal.py",
        "file_of",
        "Attachment.ticket_id",
    ): "the messages of the ticket are named beside it, and a file is of one message",
    **{
        ("billing/actions/sale.py", "_only_once", f"{source}.tenant_id"): "asked of a lot made a moment ago: no row of"
        " anybody's can have its id"
        for source in ("ManualLine", "DocumentSource")
    },
    (
        "billing/queries/counting.py",
        "_drafted",
        "DraftSource.tenant_id",
    ): "sums by tenant and entry, passed over unless asked for",
    (
        "billing/queries/dunning.py",
        "_sent",
        "Reminded.tenant_id",
    ): "reminders by tenant, looked up for those who owe only",
    (
        "msp/web/dunning.py",
        "index",
        "BillingAccount.tenant_id",
    ): "addresses by tenant, looked up for listed ones only",
    (DESK, "_CLIENTS", "Tenant.tenant_id"): "clients by id, looked up for listed ones only",
    (DESK, "_PROMISED", "Tenant.tenant_id"): "clients and promises by id, looked up for listed ones only",
    (
        DESK,
        "_PROMISED",
        "Contract.tenant_id",
    ): "under which contract a client's book is kept; the queue reads the hours of his own calendars there",
    (DESK, "linked", "Link.ticket_id"): "asked twice, in the join and beside it: each alone chooses the same links",
    (
        "billing/queries/kenshu.py",
        "questioned",
        "LineWord.tenant_id",
    ): "lines by tenant and document, looked up for the tenant's own",
    (
        "msp/reports/clients.py",
        "open_counts",
        "Ticket.tenant_id",
    ): "counts by tenant, looked up for listed ones only",
    (
        "msp/reports/clients.py",
        "contract_names",
        "Contract.tenant_id",
    ): "names by tenant, looked up for listed ones only",
    (
        "msp/reports/month.py",
        "tickets_behind",
        "DraftSource.tenant_id",
    ): "more names of the tenant's own tickets, looked up for charged ones only",
    (
        "msp/reports/month.py",
        "tickets_behind",
        "TimeEntry.tenant_id",
    ): "more names of the tenant's own tickets, looked up for charged ones only",
    (
        "billing/queries/board.py",
        "open_sales",
        "DocumentDraft.tenant_id",
    ): "drafts by tenant, shown for listed ones only",
    (
        "billing/queries/counted.py",
        "ticket_items",
        "TicketItem.ticket_id",
    ): "items by ticket, looked up for the tickets that were asked for only",
    (
        "billing/queries/drafts.py",
        "sheet_of",
        "ManualLine.tenant_id",
    ): "lines by a key that names their id, looked up for lines of the draft only",
    (
        "msp/reports/month.py",
        "stuck",
        "TimeEntry.tenant_id",
    ): "entries by tenant, shown in the rows of listed ones only",
}
"""Filters (file, function, column) that may go without anything changing that anybody is told or writes, and why."""

IN_SCHEMA: tuple[str, ...] = (
    "ALTER TABLE ticket NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE message DISABLE ROW LEVEL SECURITY",
    "DROP POLICY see ON ticket",
    "DROP POLICY staff ON note",
    "DROP POLICY remove ON contact",
    "CREATE POLICY wide ON message FOR SELECT USING (true)",
    "ALTER POLICY edit ON ticket USING (true)",
    "ALTER POLICY kinds ON login USING (true) WITH CHECK (true)",
    "GRANT UPDATE ON audit TO msp_app",
    "GRANT DELETE ON event TO msp_app",
    "GRANT TRUNCATE ON ticket TO msp_app",
    "GRANT SELECT ON ticket TO PUBLIC",
    "GRANT CREATE ON SCHEMA public TO msp_app",
    "ALTER ROLE msp_app BYPASSRLS",
    "ALTER ROLE msp_app CREATEROLE",
    "GRANT msp_owner TO msp_app",
    "ALTER TABLE site OWNER TO msp_app",
    "CREATE UNIQUE INDEX hole ON ticket (number, tenant_id)",
    "CREATE UNIQUE INDEX hole ON raw_mail (digest)",
    "ALTER TABLE message DROP CONSTRAINT fk_message_tenant_id_ticket_id",
    "ALTER TABLE ticket ALTER COLUMN contact_id DROP NOT NULL, DROP CONSTRAINT fk_ticket_tenant_id_contact_id",
    "CREATE VIEW hole AS SELECT * FROM ticket",
    "CREATE MATERIALIZED VIEW hole AS SELECT * FROM message",
    "CREATE TABLE hole (tenant_id bigint, words text)",
    "CREATE FUNCTION hole() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM ticket'",
)
