"""The OpenAPI document is whole and true, and the page about it shows all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from msp import guard
from msp.api.page import words
from msp.bearer import scope_of
from tenants.tokens import SCOPES
from tests.msp.api.conftest import Day

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def whole(day: Day) -> Any:
    """The document as a stranger gets it."""
    answer = day.app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def operations(whole: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in whole["paths"].items():
        for method in METHODS & methods.keys():
            yield (
                path,
                method,
                methods[method] | {"all": [*methods.get("parameters", ()), *methods[method].get("parameters", ())]},
            )


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "$ref":
                yield inner
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_reference_leads_somewhere(whole: Any) -> None:
    found = set(references(whole))
    assert found
    for reference in found:
        place = whole
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_document_has_what_openapi_asks_for(whole: Any) -> None:
    assert whole["openapi"] == "3.0.3"
    assert {"title", "version"} <= whole["info"].keys()
    assert whole["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    ids = []
    for path, method, operation in operations(whole):
        ids.append(operation["operationId"])
        assert operation["summary"], path
        assert "default" in operation["responses"]
        assert any(status.startswith("2") for status in operation["responses"])
        named = {each["name"] for each in operation["all"] if each["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert all(each.get("description") and each["required"] for each in operation["all"] if each["in"] == "path")
        assert ("requestBody" in operation) == (method != "get")
    assert len(ids) == len(set(ids))


def test_errors_are_problems_in_the_document_too(whole: Any) -> None:
    for answer in whole["components"]["responses"].values():
        assert list(answer["content"]) == ["application/problem+json"]


def test_every_operation_stands_in_the_document_and_says_its_scope(app: Flask, whole: Any) -> None:
    told = {operation["operationId"]: operation["x-scope"] for _, _, operation in operations(whole)}
    views = {name.partition(".")[2]: view for name, view in app.view_functions.items() if name.startswith("api.")}
    assert told == {name: scope_of(view) for name, view in views.items()}
    assert set(told.values()) == {*SCOPES, ""}


def test_no_page_takes_a_token(app: Flask) -> None:
    """A scope stands on routes of the interface alone, and on every one of them that knows its caller."""
    for name, view in app.view_functions.items():
        of_programs = name.startswith("api.") and bool(guard.permissions_of(view))
        assert (scope_of(view) is not None) == of_programs, name


def test_the_page_tells_every_operation_in_both_languages(day: Day, whole: Any) -> None:
    stranger = day.app.test_client()
    pages = {}
    for language in ("en", "ja"):
        answer = stranger.get("/api/v1/", headers={"Accept-Language": language})
        assert answer.status_code == 200
        pages[language] = answer.get_data(as_text=True)
    for path, _, operation in operations(whole):
        assert f'id="{operation["operationId"]}"' in pages["ja"]
        assert path in pages["en"]
        assert operation["summary"] in pages["en"].replace("&#39;", "'")
    assert pages["ja"] != pages["en"]


def test_every_summary_has_its_words(app: Flask, whole: Any) -> None:
    with app.test_request_context():
        told = words()
    assert {operation["summary"] for _, _, operation in operations(whole)} <= told.keys()
    assert {heading for _, _, operation in operations(whole) for heading in operation["tags"]} <= told.keys()
