#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The home folder in trouble: parts of it gone, damaged, mistyped or older than the disks; and files
on a disk that do not belong there."""

import shutil
import sqlite3
import sys
import unittest
from pathlib import Path

from box import BoxTest, describe

WORTH_COPYING = ("machine.key", "keyring", "pool", "label", "wraps", "witness", "businesses")


class Home(BoxTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"

    def saved_box(self):
        self.make_box()
        self.good("backup", "desk")

    def restored(self):
        shutil.rmtree(self.folder / "back", ignore_errors=True)
        self.good("restore", "desk", "--target", "back")
        self.assertEqual(describe(self.folder / "back/recordings"), describe(self.source))

    def status(self):
        document = self.good("status")
        return document["verdict"], {
            reason["code"]: reason["where"] for reason in document["reasons"]
        }

    def test_a_lost_keyring_is_brought_back_from_a_disk(self):
        self.saved_box()
        machine_key = (self.home / "machine.key").read_bytes()
        (self.home / "keyring").unlink()
        for words in (["status"], ["backup", "desk"]):
            document = self.refused(12, "keyring_missing", *words)
            self.assertIn(str(self.disks[0] / "keyring"), document["error"]["hint"])
        self.refused(12, "keyring_missing", "init")
        self.refused(12, "keyring_missing", "init", "--dry-run")
        self.assertEqual((self.home / "machine.key").read_bytes(), machine_key)
        shutil.copy(self.disks[0] / "keyring", self.home)
        self.restored()

    def test_a_damaged_keyring_is_brought_back_from_a_disk(self):
        self.saved_box()
        keyring = self.home / "keyring"
        for rest in (0, 100, keyring.stat().st_size - 1):
            keyring.write_bytes(keyring.read_bytes()[:rest])
            document = self.refused(12, "keyring_damaged", "status")
            self.assertIn(str(self.disks[0] / "keyring"), document["error"]["hint"])
            shutil.copy(self.disks[0] / "keyring", keyring)
        self.restored()

    def test_a_home_of_what_is_worth_copying_is_enough(self):
        self.saved_box()
        for words in (
            ["status"],
            ["catalog", "rebuild"],
            ["ls", "desk"],
            ["pool", "scrub"],
            ["backup", "desk"],
            ["snapshot", "tag", "desk", "2", "one"],
            ["business", "add", "two", "--source", self.source],
        ):
            for path in self.home.iterdir():
                if path.name in WORTH_COPYING:
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            self.good(*words)
        self.assertTrue(list((self.home / "catalog").glob("*.sqlite")))
        self.restored()

    def test_a_mistyped_list_of_disks_is_told_by_its_line(self):
        self.saved_box()
        pool = self.home / "pool"
        pool.write_text(pool.read_text() + str(self.disks[0]) + "\n")
        document = self.refused(1, "bad_pool_file", "backup", "desk")
        self.assertEqual(document["error"]["where"], str(pool))
        self.assertIn("4", document["error"]["what"])
        self.assertIn("disk /mnt/disk1", document["error"]["hint"])

    def test_an_older_home_says_so_everywhere(self):
        self.saved_box()
        older = self.folder / "older"
        shutil.copytree(self.home, older)
        self.good("business", "add", "two", "--source", self.source)
        shutil.rmtree(self.home)
        older.rename(self.home)

        verdict, reasons = self.status()
        self.assertEqual(verdict, "danger")
        copy = reasons["home_not_newest"]
        self.assertEqual(copy, str(self.disks[0] / "keyring"))
        self.assertIs(self.good("pool", "status")["writable"], False)
        add = ("business", "add", "three", "--source", self.source)
        for words in (["backup", "desk"], ["snapshot", "tag", "desk", "2", "t"], add):
            self.refused(13, "home_not_newest", *words, "--dry-run")
            document = self.refused(13, "home_not_newest", *words)
            self.assertIn(copy, document["error"]["hint"])
        outcome = self.text("ls", "desk")
        self.assertEqual(outcome.code, 0)
        self.assertRegex(outcome.complaint, "WARNING: .*older copy")
        self.restored()

        shutil.copy(copy, self.home)
        self.assertNotIn("home_not_newest", self.status()[1])
        self.assertNotIn("WARNING", self.text("ls", "desk").complaint)
        self.good("backup", "two")  # defined by its journal
        self.good(*add)
        self.good("backup", "desk")

    def test_what_home_cannot_take_after_the_commit_is_a_warning(self):
        self.saved_box()
        (catalog,) = (self.home / "catalog").glob("*.sqlite")
        other = sqlite3.connect(catalog, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        document = self.good("snapshot", "tag", "desk", "2", "one")
        self.assertEqual((document["committed"], document["number"]), (True, 3))
        (warning,) = document["warnings"]
        self.assertRegex(warning, f"^WARNING: .*IS committed.*{catalog}")
        other.execute("ROLLBACK")

        document = self.good("snapshot", "tag", "desk", "2", "two")
        self.assertEqual((document["number"], document.get("warnings")), (4, None))
        tags = self.good("snapshot", "show", "desk", "2")["tags"]
        self.assertEqual(tags, ["one", "two"])
        other.execute("BEGIN IMMEDIATE")
        outcome = self.text("snapshot", "tag", "desk", "2", "three")
        self.assertEqual(outcome.code, 0)
        self.assertRegex(outcome.complaint, "^WARNING: .*IS committed")

    def test_a_stray_segment_stops_nothing_and_is_told(self):
        self.saved_box()
        (journal,) = (self.disks[1] / "journal").iterdir()
        stray = journal / "00000000000000ff.segment"
        stray.touch()
        self.good("backup", "desk", "--tag", "t")
        self.assertEqual(self.text("ls", "desk").complaint, "")
        verdict, reasons = self.status()
        self.assertEqual((verdict, reasons["damaged"]), ("attention", str(stray)))
        document = self.good("backup", "desk")
        self.assertIs(document["under_protected"], False)
        self.restored()


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
