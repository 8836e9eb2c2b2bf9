"""Forms about money: rates, lots, counts, milestones, who pays for what. Messages are msgids."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from marshmallow import ValidationError, fields, validates_schema

from billing.models.prices import RATE_ROLES
from billing.schemas.account_form import CURRENCIES
from billing.schemas.kinds import KEY
from billing.schemas.typed import FigureFormSchema, day, figure, hours, whole
from tenants.schemas import EMPTY, FormSchema, choice, chosen, words

LARGEST_FILE: Final = 1_000_000
MOST_ROWS: Final = 20_000
_HEADS: Final = {
    "date": "date", "日付": "date", "product": "product", "品目": "product", "製品": "product",
    "quantity": "quantity", "count": "quantity", "数量": "quantity", "台数": "quantity",
}  # fmt: skip


class BadLineError(ValueError):
    """A line of a file says nothing that can be kept; `number` counts from 1, the head included."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}")
        self.number = number


class RateFormSchema(FigureFormSchema):
    """A price per hour from a day on."""

    price = figure(needed=True)
    since = day(needed=True)
    work_type = words(60)
    role = choice(("", *RATE_ROLES), "")
    site = chosen()
    currency = choice(CURRENCIES, "JPY")


class BoardPriceSchema(FigureFormSchema):
    """A price per hour for a kind of work that has none."""

    price = figure(needed=True)
    work_type = words(60, needed=True)


class CostFormSchema(FigureFormSchema):
    """What an hour of an agent or of a role costs the desk: `agent:7` or `role:lead`."""

    whose = words(40, needed=True)
    price = figure(needed=True)
    since = day(needed=True)
    currency = choice(CURRENCIES, "JPY")


class LotFormSchema(FigureFormSchema):
    """Units sold or given: hours for minutes, else plain units."""

    item = words(100, needed=True)
    hours = hours()
    units = figure(places=3)
    price = figure()
    since = day(needed=True)
    periods_valid = whole(0, 120)
    note = words(300)
    how = choice(("sale", "invoice", "gift"), "sale")

    @validates_schema
    def enough(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data.get("hours") and not data.get("units"):
            raise ValidationError(EMPTY, "units")
        if data.get("how") != "gift" and data.get("price") is None:
            raise ValidationError(EMPTY, "price")


class CoverFormSchema(FormSchema):
    """From which earlier day a lot pays."""

    day = day(needed=True)


class EndFormSchema(FormSchema):
    """The last day of a lot; empty: it never ends."""

    last_day = day()


class CountFormSchema(FigureFormSchema):
    """How many units of a product there were on a day."""

    product = fields.String(required=True, validate=KEY, error_messages={"required": EMPTY})
    on_date = day(needed=True)
    quantity = whole(0, 10_000_000, needed=True)


class TickFormSchema(FormSchema):
    """Which item's count somebody looked at, in the period of a day."""

    item = words(100, needed=True)
    day = day(needed=True)


class ReachFormSchema(FormSchema):
    """When a milestone was reached."""

    item = words(100, needed=True)
    step = words(100, needed=True)
    reached_on = day()


class ChoiceFormSchema(FormSchema):
    """The item for a ticket or an entry; empty: by the contract's order."""

    item = words(100)


class NextVersionFormSchema(FormSchema):
    """From which day the next version holds."""

    since = day(needed=True)


class DiscountFormSchema(FigureFormSchema):
    """A discount on the whole document: a percentage or an amount."""

    percent = figure(places=4)
    amount = figure()
    reason = words(200, needed=True)
    since = day(needed=True)
    until = day()

    @validates_schema
    def one_of_both(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data.get("percent") is None) == (data.get("amount") is None):
            raise ValidationError("Enter a percentage or an amount.", "percent")
        if data.get("percent") is not None and data["percent"] > 100:
            raise ValidationError("Enter a percentage or an amount.", "percent")
        if data.get("until") and data.get("since") and data["until"] <= data["since"]:
            raise ValidationError("The end lies before the beginning.", "until")


def read_counts(content: bytes) -> dict[str, dict[date, int]]:
    """Counts by product and day from a CSV file: date, product, quantity, with a head of these words.

    UTF-8 or Shift_JIS. Raises `BadLineError` for the first line that cannot be read, `ValidationError` for a file
    that cannot; nothing of it is taken then.
    """
    if len(content) > LARGEST_FILE:
        raise ValidationError("The file is too large.", "file")
    rows = csv.reader(io.StringIO(_text(content)))
    head = [_HEADS.get(cell.strip().lower()) for cell in next(rows, [])]
    if not {"date", "product", "quantity"} <= set(head):
        raise ValidationError("The first line must name date, product and quantity.", "file")
    found: dict[str, dict[date, int]] = {}
    schema = CountFormSchema()
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_ROWS:
            raise ValidationError("The file is too large.", "file")
        named = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if name}
        try:
            row = schema.load(
                {
                    "product": named.get("product", "").lower(),
                    "on_date": named.get("date", "").replace("/", "-"),
                    "quantity": named.get("quantity", ""),
                }
            )
        except ValidationError:
            raise BadLineError(number) from None
        found.setdefault(row["product"], {})[row["on_date"]] = row["quantity"]
    if not found:
        raise ValidationError("There is nothing in the file.", "file")
    return found


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError("The file cannot be read.", "file")
