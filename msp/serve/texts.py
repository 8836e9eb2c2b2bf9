"""Finds every text the product says and renews the catalogues with them; what is translated stays."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from msp.settings import PROJECT

LANGUAGES = ("ja", "en")
ROOTS = ("tenants", "sla", "billing", "msp")
GETTEXT = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
REFUSALS = ("Refused", "Stale", "NotFound", "Forbidden", "ValidationError")
SCHEMA = ("error", "error_messages")

Words = str | tuple[str, ...]


def catalogue_path(language: str, root: Path = PROJECT) -> Path:
    """Where a language's texts lie."""
    return root / "msp" / "translations" / language / "LC_MESSAGES" / "messages.po"


def texts(root: Path = PROJECT) -> dict[Words, list[str]]:
    """Every text of the code and the templates, and the files that say it; (one, many) where it has a plural."""
    found: dict[Words, list[str]] = defaultdict(list)
    for folder in ROOTS:
        for path in sorted(chain((root / folder).rglob("*.py"), (root / folder).rglob("templates/**/*.html"))):
            source = path.read_bytes()
            for words in python_texts(source) if path.suffix == ".py" else template_texts(path):
                place = path.relative_to(root).as_posix()
                if place not in found[words]:
                    found[words].append(place)
    return dict(found)


def python_texts(source: bytes | str) -> Iterator[Words]:
    """What a module says: through gettext, as a refusal's sentence or a schema's, also by a constant's name."""
    tree = ast.parse(source)
    named = _named(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in GETTEXT:
                words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                yield from [tuple(words[:2]) if name == "ngettext" else words[0]] if words else []
            for sentence in _sentences(node, name):
                yield from _literals(sentence, named)
        elif isinstance(node, ast.FunctionDef):
            defaults = zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)
            for argument, default in defaults:
                yield from _literals(default, named) if argument.arg == "sentence" else ()


def template_texts(path: Path) -> Iterator[Words]:
    """What a template says."""
    with path.open("rb") as file:
        for _line, words, _comments, _context in extract("jinja2", file, GETTEXT):
            yield words


def renew(language: str, root: Path = PROJECT) -> list[Words]:
    """Bring new texts into a catalogue, let those go that nobody says any more; the texts that wait for a translator.

    The head of the file stays as it is, with its glossary. English texts are their own msgids: the English catalogue
    holds only those that have a plural.
    """
    path = catalogue_path(language, root)
    known = read(path, language)
    renewed = Catalog(language)
    waiting = []
    for words, places in texts(root).items():
        if language == "en" and isinstance(words, str):
            continue
        before = known.get(words)
        said = before.string if before and not before.fuzzy else ""
        if not said or not all(said):
            said = words if language == "en" else ""
        if not said:
            waiting.append(words)
        renewed.add(words, said, [(place, 1) for place in places], user_comments=before.user_comments if before else ())
    head, _, _ = path.read_bytes().partition(b"\n\n")
    with path.open("wb") as file:
        file.write(head.rstrip() + b"\n\n")
        write_po(file, renewed, width=0, include_lineno=False, omit_header=True)
    return waiting


def read(path: Path, language: str) -> Catalog:
    """A catalogue as it stands in its file."""
    with path.open("rb") as file:
        return read_po(file, language)


def _sentences(call: ast.Call, name: str) -> Iterator[ast.expr]:
    """A refusal's own sentence and those at its fields; what a schema says of a field."""
    if name in REFUSALS:
        yield from call.args[:1]
        yield from (one for one in call.args[1:2] if isinstance(one, ast.Dict))
    for keyword in call.keywords:
        if keyword.arg in SCHEMA or (name in REFUSALS and keyword.arg == "fields"):
            yield keyword.value


def _literals(node: ast.expr, named: Mapping[str, list[ast.expr]]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(words)) if words:
            yield words
        case ast.Dict(values=several) | ast.List(elts=several) | ast.Tuple(elts=several):
            yield from (words for one in several for words in _literals(one, named))
        case ast.IfExp(body=body, orelse=otherwise):
            yield from (words for one in (body, otherwise) for words in _literals(one, named))
        case ast.Name(id=name):
            others = {other: values for other, values in named.items() if other != name}
            yield from (words for one in named.get(name, []) for words in _literals(one, others))


def _named(tree: ast.Module) -> Mapping[str, list[ast.expr]]:
    """What the module's names stand for, as far as it is written there."""
    named: dict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                named[name].append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                named[name].append(value)
    return named
