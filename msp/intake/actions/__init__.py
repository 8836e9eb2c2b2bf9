"""Verbs on mail coming in; they write and never commit."""

from msp.intake.actions.bounces import tell_failure
from msp.intake.actions.handing import drop, place
from msp.intake.actions.keeping import keep, receive
from msp.intake.actions.placing import take_in
from msp.intake.actions.sorting import sort

__all__ = ["drop", "keep", "place", "receive", "sort", "take_in", "tell_failure"]
