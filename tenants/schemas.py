"""What may come in about companies and people; one schema reads the form and the JSON. Messages are msgids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate, validates

from tenants.rules import CLIENT_ROLES, DESK_KEY, DESK_ROLES, KEY

EMPTY = "This is needed."
TOO_LONG = "This is too long."
CHOICE = "Choose one of these."
NUMBER = "Enter a whole number."
ADDRESS = "Enter an e-mail address."
LANGUAGES = ("ja", "en")
TILES = tuple(range(1, 13))
Sentences = dict[str, str | list[Any] | dict[Any, Any]]
_SAID: Sentences = {"required": EMPTY, "null": EMPTY, "invalid": EMPTY}
_CHOSEN: Sentences = {"required": CHOICE, "null": CHOICE, "invalid": CHOICE}
_COUNTED: Sentences = {"required": EMPTY, "null": EMPTY, "invalid": NUMBER}


def words(longest: int, needed: bool = False) -> fields.String:
    """A text; one that is not needed is empty where nothing came."""
    length = validate.Length(max=longest, error=TOO_LONG)
    if not needed:
        return fields.String(load_default="", validate=length, error_messages=_SAID)
    checks = [length, validate.Length(min=1, error=EMPTY)]
    return fields.String(required=True, validate=checks, error_messages=_SAID)


def choice(values: tuple[str, ...], otherwise: str | None = None) -> fields.String:
    """One word of a closed list; needed unless it says what it is otherwise."""
    check = validate.OneOf(values, error=CHOICE)
    if otherwise is None:
        return fields.String(required=True, validate=check, error_messages=_CHOSEN)
    return fields.String(load_default=otherwise, validate=check, error_messages=_CHOSEN)


def chosen(needed: bool = False) -> fields.Integer:
    """Something of ours by its id; whether it is there is asked of the rows."""
    if needed:
        return fields.Integer(required=True, error_messages=_CHOSEN)
    return fields.Integer(load_default=None, allow_none=True, error_messages=_CHOSEN)


def address(needed: bool = False) -> fields.Email:
    """An e-mail address."""
    said: Sentences = {"required": EMPTY, "null": EMPTY, "invalid": ADDRESS}
    if needed:
        return fields.Email(required=True, error_messages=said)
    return fields.Email(load_default=None, allow_none=True, error_messages=said)


class FormSchema(Schema):
    """A form sends what it does not know as empty text; spaces around a text are nobody's wish, nor are NULs in it."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        plain = {
            name: value.replace("\0", "").strip() if isinstance(value, str) else value for name, value in data.items()
        }
        return {name: value for name, value in plain.items() if value != "" or self._may_be_empty(name)}

    def _may_be_empty(self, name: str) -> bool:
        field = self.fields.get(name)
        return isinstance(field, fields.String) and not isinstance(field, fields.Email)


class CompanySchema(FormSchema):
    """The facts of a client company."""

    name = words(200, needed=True)
    kana = words(200)
    short = words(8, needed=True)
    tile = fields.Integer(load_default=1, validate=validate.OneOf(TILES, error=CHOICE), error_messages=_CHOSEN)
    language = choice(LANGUAGES, "ja")
    zone = words(60, needed=True)
    billing_zone = words(60, needed=True)
    owner = chosen(needed=True)

    @validates("zone", "billing_zone")
    def is_a_zone(self, value: str, **_: Any) -> None:
        if value not in available_timezones():
            raise ValidationError("Enter a time zone such as Asia/Tokyo.")


class NewCompanySchema(CompanySchema):
    """A client company, with the key that stands in its tickets' numbers for ever."""

    key = words(10, needed=True)

    @pre_load
    def in_capitals(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "key": str(data.get("key", "")).strip().upper()}

    @validates("key")
    def is_a_key(self, value: str, **_: Any) -> None:
        if value and (KEY.fullmatch(value) is None or value == DESK_KEY):
            raise ValidationError("Two to ten letters and digits, a letter first.")


class MailSchema(FormSchema):
    """How mail to a client is signed and whom it comes from."""

    mail_name = words(100)
    mail_address = address()
    signature = words(2000)


class SiteSchema(FormSchema):
    """A place of a client."""

    name = words(100, needed=True)
    address = words(300)


class DomainSchema(FormSchema):
    """A mail domain that is provably one client's."""

    name = words(253, needed=True)

    @validates("name")
    def is_a_domain(self, value: str, **_: Any) -> None:
        if value and ("." not in value.strip(".") or any(sign in value for sign in "@ /:")):
            raise ValidationError("Enter a domain such as example.co.jp.")


class ContactSchema(FormSchema):
    """A person of a client."""

    name = words(100, needed=True)
    kana = words(100)
    email = address()
    phone = words(40)
    language = choice(LANGUAGES, "ja")
    role = choice(CLIENT_ROLES, "requester")
    site = chosen()


class AgentSchema(FormSchema):
    """A person of the desk who is invited."""

    name = words(100, needed=True)
    kana = words(100)
    email = address(needed=True)
    role = choice(DESK_ROLES)
    language = choice(LANGUAGES, "ja")
    tier = fields.Integer(
        load_default=1, validate=validate.Range(1, 3, error="There are tiers 1, 2 and 3."), error_messages=_COUNTED
    )
    sees_all = fields.Boolean(load_default=False)


class RoleSchema(FormSchema):
    """What a person of the desk does."""

    role = choice(DESK_ROLES)
    tier = fields.Integer(
        load_default=1, validate=validate.Range(1, 3, error="There are tiers 1, 2 and 3."), error_messages=_COUNTED
    )
    sees_all = fields.Boolean(load_default=False)
