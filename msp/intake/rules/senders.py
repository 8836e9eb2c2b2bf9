"""Who wrote: addresses taken apart and normalised, and what our own edge proved about them."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from msp.intake.rules.headers import Headers, one_line, words

MAX_ADDRESSES = 100
_LOCAL = re.compile(r'^[^\s\x00-\x1f\x7f<>()\[\],;:\\"@]{1,64}$')
_DOMAIN = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})+$")
_TOKENS = re.compile(r'\\.|[()<>",;:]|[^\\()<>",;:]+', re.DOTALL)
_ROUTE = re.compile(r"^@[^:]{1,500}:")
_SIGNS = re.compile(r'\\.|[()"]|[^\\()"]+', re.DOTALL)
_RESULT = re.compile(r"^\s*([a-z0-9-]{1,20})\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s;\"]{1,320})", re.IGNORECASE)

_IDENTITY_PROVIDERS = re.compile(
    r"(?:^|\.)(?:accounts\.google\.com|accountprotection\.microsoft\.com|account\.microsoft\.com|microsoftonline\.com|"
    r"okta\.com|onelogin\.com|auth0\.com|id\.apple\.com|duosecurity\.com|pingidentity\.com|github\.com|gitlab\.com|"
    r"slack\.com|atlassian\.(?:com|net)|zoom\.us|dropbox\.com|notion\.so|signin\.aws|amazon\.com|amazon\.co\.jp|"
    r"id\.rakuten\.co\.jp|line\.me|lineworks\.com|cybozu\.com|salesforce\.com|box\.com|zendesk\.com)$"
)
_MACHINE = re.compile(r"no-?_?reply|do-?not-?reply|account|security|verif|auth|notif|support|login|signin|sso")
_SECRET_SUBJECT = re.compile(
    r"verification code|security code|one[- ]time (?:pass|code)|verify your (?:e-?mail|account)|password reset|"
    r"reset (?:your )?password|(?:confirm|activate) your (?:e-?mail|account)|(?:sign|log)[- ]?in (?:code|link)|"
    r"(?:認証|確認|検証|ログイン|セキュリティ)\s*コード|ワンタイム\s*パス|パスワードの?(?:再設定|リセット)|"
    r"メールアドレスの(?:ご?確認|認証)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: the name as shown, the address normalised (NFKC, lower case, IDNA domain)."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part behind the last @."""
        return self.address.rpartition("@")[2]


class Proof(StrEnum):
    """What our edge found out about the sender's domain."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


def normalised(address: str) -> str | None:
    """One form for each mailbox, None for what is no address. The domain is IDNA, as it stands in the DNS."""
    if len(address) > 1000:
        return None
    local, at, domain = unicodedata.normalize("NFKC", address).strip().strip("<>").strip().lower().rpartition("@")
    local = local[1:-1] if len(local) > 2 and local.startswith('"') and local.endswith('"') else local
    if not at or not _LOCAL.match(local) or not 0 < len(domain) <= 253:
        return None
    domain = domain.rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return f"{local}@{domain}" if _DOMAIN.match(domain) else None


def addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of an address field: names, comments, quoted strings and groups (RFC 5322 3.4), at most 100.

    Encoded words are decoded after the field was taken apart, so that an encoded comma or bracket separates nothing;
    only a field without any address is decoded first, for mailers that encode the address too.
    """
    found = _valid(_mailboxes(value))
    if not found and "=?" in value:
        found = _valid(_mailboxes(words(value)))
    return found


def _valid(mailboxes: list[tuple[str, str]]) -> tuple[Address, ...]:
    found = (
        Address(words(name), mailbox) for name, address in mailboxes if (mailbox := normalised(address)) is not None
    )
    return tuple(islice(found, MAX_ADDRESSES))


