#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that join, are replaced and retire, as a user calls for it."""

import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest, describe


class BoxOfSix(BoxTest):
    geometry = "auto"

    def setUp(self):
        super().setUp()
        self.make_box(disks=6, geometry=self.geometry)
        self.good("backup", "desk")

    def state_of(self, disk):
        disks = self.good("pool", "status")["disks"]
        return next((each["state"] for each in disks if each["path"] == str(disk)), None)

    def new_disk(self, name):
        disk = self.folder / name
        disk.mkdir()
        return disk

    def check_restored(self):
        target = self.folder / "back"
        self.good("restore", "desk", "--target", target)
        self.assertEqual(describe(target / self.source.name), describe(self.source))


class Members(BoxOfSix):
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


class TooManyGone(BoxOfSix):
    geometry = "4+2"  # a shard of every pack on every disk

    def test_more_disks_gone_for_good_than_the_pool_bears(self):
        names = len(list(self.source.rglob("*"))) + 1
        gone = self.disks[:3]
        for disk in gone:
            shutil.rmtree(disk)
        fresh = [self.new_disk(f"fresh{i}") for i in range(3)]
        self.refused(13, "loss_not_accepted", "pool", "replace", gone[0], fresh[0])
        self.assertEqual(list(fresh[0].iterdir()), [])
        for old, new in zip(gone, fresh):
            result = self.run_json("pool", "replace", old, new, "--accept-loss")
            self.assertEqual(result.code, 5)
            # The list of names itself is lost: it says how many.
            [lost] = result.document["lost"]
            self.assertEqual((lost["path"], lost["code"]), ("", "names_lost"))
            self.assertIn(f"{names} names", lost["what"])
        self.assertTrue(result.document["settled"])
        self.assertEqual([self.state_of(disk) for disk in gone], [None] * 3)
        # The lists of names are lost too, and that is accepted by itself.
        backup = self.run_json("backup", "desk", "--accept-loss")
        self.assertEqual((backup.code, backup.document["committed"]), (3, True))
        self.check_restored()
        status = self.good("pool", "status")
        self.assertEqual(status["may_lose"], 2)
        shutil.rmtree(self.disks[3])
        done = self.good("pool", "replace", self.disks[3], self.new_disk("fresh4"))
        self.assertTrue(done["settled"])


class GivenUp(BoxOfSix):
    geometry = "3+2"  # a pack has no shard on one of the disks

    def test_what_was_given_up_asks_for_nothing_when_the_next_disk_goes(self):
        shard = sorted(self.disks[0].glob("packs/*/*.shard"))[0]
        pack = shard.name.split("-")[0]
        holders = [disk for disk in self.disks if list(disk.glob(f"packs/*/{pack}-*"))]
        [other] = [disk for disk in self.disks if disk not in holders]
        for disk in holders[:3]:
            shutil.rmtree(disk)
        for i, disk in enumerate(holders[:3]):
            words = ("pool", "replace", disk, self.new_disk(f"fresh{i}"), "--accept-loss")
            result = self.run_json(*words)
            self.assertIn(pack, result.complaint + self.text("pool", "scrub").complaint)
        self.assertTrue(result.document["settled"])
        other.rename(other.with_suffix(".away"))
        plan = self.good("pool", "replace", other, self.new_disk("next"), "--dry-run")
        self.assertFalse(plan["committed"])


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
