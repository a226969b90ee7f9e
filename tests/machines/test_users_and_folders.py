def test_without_a_user_root_runs_the_script_at_home(web):
    assert web.says("id -un; pwd; echo $HOME $UID") == "root\n/root\n/root 0\n"


def test_a_user_runs_it_under_their_name_and_at_their_home(web):
    said = web.says("id; whoami; pwd; echo $HOME $USER", username="deploy")

    assert said.startswith("uid=1000(deploy) gid=1000(deploy) groups=1000(deploy),10(wheel)\ndeploy\n")
    assert said.endswith("/home/deploy\n/home/deploy deploy\n")


def test_service_accounts_are_those_of_the_distribution(machine):
    assert machine("hz-web-002").says("pwd", username="nginx") == "/var/lib/nginx\n"
    assert machine("hz-web-001").says("pwd", username="www-data") == "/var/www\n"


def test_a_user_who_does_not_exist_is_refused_before_anything_runs(web):
    ended = web.run("touch /tmp/ran", username="mallory")

    assert (ended.status, ended.error_code) == ("Invalid", "AccountNotExists")
    assert "mallory" in ended.error_info
    assert web.says("ls /tmp") == ""


def test_a_user_can_be_made_and_used_and_unmade(web):
    web.says("useradd -m carol")
    assert web.says("id -un; pwd", username="carol") == "carol\n/home/carol\n"

    web.says("userdel -r carol")
    assert web.run("id", username="carol").error_code == "AccountNotExists"


def test_a_user_whose_home_is_gone_needs_a_working_directory(web):
    web.says("rm -rf /home/deploy")

    assert web.run("pwd", username="deploy").error_code == "DefaultWorkingDirectoryNotAvailable"
    assert web.says("pwd", username="deploy", working_dir="/tmp") == "/tmp\n"


def test_the_working_directory_must_exist(web):
    assert web.says("pwd", working_dir="/var/log/app") == "/var/log/app\n"

    ended = web.run("pwd", working_dir="/var/log/nope")
    assert (ended.status, ended.error_code) == ("Invalid", "DirectoryNotExists")

    web.says("mkdir /var/log/nope")
    assert web.says("pwd", working_dir="/var/log/nope") == "/var/log/nope\n"


def test_a_missing_user_is_found_before_a_missing_directory(web):
    assert web.run("pwd", username="mallory", working_dir="/nope").error_code == "AccountNotExists"
    assert web.run("pwd", type="RunBatScript", username="mallory").error_code == "CommandNotApplicable"


def test_sudo_is_for_those_the_sudoers_name(web):
    assert web.says("sudo id -un; sudo -u nginx whoami; id -un", username="deploy") == "root\nnginx\ndeploy\n"

    refused = web.run("sudo id", username="nginx")
    assert (refused.exit_code, refused.output) == (1, b"sudo: a password is required\n")


def test_only_root_becomes_another_user_with_su(web):
    assert web.says("su - deploy -c 'id -un; pwd'") == "deploy\n/home/deploy\n"
    assert web.run("su -c id", username="deploy").output == b"su: Authentication failure\n"


def test_other_users_may_not_install_packages_or_make_users(web):
    assert web.run("yum -y install htop", username="deploy").exit_code == 1
    assert web.run("useradd x", username="deploy").exit_code == 1
    assert "htop-3.3.0-1" in web.says("sudo yum -y install htop > /dev/null; rpm -q htop", username="deploy")
