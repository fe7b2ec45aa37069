#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line's contract: every verb, its document and its exit code, on good days and bad."""

import fcntl
import json
import os
import pty
import shutil
import signal
import stat
import sys
import time
import unittest
from pathlib import Path

from box import BoxTest, describe

WORKERS = os.cpu_count()
LARGE_SIZE = 3_000_000
LARGE_COUNT = 11 * (WORKERS + 3)  # 32 MiB a pack


class GoodDays(BoxTest):
    def test_all_verbs_from_init_to_restore(self):
        home = self.good("init")
        self.assertTrue(home["committed"])
        disks = self.make_disks(6)
        pool = self.good("pool", "create", "--allow-same-device", "--disk", *disks)
        self.assertEqual(pool["geometry"], {"k": 3, "m": 2})
        self.assertEqual([disk["path"] for disk in pool["disks"]], [str(disk) for disk in disks])
        self.assertEqual(self.good("status")["verdict"], "attention")

        source = self.make_source()
        added = self.good("business", "add", "desk", "--source", source)
        self.assertEqual(added["sources"], [{"name": "recordings", "path": str(source)}])
        self.assertEqual(self.good("business", "list")["businesses"][0]["name"], "desk")

        first = self.good("backup", "desk", "--tag", "first")
        self.assertEqual((first["items_new"], first["items_unchanged"]), (7, 0))
        self.assertIs(first["committed"], True)
        self.assertIs(first["partial"], False)
        self.assertEqual(len(first["snapshot"]), 64)
        (source / "7").unlink()
        (source / "8").write_text("new")
        (source / "通话.txt").write_text("changed")
        second = self.good("backup", "desk")
        counts = [second["items_" + kind] for kind in ("new", "changed", "unchanged", "gone")]
        self.assertEqual(counts, [1, 1, 5, 1])
        third = self.good("backup", "desk")
        self.assertEqual(third["number"], second["number"])
        self.assertIs(third["entry_written"], False)

        rows = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertEqual([row["number"] for row in rows], [first["number"], second["number"]])
        self.assertEqual(rows[0]["tags"], ["first"])
        for field in ("id", "time", "items", "bytes", "host", "hold", "complete"):
            self.assertIn(field, rows[0])
        changes = self.good("snapshot", "diff", "desk", first["number"], second["number"])
        self.assertEqual(changes["added"], ["recordings/8"])
        self.assertEqual(changes["removed"], ["recordings/7"])
        self.assertEqual(changes["changed"], ["recordings/通话.txt"])
        self.assertEqual(changes["counts"], {"added": 1, "removed": 1, "changed": 1, "gone": 1})
        self.assertTrue(self.good("snapshot", "tag", "desk", second["number"], "late")["committed"])
        self.assertEqual(self.good("snapshot", "show", "desk", "latest")["tags"], ["late"])

        self.good("restore", "desk", "--target", "out")
        self.assertEqual(describe(self.folder / "out/recordings"), describe(source))
        self.assertEqual(self.good("verify", "desk")["lost"], [])
        sample = self.good("verify", "desk", first["number"], "--sample", 1)
        self.assertEqual((sample["lost"], sample["sample_percent"]), ([], 1))
        self.assertEqual(sample["items_total"], first["items"])
        self.assertGreaterEqual(sample["items"], 1)
        told = self.text("verify", "desk", first["number"], "--sample", 1).text
        self.assertRegex(told, r"\d of 7 items were looked at; those are intact")
        rebuilt = self.good("catalog", "rebuild")["businesses"][0]
        self.assertEqual((rebuilt["name"], rebuilt["snapshots"]), ("desk", 2))
        self.assertEqual(self.good("catalog", "rebuild", "desk")["committed"], True)
        status = self.good("status")
        self.assertEqual(status["verdict"], "ok")
        self.assertGreater(status["last_backup"], rows[1]["time"])  # the third found nothing new
        (proof,) = status["businesses"][0]["proofs"]
        self.assertEqual((proof["kind"], proof["time"]), ("verify", status["last_verify"]))
        self.assertEqual((proof["snapshot"], proof["good"]), (first["number"], True))
        for never in ("last_drill", "last_sync"):
            self.assertIsNone(status[never])
        pool = self.good("pool", "status")
        self.assertEqual((pool["shards_missing"], pool["may_lose"]), (0, 2))
        shown = self.good("business", "show", "desk")
        self.assertIn('name = "desk"', shown["definition"])

    def test_looking_into_a_snapshot(self):
        self.make_box()
        number = self.good("backup", "desk")["number"]
        top = self.good("ls", "desk")["items"]
        self.assertEqual([item["path"] for item in top], ["recordings"])
        below = {item["path"]: item for item in self.good("ls", "desk", "recordings")["items"]}
        self.assertEqual(below["recordings/link"]["target"], "01/31/call.wav")
        self.assertEqual(below["recordings/7"]["mtime"], "2009-02-13T23:31:30.123456789Z")
        odd = r"recordings/\xc4\xe3\xba\xc3\\.txt"
        self.assertEqual(self.text("cat", "desk", odd).text, "GBK\n")
        self.assertEqual(below[odd]["size"], 4)
        everything = self.good("ls", "desk", number, "--recursive")["items"]
        self.assertEqual(len(everything), 11)
        call = self.good("ls", "desk", number, "recordings/01/31/call.wav")["items"]
        self.assertEqual((call[0]["size"], call[0]["mode"]), (300_000, "0640"))
        for pattern in (r"\xc4\xe3", r"\xc4*", r"*\\*", odd, r"*/*\xba\xc3\\.txt"):
            found = self.good("find", "desk", pattern)["items"]
            self.assertEqual([item["path"] for item in found], [odd], pattern)
        found = [item["path"] for item in self.good("find", "desk", "*.wav")["items"]]
        self.assertEqual(found, ["recordings/01/31/call.wav", "recordings/01/31/empty.wav"])
        content = self.start("cat", "desk", "recordings/sparse", number).communicate()[0]
        for first, count in ((0, 10), (len(content) - 7, 100), (4090, 20000)):
            span = ("--from-byte", str(first), "--bytes", str(count))
            part = self.start("cat", "desk", "recordings/sparse", number, *span).communicate()[0]
            self.assertEqual(part, content[first : first + count])
        self.assertEqual(content, (self.source / "sparse").read_bytes())

    def test_a_source_named_by_digits_is_reached_by_dot_slash(self):
        self.make_box()
        (self.folder / "2024").mkdir()
        (self.folder / "2024/a").write_text("a")
        self.good("business", "add", "year", "--source", "2024")
        self.good("backup", "year")
        self.assertEqual(self.good("ls", "year", "./2024")["items"][0]["path"], "2024/a")
        self.refused(10, "no_snapshot", "ls", "year", "2024")

    def test_parts_of_a_snapshot_are_restored(self):
        self.make_box()
        first = self.good("backup", "desk", "--tag", "first")["number"]
        (self.source / "7").unlink()
        (self.source / "new").write_text("new")
        self.good("backup", "desk")
        whole = ("restore", "desk", "--target")
        self.good(*whole, "a", "--path", "recordings/01", "--path", "recordings/link")
        self.assertEqual(sorted(os.listdir(self.folder / "a/recordings")), ["01", "link"])
        self.good(*whole, "b", "--tag", "first", "--path", "recordings/7")
        self.assertEqual((self.folder / "b/recordings/7").read_text(), "a name of digits\n")
        self.good(*whole, "c", "--since", first)
        self.assertEqual(os.listdir(self.folder / "c/recordings"), ["new"])
        self.good(*whole, "d", "--gone", "--path", "recordings/7")
        self.assertTrue((self.folder / "d/recordings/7").exists())
        self.good(*whole, "e", "--dry-run")
        self.assertFalse((self.folder / "e").exists())
        (self.folder / "a/recordings/link").unlink()
        (self.folder / "a/recordings/link").write_text("in the way")
        self.good(*whole, "a", "--path", "recordings/link", "--overwrite")
        self.assertTrue((self.folder / "a/recordings/link").is_symlink())

    def test_a_definition_can_be_given_as_a_file_and_edited_later(self):
        self.make_box()
        for place in ("a/calls", "b/calls"):
            (self.folder / place).mkdir(parents=True)
            (self.folder / place / "call").write_text(place)
        add = ("business", "add", "two", "--source", "a/calls", "--source", "b/calls")
        self.refused(2, "invalid_argument", *add)
        definition = self.folder / "two.toml"
        text = f'# ours\nkind = "mirror"\n[[source]]\nname = "a"\npath = "{self.folder}/a/calls"\n'
        definition.write_text(text)
        added = self.good("business", "add", "two", "--file", definition)
        self.assertEqual(self.good("backup", "two")["items"], 1)
        stored = self.folder / "home/businesses" / (added["id"] + ".toml")
        kept = stored.read_text()
        self.assertIn("# ours", kept)
        stored.write_text(kept + f'[[source]]\nname = "b"\npath = "{self.folder}/b/calls"\n')
        self.assertEqual(self.good("backup", "two")["items_new"], 1)
        stored.write_text(kept + "excludes = []\n")
        document = self.refused(1, "bad_business", "backup", "two")
        self.assertIn("did you mean `exclude`?", document["error"]["what"])

    def test_people_get_tables_and_one_line_of_complaint_in_their_language(self):
        self.make_box()
        self.good("backup", "desk")
        self.assertRegex(self.text("snapshot", "list", "desk").text, r"(?m)^N .*ITEMS")
        missing = self.text("backup", "nobody")
        self.assertEqual(missing.code, 10)
        self.assertRegex(missing.complaint, r"^holdfast: nobody: .* \(.*\)\n$")
        self.environment["LC_ALL"] = "zh_CN.UTF-8"
        self.assertIn("没有", self.text("backup", "nobody").complaint)
        self.assertEqual(self.text("status", "--quiet").complaint, "")
        self.environment["HOLDFAST_HOME"] = str(self.folder / "new")
        self.assertEqual(self.text("init", "--dry-run").complaint, "")
        self.assertEqual(self.text("init", "--quiet").complaint, "")


