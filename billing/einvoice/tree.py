"""A small way of writing UBL's elements down in their order."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET

AGGREGATE: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
BASIC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOT: Final = "urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
FORBIDDEN: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What XML 1.0 cannot hold (its production 2)."""


class Node:
    """An element that is added to: `cac` opens a part of it, `cbc` writes a value, nothing for an empty one."""

    def __init__(self, element: ET.Element) -> None:
        self.element = element

    def cac(self, name: str) -> Node:
        return Node(ET.SubElement(self.element, f"cac:{name}"))

    def cbc(self, name: str, value: object, **attributes: str) -> None:
        text = FORBIDDEN.sub("", f"{value:f}" if isinstance(value, Decimal) else str(value)).strip()
        if text:
            ET.SubElement(self.element, f"cbc:{name}", attributes).text = text

    def amount(self, name: str, value: Decimal, currency: str) -> None:
        self.cbc(name, value, currencyID=currency)


def root(name: str) -> Node:
    """The document's own element with its three namespaces."""
    spaces = {"xmlns": ROOT.format(name=name), "xmlns:cac": AGGREGATE, "xmlns:cbc": BASIC}
    return Node(ET.Element(name, spaces))


def written(node: Node) -> bytes:
    """The tree as UTF-8 with its declaration; equal trees give equal bytes."""
    ET.indent(node.element)
    text: str = ET.tostring(node.element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
