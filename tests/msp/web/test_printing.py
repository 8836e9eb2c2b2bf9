"""Values, sentences and addresses in templates: cheap, and written as the slow ways write them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template, render_template_string, url_for
from flask_babel import force_locale, gettext
from hypothesis import given
from hypothesis import strategies as st
from jinja2.meta import find_undeclared_variables
from markupsafe import Markup, escape

from msp.web import printing
from msp.web.printing import say, written

TEMPLATES = Path(printing.__file__).parent / "templates"
PRINTED_ONCE = sorted(
    {name for path in TEMPLATES.rglob("*.html") for name in re.findall(r'once\("(.+?)"', path.read_text())}
)
VALUES = st.one_of(st.text(), st.text().map(Markup), st.integers(), st.none(), st.booleans())


@given(VALUES)
def test_a_value_is_written_as_markupsafe_escapes_it(value: object) -> None:
    assert written(value) == str(escape(value))


def test_a_template_escapes_what_strangers_wrote_in_values_macros_and_sentences(app: Flask) -> None:
    source = "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ x }}{{ m(x) }}{{ _('Send to %(client)s', client=x) }}"
    with app.test_request_context(headers={"Accept-Language": "en"}):
        page = render_template_string(source, x="<script>")
    assert page == "&lt;script&gt;<b>&lt;script&gt;</b>Send to &lt;script&gt;"


def test_a_sentence_is_in_the_language_of_the_moment(app: Flask) -> None:
    with app.test_request_context():
        for language in ("ja", "en", "ja"):
            with force_locale(language):
                assert say("Queue") == gettext("Queue")


def test_an_address_with_a_name_in_it_is_made_anew(app: Flask) -> None:
    source = "{{ url_for('tickets.show', key=key) }} {{ url_for('static', filename='icon.svg') }}"
    with app.test_request_context():
        for key in ("ACME-1", "GLOBEX-1"):
            expected = f"{url_for('tickets.show', key=key)} {url_for('static', filename='icon.svg')}"
            assert render_template_string(source, key=key) == expected


@pytest.mark.parametrize("name", PRINTED_ONCE)
def test_what_is_printed_once_is_in_the_readers_language_and_knows_no_reader(
    app: Flask, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment: Any = app.jinja_env
    source = (TEMPLATES / name).read_text()
    assert find_undeclared_variables(environment.parse(source)) <= {"_", "url_for", "time_words", "palette_url"}
    token = "A token belongs to one reader."
    monkeypatch.setitem(environment.globals, "csrf_token", lambda: pytest.fail(token))
    for language in ("ja", "en", "ja"):
        with app.test_request_context(headers={"Accept-Language": language}):
            expected = render_template(name, palette_url="/palette")
            assert environment.globals["once"](name, palette_url="/palette") == expected


def test_what_is_printed_once_is_not_printed_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    once: Any = app.jinja_env.globals["once"]
    with app.test_request_context(headers={"Accept-Language": "en"}):
        first = once("_console.html", palette_url="/palette")
        monkeypatch.setattr(app.jinja_env, "get_template", lambda _name: pytest.fail("It was printed again."))
        assert once("_console.html", palette_url="/palette") is first
