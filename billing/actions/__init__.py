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
from billing.actions.approval import approve, approve_all, approve_ticket, reject, submit, write_off
from billing.actions.by_hand import add_line, change_line, remove_line, restore_line
from billing.actions.corrections import arrive, drop_time, leaving, merge_time, move_time
from billing.actions.drafts import draft_of_day, recompute_draft, refresh_drafts
from billing.actions.issue import issue, note_rendering
from billing.actions.items import add_item, carry_items, count_time
from billing.actions.proposed import accept, accept_all, pass_over
from billing.actions.sale import SaleLine, draft_sale
from billing.actions.time import edit_time, log_time
from billing.actions.timers import discard_timer, is_forgotten, keep_counted, pause_timer, start_timer, stop_timer
from billing.actions.visits import join_visit, log_visit
from billing.actions.work_types import change_work_type

__all__ = [
    "SaleLine",
    "accept",
    "accept_all",
    "add_item",
    "add_line",
    "add_work_type",
    "approve",
    "approve_all",
    "approve_ticket",
    "arrive",
    "carry_items",
    "change_line",
    "change_work_type",
    "count_time",
    "discard_timer",
    "draft_of_day",
    "draft_sale",
    "drop_time",
    "edit_time",
    "is_forgotten",
    "issue",
    "join_visit",
    "keep_counted",
    "leaving",
    "log_time",
    "log_visit",
    "merge_time",
    "move_time",
    "note_rendering",
    "open_issuer",
    "pass_over",
    "pause_timer",
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
    "start_timer",
    "stop_timer",
    "submit",
    "write_off",
]
