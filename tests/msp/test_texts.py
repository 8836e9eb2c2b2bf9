"""What is said is found wherever it is written, and translations outlive a renewal."""

from __future__ import annotations

from pathlib import Path

import pytest

from msp.serve.texts import catalogue_path, python_texts, read, renew, template_texts, texts

HEAD = '# A glossary.\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
BEFORE = (
    HEAD + 'msgid "Kept"\nmsgstr "残す"\n\nmsgid "Gone"\nmsgstr "消える"\n\n#, fuzzy\nmsgid "Guessed"\nmsgstr "推測"\n'
)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("_('Open')", ["Open"]),
        ("lazy_gettext('Open')", ["Open"]),
        ("ngettext('%(num)s hour', '%(num)s hours', n)", [("%(num)s hour", "%(num)s hours")]),
        ("raise Refused('No.', {'title': ['Why not.']})", ["No.", "Why not."]),
        ("NO = 'No.'\nraise errors.Stale(NO)", ["No."]),
        ("raise NotFound()", []),
        ("raise ValidationError('Too late.', 'until')", ["Too late."]),
        ("EMPTY = 'Needed.'\nSAID = {'required': EMPTY}\nInteger(error_messages=SAID)", ["Needed."]),
        ("Length(max=3, error='Too long.')", ["Too long."]),
        ("def __init__(self, sentence: str = 'Nothing here.'): ...", ["Nothing here."]),
        ("words = 'A.' if late else 'B.'\nraise Refused(words, {'other': [words]})", ["A.", "B.", "A.", "B."]),
        ("log.info('not said'); print(_(code))", []),
    ],
)
def test_a_modules_texts(source: str, found: list[object]) -> None:
    assert list(python_texts(source)) == found


def test_a_templates_texts(tmp_path: Path) -> None:
    template = tmp_path / "page.html"
    template.write_text("<p>{{ _('Open') }}{% if x %}{{ ngettext('one', '%(num)s', n) }}{% endif %}</p>")
    assert list(template_texts(template)) == ["Open", ("one", "%(num)s")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that says two texts, one of them with a plural, and one that was only guessed at."""
    (tmp_path / "msp" / "web" / "templates").mkdir(parents=True)
    (tmp_path / "msp" / "door.py").write_text("_('Kept'); _('Guessed')")
    (tmp_path / "msp" / "web" / "templates" / "page.html").write_text("{{ _('Kept') }}{{ ngettext('a', 'b', n) }}")
    for language, text in (("ja", BEFORE), ("en", HEAD)):
        path = catalogue_path(language, tmp_path)
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_each_text_names_the_files_that_say_it(project: Path) -> None:
    assert texts(project)["Kept"] == ["msp/door.py", "msp/web/templates/page.html"]


def test_a_renewal_keeps_words_drops_what_nobody_says_and_names_what_waits(project: Path) -> None:
    assert renew("ja", project) == ["Guessed", ("a", "b")]
    path = catalogue_path("ja", project)
    assert {message.id: message.string for message in read(path, "ja") if message.id} == {
        "Kept": "残す",
        "Guessed": "",
        ("a", "b"): ("",),
    }
    text = path.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert renew("ja", project) == ["Guessed", ("a", "b")]
    assert path.read_text(encoding="utf-8") == text


def test_english_holds_the_plurals_in_its_own_words(project: Path) -> None:
    assert renew("en", project) == []
    held = {message.id: message.string for message in read(catalogue_path("en", project), "en") if message.id}
    assert held == {("a", "b"): ("a", "b")}
