"""Verbs on time and money; they write and never commit."""

from billing.actions.accounts import (
    add_work_type,
    open_issuer,
    set_account,
    set_cost_rate,
    set_desk_rate,
    set_series,
    set_tenant_rate,
    set_tenant_work_type,
)
from billing.actions.approval import approve, approve_ticket, reject, submit, write_off
from billing.actions.by_hand import add_line, change_line, remove_line, restore_line
from billing.actions.drafts import draft_of_day, recompute_draft, refresh_drafts
from billing.actions.issue import issue, note_rendering
from billing.actions.items import add_item, carry_items, count_time
from billing.actions.sale import SaleLine, draft_sale
from billing.actions.time import edit_time, log_time

__all__ = [
    "SaleLine",
    "add_item",
    "add_line",
    "add_work_type",
    "approve",
    "approve_ticket",
    "carry_items",
    "change_line",
    "count_time",
    "draft_of_day",
    "draft_sale",
    "edit_time",
    "issue",
    "log_time",
    "note_rendering",
    "open_issuer",
    "recompute_draft",
    "refresh_drafts",
    "reject",
    "remove_line",
    "restore_line",
    "set_account",
    "set_cost_rate",
    "set_desk_rate",
    "set_series",
    "set_tenant_rate",
    "set_tenant_work_type",
    "submit",
    "write_off",
]