class BadInput(BoxTest):
    def test_of_two_at_once_one_makes_the_home(self):
        for round in range(5):
            self.environment["HOLDFAST_HOME"] = str(self.folder / f"home{round}")
            both = [self.start("init", "--json") for _ in range(2)]
            codes = sorted((process.communicate(), process.returncode)[1] for process in both)
            self.assertIn(codes, ([0, 1], [0, 11]))  # home_exists, or locked
            self.assertEqual(self.good("business", "list")["businesses"], [])

    def test_nothing_is_there_yet(self):
        self.refused(10, "no_home", "backup", "desk")
        self.refused(10, "no_home", "status")
        self.good("init")
        self.refused(1, "home_exists", "init")
        self.refused(10, "no_pool", "pool", "status")
        (self.folder / "source").mkdir()
        self.refused(10, "no_pool", "business", "add", "desk", "--source", "source")
        self.refused(10, "no_business", "backup", "desk")
        self.assertEqual(self.good("status")["verdict"], "attention")

    def test_wrong_words(self):
        for words in (
            [],
            ["restroe"],
            ["backup"],
            ["backup", "desk", "--jsno"],
            ["backup", "desk", "too", "many"],
            ["snapshot", "show", "desk"],
            ["init", "--recovery-shares", "4of3"],
            ["pool", "create", "--disk", "a", "--geometry", "many"],
        ):
            document = self.refused(2, "invalid_argument", *words)
            self.assertTrue(document["error"]["what"])

    def test_pool_folders_that_cannot_be(self):
        self.good("init")
        one, two = self.make_disks(2)
        create = ("pool", "create", "--disk")
        self.refused(1, "disk_same_device", *create, one, two)
        self.refused(1, "disk_given_twice", *create, one, one, "--allow-same-device")
        self.refused(10, "not_found", *create, "nowhere")
        (one / "inner").mkdir()
        nested = ("pool", "create", "--allow-same-device", "--disk", one, one / "inner")
        self.refused(2, "invalid_argument", *nested)
        self.refused(2, "invalid_argument", *create, self.folder / "home")
        document = self.refused(1, "disk_not_empty", *create, one)
        self.assertIs(document["committed"], False)
        (one / "inner").rmdir()
        self.refused(1, "bad_geometry", *create, one, "--geometry", "3+2")
        self.good("pool", "create", "--allow-same-device", "--disk", one, two)
        self.refused(1, "pool_exists", *create, one)

    def test_sources_that_cannot_be(self):
        self.make_box()
        (self.folder / "file").write_text("no folder")
        add = ("business", "add", "other", "--source")
        self.refused(1, "source_missing", *add, self.folder / "nowhere")
        self.refused(1, "source_missing", *add, "nowhere")
        self.refused(1, "source_not_directory", *add, self.folder / "file")
        document = self.refused(1, "disk_inside_source", *add, self.folder)
        self.assertNotIn("Put the pool", document["error"]["hint"])
        self.refused(1, "disk_inside_source", *add, self.disks[0] / "packs")
        for within in ("home", "home/catalog"):
            document = self.refused(1, "source_in_home", *add, self.folder / within)
            self.assertNotIn("pool", document["error"]["hint"])
        self.refused(1, "source_in_home", *add, "home", "--dry-run")
        self.refused(1, "business_exists", "business", "add", "desk", "--source", self.source)
        self.refused(2, "invalid_argument", "business", "add", "a/b", "--source", self.source)
        self.refused(2, "invalid_argument", "business", "add", "none")

    def test_things_that_are_not_there(self):
        self.make_box()
        self.refused(10, "no_snapshot", "restore", "desk", "--target", "out")
        self.good("backup", "desk")
        for words in (["backup"], ["ls"], ["verify"], ["snapshot", "list"], ["catalog", "rebuild"]):
            self.refused(10, "no_business", *words, "nobody")
        self.refused(10, "no_snapshot", "ls", "desk", "77")
        self.refused(10, "no_snapshot", "snapshot", "show", "desk", "77")
        self.refused(10, "no_snapshot", "restore", "desk", "--tag", "never", "--target", "out")
        self.refused(10, "no_snapshot", "restore", "desk", "--at", "2001-01-01", "--target", "out")
        self.refused(10, "no_item", "ls", "desk", "recordings/none")
        self.refused(10, "no_item", "cat", "desk", "recordings/none")
        restore = ("restore", "desk", "--target", "out", "--path")
        self.refused(10, "no_item", *restore, "recordings/none")
        self.refused(1, "is_a_directory", "cat", "desk", "recordings")
        self.refused(2, "invalid_argument", "cat", "desk", "/etc/passwd")
        self.refused(2, "invalid_argument", "cat", "desk", "recordings/../x")

    def test_a_restore_does_not_write_over_files(self):
        self.make_box()
        self.good("backup", "desk")
        taken = self.folder / "out/recordings/7"
        taken.parent.mkdir(parents=True)
        taken.write_text("mine")
        self.refused(1, "target_not_empty", "restore", "desk", "--target", "out")
        self.assertEqual(taken.read_text(), "mine")
        self.assertEqual(os.listdir(taken.parent), ["7"])
        self.good("restore", "desk", "--target", "out", "--overwrite")
        self.assertEqual(describe(taken.parent), describe(self.source))

    def test_a_restore_does_not_write_where_the_box_keeps_its_data(self):
        self.make_box()
        self.good("backup", "desk")
        (self.folder / "way in").symlink_to(self.disks[0])
        before = describe(self.disks[0]), describe(self.folder / "home/businesses")
        for target in (
            self.disks[1],
            self.disks[0] / "packs/new/deep",
            "way in/new",
            "not there/../way in/../disk1",
            "home",
            "home/businesses/./new/",
        ):
            for more in ([], ["--overwrite"], ["--dry-run"]):
                restore = ("restore", "desk", "--target", target, *more)
                document = self.refused(1, "target_in_store", *restore)
                self.assertIs(document["committed"], False)
        self.assertEqual((describe(self.disks[0]), describe(self.folder / "home/businesses")), before)
        self.assertFalse((self.folder / "not there").exists())
        self.good("restore", "desk", "--target", "disk0 and more/new")

    def test_a_second_writer_is_told_who_the_first_is(self):
        added = self.make_box()
        self.good("backup", "desk")
        with open(self.folder / "home/locks" / added["id"], "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            what = self.refused(11, "locked", "backup", "desk")["error"]["what"]
            self.assertRegex(what, r"holdfast\[\d+\]@\S* since \d{4}-\d\d-\d\d [\d:]+ UTC")
            self.refused(11, "locked", "snapshot", "tag", "desk", "latest", "x")
            self.good("ls", "desk")
        self.good("backup", "desk")

    def test_the_keyring_opens_by_machine_key_or_passphrase(self):
        secret = self.folder / "secret"
        secret.write_text("correct horse\n")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(secret)
        self.good("init")
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("key_in_clear", told)
        (self.folder / "home/machine.key").unlink()
        self.good("business", "list")
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertNotIn("key_in_clear", told)
        secret.write_text("wrong horse\n")
        self.refused(12, "wrong_passphrase", "business", "list")
        secret.write_text("\n")
        for _ in ("empty", "missing"):
            document = self.refused(12, "no_passphrase", "business", "list")
            self.assertIn("HOLDFAST_PASSPHRASE_FILE", document["error"]["what"])
            secret.unlink(missing_ok=True)
        del self.environment["HOLDFAST_PASSPHRASE_FILE"]
        self.refused(12, "no_key", "business", "list")

    def test_a_passphrase_is_typed_unseen(self):
        def dialogue(answers, *words):
            """Code and screen of a run whose questions are answered at a terminal."""
            child, terminal = pty.fork()
            if child == 0:
                os.execve(self.program, [self.program, *words], self.environment)
            screen = b""
            try:
                while data := os.read(terminal, 4096):
                    screen += data
                    if data.endswith(b": ") and answers:
                        os.write(terminal, answers.pop(0))
            except OSError:
                pass  # Linux's way of saying that the other side has closed
            os.close(terminal)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen

        init = ("init", "--with-passphrase")
        self.assertEqual(dialogue([b"horse\n", b"house\n"], *init)[0], 2)
        code, screen = dialogue([b"horse\n", b"horse\n"], *init)
        self.assertEqual(code, 0, screen)
        self.assertNotIn(b"horse", screen)
        (self.folder / "home/machine.key").unlink()
        self.assertEqual(dialogue([b"horse\n"], "business", "list")[0], 0)
        self.assertEqual(dialogue([b"house\n"], "business", "list")[0], 12)
        self.assertEqual(dialogue([b"hor\x03"], "business", "list")[0], 130)

    def test_output_that_nobody_can_take_is_a_failure(self):
        self.make_box()
        self.good("backup", "desk")
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.text("ls", "desk", stdout=full).code, 1)
            self.assertEqual(self.text("ls", "desk", "--json", stdout=full).code, 1)
        reader, writer = os.pipe()
        os.close(reader)
        self.assertEqual(self.text("cat", "desk", "recordings/sparse", stdout=writer).code, 1)
        os.close(writer)


