"""What a ticket shows of a mail: its title, its words, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import force_locale, gettext

from msp.intake.rules.message import Mail
from msp.intake.rules.mime import Trouble
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Words:
    """What the sender wrote himself, and what he quotes."""

    text: str
    quoted: str = ""
    html: str | None = None


def title_of(mail: Mail, tenant: Tenant) -> str:
    """The subject, else the first line, else what can be said of it."""
    title = " ".join(mail.subject.split())
    if not title and mail.readable:
        title = next((line.strip()[:80] for line in mail.fresh.splitlines() if line.strip()), "")
    if title:
        return title
    with force_locale(tenant.language):
        return str(gettext("A mail without a subject") if mail.readable else gettext("A mail that cannot be read"))


def words_of(mail: Mail, tenant: Tenant) -> Words:
    """The text without what it quotes; a sentence of ours where a mail cannot be read, the raw mail beside it."""
    if not mail.readable:
        with force_locale(tenant.language):
            apology = gettext("This mail could not be read here. The mail as it came is attached.")
            return Words(f"{apology} {_why(mail)}".strip())
    fresh = mail.fresh.strip()
    if not fresh:
        return Words(mail.text.strip(), "", mail.html or None)
    quoted = "".join(segment.text for segment in mail.segments if segment.quoted)
    return Words(fresh, quoted, mail.html or None)


def _why(mail: Mail) -> str:
    reasons = {
        Trouble.TOO_LARGE: gettext("It is too large."),
        Trouble.ENCRYPTED: gettext("It is encrypted."),
        Trouble.EMPTY: gettext("It is empty."),
        Trouble.NO_HEADERS: gettext("It has no headers."),
        Trouble.FAILED: gettext("Reading it failed or took too long."),
    }
    return " ".join(sentence for trouble, sentence in reasons.items() if trouble in mail.troubles)
