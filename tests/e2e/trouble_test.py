#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a site can do to a box: dry runs, readers that go away, interrupts while looking, damaged
files, full and read-only disks. Exit code, document and words."""

import ctypes
import os
import select
import shutil
import signal
import sys
import unittest
from pathlib import Path

from box import BoxTest, crc32c, describe

MANY = 4000  # items whose listing is far more than a pipe and our buffer hold
READ_ONLY = 1  # MS_RDONLY
REMOUNT = 32  # MS_REMOUNT


def make_newer(path, at, size):
    """Gives the headers at those places, `size` bytes and then their CRC, a version of the future.
    It stands behind the magic."""
    data = bytearray(path.read_bytes())
    for start in at(data):
        version = start + (8 if data[start : start + 3] == b"HF." else 4)
        data[version : version + 2] = (99).to_bytes(2, "little")
        data[start + size : start + size + 4] = crc32c(data[start : start + size])
    path.write_bytes(data)


def make_newer_shard(path):
    make_newer(path, lambda data: (0, len(data) - 256), 252)


def make_newer_entries(path):
    def frames(data):
        return [i for i in range(len(data)) if data[i : i + 4] == b"HFEN"]

    make_newer(path, frames, 20)


def make_newer_label(path):
    data = bytearray(path.read_bytes())
    data[8:10] = (99).to_bytes(2, "little")
    data[-4:] = crc32c(data[:-4])
    path.write_bytes(data)


class DryRuns(BoxTest):
    def unchanged(self, *words, code=0):
        """Runs it dry; the disks, the site and home (but for what SQLite keeps while it reads) must
        stay as they are."""

        def look():
            found = describe(self.folder)
            return {path: what for path, what in found.items() if b"home/catalog" not in path}

        before = look()
        outcome = self.run_json(*words, "--dry-run")
        self.assertEqual(outcome.code, code, (words, outcome.text, outcome.complaint))
        self.assertEqual(look(), before, words)
        document = outcome.document
        said = [document[field] for field in ("dry_run", "committed", "number")]
        self.assertEqual(said, [True, False, None], words)
        return document

    def test_every_writing_verb_says_what_it_would_do(self):
        home = self.folder / "home"
        self.assertEqual(self.unchanged("init")["home"], str(home))
        self.good("init")
        self.assertEqual(self.unchanged("init", code=1)["error"]["code"], "home_exists")

        disks = self.make_disks(3)
        create = ("pool", "create", "--allow-same-device", "--disk", *disks)
        self.assertEqual(self.unchanged(*create)["geometry"], {"k": 2, "m": 1})
        (disks[2] / "mine").write_text("mine")
        self.assertEqual(self.unchanged(*create, code=1)["error"]["code"], "disk_not_empty")
        (disks[2] / "mine").unlink()
        self.good(*create)
        self.assertEqual(self.unchanged(*create, code=1)["error"]["code"], "pool_exists")

        source = self.make_source()
        add = ("business", "add", "desk", "--source", source)
        self.assertEqual(self.unchanged(*add)["name"], "desk")
        self.good(*add)
        self.assertEqual(self.unchanged(*add, code=1)["error"]["code"], "business_exists")

        files = [path for path in source.rglob("*") if path.is_file() and not path.is_symlink()]
        size = sum(path.stat().st_size for path in files)
        first = self.unchanged("backup", "desk")
        self.assertEqual((first["items_new"], first["bytes_to_read"]), (7, size))
        number = self.good("backup", "desk")["number"]
        (source / "7").unlink()
        (source / "8").write_text("new")
        (source / "通话.txt").write_text("changed")
        second = self.unchanged("backup", "desk")
        counts = [second["items_" + kind] for kind in ("new", "changed", "unchanged", "gone")]
        self.assertEqual(counts, [1, 1, 5, 1])
        # With them what was written less than two seconds before the first backup.
        self.assertIn(second["bytes_to_read"], range(10, 10 + size))

        self.assertEqual(self.unchanged("snapshot", "tag", "desk", number, "t")["tag"], "t")
        gone = self.unchanged("snapshot", "tag", "desk", "77", "t", code=10)
        self.assertEqual(gone["error"]["code"], "no_snapshot")
        rebuilt = self.unchanged("catalog", "rebuild")["businesses"][0]
        self.assertEqual((rebuilt["name"], rebuilt["snapshots"]), ("desk", 1))
        self.assertIn("Would", self.text("backup", "desk", "--dry-run").text)
        self.assertEqual(self.text("ls", "desk", "--dry-run").code, 2)

    def test_a_dry_restore_commits_nothing(self):
        self.make_box()
        self.good("backup", "desk")
        document = self.good("restore", "desk", "--target", "out", "--dry-run")
        self.assertEqual((document["dry_run"], document["committed"]), (True, False))
        self.assertIs(self.good("restore", "desk", "--target", "out")["committed"], True)


class Words(BoxTest):
    def test_a_variable_that_was_not_set_names_no_snapshot(self):
        self.make_box()
        self.good("backup", "desk")
        for words in (["--tag", ""], ["--at", ""], ["--since", ""], ["--path", ""], [""]):
            self.refused(2, "invalid_argument", "restore", "desk", "--target", "out", *words)
        self.assertFalse((self.folder / "out").exists())
        listed = self.text("ls", "desk", "--", "recordings/7")
        self.assertRegex(listed.text, r"(?m) recordings/7$")

    def test_usage_errors_say_that_nothing_was_committed(self):
        for words in (["bakcup"], ["backup"], ["ls", "--jsno"]):
            document = self.refused(2, "invalid_argument", *words)
            self.assertEqual((document["committed"], document["number"]), (False, None))

    def test_usage_errors_are_in_the_language_of_the_person(self):
        self.environment["LC_ALL"] = "zh_CN.UTF-8"
        for words, said in (
            (["backup"], "缺少 NAME"),
            (["restore", "desk"], "请指定去处：用 --target"),
            (["pool", "add"], "缺少 --disk"),
            (["restore", "desk", "--target"], "--target 后面需要一个值"),
            (["verify", "desk", "--sample", "many"], "--sample 需要 1 到 100 的整数"),
            (["backup", "desk", "--tga"], "--tga；是否想写 --tag"),
            (["pool"], "缺少命令：create, status"),
        ):
            outcome = self.text(*words)
            self.assertEqual(outcome.code, 2)
            self.assertIn(said, outcome.complaint)
            self.assertNotRegex(outcome.complaint, "required|argument|expected")
        self.assertRegex(self.text("restore", "--help").text, r"用法: holdfast restore")


class Sources(BoxTest):
    def test_a_source_that_became_empty_is_believed_only_on_request(self):
        self.make_box()
        first = self.good("backup", "desk")["number"]
        shutil.rmtree(self.source)
        self.source.mkdir()
        document = self.refused(1, "source_empty", "backup", "desk")
        self.assertIn("--allow-empty", document["error"]["hint"])
        self.refused(1, "source_empty", "backup", "desk", "--dry-run")
        backup = self.good("backup", "desk", "--allow-empty")
        self.assertEqual((backup["items"], backup["items_gone"]), (0, 7))
        self.good("restore", "desk", first, "--target", "out")

    def test_a_tag_given_twice_counts_once(self):
        self.make_box()
        self.good("backup", "desk", "--tag", "a", "--tag", "a", "--tag", "b")
        tagged = self.good("backup", "desk", "--tag", "c", "--tag", "c")  # nothing new: a tag entry
        rows = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertEqual([row["tags"] for row in rows], [["a", "b", "c"]])
        number = rows[0]["number"]
        told = (tagged["number"], tagged["entry_written"], tagged["tag_entries"])
        self.assertEqual(told, (number, False, [{"tag": "c", "number": number + 1}]))
        again = self.text("backup", "desk", "--tag", "c", "--tag", "d").text
        self.assertIn(f"Snapshot {number} has the tag d now.", again)
        self.assertNotIn("the tag c", again)
        self.assertEqual(self.good("snapshot", "tag", "desk", number, "e")["number"], number + 3)
        once_more = self.good("snapshot", "tag", "desk", number, "e")
        self.assertEqual((once_more["committed"], once_more["number"]), (True, number))
        self.assertEqual(self.good("snapshot", "tag", "desk", number, "f")["number"], number + 4)

    def test_a_quiet_source_has_a_fresh_backup(self):
        self.make_box()
        self.good("backup", "desk")
        first = self.good("status")["last_backup"]
        self.assertIs(self.good("backup", "desk")["entry_written"], False)
        second = self.good("status")["last_backup"]
        self.assertGreater(second, first)
        self.assertEqual(self.good("status")["businesses"][0]["last_backup"], second)
        for note in (self.folder / "home/runs").iterdir():
            note.write_text("of no use")
        snapshot = self.good("snapshot", "list", "desk")["snapshots"][0]["time"]
        self.assertEqual(self.good("status")["last_backup"], snapshot)


class Readers(BoxTest):
    def test_committed_work_is_no_failure_when_nobody_reads_the_report(self):
        self.make_box()
        with open("/dev/full", "wb") as full:
            outcome = self.text("backup", "desk", stdout=full)
            self.assertEqual(outcome.code, 0)
            self.assertRegex(outcome.complaint, r"IS done and committed as entry 2")
            outcome = self.text("backup", "desk", "--json", stdout=full)
            self.assertEqual(outcome.code, 0)
            self.assertIn("IS done and committed", outcome.complaint)
            outcome = self.text("restore", "desk", "--target", "out", stdout=full)
            self.assertEqual((outcome.code, "IS done" in outcome.complaint), (0, True))
            outcome = self.text("snapshot", "list", "desk", stdout=full)
            self.assertEqual((outcome.code, "IS done" in outcome.complaint), (1, False))
            outcome = self.text("backup", "nobody", "--json", stdout=full)
            self.assertEqual(outcome.code, 10)
            self.assertIn("no business of this name", outcome.complaint)

    def test_a_closed_pipe_is_told_as_what_it_is(self):
        self.make_box()
        self.good("backup", "desk")
        reader, writer = os.pipe()
        os.close(reader)
        for words in (["ls", "desk"], ["ls", "desk", "--json"], ["cat", "desk", "recordings/7"]):
            outcome = self.text(*words, stdout=writer)
            self.assertEqual(outcome.code, 1)
            self.assertIn("Whoever read it has closed it", outcome.complaint)
            self.assertNotIn("smartctl", outcome.complaint)
        os.close(writer)

    def stopped_while_writing(self, *words):
        """Code and output of a program that got Ctrl-C when nobody took its output. It has begun to
        write, so it listens to signals; what it writes is more than the pipe holds, so it is not
        done."""
        process = self.start(*words)
        select.select([process.stdout], [], [], 120)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=120)
        return process.returncode, output, complaint

    def test_looking_stops_at_ctrl_c(self):
        self.make_box()
        first = self.good("backup", "desk")["number"]
        for number in range(MANY):
            (self.source / f"a call with a name that is rather long {number}").touch()
        (self.source / "long").write_bytes(os.urandom(30_000_000))
        second = self.good("backup", "desk")["number"]
        for words in (
            ("ls", "desk", "-r"),
            ("ls", "desk", "-r", "--json"),
            ("find", "desk", "*"),
            ("snapshot", "diff", "desk", first, second),
            ("cat", "desk", "recordings/long"),
        ):
            whole = len(self.start(*words).communicate()[0])
            code, output, complaint = self.stopped_while_writing(*words)
            self.assertEqual(code, 130, (words, complaint))
            self.assertLess(len(output), whole, words)
            if "--json" in words:
                self.assertIn(b'"code":"interrupted"', output)
            else:
                self.assertIn(b"interrupted", complaint)


class Disks(BoxTest):
    def mount(self, folder, options, flags=0):
        """A file system of its own in `folder`, until the test ends."""
        libc = ctypes.CDLL(None, use_errno=True)
        where = str(folder).encode()
        if libc.mount(b"tmpfs", where, b"tmpfs", flags, options) != 0:
            self.fail("cannot mount: these cases need root (label root)")
        self.addCleanup(libc.umount2, where, 2)

    def test_a_pool_folder_that_cannot_be_written(self):
        self.good("init")
        disk = self.make_disks(1)[0]
        self.mount(disk, b"size=1M", READ_ONLY)
        document = self.refused(1, "read_only", "pool", "create", "--disk", disk)
        self.assertEqual(document["error"]["where"].split("/probe")[0], str(disk))

    def test_disks_that_fill_up_in_mid_pack(self):
        self.good("init")
        disks = self.make_disks(3)
        for disk in disks:
            self.mount(disk, b"size=24M")
        self.good("pool", "create", "--disk", *disks)
        source = self.folder / "recordings"
        source.mkdir()
        (source / "small").write_bytes(os.urandom(1_000_000))
        self.good("business", "add", "desk", "--source", source)
        first = self.good("backup", "desk")["number"]
        (source / "large").write_bytes(os.urandom(90_000_000))
        document = self.refused(14, "pool_full", "backup", "desk")
        self.assertEqual((document["committed"], document["number"]), (False, None))
        self.assertEqual(document["error"]["where"], "")
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("backup_failed", told)
        self.good("restore", "desk", "--target", "out")
        self.assertEqual(os.listdir(self.folder / "out/recordings"), ["small"])
        rows = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertEqual([row["number"] for row in rows], [first])

    def test_a_business_added_while_the_disks_are_full_is_completed_later(self):
        self.good("init")
        disks = self.make_disks(3)
        for disk in disks:
            self.mount(disk, b"size=2M")
        self.good("pool", "create", "--disk", *disks)
        source = self.make_source()
        for name, completed in (("desk", False), ("other", True)):
            for disk in disks:
                self.fill(disk)
            add = ("business", "add", name, "--source", source)
            document = self.good(*add)
            self.assertEqual((document["committed"], document["number"]), (True, None))
            self.assertIn("no space", document["warning"])
            self.assertEqual(self.good(*add), document)  # the same answer as long as it is so
            self.refused(1, "business_exists", *add, "--mirror")
            for disk in disks:
                (disk / "packs/filler").unlink()
            if completed:
                self.assertEqual(self.good(*add)["number"], 1)
                self.refused(1, "business_exists", *add)
            self.assertEqual(self.good("backup", name)["number"], 2)  # behind that entry
            self.assertEqual(len(self.good("business", "show", name)["sources"]), 1)

    def fill(self, disk):
        with open(disk / "packs/filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def test_targets_that_are_full_or_read_only(self):
        self.make_box()
        (self.source / "large").write_bytes(os.urandom(3_000_000))
        self.good("backup", "desk")
        full, closed = self.folder / "full", self.folder / "closed"
        full.mkdir()
        closed.mkdir()
        self.mount(full, b"size=1M")
        self.mount(closed, b"size=1M", READ_ONLY)
        outcome = self.run_json("restore", "desk", "--target", full)
        self.assertEqual(outcome.code, 1, outcome.text)
        document = outcome.document
        failures = [document["error"]] if "error" in document else document["failed"]
        self.assertIn("no_space", [failure["code"] for failure in failures])
        self.assertFalse((full / "recordings/large").exists())
        self.assertIn("--overwrite", self.text("restore", "desk", "--target", full).complaint)
        outcome = self.run_json("restore", "desk", "--target", closed)
        self.assertEqual(outcome.code, 1, outcome.text)
        self.assertIn("read_only", outcome.text)

    def test_a_disk_of_another_pool(self):
        self.make_box()
        self.good("backup", "desk")
        other = self.folder / "other"
        self.environment["HOLDFAST_HOME"] = str(other)
        self.good("init")
        create = ("pool", "create", "--allow-same-device", "--disk")
        self.refused(1, "disk_foreign", *create, self.disks[0])
        foreign = self.folder / "foreign"
        foreign.mkdir()
        self.good(*create, foreign)
        self.environment["HOLDFAST_HOME"] = str(self.folder / "home")
        away = self.folder / "away"
        self.disks[0].rename(away)
        shutil.copytree(foreign, self.disks[0])
        before = describe(self.disks[0])
        states = [disk["state"] for disk in self.good("pool", "status")["disks"]]
        self.assertEqual(sorted(states), ["missing", "present", "present"])
        (self.source / "late").write_text("late")
        backup = self.good("backup", "desk")
        self.assertEqual([disk["path"] for disk in backup["disks_failed"]], [str(self.disks[0])])
        self.assertEqual(describe(self.disks[0]), before)

    def test_a_disk_that_became_read_only_is_named(self):
        self.good("init")
        disks = self.make_disks(3)
        for disk in disks:
            self.mount(disk, b"size=64M")
        self.good("pool", "create", "--disk", *disks)
        source = self.make_source()
        self.good("business", "add", "desk", "--source", source)
        self.assertEqual(self.good("backup", "desk")["disks_failed"], [])
        self.mount(disks[1], None, REMOUNT | READ_ONLY)
        (source / "late").write_text("late")
        outcome = self.text("backup", "desk", "--quiet")
        self.assertEqual((outcome.code, outcome.text), (0, ""))
        self.assertRegex(outcome.complaint, rf"^WARNING: disk {disks[1]} failed, errors: [1-9]")
        self.assertEqual(outcome.complaint.count("\n"), 1, outcome.complaint)
        (source / "later").write_text("later")
        failed = self.good("backup", "desk")["disks_failed"]
        self.assertEqual([disk["path"] for disk in failed], [str(disks[1])])
        self.assertGreater(failed[0]["errors"], 0)

    def test_an_unmounted_disk_is_told_once(self):
        self.make_box(disks=6)
        self.good("backup", "desk")
        shutil.rmtree(self.disks[2])
        self.disks[2].mkdir()
        disks = self.good("pool", "status")["disks"]
        self.assertEqual([disk["path"] for disk in disks].count(str(self.disks[2])), 1)
        self.assertEqual(sum(disk["state"] == "missing" for disk in disks), 1)
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertEqual(told.count("disk_missing"), 1)
        self.assertNotIn("disk_foreign", told)

    def test_what_cannot_be_seen_is_unknown(self):
        self.make_box()
        self.good("backup", "desk")
        for disk in self.disks:
            shutil.rmtree(disk)
        self.assertIsNone(self.good("status")["businesses"][0]["snapshots"])
        self.assertRegex(self.text("status").text, r"(?m)^desk +unknown +unknown$")


class Damage(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(disks=6)
        self.good("backup", "desk")

    def shards(self, disks):
        found = [shard for disk in disks for shard in disk.glob("packs/*/*.shard")]
        self.assertTrue(found)
        return found

    def restored(self):
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        self.good("restore", "desk", "--target", "out")
        self.assertEqual(describe(self.folder / "out/recordings"), describe(self.source))

    def assert_lost(self):
        for words in (["restore", "desk", "--target", "bad"], ["verify", "desk"]):
            outcome = self.run_json(*words)
            self.assertEqual(outcome.code, 5, outcome.text)
            document = outcome.document
            self.assertTrue("error" in document or document["lost_total"] > 0)

    def test_shards_cut_short(self):
        for shard in self.shards(self.disks[:2]):
            os.truncate(shard, 100)
        self.restored()
        for shard in self.shards(self.disks[2:4]):
            os.truncate(shard, shard.stat().st_size - 1)
        self.assert_lost()

    def test_shards_that_are_something_else(self):
        for shard in self.shards(self.disks[:2]):
            shard.write_bytes(b"not a shard at all" * 1000)
        self.restored()
        for shard in self.shards(self.disks[2:4]):
            shard.write_bytes(b"not a shard at all" * 1000)
        self.assert_lost()

    def test_shards_of_a_newer_version(self):
        for shard in self.shards(self.disks[:2]):
            make_newer_shard(shard)
        self.restored()
        for shard in self.shards(self.disks[2:4]):
            make_newer_shard(shard)
        self.assert_lost()

    def test_a_list_that_is_lost_as_a_whole_is_told_in_words(self):
        for shard in self.shards(self.disks):
            shard.unlink()
        outcome = self.text("verify", "desk")
        self.assertEqual(outcome.code, 5, outcome.complaint)
        self.assertIn("LOST everything: ", outcome.complaint)
        self.assertIn(" names, of files and of folders, from this one on, are lost", outcome.complaint)
        self.assertNotIn("more", outcome.complaint)  # they were counted in that line
        self.assertEqual(self.run_json("verify", "desk").document["lost"][0]["path"], "")

    def test_a_snapshot_with_a_gap_says_so(self):
        for shard in self.shards(self.disks):
            shard.unlink()
        backup = self.run_json("backup", "desk")
        self.assertEqual((backup.code, backup.document["gap"]), (5, True), backup.text)
        number = backup.document["number"]
        document = self.good("restore", "desk", "--target", "out")
        told = (document["number"], document["complete"], document["gap"])
        self.assertEqual(told, (number, False, True))
        self.assertEqual(describe(self.folder / "out/recordings"), describe(self.source))
        for words in (["verify", "desk"], ["ls", "desk"], ["find", "desk", "call"]):
            self.assertIs(self.good(*words)["gap"], True, words)
            outcome = self.text(*words)
            self.assertEqual(outcome.code, 0, words)
            self.assertIn(f"WARNING: snapshot {number} has a gap", outcome.complaint)
        self.assertIn("has a gap", self.text("cat", "desk", "recordings/7").complaint)
        status = self.good("status")
        reasons = {reason["code"]: reason["level"] for reason in status["reasons"]}
        self.assertEqual((status["verdict"], reasons["gap"]), ("danger", "danger"))
        self.assertEqual(status["last_backup"], self.newest_time())

    def newest_time(self):
        return self.good("snapshot", "list", "desk")["snapshots"][-1]["time"]

    def test_quiet_does_not_hide_what_was_lost(self):
        for shard in self.shards(self.disks):
            if shard.stat().st_size > 100_000:  # the content; the lists stay
                shard.unlink()
        outcome = self.text("verify", "desk", "--quiet")
        self.assertEqual((outcome.code, outcome.text), (5, ""))
        self.assertRegex(outcome.complaint, r"(?m)^LOST recordings/01/31/call.wav: ")
        for shard in self.shards(self.disks):
            shard.unlink()
        for words in (["verify", "desk"], ["restore", "desk", "--target", "bad"], ["ls", "desk"]):
            outcome = self.text(*words, "--quiet")
            self.assertEqual(outcome.code, 5, outcome.complaint)
            self.assertIn("LOST everything: ", outcome.complaint)
        self.assertIn(" names, of files and of folders, from this one on, are lost", outcome.complaint)

    def test_journals_that_are_damaged(self):
        def segments(disks):
            found = [path for disk in disks for path in disk.glob("journal/*/*.segment")]
            self.assertTrue(found)
            return found

        for segment in segments(self.disks[:2]):
            os.truncate(segment, segment.stat().st_size // 2)
        self.restored()
        for segment in segments(self.disks[2:]):
            make_newer_entries(segment)
        self.assert_only_read()
        for segment in segments(self.disks[2:]):
            os.truncate(segment, segment.stat().st_size // 2)
        self.assert_only_read()

    def assert_only_read(self):
        """The catalog still knows what there is: it comes back, with a warning, and nobody writes."""
        self.restored()
        self.assertIn("entries are missing", self.text("ls", "desk").complaint)
        document = self.refused(5, "damaged", "backup", "desk")
        self.assertIs(document["committed"], False)
        status = self.good("status")
        self.assertEqual(status["verdict"], "danger")
        self.assertIn("damaged", [reason["code"] for reason in status["reasons"]])

    def test_labels_that_are_damaged(self):
        def labels(disk):
            return [disk / "label.a", disk / "label.b"]

        os.truncate(labels(self.disks[0])[0], 10)
        self.assertEqual(self.good("status")["verdict"], "ok")
        os.truncate(labels(self.disks[0])[1], 10)
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("disk_damaged", told)
        self.restored()
        for disk in self.disks:
            for label in labels(disk):
                make_newer_label(label)
        self.refused(1, "unsupported_version", "restore", "desk", "--target", "bad")

    def test_packs_that_nobody_can_count_are_not_called_none(self):
        self.assertEqual(self.good("pool", "status")["problems"], [])
        catalog = next((self.folder / "home/catalog").glob("*.sqlite"))
        for path in catalog.parent.glob(catalog.name + "*"):
            path.unlink()
        (catalog / "in the way").mkdir(parents=True)
        status = self.good("pool", "status")
        for field in ("packs", "shards_missing", "packs_under_protected", "packs_lost", "may_lose"):
            self.assertIsNone(status[field], field)
        self.assertEqual([problem["path"] for problem in status["problems"]], ["desk"])
        outcome = self.text("pool", "status")
        self.assertRegex(outcome.complaint, r"(?m)^WARNING: business desk cannot be opened: ")
        self.assertNotIn("0 packs", outcome.text)
        self.assertEqual(outcome.text.count("present"), 6)

    def test_catalogs_that_are_damaged_or_not_ours(self):
        catalog = next((self.folder / "home/catalog").glob("*.sqlite"))
        self.good("business", "add", "other", "--source", self.source)
        self.good("backup", "other")
        others = set((self.folder / "home/catalog").glob("*.sqlite")) - {catalog}
        self.assertEqual(len(others), 1)

        def replace_by(content):
            for beside in ("-wal", "-shm"):
                Path(str(catalog) + beside).unlink(missing_ok=True)
            catalog.write_bytes(content)

        for content in (b"noise" * 5000, others.pop().read_bytes(), b""):
            replace_by(content)
            self.restored()
            self.assertEqual(len(self.good("snapshot", "list", "desk")["snapshots"]), 1)
        replace_by(b"noise" * 5000)
        self.good("ls", "desk")
        self.assertTrue(list(catalog.parent.glob(catalog.name + ".damaged*")))


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
