"""Verbs on time and money; they write and never commit."""

from billing.actions.accounts import (
    add_work_type,
    open_issuer,
    set_account,
    set_series,
    set_tenant_work_type,
)
from billing.actions.approval import (
    approve,
    approve_all,
    approve_ticket,
    decide_approval,
    reject,
    submit,
    write_off,
)
from billing.actions.bank import pass_line_over, take_in
from billing.actions.by_hand import add_line, change_line, remove_line, restore_line
from billing.actions.corrections import arrive, drop_time, leaving, merge_time, move_time
from billing.actions.counts import (
    TicketTold,
    choose_for_ticket,
    miss_milestone,
    put_counts,
    reach_milestone,
    tell_tickets,
    tick_count,
)
from billing.actions.credit import MoreThanIsLeft, credit_invoice, replace_invoice
from billing.actions.drafts import draft_of_day, recompute, recompute_draft, refresh_drafts
from billing.actions.dunning import remind, set_levels
from billing.actions.hand_over import begin_batch, drop_empty_batch, seal_batch, write_journal
from billing.actions.issue import issue, note_rendering
from billing.actions.issuers import drop_tax_rate, keep_issuer, set_tax_rate
from billing.actions.items import (
    add_item,
    carry_items,
    count_time,
    count_time_of_client,
    put_counting,
    put_item,
    remove_item,
)
from billing.actions.kenshu import accept_all_lines, say
from billing.actions.numbering import upcoming
from billing.actions.payments import (
    Came,
    enter_payment,
    oldest_first,
    spread_anew,
    use_credit,
    void_payment,
)
from billing.actions.prepaid import count_prepaid, cover_earlier, end_lot, sell_lot, take_lot_back
from billing.actions.proposed import accept, accept_all, pass_over
from billing.actions.rates import (
    add_discount,
    drop_cost_rate,
    drop_desk_rate,
    drop_tenant_rate,
    end_discount,
    set_cost_rate,
    set_desk_rate,
    set_tenant_rate,
)
from billing.actions.refunds import Back, pay_back
from billing.actions.runs import Looked, give_up, issue_in_turn, resume_run, start_run, stop_run
from billing.actions.sale import SaleLine, draft_sale
from billing.actions.sending import opened, send_again, set_sending, stop_sending
from billing.actions.settled import Share
from billing.actions.time import edit_time, log_time
from billing.actions.timers import discard_timer, is_forgotten, keep_counted, pause_timer, start_timer, stop_timer
from billing.actions.visits import join_visit, log_visit
from billing.actions.work_types import change_work_type

__all__ = [
    "Back",
    "Came",
    "Looked",
    "MoreThanIsLeft",
    "SaleLine",
    "Share",
    "TicketTold",
    "accept",
    "accept_all",
    "accept_all_lines",
    "add_discount",
    "add_item",
    "add_line",
    "add_work_type",
    "approve",
    "approve_all",
    "approve_ticket",
    "arrive",
    "begin_batch",
    "carry_items",
    "change_line",
    "change_work_type",
    "choose_for_ticket",
    "count_prepaid",
    "count_time",
    "count_time_of_client",
    "cover_earlier",
    "credit_invoice",
    "decide_approval",
    "discard_timer",
    "draft_of_day",
    "draft_sale",
    "drop_cost_rate",
    "drop_desk_rate",
    "drop_empty_batch",
    "drop_tax_rate",
    "drop_tenant_rate",
    "drop_time",
    "edit_time",
    "end_discount",
    "end_lot",
    "enter_payment",
    "give_up",
    "is_forgotten",
    "issue",
    "issue_in_turn",
    "join_visit",
    "keep_counted",
    "keep_issuer",
    "leaving",
    "log_time",
    "log_visit",
    "merge_time",
    "miss_milestone",
    "move_time",
    "note_rendering",
    "oldest_first",
    "open_issuer",
    "opened",
    "pass_line_over",
    "pass_over",
    "pause_timer",
    "pay_back",
    "put_counting",
    "put_counts",
    "put_item",
    "reach_milestone",
    "recompute",
    "recompute_draft",
    "refresh_drafts",
    "reject",
    "remind",
    "remove_item",
    "remove_line",
    "replace_invoice",
    "restore_line",
    "resume_run",
    "say",
    "seal_batch",
    "sell_lot",
    "send_again",
    "set_account",
    "set_cost_rate",
    "set_desk_rate",
    "set_levels",
    "set_sending",
    "set_series",
    "set_tax_rate",
    "set_tenant_rate",
    "set_tenant_work_type",
    "spread_anew",
    "start_run",
    "start_timer",
    "stop_run",
    "stop_sending",
    "stop_timer",
    "submit",
    "take_in",
    "take_lot_back",
    "tell_tickets",
    "tick_count",
    "upcoming",
    "use_credit",
    "void_payment",
    "write_journal",
    "write_off",
]
