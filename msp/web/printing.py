"""What templates do on every page, made cheap: write a value, say a sentence, name an address, print a fixed part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from flask import Flask, current_app
from flask_babel import get_locale, gettext
from jinja2 import Environment, Template
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.nodes import Expr
from jinja2.runtime import Context
from markupsafe import Markup
from markupsafe import _escape_inner as escaped  # type: ignore[attr-defined]  # the C function below `escape`

MOST_KEPT = 20_000

Pieces = Callable[[Context], Iterator[str]]

_said: dict[tuple[str, str], Markup] = {}


class LeanCode(CodeGenerator):
    """Compiled templates whose escaped values stay plain text: the page is joined from them and marked once."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.written(")


class WholeTemplate(Template):
    """A template that hands on what it printed in one piece: what is included is not passed up bit by bit."""

    @classmethod
    def _from_namespace(
        cls, environment: Environment, namespace: MutableMapping[str, Any], globals: MutableMapping[str, Any]
    ) -> Template:
        made = super()._from_namespace(environment, namespace, globals)
        made.root_render_func = _whole(made.root_render_func)
        made.blocks = {name: _whole(block) for name, block in made.blocks.items()}
        return made

    def _get_default_module(self, _importing: Context | None = None) -> TemplateModule:
        """No template here has globals of its own, so what is imported from it is the same for all who import it."""
        return super()._get_default_module()


def _whole(pieces: Pieces) -> Pieces:
    def whole(context: Context) -> Iterator[str]:
        yield "".join(pieces(context))

    return whole


def written(value: object) -> str:
    """The value as `markupsafe.escape` writes it, without the mark."""
    if type(value) is str:
        return escaped(value)
    if type(value) is Markup:
        return value
    return value.__html__() if hasattr(value, "__html__") else escaped(str(value))


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else ""


def say(message: str, **values: Any) -> Markup:
    """A sentence in the reader's language; what is put into it is escaped. Each is looked up once a process."""
    key = (_language(), message)
    known = _said.get(key)
    if known is None:
        known = Markup(gettext(message))  # noqa: S704 - the catalogue is ours
        if len(_said) < MOST_KEPT:
            _said[key] = known
    return known % values if values or "%" in known else known


def install(app: Flask) -> None:
    """Before the first template is compiled, and after Babel has put its own words there."""
    addresses: dict[tuple[str, str | None], str] = {}

    def address(endpoint: str, **values: Any) -> str:
        """Addresses that say nothing of the request are made once: rooms without a name in them, static files."""
        if endpoint.startswith(".") or values.keys() - {"filename"}:
            return current_app.url_for(endpoint, **values)
        key = (endpoint, values.get("filename"))
        if key not in addresses:
            addresses[key] = current_app.url_for(endpoint, **values)
        return addresses[key]

    printed: dict[tuple[str, str, str | None], Markup] = {}

    def once(name: str, palette_url: str | None = None) -> Markup:
        """A part of the frame that knows neither reader nor request, but the language: printed once a process."""
        key = (_language(), name, palette_url)
        if key not in printed:
            printed[key] = Markup(environment.get_template(name).render(palette_url=palette_url))  # noqa: S704 - our own
        return printed[key]

    environment: Any = app.jinja_env
    environment.code_generator_class = LeanCode
    environment.template_class = WholeTemplate
    environment.written = written
    environment.globals.update(_=say, url_for=address, once=once)
