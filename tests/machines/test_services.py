def test_a_restart_leaves_the_service_running_since_just_now(web):
    said = web.says("systemctl restart nginx; systemctl is-active nginx; systemctl status nginx")

    assert said.startswith("active\n● nginx.service - The nginx HTTP")
    assert "Active: active (running)" in said
    assert "0s ago" in said
    assert "Started The nginx HTTP and reverse proxy server." in said


def test_a_unit_that_does_not_exist_fails_with_5(machine):
    ended = machine("hz-web-024").run("systemctl restart nginx")

    assert ended.exit_code == 5
    assert ended.output == b"Failed to restart nginx.service: Unit nginx.service not found.\n"


def test_on_a_database_machine_there_is_mysql_and_no_nginx(machine):
    db = machine("hz-db-001")

    assert db.says("systemctl is-active mysqld") == "active\n"
    assert db.run("command -v nginx").exit_code == 1


def test_a_stopped_service_stays_stopped_until_it_is_started(web):
    web.says("systemctl stop nginx")
    assert web.run("systemctl is-active nginx").exit_code == 3
    assert web.restarted().run("curl -s localhost").exit_code == 7

    web.says("systemctl start nginx")
    assert web.says("curl -s localhost/health") == "ok\n"


def test_processes_and_ports_follow_the_services(web):
    assert web.says("ps -C nginx -o comm= | sort -u; ss -lnt | grep -c ':443 '") == "nginx\n1\n"

    web.says("systemctl stop nginx")

    assert web.run("pgrep nginx").exit_code == 1
    assert web.says("ss -lnt | grep -c ':443 ' || true") == "0\n"


def test_who_may_not_manage_units_is_told_so(web):
    ended = web.run("systemctl restart nginx", username="nginx")

    assert ended.exit_code == 1
    assert b"Failed to restart nginx.service: Interactive authentication required." in ended.output


def test_a_configuration_with_a_mistake_fails_the_restart_until_it_is_mended(machine):
    broken = machine("hz-web-091")

    assert broken.run("nginx -t").exit_code == 1
    assert b"Job for nginx.service failed" in broken.run("systemctl restart nginx").output
    assert broken.run("systemctl is-active nginx").output == b"failed\n"

    broken.says("sed -i s/proxi_pass/proxy_pass/ /etc/nginx/conf.d/shop.conf && nginx -t && systemctl restart nginx")
    assert broken.says("systemctl is-active nginx") == "active\n"


def test_on_one_machine_nginx_never_becomes_active_again(machine):
    hanging = machine("hz-web-045")

    assert hanging.run("systemctl restart nginx; systemctl is-active nginx").output == b"activating\n"


def test_a_unit_of_ones_own_can_be_written_enabled_and_stopped(web):
    said = web.says("""
cat > /etc/systemd/system/shop.service <<EOF
[Unit]
Description=The shop
[Service]
ExecStart=/opt/shop/run
EOF
systemctl daemon-reload && systemctl enable --now shop 2> /dev/null
systemctl is-enabled shop; systemctl show -p ActiveState --value shop; pgrep -f /opt/shop/run | wc -l
systemctl disable shop 2> /dev/null; systemctl is-active shop; systemctl stop shop
""")

    assert said == "enabled\nactive\n1\nactive\n"


def test_service_and_journalctl_speak_of_the_same_things(web):
    web.says("service nginx restart", username="root")

    last = web.says("journalctl -u nginx -n 2 --no-pager").splitlines()
    assert [line.split(": ")[1] for line in last] == [
        "Starting The nginx HTTP and reverse proxy server...",
        "Started The nginx HTTP and reverse proxy server.",
    ]


def test_a_reboot_ends_the_script_as_a_restarted_instance(web):
    ended = web.run("echo going; reboot; echo back")

    assert (ended.status, ended.error_code, ended.output) == ("Error", "InstanceRestarted", b"going\n")