class Trouble(BoxTest):
    def test_sources_that_are_gone(self):
        self.make_box()
        self.good("backup", "desk")
        away = self.folder / "away"
        self.source.rename(away)
        document = self.refused(1, "source_missing", "backup", "desk")
        self.assertEqual((document["committed"], document["number"]), (False, None))
        self.refused(1, "source_missing", "backup", "desk", "--dry-run")
        self.assert_failed("the source folder is not there")
        self.source.write_text("a file")
        self.refused(1, "source_not_directory", "backup", "desk")
        self.assert_failed("a source must be a folder")
        self.source.unlink()
        away.rename(self.source)
        again = self.good("backup", "desk")
        self.assertEqual((again["items_unchanged"], again["items_gone"]), (7, 0))
        self.assertEqual(self.good("status")["verdict"], "ok")

    def assert_failed(self, what):
        status = self.good("status")
        self.assertEqual(status["verdict"], "attention")
        told = [reason for reason in status["reasons"] if reason["code"] == "backup_failed"]
        self.assertEqual([reason["where"] for reason in told], ["desk"])
        self.assertIn(f"{self.source}: {what}", told[0]["what"])

    def test_one_of_two_sources_is_away(self):
        self.make_box()
        (self.folder / "other").mkdir()
        (self.folder / "other/file").write_text("x")
        self.good("business", "add", "two", "--source", self.source, "--source", "other")
        self.good("backup", "two")
        shutil.rmtree(self.folder / "other")
        (self.source / "late").write_text("late")
        outcome = self.run_json("backup", "two")
        self.assertEqual(outcome.code, 3, outcome.text)
        self.assertIs(outcome.document["committed"], True)
        self.assertEqual(outcome.document["problems"][0]["code"], "source_missing")
        quiet = self.text("backup", "two", "--quiet")
        self.assertEqual((quiet.code, quiet.text), (3, ""))
        self.assertRegex(quiet.complaint, r"^other: the source folder is not there\n$")
        self.assertEqual(self.text("cat", "two", "other/file").text, "x")
        self.assert_not_all_read(1)
        again = self.run_json("backup", "two")  # as every night: nothing new, and still away
        self.assertEqual((again.code, again.document["entry_written"]), (3, False))
        self.assertIn("Nothing that could be read has changed", self.text("backup", "two").text)
        self.assert_not_all_read(1)
        (self.folder / "other").mkdir()
        (self.folder / "other/file").write_text("x")
        self.good("backup", "two")
        self.good("backup", "desk")
        self.assertEqual(self.good("status")["verdict"], "ok")

    def assert_not_all_read(self, count):
        status = self.good("status")
        self.assertEqual(status["verdict"], "attention")
        told = [reason for reason in status["reasons"] if reason["code"] == "not_all_read"]
        self.assertEqual([reason["where"] for reason in told], ["two"])
        self.assertIn(f"could not read {count} ", told[0]["what"])

    def test_two_disks_of_six_are_gone(self):
        self.make_box(disks=6)
        self.good("backup", "desk")
        gone, left = self.parted_disks()
        for disk in gone:
            shutil.rmtree(disk)
        self.good("restore", "desk", "--target", "out")
        self.assertEqual(describe(self.folder / "out/recordings"), describe(self.source))
        status = self.good("status")
        self.assertEqual(status["verdict"], "danger")
        states = [disk["state"] for disk in self.good("pool", "status")["disks"]]
        self.assertEqual(sorted(states), ["missing"] * 2 + ["present"] * 4)
        (self.source / "late").write_text("late")
        backup = self.good("backup", "desk")
        self.assertIs(backup["committed"], True)
        # 2 + 2 on the four that are left: two may go, as ever.
        self.assertIs(backup["under_protected"], False)
        away = [(disk["path"], disk["state"]) for disk in backup["disks_failed"]]
        self.assertEqual(sorted(away), [(str(disk), "missing") for disk in gone])
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertNotIn("under_protected", told)
        (self.source / "later").write_text("later")
        complaint = self.text("backup", "desk").complaint
        self.assertEqual(complaint.count("is missing"), 2, complaint)
        self.assertIn(f"WARNING: disk {gone[0]} is missing", complaint)
        for disk in left[2:]:  # any two
            shutil.rmtree(disk)
        self.good("restore", "desk", "--target", "new", "--path", "recordings/late")
        self.assertEqual((self.folder / "new/recordings/late").read_text(), "late")

    def parted_disks(self):
        """Two disks that both have a shard of one pack, which can lose no more without them; and
        the others. Of six disks one has nothing of a pack."""
        packs = {}
        for disk in self.disks:
            for shard in disk.glob("packs/*/*.shard"):
                packs.setdefault(shard.name.split("-")[0], []).append(disk)
        gone = next(iter(packs.values()))[1:3]
        return gone, [disk for disk in self.disks if disk not in gone]

    def test_disks_that_lack_the_newest_entries_are_read_and_not_written(self):
        self.make_box()
        self.good("backup", "desk")
        old = self.folder / "old"
        for disk in self.disks:
            shutil.copytree(disk / "journal", old / disk.name)
        (self.source / "late").write_text("late")
        self.good("backup", "desk")
        for disk in self.disks:
            shutil.rmtree(disk / "journal")
            shutil.copytree(old / disk.name, disk / "journal")
        warning = "WARNING: the newest entries are missing: 3 expected, 2 found."
        listed = self.text("ls", "desk", "recordings")
        self.assertEqual(listed.code, 0, listed.complaint)
        self.assertIn(warning, listed.complaint)
        # Home's catalog still knows the last snapshot, and its packs are on the disks.
        complaint = self.run_json("restore", "desk", "--target", "out").complaint
        line = json.loads(complaint)
        self.assertEqual(list(line), ["schema", "warning"])
        self.assertIn(warning, line["warning"])
        self.assertEqual(describe(self.folder / "out/recordings"), describe(self.source))
        for dry_run in ((), ("--dry-run",)):
            self.refused(13, "not_newest", "snapshot", "tag", "desk", "2", "first", *dry_run)
            self.refused(13, "not_newest", "catalog", "rebuild", *dry_run)
        self.refused(13, "not_newest", "backup", "desk")
        status = self.good("status")
        self.assertEqual(status["verdict"], "danger")
        self.assertIn("not_newest", [reason["code"] for reason in status["reasons"]])

    def test_more_disks_are_gone_than_the_code_bears(self):
        self.make_box(disks=6)
        self.good("backup", "desk")
        for disk in self.disks[:4]:
            shutil.rmtree(disk)
        self.refused(13, "too_few_disks", "backup", "desk")
        self.assertEqual(self.good("status")["verdict"], "danger")
        for disk in self.disks[4:]:
            shutil.rmtree(disk)
        self.refused(13, "too_few_disks", "restore", "desk", "--target", "out")
        error = self.refused(13, "too_few_disks", "pool", "status")["error"]
        self.assertIn("0 of the 3 needed", error["what"])
        self.assertNotIn("pool status", error["hint"])
        self.assertEqual(self.good("status")["verdict"], "danger")