def _mailboxes(value: str) -> list[tuple[str, str]]:
    """(name, address) in order; one pass, whatever is open at the end is closed there."""
    out: list[tuple[str, str]] = []
    name: list[str] = []
    angle: list[str] = []
    comment: list[str] = []
    depth, quoted, inside, had_angle = 0, False, False, False

    def close() -> None:
        nonlocal had_angle
        bare, said = "".join(name).strip(), "".join(comment).strip()
        if had_angle:
            out.append((bare or said, _ROUTE.sub("", "".join(angle).strip())))
        elif bare:
            out.append((said, bare))
        name.clear()
        angle.clear()
        comment.clear()
        had_angle = False

    for sign in _TOKENS.findall(value):
        if len(out) > 10 * MAX_ADDRESSES:
            break
        if quoted:
            quoted = sign != '"'
            if quoted or inside:
                (angle if inside else name).append(sign[1:] if sign.startswith("\\") and not inside else sign)
        elif depth:
            depth += (sign == "(") - (sign == ")")
            if depth:
                comment.append(sign)
        elif sign == '"':
            quoted = True
            if inside:
                angle.append(sign)
        elif sign == "(" and not inside:
            depth = 1
        elif sign == "<":
            inside, had_angle = True, True
            angle.clear()
        elif sign == ">":
            inside = False
        elif inside:
            angle.append(sign)
        elif sign in ",;":
            close()
        elif sign == ":":
            name.clear()
        else:
            name.append(sign)
    close()
    return out


def proof(headers: Headers, sender: Address | None, edge: str) -> Proof:
    """Whether the sender's domain is proven; only the topmost Authentication-Results counts, and only if of `edge`.

    The edge must take away foreign ones that bear its name (RFC 8601 5). DMARC decides; where it says nothing, a passed
    DKIM or SPF of the sender's domain or of a domain above it does. Two DMARC verdicts prove nothing.
    """
    name, _, results = _bare(headers.first("authentication-results")[:20_000].lower()).partition(";")
    if sender is None or not edge or name.split()[:1] != [edge.lower()] or len(headers.all("from")) != 1:
        return Proof.UNKNOWN
    aligned = False
    verdicts: list[str] = []
    for result in results.split(";")[:50]:
        method = _RESULT.match(result)
        if not method:
            continue
        kind, passed = method[1], method[2] == "pass"
        said = {prop: _domain_of(value) for prop, value in _PROPERTY.findall(result)}
        if kind == "dmarc":
            verdicts.append(
                method[2] if said.get("header.from", sender.domain) == sender.domain else "of another domain"
            )
        elif passed and kind in ("dkim", "spf"):
            domain = said.get("header.d") or said.get("header.i") if kind == "dkim" else said.get("smtp.mailfrom")
            aligned = aligned or _covers(domain, sender.domain)
    if "fail" in verdicts:
        return Proof.REFUTED
    return Proof.PROVEN if verdicts == ["pass"] or (aligned and not verdicts) else Proof.UNKNOWN


def _bare(value: str) -> str:
    """The value without comments and quoted strings: a stranger chooses the local part that an edge prints there.

    What is opened and never closed goes to the end.
    """
    out: list[str] = []
    depth, quoted = 0, False
    for sign in _SIGNS.findall(value):
        if quoted:
            quoted = sign != '"'
        elif sign == '"' and not depth:
            quoted = True
        elif sign in ("(", ")"):
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif not depth:
            out.append(sign)
    return "".join(out)


def _domain_of(value: str) -> str:
    return value.rpartition("@")[2].rstrip(".")


def _covers(proven: str | None, domain: str) -> bool:
    return bool(proven) and "." in str(proven) and (domain == proven or domain.endswith(f".{proven}"))


def carries_secrets(sender: Address | None, subject: str) -> bool:
    """Whether a mail may hold a code or a link that opens an account: such mail is for agents' eyes only.

    Whoever signs up somewhere with the desk's address must not read the confirmation in a ticket.
    """
    if sender is None:
        return False
    by_a_machine = _MACHINE.search(sender.address.partition("@")[0]) is not None
    told = by_a_machine and _SECRET_SUBJECT.search(one_line(subject[:1000])) is not None
    return told or _IDENTITY_PROVIDERS.search(sender.domain) is not None
