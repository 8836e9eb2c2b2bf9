"""A client in Germany, billed in euros by a company of the desk there: two rates, a discount on all, an upgrade."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from billing import actions as billing
from billing.models import Document, TaxRate
from tenants.models import Tenant
from tests.billing.electronic import against_rules, against_schema
from tests.promises import OFFICE
from tests.stories.day import Desk
from tests.stories.months import Months, Said, sums

AHEAD = {"timing": "advance"}
HOURS = OFFICE | {"tz": "Europe/Berlin", "holiday_set": None}
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"


def items(price: str) -> tuple[Said, ...]:
    """A fee paid a month ahead, a printed handbook at the reduced rate, and time at the desk's card."""
    return (
        ("care", "fixed", "Managed workplace", {"price": price}, AHEAD | {"work_types": ["none"]}),
        ("book", "fixed", "Handbook", {"price": "49.90"}, {"tax_code": "reduced", "work_types": ["none"]}),
        ("time", "tm", "Support", {}, {}),
    )


def begin(desk: Desk) -> Months:
    """In force: 19 % and 7 %, 5 % off everything, 300 euros a month from June."""
    story = Months(desk, desk.cast.acme, ZoneInfo("Europe/Berlin"))
    start = story.at(6, 1, 0)

    def act(session: Any) -> None:
        session.get_one(Tenant, story.company.id).billing_zone = "Europe/Berlin"
        issuer = billing.open_issuer(
            session, "Desk GmbH", address="Rheinstraße 5\n10115 Berlin", country="DE", zone="Europe/Berlin",
            currency="EUR", tax_direction="half_up", registration_number="DE136695976", endpoint="DE136695976",
            endpoint_scheme="9930", email="rechnung@desk.example", bank="IBAN DE02120300000000202051",
        )  # fmt: skip
        for code, rate in (("standard", "19"), ("reduced", "7")):
            session.add(TaxRate(country="DE", code=code, category="S", rate=Decimal(rate), since=date(2021, 1, 1)))
        billing.set_desk_rate(session, Decimal(95), "EUR", date(2026, 1, 1))
        facts = {
            "issuer_id": issuer.id, "currency": "EUR", "language": "en", "recipient": "Müller & Söhne GmbH",
            "honorific": "none", "address": "Hauptstraße 12\n80331 München", "country": "DE",
            "tax_number": "DE811569869", "einvoice": "bis3", "endpoint": "DE811569869", "endpoint_scheme": "9930",
            "buyer_reference": "04011000-12345-67",
        }  # fmt: skip
        billing.set_account(session, story.company.id, facts, start)
        discount = {"percent": Decimal(5), "reason": "Loyalty", "since": date(2026, 6, 1)}
        billing.add_discount(session, story.company.id, discount, start)

    story.does(act, start)
    story.agrees(start, HOURS, {}, *items("300"))
    return story


def test_three_months_and_a_credit(desk: Desk) -> None:
    story = begin(desk)
    june = first_month(story)
    july = upgraded(story)
    august = story.month_end(8)
    # 450.00 + 49.90, less 25.00 (24.995): 22.50 and 2.50. 427.50 x 19 % = 81.23 (.225 up), 47.40 x 7 % = 3.32.
    assert sums(august) == ("474.90", "84.55", "559.45")
    (time,) = [line for line in story.lines(july) if line.role == "time"]
    note = story.credits(july, {time.key: Decimal("50.05")}, story.at(9, 3))
    assert sums(note) == ("50.05", "9.51", "59.56")  # 9.5095
    for document in (june, july, august, note):
        electronic(story, document)
    assert july.number in str(story.file(note, "ubl"), "utf-8")
    story.is_over(date(2026, 9, 1))


def first_month(story: Months) -> Document:
    """June and, ahead, July: 600.00 at 19 %; 49.90 at 7 %. 5 % of 649.90 = 32.50 (32.495), by largest remainder 30.00
    (30.0046) and 2.50 (2.4954). 570.00 x 19 % = 108.30; 47.40 x 7 % = 3.32 (3.318)."""
    made = story.month_end(6)
    assert story.figures(made) == [("care", "fee", "300.00"), ("care", "fee", "300.00"), ("book", "fee", "49.90")]
    assert sums(made) == ("617.40", "111.62", "729.02")
    return made


def upgraded(story: Months) -> Document:
    """From 16 July 16 of 31 days: 154.84 back (154.8387), 232.26 at 450.00 (232.2581), and August. 1:20 h at 95.00 is
    126.67. 654.09 at 19 % and 49.90 at 7 %; 5 % of 703.99 = 35.20, that is 32.70 (32.70496) and 2.50 (2.49504).
    621.39 x 19 % = 118.06; 47.40 x 7 % = 3.32."""
    story.works(story.at(7, 8, 10), 80)
    story.agrees(story.at(7, 16, 0), HOURS, {}, *items("450"))
    made = story.month_end(7)
    assert sorted(story.figures(made)) == [
        ("book", "fee", "49.90"), ("care", "credit", "-154.84"), ("care", "fee", "232.26"), ("care", "fee", "450.00"),
        ("time", "time", "126.67"),
    ]  # fmt: skip
    assert sums(made) == ("668.79", "121.38", "790.17")
    return made


def electronic(story: Months, document: Document) -> None:
    """Valid against UBL's schema and the rules of EN 16931, under Peppol's ids, from and to a German VAT number."""
    written = story.file(document, "ubl")
    assert (against_schema(written), against_rules(written)) == ([], [])
    top = etree.fromstring(written)
    assert top.findtext(f"{CBC}CustomizationID") == (
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    )
    assert top.findtext(f"{CBC}ProfileID") == "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
    ends = [(each.get("schemeID"), each.text) for each in top.iter(f"{CBC}EndpointID")]
    assert ends == [("9930", "DE136695976"), ("9930", "DE811569869")]
    numbers = [each.findtext(f"{CBC}CompanyID") for each in top.iter(f"{CAC}PartyTaxScheme")]
    assert numbers == ["DE136695976", "DE811569869"]
    towns = [[each.findtext(f"{CBC}{part}") for part in ("StreetName", "CityName", "PostalZone")]
             for each in top.iter(f"{CAC}PostalAddress")]  # fmt: skip
    assert towns == [["Rheinstraße 5", "Berlin", "10115"], ["Hauptstraße 12", "München", "80331"]]
    assert top.findtext(f"{CBC}BuyerReference") == "04011000-12345-67"