class Interrupted(BoxTest):
    def start_long_backup(self, *words):
        """A backup that has stored some packs, but not all. Each worker stores one at a time, so
        with one more than there are workers at least one is finished and noted."""
        self.make_box()
        for number in range(LARGE_COUNT):
            (self.source / f"large{number}").write_bytes(os.urandom(LARGE_SIZE))
        # Slow enough that it cannot end between what is seen here and the signal.
        self.definition = next((self.folder / "home/businesses").iterdir())
        self.at_full_speed = self.definition.read_text()
        self.definition.write_text(f"{self.at_full_speed}\n[schedule]\nrate = \"25M\"\n")
        process = self.start("backup", "desk", "--json", "--no-progress", *words)
        deadline = time.monotonic() + 120
        while len(list(self.disks[0].glob("packs/*/*.shard"))) <= WORKERS:
            self.assertIsNone(process.poll(), "the backup ended before it could be interrupted")
            self.assertLess(time.monotonic(), deadline)
        return process

    def assert_goes_on(self):
        self.definition.write_text(self.at_full_speed)
        backup = self.good("backup", "desk")
        self.assertIs(backup["partial"], False)
        self.good("restore", "desk", "--target", "out")
        self.assertEqual(describe(self.folder / "out/recordings"), describe(self.source))
        return backup

    def test_ctrl_c_keeps_what_was_done(self):
        process = self.start_long_backup()
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, (output, complaint))
        rows = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertEqual([row["complete"] for row in rows], [False] * len(rows))
        self.assertIn("is partial", self.text("ls", "desk").complaint)
        self.assertIn("partial", [reason["code"] for reason in self.good("status")["reasons"]])
        backup = self.assert_goes_on()
        self.assertLess(backup["bytes_new"], LARGE_COUNT * LARGE_SIZE)

    def test_a_killed_backup_leaves_nothing_half_done(self):
        process = self.start_long_backup()
        process.kill()
        process.communicate(timeout=120)
        self.assertEqual(self.good("snapshot", "list", "desk")["snapshots"], [])
        backup = self.assert_goes_on()
        self.assertLess(backup["bytes_new"], LARGE_COUNT * LARGE_SIZE)

    def test_a_killed_backup_has_what_its_partial_snapshots_promised(self):
        process = self.start_long_backup("--partial-every", "0.01")
        deadline = time.monotonic() + 120
        while not self.good("snapshot", "list", "desk")["snapshots"]:
            self.assertIsNone(process.poll(), "the backup ended before it could be killed")
            self.assertLess(time.monotonic(), deadline)
        process.kill()
        process.communicate(timeout=120)
        rows = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertEqual([row["complete"] for row in rows], [False] * len(rows))
        for row in rows:
            target = f"partial{row['number']}"
            self.good("restore", "desk", str(row["number"]), "--target", target)
            found = describe(self.folder / target / "recordings")
            items = [path for path, item in found.items() if not stat.S_ISDIR(item[0])]
            self.assertEqual(len(items), row["items"])
            source = describe(self.source)
            for path in items:
                self.assertEqual(found[path], source[path])
        self.assertIn("is partial", self.text("ls", "desk").complaint)
        backup = self.assert_goes_on()
        self.assertGreaterEqual(backup["items_unchanged"], rows[-1]["items"])
        after = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertIs(after[-1]["complete"], True)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
