"""Verbs on companies, people, access, sessions and audit; they write and never commit."""

from tenants.actions.audit import (
    detail_digest,
    looked_at,
    write_down,
)
from tenants.actions.companies import (
    add_site,
    claim_domain,
    found_desk,
    open_tenant,
    tenant_of_desk,
)
from tenants.actions.entrance import (
    INVITATION_LASTS,
    RESET_LASTS,
    SESSION_LASTS,
    ask_reset,
    choose_password,
    forget_over,
    knows_password,
    one_time_token,
    open_session,
    set_preferences,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from tenants.actions.people import (
    add_contact,
    allow,
    hire,
    let_in,
    reply_token,
    shut_out,
)

__all__ = [
    "INVITATION_LASTS",
    "RESET_LASTS",
    "SESSION_LASTS",
    "add_contact",
    "add_site",
    "allow",
    "ask_reset",
    "choose_password",
    "claim_domain",
    "detail_digest",
    "forget_over",
    "found_desk",
    "hire",
    "knows_password",
    "let_in",
    "looked_at",
    "one_time_token",
    "open_session",
    "open_tenant",
    "reply_token",
    "set_preferences",
    "shut_out",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "tenant_of_desk",
    "write_down",
]
