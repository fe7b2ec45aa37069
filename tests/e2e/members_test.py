#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that join, are replaced and retire, as a user calls for it."""

import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest, describe


class Members(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(disks=6)
        self.good("backup", "desk")

    def state_of(self, disk):
        disks = self.good("pool", "status")["disks"]
        return next((each["state"] for each in disks if each["path"] == str(disk)), None)

    def new_disk(self, name):
        disk = self.folder / name
        disk.mkdir()
        return disk

    def test_a_disk_joins_and_what_is_stored_stays(self):
        disk = self.new_disk("fresh")
        before = self.good("pool", "status")["bytes_usable"]
        words = ("pool", "add", "--disk", disk)
        plan = self.good(*words, "--dry-run")
        self.assertEqual((plan["committed"], plan["bytes_usable_before"]), (False, before))
        self.assertEqual(list(disk.iterdir()), [])
        added = self.good(*words)
        self.assertTrue(added["committed"])
        status = self.good("pool", "status")
        self.assertEqual(added["bytes_usable"], plan["bytes_usable"])
        self.assertEqual(added["bytes_usable"], status["bytes_usable"])
        self.assertLessEqual(status["bytes_free"], status["bytes_usable"])
        self.assertEqual(self.state_of(disk), "present")
        self.refused(1, "disk_is_member", *words)

    def test_a_disk_that_is_gone_is_replaced_and_more_may_go(self):
        gone, new = self.disks[0], self.new_disk("fresh")
        shutil.rmtree(gone)
        done = self.good("pool", "replace", gone, new)
        self.assertTrue(done["settled"])
        self.assertGreater(done["shards_written"], 0)
        self.assertEqual((self.state_of(gone), self.state_of(new)), (None, "present"))
        for disk in self.disks[1:3]:
            shutil.rmtree(disk)
        self.check_restored()

    def test_a_disk_that_is_gone_is_named_by_a_relative_path_too(self):
        gone = self.disks[0]
        shutil.rmtree(gone)
        words = ("pool", "replace", gone.relative_to(self.folder), self.new_disk("fresh"))
        self.assertTrue(self.good(*words)["settled"])
        self.assertIsNone(self.state_of(gone))

    def test_a_disk_retires_and_the_next_one_is_needed(self):
        done = self.good("pool", "retire", self.disks[0])
        self.assertTrue(done["settled"])
        self.assertEqual(self.state_of(self.disks[0]), "retired")
        document = self.refused(13, "disk_needed", "pool", "retire", self.disks[1])
        self.assertFalse(document["committed"])
        self.check_restored()

    def test_bad_input(self):
        self.refused(10, "no_disk", "pool", "retire", "/nowhere")
        self.refused(1, "disk_not_empty", "pool", "add", "--disk", self.source)
        self.assertEqual(self.state_of(self.source), None)

    def check_restored(self):
        target = self.folder / "back"
        self.good("restore", "desk", "--target", target)
        self.assertEqual(describe(target / self.source.name), describe(self.source))


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
