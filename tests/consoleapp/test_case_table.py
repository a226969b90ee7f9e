"""docs/cases.md and the tests say the same: `python -m tests.cases` writes it anew."""

from tests.cases import PAPER, listed, named, with_tests

CASES = {case.id: case for case in listed(PAPER.read_text())}


def test_every_id_in_the_name_of_a_test_is_a_case():
    assert set(named()) <= set(CASES)


def test_each_case_names_just_the_tests_that_carry_its_id():
    tests = named()

    wrong = {one for one, case in CASES.items() if case.tests != tests.get(one, [])}

    assert wrong == set(), "python -m tests.cases writes docs/cases.md anew"


def test_a_case_without_a_test_says_why():
    silent = {one for one, case in CASES.items() if not case.tests and len(case.reason.split()) < 4}

    assert silent == set()


def test_no_case_is_listed_twice():
    assert len(list(listed(PAPER.read_text()))) == len(CASES)


def test_writing_it_anew_keeps_reasons_and_words():
    text = "| A01 | What happens | – a reason of four words |\n| A07 | Killed | `test_A07_old` |\n"

    told = with_tests(text)

    assert "– a reason of four words" in told or "`test_A01" in told
    assert "test_A07_old" not in told
