"""Both languages are complete: every sentence of the code is in the catalogue, and translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

from consoleapp.translations import compile_catalogues

ROOMS = ("accounts", "cloud", "commands", "consoleapp", "instances", "invocations", "regions")
CATALOGUE = "consoleapp/locale/zh_Hans/LC_MESSAGES/django.po"
# Which arguments are texts: context, singular, plural.
SHAPES = {"gettext": "s", "ngettext": "sp", "pgettext": "cs", "npgettext": "csp"}
CHINESE = re.compile(r"[\u3400-\u9fff\uff01-\uff5e]")
CHINESE_IS_MEANT = {
    "templates/partials/language.html",  # the other language's own name
    "consoleapp/settings.py",
    "instances/grammar.py",  # what people type
    "invocations/pasting.py",
    "invocations/suggesting.py",
    "regions/choosing.py",
    "regions/initials.py",
    "static/js/picker.js",
}
PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w+)\}")

Message = tuple[str, str]  # context and singular


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(Path(__file__).parents[2] / CATALOGUE))


def messages_of(call: ast.Call) -> Iterator[Message]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    shape = SHAPES.get("gettext" if name == "_" else name.removesuffix("_lazy"))
    texts = [node.value for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if shape and len(texts) >= len(shape):
        found = dict(zip(shape, texts, strict=False))
        yield found.get("c", ""), found["s"]


def messages_in_code(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from messages_of(node)


def messages_in_template(source: str) -> Iterator[Message]:
    """Django turns a template into something with calls of gettext in it; each is read on its own."""
    code = templatize(source)
    for start in re.finditer(r"\b(?:n|p|np)?gettext\(|(?<![\w.])_\(", code):
        yield from messages_in_code(code[start.start() : closing(code, start.end())])


def closing(code: str, at: int) -> int:
    """Where the call whose arguments begin at `at` ends; a parenthesis in a string does not count."""
    while code[at] != ")":
        quoted = re.compile(r"u?('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")", re.DOTALL).match(code, at)
        at = quoted.end() if quoted else at + 1
    return at + 1


def messages_of_everything(root: Path) -> set[Message]:
    code = (path for room in ROOMS for path in (root / room).rglob("*.py") if "migrations" not in path.parts)
    found = {message for path in code for message in messages_in_code(path.read_text())}
    for path in (root / "templates").rglob("*.html"):
        found.update(messages_in_template(path.read_text()))
    return found


def test_every_sentence_of_the_code_is_in_the_catalogue(repository, catalogue):
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue}

    assert messages_of_everything(repository) - known == set()


def test_the_catalogue_holds_nothing_that_no_code_says(repository, catalogue):
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue if not entry.obsolete}

    assert known - messages_of_everything(repository) == set()


def test_every_sentence_is_translated_and_none_is_a_guess(catalogue):
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


def test_a_translation_names_only_values_that_its_sentence_has(catalogue):
    def values(text: str) -> set[str]:
        return {name for pair in PLACEHOLDER.findall(text) for name in pair if name}

    for entry in catalogue:
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            assert values(text) <= values(entry.msgid) | values(entry.msgid_plural), entry.msgid


def test_chinese_sentences_use_chinese_punctuation(catalogue):
    half = re.compile(r"[\u3400-\u9fff][,;?!]|[\u3400-\u9fff]:(?!\w)|[\u3400-\u9fff]\.(?:\s|$)")

    assert [entry.msgstr for entry in catalogue if half.search(entry.msgstr)] == []


def test_chinese_stands_only_in_the_catalogue(repository):
    sources = [*(repository / "templates").rglob("*.html"), *(repository / "static/js").glob("*.js")]
    sources += [path for room in ROOMS for path in (repository / room).rglob("*.py")]
    names = {str(path.relative_to(repository)) for path in sources if CHINESE.search(path.read_text())}

    assert names - CHINESE_IS_MEANT == set()


def test_catalogues_are_compiled_without_gettexts_tools(tmp_path, repository, settings):
    target = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    target.parent.mkdir(parents=True)
    target.write_text((repository / CATALOGUE).read_text())
    settings.LOCALE_PATHS = [tmp_path]

    assert compile_catalogues() == [target.with_suffix(".mo")]
    assert compile_catalogues() == []  # nothing is newer

    assert polib.mofile(str(target.with_suffix(".mo"))).find("Sign out").msgstr == "退出登录"
    assert [path.name for path in target.parent.iterdir()].count("django.mo") == 1


def test_the_running_console_speaks_chinese():
    with override("zh-hans"):
        assert gettext("Execution results") == "命令执行结果"
