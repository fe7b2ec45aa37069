#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pool scrub and pool heal on real files: what they find, say and mend, and their exit codes."""

import fcntl
import os
import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest, flip

HEADER = 4096  # bytes of a shard before its data
IN_LARGE = HEADER + 600_000  # in each data shard of the largest pack: within large.wav


class Scrub(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(disks=6)
        (self.source / "large.wav").write_bytes(os.urandom(3_000_000))
        self.good("backup", "desk")

    def shards(self, disk=None):
        """Files of all packs, the largest first."""
        disks = [disk] if disk else self.disks
        found = [path for each in disks for path in each.glob("packs/*/*.shard")]
        return sorted(found, key=lambda path: -path.stat().st_size)

    def largest_pack(self):
        pack = self.shards()[0].name[:64]
        return [path for path in self.shards() if path.name.startswith(pack)]

    def test_a_whole_pool_is_whole(self):
        found = self.scrub(0)
        said = [found[key] for key in ("complete", "shards_missing", "shards_bad", "packs_lost")]
        self.assertEqual(said, [True, 0, 0, 0])
        size = sum(path.stat().st_size for path in self.shards())
        self.assertEqual(found["bytes_read"], size)
        self.assertIsNotNone(self.good("pool", "status")["last_scrub"])
        text = self.text("pool", "scrub")
        self.assertEqual(text.code, 0)
        self.assertIn("packs are whole", text.text)

    def test_damage_is_found_where_it_is_and_healed_with_a_disk_gone(self):
        pack = self.largest_pack()
        flip(pack[0], HEADER + 70_000)
        gone = pack[1].parents[2]
        before = pack[1].read_bytes()
        shutil.rmtree(gone / "packs")
        found = self.scrub(4)
        self.assertEqual(found["shards_bad"], 1)
        self.assertGreater(found["shards_missing"], 0)
        damage = found["damages"][0]
        self.assertEqual(damage["path"], str(pack[0]))
        self.assertEqual((damage["kind"], damage["offset"]), ("checksum", HEADER + 65_536))
        self.assertEqual(self.good("pool", "status")["shards_bad"], 1)
        reasons = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("shards_bad", reasons)

        would = self.scrub(4, "heal", "--dry-run")
        self.assertEqual((would["committed"], would["dry_run"]), (False, True))
        self.assertFalse(pack[1].exists())

        healed = self.scrub(0, "heal")
        self.assertTrue(healed["committed"])
        self.assertEqual(healed["shards_written"], found["shards_missing"] + 1)
        again = [path for path in self.shards() if path.name == pack[1].name]
        self.assertEqual([path.read_bytes() for path in again], [before])
        self.scrub(0)
        self.assertEqual(self.good("pool", "status")["shards_bad"], 0)
        self.assertTrue(self.restored())

    def test_missing_moved_and_stray_files_are_named(self):
        pack = self.largest_pack()
        gone, moved = pack[0], pack[1]
        gone.unlink()
        other = pack[2].parent / moved.name
        moved.rename(other)
        stray = pack[3].with_name("f" * 64 + pack[3].name[64:])
        shutil.copy(pack[3], stray)
        (self.disks[2] / "notes.txt").write_text("whose?")
        found = self.scrub(4)
        named = {entry["file"]: entry for entry in found["missing"]}
        self.assertEqual(found["shards_missing"], 2)
        below = lambda path: str(path.relative_to(path.parents[2]))
        self.assertNotIn("path", named[below(gone)])
        shared = [entry["path"] for entry in named.values() if "path" in entry]
        self.assertEqual(len(shared), 1)
        self.assertIn(shared[0], (str(other), str(pack[2])))
        strays = {entry["path"] for entry in found["strays"]}
        self.assertEqual(strays, {str(stray), str(self.disks[2] / "notes.txt")})
        self.assertEqual(found["strays_total"], 2)
        text = self.text("pool", "scrub")
        for word in ("MISSING " + below(gone), "NOT APART " + shared[0], "STRAY " + str(stray)):
            self.assertIn(word, text.complaint)
        healed = self.scrub(0, "heal")
        self.assertEqual(healed["shards_written"], 2)
        whole = self.scrub(0)
        self.assertEqual((whole["missing"], whole["strays_total"]), ([], 2))
        self.assertTrue(stray.exists())
        self.assertTrue(self.restored())

    def test_what_a_disk_took_away_with_it_is_told_once(self):
        away = self.disks[1]
        away.rename(away.with_suffix(".away"))
        found = self.scrub(4)
        packs = {entry["pack"] for entry in found["missing"]}
        self.assertEqual(len(found["missing"]), found["shards_missing"])
        self.assertGreater(len(packs), 1)
        complaint = self.text("pool", "scrub").complaint
        self.assertIn(f"AWAY {away}: {len(packs)} packs", complaint)
        self.assertNotIn("MISSING", complaint)
        # Of a pack that had a shard on that disk: not each has one on each of six.
        lost = next(path for path in self.shards() if path.name[:64] in packs)
        lost.unlink()
        complaint = self.text("pool", "scrub").complaint
        self.assertIn(f"AWAY {away}: {len(packs) - 1} packs", complaint)
        self.assertEqual(complaint.count("MISSING"), 2)
        self.assertIn("MISSING " + str(lost.relative_to(lost.parents[2])), complaint)

    def test_one_disk_gone_and_one_rotten_is_danger(self):
        gone, rotten = self.disks[1], self.disks[3]
        gone.rename(gone.with_suffix(".away"))
        for path in self.shards(rotten):
            path.write_bytes(os.urandom(path.stat().st_size))
        self.assertEqual(self.good("pool", "status")["may_lose"], 1)
        self.assertGreater(self.scrub(4)["shards_bad"], 0)
        status = self.good("pool", "status")
        self.assertEqual((status["may_lose"], status["packs_lost"]), (0, 0))
        told = self.good("status")
        self.assertEqual((told["verdict"], told["pool"]["may_lose"]), ("danger", 0))
        self.assertIn("no_disk_to_lose", [reason["code"] for reason in told["reasons"]])
        gone.with_suffix(".away").rename(gone)
        self.assertEqual(self.good("pool", "status")["may_lose"], 1)
        self.scrub(0, "heal")
        self.assertEqual(self.good("pool", "status")["may_lose"], 2)
        self.assertNotEqual(self.good("status")["verdict"], "danger")

    def test_what_was_made_up_for_is_told(self):
        self.assertEqual(self.good("verify", "desk")["made_up"], 0)
        first = [path for path in self.largest_pack() if path.name.endswith("-00.shard")]
        flip(first[0], IN_LARGE)
        self.assertGreater(self.good("verify", "desk")["made_up"], 0)
        text = self.text("restore", "desk", "--target", self.folder / "back")
        self.assertEqual(text.code, 0)
        self.assertIn("made up for", text.complaint)
        self.good("pool", "heal")
        self.assertEqual(self.good("verify", "desk")["made_up"], 0)

    def test_two_disks_gone_and_heal_says_what_it_lacks(self):
        for disk in self.disks[:2]:
            disk.rename(disk.with_suffix(".away"))
        healed = self.scrub(4, "heal")
        self.assertGreater(healed["shards_unhealed"], 0)
        self.assertEqual(healed["packs_lost"], 0)
        text = self.text("pool", "heal")
        self.assertIn("no disk is left", text.complaint)
        self.assertTrue(self.restored())

    def test_beyond_repair_is_told_item_by_item_and_read_again(self):
        for path in self.largest_pack()[:3]:
            flip(path, IN_LARGE)
        found = self.scrub(5)
        self.assertEqual(found["packs_lost"], 1)
        lost = {entry["path"] for entry in found["lost"]}
        self.assertIn("recordings/large.wav", lost)
        self.assertEqual(found["lost_total"], len(lost))
        reasons = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("packs_damaged", reasons)
        text = self.text("pool", "scrub")
        self.assertEqual(text.code, 5)
        self.assertIn("LOST desk: recordings/large.wav", text.complaint)

        self.assertGreater(self.good("backup", "desk")["bytes_new"], 2_900_000)
        self.assertTrue(self.restored())
        after = self.scrub(4)
        self.assertEqual((after["packs_lost"], after["lost_total"]), (1, 0))

    def test_what_verify_finds_is_read_again(self):
        for path in self.largest_pack()[:3]:
            flip(path, IN_LARGE)
        self.assertEqual(self.run_json("verify", "desk").code, 5)
        self.assertEqual(self.level_of("verify_differences"), "danger")
        (proof,) = self.good("status")["businesses"][0]["proofs"]
        self.assertEqual((proof["differences"], proof["good"]), (1, False))
        os.utime(self.source / "large.wav")
        self.assertGreater(self.good("backup", "desk")["bytes_new"], 2_900_000)
        self.assertEqual(self.run_json("verify", "desk").code, 0)
        self.assertIsNone(self.level_of("verify_differences"))

    def test_a_second_one_is_refused(self):
        self.scrub(0)
        with open(self.folder / "home/locks/scrub", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refused(11, "locked", "pool", "heal")
            self.refused(11, "locked", "pool", "scrub")
            self.assertEqual(self.run_json("pool", "heal", "--dry-run").code, 0)
        self.scrub(0)

    def test_bad_input(self):
        self.refused(2, "invalid_argument", "pool", "scrub", "--ful")
        self.refused(2, "invalid_argument", "pool", "heal", "--full")
        shutil.move(self.folder / "home", self.folder / "elsewhere")
        self.refused(10, "no_home", "pool", "scrub")


class Thin(BoxTest):
    def test_packs_with_too_little_parity_are_a_danger(self):
        self.make_box(disks=6)
        # Four disks take entries of the journal, and no shards.
        for disk in self.disks[2:]:
            (disk / "packs").rename(disk / "packs.away")
            (disk / "packs").write_bytes(b"")
        self.assertTrue(self.good("backup", "desk")["under_protected"])
        for disk in self.disks[2:]:
            (disk / "packs").unlink()
            (disk / "packs.away").rename(disk / "packs")
        told = self.good("status")
        self.assertEqual(told["verdict"], "danger")
        levels = {reason["code"]: reason["level"] for reason in told["reasons"]}
        self.assertEqual(levels.get("under_protected"), "danger")
        self.assertGreater(self.good("pool", "status")["packs_under_protected"], 0)
        self.assertEqual(self.run_json("pool", "heal").code, 0)
        told = self.good("status")
        self.assertNotIn("under_protected", [reason["code"] for reason in told["reasons"]])
        self.assertNotEqual(told["verdict"], "danger")


class NoPool(BoxTest):
    def test_there_must_be_a_pool(self):
        self.good("init")
        self.refused(10, "no_pool", "pool", "scrub")
        self.refused(10, "no_pool", "pool", "heal")


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
