import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.plain_input import PlainForm, check, visible


class OrderForm(PlainForm):
    name = forms.CharField()
    notes = forms.CharField(widget=forms.Textarea, required=False)
    secret = forms.CharField(widget=forms.PasswordInput, required=False)
    sizes = forms.MultipleChoiceField(choices=[("s", "S"), ("m", "M")], required=False)

    def clean_name(self):
        assert "\x00" not in self.cleaned_data["name"], "a refused value reached a field's own cleaning"
        return self.cleaned_data["name"]


def submitted(**fields):
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name, values if isinstance(values, list) else [values])
    return OrderForm(data)


def errors(form, name):
    return list(form.errors.get(name, []))


def test_what_people_type_is_taken():
    form = submitted(name="Zoë 名字 🐳 \t-", notes="first\r\nsecond\nthird", sizes=["s", "m"])

    assert form.is_valid(), form.errors


def test_B04_a_single_valued_field_given_twice_is_refused_and_both_are_shown():
    form = submitted(name=["60", "9"])

    assert errors(form, "name") == ["This was given more than once: “60”, “9”. Give it once."]
    assert form.errors.as_data()["name"][0].code == "twice"


def test_B04_a_secret_given_twice_is_not_shown():
    form = submitted(name="a", secret=["hunter2", "hunter3"])

    assert errors(form, "secret") == ["This was given more than once. Give it once."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\x00abc", "U+0000 at position 1"),
        ("ab\x1b[0m", "U+001B at position 3"),
        ("two\nlines", "U+000A at position 4"),
        ("c1\x9b", "U+009B at position 3"),
        ("\ufffe", "U+FFFE at position 1"),
        ("bytes \ufffd", "U+FFFD at position 7"),  # what Django makes of bytes that are not UTF-8
        ("\U0001f433\x07", "U+0007 at position 2"),
    ],
)
def test_B06_a_character_that_nobody_types_is_refused_with_its_place(text, sentence):
    form = submitted(name=text)

    assert errors(form, "name") == [f"This contains a character that cannot be used: {sentence}."]


def test_B06_the_text_comes_back_with_the_character_made_visible():
    form = submitted(name="a\x00b\x7f", notes="one\r\ntwo\x1b")

    assert not form.is_valid()
    assert (form["name"].value(), form["notes"].value()) == ("a␀b␡", "one\r\ntwo␛")


def test_lines_are_for_fields_of_several_lines_but_a_lone_carriage_return_is_for_none():
    assert submitted(name="a", notes="x\ny").is_valid()
    assert errors(submitted(name="a", notes="x\ry"), "notes")


@given(st.text())
def test_what_is_made_visible_is_taken_but_for_what_has_no_picture(text):
    shown = visible(text)

    assert len(shown) == len(text)
    if "\ufffd" not in shown:
        check(shown)
