import pytest


def test_the_machine_knows_what_it_is(web):
    said = web.says("hostname; hostname -I; nproc; uname -r; . /etc/os-release; echo $PRETTY_NAME; date +%Z")

    assert said == ("hz-web-002\n10.20.1.10 \n4\n5.10.134-16.3.al8.x86_64\nAlibaba Cloud Linux 3.2104 LTS\nCST\n")


def test_disks_and_memory_are_those_of_the_machine(machine):
    db = machine("hz-db-001")

    assert "/dev/vdb1" in db.says("df -h /data")
    assert db.says("free -m | awk '/^Mem/ {print $2}'") == f"{db.machine.memory_mb}\n"
    assert db.run("df /nope").exit_code == 1


def test_df_leaves_out_what_it_is_told_to(web):
    assert web.says("df -hP -x tmpfs -x devtmpfs | awk 'NR > 1 {print $6}'") == "/\n"


def test_package_managers_are_those_of_the_distribution(machine):
    assert machine("hz-web-002").says("command -v yum dnf apt-get").splitlines() == ["/usr/bin/yum", "/usr/bin/dnf"]
    assert machine("hz-web-001").says("command -v yum apt-get dpkg").splitlines() == [
        "/usr/bin/apt-get",
        "/usr/bin/dpkg",
    ]


def test_a_package_is_installed_once_and_for_all(web):
    assert "Installed:\n  htop" in web.says("yum -y install htop")

    again = web.restarted()
    assert "Nothing to do" in again.says("yum -y install htop")
    assert again.says("rpm -q htop") == "htop-3.3.0-1.x86_64\n"


def test_a_package_nobody_has_is_not_found(machine):
    assert b"Unable to find a match: nosuch" in machine("hz-web-002").run("yum -y install nosuch").output
    assert machine("hz-web-001").run("apt-get install -y nosuch").exit_code == 100


def test_programs_can_be_called_by_their_path(web):
    assert web.says("/usr/bin/systemctl is-active nginx; /bin/echo hi; /usr/bin/env echo ho") == "active\nhi\nho\n"
    assert web.says("which systemctl") == "/usr/bin/systemctl\n"


def test_there_is_no_network_but_the_machine_itself_and_its_metadata(web):
    assert web.run("curl -sS https://example.com").exit_code == 6
    assert web.run("ping -c 1 1.1.1.1").exit_code == 2
    assert web.says("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/") == "200"
    metadata = "http://100.100.100.200/latest/meta-data/instance-id"
    assert web.says(f"curl -s {metadata}") == web.machine.instance_id


def test_names_and_time_zones_can_be_changed(web):
    web.says("hostnamectl set-hostname shop-1; timedatectl set-timezone UTC")

    assert web.restarted().says("hostname; date +%Z") == "shop-1\nUTC\n"


def test_logs_are_there_and_old_ones_are_old(web):
    assert web.says("ls /var/log/app/*.log | wc -l") == "4\n"
    assert web.says("find /var/log/app -mtime +14") == "/var/log/app/app.log-20261101\n"
    assert "hz-web-002" in web.says("journalctl -n 1")


def test_getent_finds_accounts_and_says_when_it_does_not(web):
    assert web.says("getent passwd deploy | cut -d: -f6") == "/home/deploy\n"
    assert web.run("getent passwd mallory").exit_code == 2


@pytest.mark.parametrize(
    "line", ["top -bn1", "ps aux", "ps -ef", "uptime", "vmstat 1 1", "lscpu", "ip addr", "sysctl -a"]
)
def test_common_questions_get_an_answer(web, line):
    assert len(web.says(line)) > 40
