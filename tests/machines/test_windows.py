import pytest


def powershell(box, script, **changed):
    return box.run(script, type="RunPowerShellScript", **changed)


def bat(box, script, **changed):
    return box.run(script, type="RunBatScript", **changed)


def lines(ended) -> list[str]:
    return ended.output.decode().split("\r\n")


def test_variables_texts_and_conditions_of_powershell(windows):
    script = """
$name = "W3SVC"   # the web server
Stop-Service $name
if ((Get-Service $name).Status -eq "Running") { Write-Host "up" }
elseif ($name -like "W3*") { Write-Host "down: $name on $env:COMPUTERNAME" }
else { Write-Host "?" }
'single $name'
"$((Get-Service $name).DisplayName)"
exit 3
"""

    ended = powershell(windows, script)

    assert (ended.status, ended.exit_code) == ("Failed", 3)
    assert lines(ended)[:3] == ["down: W3SVC on HZ-WIN-001", "single $name", "World Wide Web Publishing Service"]


def test_services_stay_as_a_script_left_them(windows):
    powershell(windows, "Stop-Service W3SVC")

    assert lines(powershell(windows.restarted(), "(Get-Service W3SVC).Status"))[0] == "Stopped"
    assert powershell(windows, "Restart-Service W3SVC").status == "Success"
    assert lines(powershell(windows.restarted(), "(Get-Service W3SVC).Status"))[0] == "Running"


def test_a_service_nobody_has_is_not_found(windows):
    ended = powershell(windows, "Write-Output before\nGet-Service nope\nWrite-Output after")

    assert ended.exit_code == 1
    assert lines(ended)[:2] == ["before", "Cannot find any service or pool with the name 'nope'."]


@pytest.mark.parametrize(
    "line",
    ["foreach ($x in 1..3) { $x }", "Get-Process | Where-Object { $_.CPU -gt 1 }", "[math]::Pi", "& cmd.exe", "("],
)
def test_powershell_that_is_not_understood_runs_nothing_and_says_so(windows, line):
    ended = powershell(windows, f"Stop-Service W3SVC\n{line}")

    assert ended.exit_code == 1
    assert lines(ended)[0] == f"The simulated PowerShell does not know line 2: {line}"
    assert lines(powershell(windows, "(Get-Service W3SVC).Status"))[0] == "Running"


def test_a_class_that_is_not_known_says_so_when_it_is_reached(windows):
    ended = powershell(windows, "Write-Output before\nGet-CimInstance Win32_Nope")

    assert ended.exit_code == 1
    assert lines(ended)[:2] == ["before", "The simulated PowerShell does not know line 2: Get-CimInstance Win32_Nope"]


def test_tables_have_the_columns_that_were_selected(windows):
    ended = powershell(windows, "Get-Service -Name W3* | Select-Object Name, Status")

    assert lines(ended)[1:4] == ["Name  Status", "----  ------", "W3SVC Running"]


def test_start_sleep_counts_towards_the_time_out(windows):
    ended = powershell(windows, "Write-Output before\nStart-Sleep -Seconds 90\nWrite-Output after")

    assert (ended.status, ended.output) == ("Timeout", b"before\r\n")


def test_variables_and_conditions_of_bat(windows):
    script = """
@echo off
rem a comment
set NAME=world
echo Hello %NAME% on %COMPUTERNAME%
if "%NAME%"=="world" echo yes
if not "%NAME%"=="world" echo no
sc query nope
if %ERRORLEVEL% equ 1060 echo missing
exit /b 7
"""

    ended = bat(windows, script)

    assert ended.exit_code == 7
    assert lines(ended)[0:2] == ["Hello world on HZ-WIN-001", "yes"]
    assert "no" not in lines(ended)
    assert lines(ended)[-2] == "missing"


def test_net_starts_and_stops_what_powershell_sees(windows):
    assert bat(windows, "net stop W3SVC").status == "Success"
    assert bat(windows, "net stop W3SVC").exit_code == 2
    assert lines(powershell(windows, "(Get-Service W3SVC).Status"))[0] == "Stopped"
    assert bat(windows, "iisreset").status == "Success"
    assert lines(powershell(windows, "(Get-Service W3SVC).Status"))[0] == "Running"


def test_bat_that_is_not_understood_ends_there_and_says_so(windows):
    ended = bat(windows, "echo a\nfor %%i in (1 2) do echo %%i\necho b")

    assert ended.exit_code == 1
    assert lines(ended)[:2] == [
        "a",
        "The simulated command processor does not know line 2: for %%i in (1 2) do echo %%i",
    ]


def test_the_run_user_needs_the_secret_that_is_theirs(windows):
    assert lines(bat(windows, "whoami"))[0] == "nt authority\\system"
    own = bat(windows, "whoami", username="deploy", password_name="win-deploy-password")
    assert lines(own)[0] == "hz-win-001\\deploy"

    other = bat(windows, "whoami", username="deploy", password_name="win-administrator-password")
    missing = bat(windows, "whoami", username="deploy", password_name="nope")
    stranger = bat(windows, "whoami", username="mallory", password_name="win-deploy-password")

    assert [e.error_code for e in (other, missing, stranger)] == [
        "UserOrPasswordInvalid",
        "QueryParameterStoreFailed",
        "UserOrPasswordInvalid",
    ]


def test_a_server_of_ones_own_has_no_role_to_read_secrets_with(machine):
    shop = machine("hz-shop-01")

    assert bat(shop, "ver", username="deploy", password_name="win-deploy-password").error_code == "InstanceRoleInvalid"
    assert bat(shop, "ver").status == "Success"


def test_the_working_directory_must_exist_whatever_its_case(windows):
    assert bat(windows, "ver", working_dir="c:\\windows\\TEMP").status == "Success"
    assert bat(windows, "ver", working_dir="D:\\data").error_code == "DirectoryNotExists"
