"""Every icon a template names is in the sprite."""

import re
from pathlib import Path

import pytest

from msp.web import icons

WEB = Path(icons.__file__).parent
NAMED = re.compile(
    r"""(?:icon|draw|icon_button|icon_link)\('([a-z0-9-]+)'"""
    r"""|icon(?:_name)?='([a-z0-9-]+)'"""
    r"""|(?:empty_state|event)\([^{}]*?, '([a-z0-9-]+)'\)"""
)


def test_templates_name_only_listed_icons() -> None:
    named = {
        name
        for template in (WEB / "templates").rglob("*.html")
        for found in NAMED.findall(template.read_text(encoding="utf-8"))
        for name in found
        if name
    }
    assert {"search", "lock"} <= named
    assert named - set(icons.NAMES) == set()


def test_the_sprite_has_one_symbol_for_each_icon(tmp_path: Path) -> None:
    for name in icons.NAMES:
        (tmp_path / f"{name}.svg").write_text(f'<!-- license --><svg\n  class="x"\n>\n  <path d="{name}" />\n</svg>')
    drawn = icons.sprite(tmp_path)
    assert drawn.count("<symbol") == len(icons.NAMES)
    assert '<symbol id="lock" viewBox="0 0 24 24"' in drawn
    assert '<path d="lock" />' in drawn


def test_a_missing_icon_is_named(tmp_path: Path) -> None:
    for name in icons.NAMES[1:]:
        (tmp_path / f"{name}.svg").write_text("<svg></svg>")
    with pytest.raises(icons.NoSuchIconError, match=icons.NAMES[0]):
        icons.sprite(tmp_path)
