"""C61: the sandbox of simulated agents cannot read or write the host, has time, memory and output limits."""

import os
from pathlib import Path

import pytest

from simulator.machines.agent import sandbox_of_this_loop
from simulator.machines.files import KEPT_BYTES
from simulator.machines.output import LIMIT

THIS_FILE = str(Path(__file__).resolve())

ENDLESS = [
    "while true; do :; done",
    "until false; do true; done",
    ":(){ :|:& };:",
    "jq -n 'def f: f; f'",
    "jq -n 'until(false;.)'",
    "python3 -c 'while True: pass'",
    "awk 'BEGIN{for(i=0;i<900000;i++){for(j=0;j<900000;j++){}}}'",
    "trap '' TERM INT HUP; sleep 1e300",
]
GREEDY = [
    "x=a; while :; do x=$x$x; done",
    "cat /dev/zero | sort | wc -c",
    "dd if=/dev/zero of=/tmp/big bs=1M count=100000",
    "jq -n '[range(1e12)]'",
    "python3 -c 'x=\"a\" * 10**10'",
    "awk 'BEGIN{while(1){}}'",
    "f() { f; }; f",
    "printf '%1000000000d' 1",
    "echo {1..100000000} | wc -c",
    "eval \"$(yes 'echo x' | head -100000)\"",
]
CURIOUS = [
    f"cat {THIS_FILE}",
    f"cat /../../../../..{THIS_FILE}",
    f"ln -s {THIS_FILE} /tmp/l; cat /tmp/l",
    f"python3 -c 'print(open(\"{THIS_FILE}\").read())'",
    f"source {THIS_FILE}",
    f"awk '{{print}}' {THIS_FILE}",
    f"tar cf - {THIS_FILE}",
    f"curl -s file://{THIS_FILE}",
    f"find / -path '*{Path(__file__).name}' | grep .",
    "cat /proc/self/environ /proc/1/environ /proc/self/cmdline",
    "cat < /dev/tcp/127.0.0.1/22",
    "python3 -c 'import socket'",
    "python3 -c 'import subprocess'",
    "python3 -c 'import ctypes'",
]
BACKTRACKING = [
    "pgrep '(.*)*x'",
    "grep -P '(a+)+$' <<< aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab =~ (a+)+$ ]]",
    "[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa == *a*a*a*a*a*a*a*a*a*a*a*a*b ]]",
    "printf '[Service]\\n%s' \"$(printf '\\n%.0s' $(seq 9000))\" > /etc/systemd/system/x.service; systemctl status x",
]


@pytest.mark.parametrize("script", ENDLESS)
def test_C61_an_endless_script_ends_at_its_time_out_and_its_process_need_not_be_replaced(web, script):
    web.says("true")
    before = sandbox_pid(web)

    assert web.run(script, timeout=1).status == "Timeout"

    assert web.says("echo still there") == "still there\n"
    assert sandbox_pid(web) == before  # a process with a script that does not listen gets no more scripts


@pytest.mark.parametrize("script", GREEDY)
def test_C61_a_greedy_script_is_cut_and_the_process_stays_small(web, script):
    ended = web.run(script, timeout=5)

    assert ended.status in ("Failed", "Timeout", "Success")
    assert len(ended.output) <= LIMIT
    assert resident_bytes(sandbox_pid(web)) < 300_000_000


@pytest.mark.parametrize("script", CURIOUS)
def test_C61_a_curious_script_finds_nothing_of_the_host(web, script):
    ended = web.run(script, timeout=10)

    assert ended.exit_code != 0
    assert b"ASVS" not in ended.output  # a word of this file
    assert b"C61: the sandbox" not in ended.output


@pytest.mark.parametrize("script", BACKTRACKING)
def test_C61_a_pattern_that_backtracks_holds_nothing_up(web, script):
    ended = web.run(script, timeout=5)

    assert ended.status != "Timeout"


def test_C61_scripts_see_none_of_the_simulators_environment(web, monkeypatch, runner):
    monkeypatch.setenv("SIMULATOR_ACCESS_KEYS", "id:very-secret")
    runner.run(replace_sandbox())

    assert "very-secret" not in web.says(
        "env; set; export -p; cat /proc/self/environ /proc/*/environ 2> /dev/null || true"
    )
    assert b"very-secret" not in environment_of(sandbox_pid(web))


def test_C61_the_process_itself_may_write_no_file_and_has_a_memory_limit(web):
    web.says("true")

    limits = Path(f"/proc/{sandbox_pid(web)}/limits").read_text()

    values = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()[1:]}
    assert (values["Max file size"], values["Max core file size"]) == ("0", "0")
    assert int(values["Max address space"]) <= 4 * 1024**3


def test_C61_files_of_a_machine_take_little_room_on_the_host(web):
    web.run("for i in $(seq 40); do head -c 1000000 /dev/urandom > /root/f$i; done", timeout=30)

    assert sum(path.stat().st_size for path in web.home.iterdir()) < 1.5 * KEPT_BYTES


def test_C61_nothing_is_written_outside_the_machines_folder(web, tmp_path):
    before = set(os.listdir("/tmp")), set(os.listdir("/etc"))

    web.says("echo x > /tmp/c61-canary; echo x > /etc/c61-canary; mkdir -p /root/../../../tmp/c61-folder")

    assert (set(os.listdir("/tmp")) - before[0]) & {"c61-canary", "c61-folder"} == set()
    assert "c61-canary" not in os.listdir("/etc")


def test_C61_a_batch_script_cannot_grow_a_line_without_end(windows):
    doubling = "set A=xxxxxxxxxxxxxxxx\n" + "set A=%A%%A%\n" * 60

    ended = windows.run(doubling, type="RunBatScript")

    assert ended.exit_code == 1
    assert b"The input line is too long." in ended.output


def test_C61_a_powershell_script_cannot_grow_a_text_without_end(windows):
    ended = windows.run('$a = "xxxxxxxxxxxxxxxx"\n' + '$a = "$a$a"\n' * 60, type="RunPowerShellScript")

    assert ended.exit_code == 1


@pytest.mark.parametrize("content", ["{{ACS::" + " " * 20_000, "{{" * 10_000, "{{ACS::x" * 3000, "#!" + " " * 20_000])
def test_C61_braces_and_blanks_hold_nothing_up(web, content):
    assert web.run(content, timeout=5).status in ("Success", "Failed", "Invalid")


def sandbox_pid(box) -> int:
    async def pid() -> int:
        found = sandbox_of_this_loop().pid
        assert found
        return found

    return box.runner.run(pid())


async def replace_sandbox() -> None:
    await sandbox_of_this_loop().close()


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()
