import pytest

WHERE_ROOT_SCRIPTS_LIE = "/usr/local/share/aliyun-assist/work/script/test-t-hz0test.sh"


def test_stdout_and_stderr_come_in_one_stream_in_order(web):
    ended = web.run("echo one; echo two >&2; echo three; ls /nope; echo four")

    assert ended.output.decode() == "one\ntwo\nthree\nls: cannot access '/nope': No such file or directory\nfour\n"


def test_the_exit_code_is_the_scripts_and_anything_but_0_is_a_failure(web):
    ended = web.run("echo before; exit 42")

    assert (ended.status, ended.exit_code, ended.error_code) == ("Failed", 42, "ExitCodeNonzero")
    assert ended.output == b"before\n"


def test_the_last_commands_exit_code_counts_and_errexit_ends_a_script(web):
    assert web.run("true\nfalse").exit_code == 1
    assert web.run("false\ntrue").status == "Success"
    assert web.run("set -e\nfalse\necho unreached").output == b""


def test_a_trace_comes_before_what_it_traces(web):
    assert web.says("set -x; echo hi") == "+ echo hi\nhi\n"


def test_an_unknown_command_is_told_as_a_shell_tells_it(web):
    ended = web.run("nosuchcommand")

    assert ended.output.decode() == f"{WHERE_ROOT_SCRIPTS_LIE}: line 1: nosuchcommand: command not found\n"
    assert ended.exit_code == 127


def test_a_script_knows_its_own_name_which_lies_in_tmp_for_other_users(web):
    assert web.says("echo $0") == f"{WHERE_ROOT_SCRIPTS_LIE}\n"
    assert web.says("echo $0", username="deploy") == "/tmp/test-t-hz0test.sh\n"


def test_the_scripts_file_is_gone_afterwards(web):
    web.says("true", username="deploy")

    assert web.says("ls /tmp") == ""


def test_lines_before_a_syntax_error_run(web):
    ended = web.run("echo a\nif true; then\necho b")

    assert ended.exit_code == 2
    assert ended.output.decode() == f"a\n{WHERE_ROOT_SCRIPTS_LIE}: line 4: syntax error: unexpected end of file\n"


def test_a_script_that_is_one_mistake_says_so(web):
    ended = web.run("if; then")

    assert ended.exit_code == 2
    assert "line 1: syntax error near unexpected token" in ended.output.decode()


@pytest.mark.parametrize("first", ["#!/bin/bash", "#!/bin/sh", "#!/usr/bin/env bash", "#! /usr/bin/bash"])
def test_a_first_line_that_names_a_shell_is_honoured(web, first):
    assert web.says(f"{first}\necho hi") == "hi\n"


def test_options_in_the_first_line_are_honoured(web):
    assert web.run("#!/bin/bash -e\necho a\nfalse\necho b").output == b"a\n"
    assert web.says("#!/bin/bash -x\necho a") == "+ echo a\na\n"


def test_python_scripts_run_where_there_is_python(web, machine):
    script = "#!/usr/bin/env python3\nprint(6 * 7)"

    assert web.says(script) == "42\n"
    without = machine("hz-web-126").run(script)  # CentOS 7
    assert (without.exit_code, without.output) == (127, b"/usr/bin/env: 'python3': No such file or directory\n")


def test_an_interpreter_the_machine_does_not_have_is_refused_as_a_kernel_refuses_it(web):
    by_env = web.run("#!/usr/bin/env ruby\nputs 1")
    by_path = web.run("#!/usr/bin/perl\nprint 1")
    with_cr = web.run("#!/bin/bash\r\necho hi\r\n")

    assert (by_env.exit_code, by_env.output) == (127, b"/usr/bin/env: 'ruby': No such file or directory\n")
    assert by_path.exit_code == with_cr.exit_code == 126
    assert b"/usr/bin/perl: bad interpreter: No such file or directory" in by_path.output
    assert b"/bin/bash^M: bad interpreter" in with_cr.output


def test_a_launcher_starts_the_script(web):
    launcher = 'python3 -u {{ACS::ScriptFileName|Ext(".py")}}'

    assert web.says("print('launched')", launcher=launcher) == "launched\n"
    assert web.says("echo hi", launcher="bash -x") == "+ echo hi\nhi\n"
    assert web.run("puts 1", launcher="ruby").output == b"sh: line 1: ruby: command not found\n"


def test_built_in_parameters_are_filled_in_whatever_their_case_and_spaces(web):
    said = web.says("echo {{ACS::InstanceId}} {{ acs :: regionid }} {{ACS::InstanceName}} {{ACS::InvokeId}}")

    assert said == f"{web.machine.instance_id} cn-hangzhou hz-web-002 t-hz0test\n"


def test_an_unknown_built_in_parameter_keeps_the_script_from_running(web):
    ended = web.run("touch /root/ran; echo {{ACS::Nope}}")

    assert (ended.status, ended.error_code, ended.exit_code) == ("Invalid", "InvalidSystemBuiltInParameter", None)
    assert web.run("ls /root/ran").exit_code == 2


def test_braces_that_are_not_the_agents_are_left_alone(web):
    assert web.says("echo '{{name}} {{ .State }}'") == "{{name}} {{ .State }}\n"


def test_text_in_other_alphabets_survives(web):
    assert web.says("echo 你好 > /tmp/a; cat /tmp/a; wc -c < /tmp/a") == "你好\n7\n"


def test_pipes_here_documents_arrays_and_arithmetic_work(web):
    script = """\
cat <<EOF | sort | uniq -c | awk '{print $2 "=" $1}'
b
a
b
EOF
words=(x y z)
echo "${#words[@]} ${words[@]:1} $((6 * 7)) ${HOSTNAME:-none}"
[[ abc == a* ]] && printf '%05.1f|%-4s|\\n' 3.14159 ab
"""

    assert web.says(script).splitlines()[0:2] == ["a=1", "b=2"]
    assert "3 y z 42" in web.says(script)
    assert "003.1|ab  |" in web.says(script)


def test_a_type_for_the_other_system_is_not_applicable(web, windows):
    for box, kind in ((web, "RunBatScript"), (web, "RunPowerShellScript"), (windows, "RunShellScript")):
        ended = box.run("echo hi", type=kind)

        assert (ended.status, ended.error_code) == ("Invalid", "CommandNotApplicable")


def test_there_are_no_containers(web):
    assert web.run("echo hi", container="shop").error_code == "ContainerNotFound"
