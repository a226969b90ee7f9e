import asyncio
import json

from simulator.machines.files import KEPT_BYTES, Changes, Disk, Entry, difference, folder, text


def test_files_outlive_the_agent(web):
    web.says("mkdir /opt/app && echo v1 > /opt/app/version && chmod 640 /opt/app/version && rm /etc/crontab")

    again = web.restarted()

    assert again.says("cat /opt/app/version; stat -c %a /opt/app/version") == "v1\n640\n"
    assert again.run("cat /etc/crontab").exit_code == 1


def test_a_write_that_was_cut_off_by_a_kill_does_no_harm(web):
    web.says("echo kept > /root/file")
    (web.home / "changes.new").write_text('{"entries": {"/root/fi')

    assert web.restarted().says("cat /root/file") == "kept\n"


def test_only_what_differs_is_stored(web):
    web.says("echo hi > /root/new")

    stored = json.loads((web.home / "changes.json").read_text())

    assert list(stored["entries"]) == ["/root/new"]
    assert stored["gone"] == []


def test_a_script_that_changes_nothing_stores_nothing(web):
    web.says("cat /etc/passwd > /dev/null")

    assert not web.home.exists()


def test_times_of_files_are_kept(web):
    web.says("echo x > /root/old; touch -d '2026-01-02 03:04:05' /root/old")

    assert web.restarted().says("stat -c %Y /root/old") == "1767294245\n"  # 03:04:05 in Hangzhou


def test_links_are_kept(web):
    web.says("ln -s /etc/hostname /root/name")

    assert web.restarted().says("readlink /root/name; cat /root/name") == "/etc/hostname\nhz-web-002\n"


def test_files_that_are_not_text_are_kept(web):
    web.says(r"printf 'a\000\377b' > /root/bytes")

    assert web.restarted().says("od -An -tx1 /root/bytes").split() == ["61", "00", "ff", "62"]


def test_scripts_that_run_at_the_same_time_see_each_others_files(machine, runner):
    box = machine("hz-web-002", pace=1.0)

    async def both():
        reads = "for i in $(seq 50); do [ -f /tmp/flag ] && echo seen && exit 0; sleep 0.1; done; exit 1"
        writes = "touch /tmp/flag; sleep 0.5"
        return await asyncio.gather(box.execute(reads, invoke_id="t-a"), box.execute(writes, invoke_id="t-b"))

    reader, _ = runner.run(both())

    assert (reader.status, reader.output) == ("Success", b"seen\n")


def test_machines_do_not_share_files(machine):
    machine("hz-web-001").says("echo mine > /tmp/x")

    assert machine("hz-web-002").run("cat /tmp/x").exit_code == 1


def test_a_machine_whose_files_were_all_removed_has_no_accounts_left(web):
    web.run("rm -rf / --no-preserve-root")

    assert web.restarted().run("id").error_code == "AccountNotExists"


def test_a_difference_turns_the_one_tree_into_the_other():
    before = {"/a": folder(), "/a/x": text("1"), "/a/y": text("2")}
    after = {"/a": folder(), "/a/x": text("1"), "/a/z": text("3", 0o600)}

    changes = difference(before, after)

    assert changes.applied_to(before) == after
    assert Changes.from_json(json.loads(json.dumps(changes.to_json()))) == changes


def test_the_largest_files_are_lost_when_there_are_too_many_bytes():
    small, large = text("small"), Entry(0o644, data=bytes(KEPT_BYTES))

    changes = difference({}, {"/large": large, "/small": small})

    assert changes.entries == {"/small": small}


def test_what_the_kernel_makes_up_is_not_stored():
    assert difference({}, {"/proc/uptime": text("1 1"), "/dev/x": text("")}) == Changes()


def test_a_new_disk_is_empty(tmp_path):
    assert Disk(tmp_path / "none").load() == Changes()
