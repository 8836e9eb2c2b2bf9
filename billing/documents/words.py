"""The words of documents in their two languages; a document keeps its own, whoever reads it."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["ja", "en"]

ROLES: Final = {
    "credit": ("{name}（返金）", "{name} (credit)"),
    "used": ("{name}（使用状況）", "{name} (used and left)"),
    "overage": ("{name}（超過分）", "{name} (overage)"),
    "prepayment": ("前払金の充当　{name}", "From prepayment: {name}"),
    "true_up": ("{name}（最低料金との差額）", "{name} (up to the minimum)"),
    "cap": ("{name}（上限超過分の控除）", "{name} (above the cap)"),
    "travel": ("出張費　{name}", "Travel: {name}"),
}
WAYS: Final = {"visit": ("訪問", "visits"), "km": ("走行距離", "distance")}
"""What a way to a site is charged by, where it is no zone with a name of its own."""

BANDS: Final = {
    "business": ("", ""),
    "after": ("時間外", "after hours"),
    "holiday": ("休日", "holiday"),
    "night": ("深夜", "night"),
}
TITLES: Final = {
    "invoice": ("請求書", "Invoice"),
    "credit_note": ("適格返還請求書", "Credit note"),
    "sale": ("請求書", "Invoice"),
    "replacement": ("請求書", "Invoice"),
}
OF_CREDIT: Final = {
    "number": ("返還請求書番号", "Credit note number"),
    "amount_due": ("ご返還金額", "Amount credited"),
    "greeting": ("下記のとおり返還（値引）いたします。", ""),
    "price": ("単価", "Unit price"),
}
"""What a credit note says otherwise than an invoice."""

OF_VAT: Final = {"registration": ("VAT登録番号", "VAT no.")}
VAT_COUNTRIES: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "CH", "GB", "NO",
})  # fmt: skip
"""Where the number of an issuer is one for value added tax: the European Union, Switzerland, Britain and Norway."""

LABELS: Final = {
    "number": ("請求書番号", "Invoice number"),
    "issued": ("発行日", "Date"),
    "period": ("対象期間", "Period"),
    "due": ("お支払期限", "Due"),
    "supplied": ("取引日", "Date of supply"),
    "refers_to": ("対象請求書", "Refers to"),
    "reason": ("理由", "Reason"),
    "attached": ("デジタルインボイス（UBL 2.1）を添付しています。", "An electronic invoice (UBL 2.1) is attached."),
    "registration": ("登録番号", "Registration no."),
    "amount_due": ("ご請求金額", "Amount due"),
    "amount_note": ("（税込）", "(incl. tax)"),
    "greeting": ("下記のとおりご請求申し上げます。", ""),
    "item": ("品目・内容", "Description"),
    "quantity": ("数量", "Quantity"),
    "price": ("単価", "Unit price"),
    "tax": ("税率", "Tax"),
    "amount": ("金額", "Amount"),
    "discount": ("値引", "Discount"),
    "line_total": ("小計", "Subtotal"),
    "net": ("税抜合計", "Net"),
    "tax_total": ("消費税等", "Tax"),
    "tax_inside": ("うち消費税等", "Tax included"),
    "gross": ("合計", "Total"),
    "prepaid": ("前受金充当", "Prepaid"),
    "rounding": ("端数調整", "Rounding"),
    "rate_box": ("税率別内訳", "Tax by rate"),
    "rate": ("区分", "Rate"),
    "base": ("対象額", "Taxable amount"),
    "rate_tax": ("消費税額", "Tax"),
    "balance": ("前払い分の残高", "What was paid ahead"),
    "carried_in": ("前月繰越", "Carried in"),
    "granted": ("当月付与", "Granted"),
    "purchased": ("購入", "Purchased"),
    "drawn": ("使用", "Used"),
    "expired": ("失効", "Expired"),
    "left": ("残り", "Left"),
    "bank": ("お振込先", "Bank transfer"),
    "notes": ("備考", "Notes"),
    "po": ("注文番号", "PO number"),
    "reduced": ("※印は軽減税率対象です。", "* Reduced tax rate applies."),
    "included": ("金額は税込です。", "Amounts include tax."),
    "excluded": ("金額は税抜です。", "Amounts exclude tax."),
    "draft": ("下書き", "DRAFT"),
    "attention": ("ご担当", "Attn."),
    "annex": ("作業明細", "Work in detail"),
    "date": ("日付", "Date"),
    "person": ("担当", "By"),
    "work": ("作業内容", "Work"),
    "worked": ("実績", "Worked"),
    "charged": ("請求", "Charged"),
    "phone": ("電話", "Phone"),
    "page": ("ページ", "Page"),
}
REDUCED_SIGN: Final = {"ja": "※", "en": "*"}
CATEGORIES: Final = {
    "S": ("{rate}%対象", "{rate}%"),
    "AA": ("{rate}%対象（軽減税率）", "{rate}% (reduced)"),
    "Z": ("0%対象", "Zero rated"),
    "E": ("非課税", "Exempt"),
    "AE": ("リバースチャージ", "Reverse charge"),
    "K": ("域内供給", "Intra-community supply"),
    "G": ("免税（輸出）", "Export"),
    "O": ("対象外", "Outside scope"),
}
UNITS: Final = {
    "C62": ("{quantity}", "{quantity}"),
    "MON": ("{quantity}か月", "{quantity} mo."),
    "ANN": ("{quantity}年", "{quantity} yr."),
    "DAY": ("{quantity}日／{base}日", "{quantity} of {base} days"),
    "HUR": ("{quantity}時間", "{quantity} h"),
    "KMT": ("{quantity}km", "{quantity} km"),
}


def said(pair: tuple[str, str], language: str) -> str:
    """The one of the two that is in the language of the document."""
    return pair[0] if language == "ja" else pair[1]


def label(name: str, language: str) -> str:
    return said(LABELS[name], language)


def line_text(
    role: str, name: str, language: str, *, work: str = "", band: str | None = None, site: str = "", item: bool = True
) -> str:
    """What a line is for: the item and the work, then band and site in brackets. A manual line is as it was typed."""
    if role == "travel" and name in WAYS:
        name = said(WAYS[name], language)
    subject = said(ROLES.get(role, ("{name}", "{name}")), language).format(name=name)
    if work:
        of_item = f"{subject}　{work}" if language == "ja" else f"{subject}: {work}"
        subject = of_item if item else work
    more = [word for word in (said(BANDS[band], language) if band else "", site) if word]
    if not more:
        return subject
    return f"{subject}（{'・'.join(more)}）" if language == "ja" else f"{subject} ({', '.join(more)})"
