"""What ShellCheck says, placed in the script as it is saved: parameters, line ends and marks shift nothing."""

import shutil
import sysconfig
import time

import pytest

from commands.shellcheck import State, check
from commands.typing_slips import notes_on

SHELL = "RunShellScript"


@pytest.fixture
def program():
    if not shutil.which("shellcheck", path=f"{sysconfig.get_path('scripts')}:/usr/bin:/usr/local/bin"):
        pytest.skip("there is no wheel of ShellCheck for this machine")


def places(content: str, **more) -> list[tuple[int, int, str]]:
    report = check(content, SHELL, **{"has_parameters": True} | more)
    assert report.state == State.CHECKED
    return [(finding.line, finding.column, finding.code) for finding in report.findings]


@pytest.mark.usefixtures("program")
class TestWithTheProgram:
    def test_a_finding_has_its_place_its_level_and_its_words(self):
        (finding,) = check("#!/bin/bash\nx=1 y=2\necho $x$y $1\n", SHELL, has_parameters=False).findings

        assert (finding.line, finding.column, finding.code, finding.level) == (3, 11, "SC2086", "info")
        assert finding.message == "Double quote to prevent globbing and word splitting."

    def test_a_parameter_is_a_value_wherever_it_stands(self):
        script = """#!/bin/bash
systemctl restart {{service}}
[ {{n}} -gt 5 ] && [ "{{mode}}" = fast ] && sleep $(( {{n}} + 1 ))
case {{mode}} in {{ other }}) echo '{{a}}' ;; esac
for x in {{list}}; do printf "{{format}}" "$x"; done
cat > {{ path }} << EOF
{{ACS::InstanceId}}
EOF
rm -rf {{dir}}/*
exit {{code}}
"""

        assert places(script) == []

    def test_what_stands_beside_a_parameter_keeps_its_column(self):
        assert places("#!/bin/bash\necho {{ name }} $1 {{x}}\n") == [(2, 17, "SC2086")]

    def test_a_parameter_with_a_line_break_between_its_braces_shifts_no_line(self):
        assert places("#!/bin/bash\necho {{ name\n}} $1\necho $2") == [(3, 4, "SC2086"), (4, 6, "SC2086")]

    def test_single_quotes_around_a_variable_are_told_beside_a_parameter(self):
        assert places("#!/bin/bash\necho '{{a}}' '{{b}} $1'\n") == [(2, 14, "SC2016")]

    def test_braces_are_text_where_a_command_has_no_parameters(self):
        assert places("#!/bin/bash\nif [{{a}}]; then :; fi\n", has_parameters=False) != []

    def test_B46_line_ends_and_a_mark_are_left_to_their_own_notes(self):
        script = "\ufeff#!/bin/bash\r\necho ok\r\necho $1\r\n"

        assert places(script) == [(3, 6, "SC2086")]
        assert {note.fix for note in notes_on(script, SHELL)} == {"bom", "lf"}

    def test_columns_count_characters_not_bytes(self):
        assert places("#!/bin/bash\necho 中文😀 $1") == [(2, 10, "SC2086")]

    def test_C56_nothing_that_a_script_sources_is_read(self):
        assert places("#!/bin/bash\nsource /etc/passwd\n. /etc/shadow\n") == []

    @pytest.mark.parametrize("comment", ["external-sources=true", "source=/etc/passwd", "source-path=/"])
    def test_C56_nor_does_a_comment_in_it_open_a_file(self, comment, tmp_path):
        (tmp_path / "lib.sh").write_text("canary=1\necho $canary_unset\n")
        report = check(f"#!/bin/bash\n# shellcheck {comment}\n. {tmp_path}/lib.sh\n", SHELL, has_parameters=False)

        assert "canary" not in repr(report)

    def test_C56_what_stands_in_a_script_is_run_by_nobody(self, tmp_path):
        check(f"touch {tmp_path}/x; $(touch {tmp_path}/y)\n", SHELL, has_parameters=False)

        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("shebang", "is_told"),
        [("", True), ("#!/bin/sh", True), ("#!/usr/bin/env -S dash -e", True), ("#!/bin/bash", False)],
    )
    def test_the_first_line_says_which_shell_it_is(self, shebang, is_told):
        found = places(f'{shebang}\nx=abc\necho "${{x/b/c}}"\n')

        assert [code for _line, _column, code in found] == (["SC3060"] if is_told else [])

    def test_a_script_that_keeps_it_busy_is_given_up_in_time(self):
        began = time.monotonic()

        report = check("#!/bin/bash\n" + "$(( " * 4000, SHELL, has_parameters=False)

        assert report.state == State.GAVE_UP
        assert report.note == "ShellCheck did not finish: the script is too much for it."
        assert time.monotonic() - began < 10

    def test_a_script_longer_than_any_command_is_not_begun(self):
        assert check("echo $1\n" * 4000, SHELL, has_parameters=False).state == State.GAVE_UP


@pytest.mark.parametrize("content", ["#!/usr/bin/python3\nprint(1)", "#!/usr/bin/env perl\n", "", " \n"])
def test_another_language_is_not_looked_at(content):
    assert check(content, SHELL, has_parameters=False).state == State.NOT_SHELL


def test_nor_is_what_a_launcher_gives_to_another_program():
    assert check("print(1)", SHELL, has_parameters=False, launcher="/usr/bin/python3 -u x").state == State.NOT_SHELL


@pytest.mark.parametrize("command_type", ["RunPowerShellScript", "RunBatScript"])
def test_nor_is_a_script_for_windows(command_type):
    assert check("echo $1", command_type, has_parameters=False).state == State.NOT_SHELL


def test_where_there_is_no_shellcheck_the_report_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))

    report = check("echo $absent", SHELL, has_parameters=False)

    assert (report.findings, report.note) == ((), "ShellCheck is not installed here.")
