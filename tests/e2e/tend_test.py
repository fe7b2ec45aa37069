#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pool tend on real files: what a timer calls while nobody is there."""

import os
import sys
import unittest
from pathlib import Path

from box import BoxTest, crc32c, flip

HEADER = 4096  # bytes of a shard before its data


class Tend(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(disks=6)
        (self.source / "large.wav").write_bytes(os.urandom(3_000_000))
        self.good("backup", "desk")

    def pull(self, number):
        self.disks[number].rename(self.folder / f"drawer{number}")

    def plug(self, number):
        (self.folder / f"drawer{number}").rename(self.disks[number])

    def shards(self, number):
        return sorted(self.disks[number].glob("packs/*/*.shard"))

    def shards_of(self, pack):
        return [path for number in range(6) for path in self.shards(number)
                if path.name.startswith(pack)]

    def sizes_of_packs(self):
        return {path.name[:64]: path.stat().st_size for number in range(6)
                for path in self.shards(number)}

    def test_a_disk_that_stays_away_is_waited_for_and_given_up(self):
        idle = self.good("pool", "tend")
        self.assertEqual((idle["disks_given_up"], idle["heal"]["shards_written"]), (0, 0))
        self.assertEqual([disk["path"] for disk in idle["disks"]], [str(each) for each in self.disks])
        lacking = len(self.shards(1))
        self.pull(1)
        waits = self.good("pool", "tend")
        self.assertEqual((waits["disks_given_up"], waits["heal"]["shards_written"]), (0, 0))
        self.assertLess(waits["disks"][1]["away_since"], waits["disks"][1]["given_up"])
        text = self.text("pool", "tend")
        self.assertEqual(text.code, 0)
        self.assertIn(f"AWAY {self.disks[1]} since", text.complaint)
        self.assertIn("waited for", text.complaint)

        thin = self.good("pool", "status")
        acts = self.good("pool", "tend", "--away-hours", "0")
        self.assertEqual((acts["disks_given_up"], acts["heal"]["shards_written"]), (1, lacking))
        whole = self.good("pool", "status")
        self.assertEqual((thin["may_lose"], whole["may_lose"]), (1, 2))
        self.assertGreater(whole["durability"]["nines"], thin["durability"]["nines"])
        self.assertIn("given up", self.text("pool", "tend", "--away-hours", "0").complaint)
        for number in (0, 5):
            self.pull(number)
        self.assertTrue(self.restored())
        for number in (0, 1, 5):
            self.plug(number)
        back = self.good("pool", "tend")
        self.assertEqual([disk["away_since"] for disk in back["disks"]], [None] * 6)
        self.assertEqual(back["heal"]["shards_written"], 0)

    def test_rot_is_mended_by_the_call_that_finds_it(self):
        # Not every pack has a shard on every disk.
        pack = self.shards(0)[0].name[:64]
        others = [path for number in range(1, 6) for path in self.shards(number)
                  if path.name.startswith(pack)]
        rotten, away = others[:2]
        flip(rotten, HEADER + 100)
        away = next(number for number in range(1, 6) if away in self.shards(number))
        self.pull(away)
        found = self.good("pool", "tend")
        self.assertEqual((found["scrub"]["shards_bad"], found["heal"]["shards_written"]), (1, 2))
        self.assertIsNone(self.level_of("shards_bad"))
        self.plug(away)
        self.assertEqual(self.scrub(0, "scrub", "--full")["shards_bad"], 0)

    def test_what_no_disk_is_left_for_is_a_difference(self):
        for number in (1, 2):
            self.pull(number)
        self.good("pool", "tend")
        self.assertGreater(self.scrub(4, "tend", "--away-hours", "0")["heal"]["shards_unhealed"], 0)
        self.plug(1)
        self.assertEqual(self.scrub(0, "tend", "--away-hours", "0")["heal"]["shards_unhealed"], 0)

    def test_a_disk_that_fails_again_and_again_gets_nothing_new(self):
        disk = self.good("pool", "status")["disks"][4]["id"]
        line = f"{disk} - 3 2026-01-01T00:00:00Z 0 -".encode()
        note = line + b" #" + crc32c(line).hex().encode() + b"\n"
        (self.folder / "home" / "disks").write_bytes(note)
        self.assertEqual(self.level_of("disk_failing"), "attention")
        told = self.good("pool", "tend")
        self.assertEqual(told["heal"]["shards_written"], 0)
        self.assertTrue(told["disks"][4]["failing"])
        self.assertIn(f"FAILING {self.disks[4]}", self.text("pool", "tend").complaint)
        self.assertEqual(self.good("pool", "status")["disks"][4]["state"], "failing")
        before = self.shards(4)
        (self.source / "new.wav").write_bytes(os.urandom(100_000))
        self.good("backup", "desk")
        self.assertEqual(self.shards(4), before)
        self.assertTrue(self.restored())

    def test_how_much_is_read_back_is_shown_and_set(self):
        self.assertEqual(self.good("pool", "read-back")["read_back_percent"], 5)
        tried = self.good("pool", "read-back", "70", "--dry-run")
        self.assertEqual((tried["read_back_percent"], tried["committed"]), (70, False))
        self.assertEqual(self.good("pool", "status")["read_back_percent"], 5)
        for word, percent in (("100", 100), ("0", 0), ("off", 0), ("37", 37)):
            done = self.good("pool", "read-back", word)
            self.assertEqual((done["read_back_percent"], done["committed"]), (percent, True))
            self.assertEqual(self.good("pool", "status")["read_back_percent"], percent)
        for word in ("101", "-1", "5%", "on", "5.5", " 5"):
            outcome = self.text("pool", "read-back", "--", word)
            self.assertEqual(outcome.code, 2, (word, outcome.text, outcome.complaint))
            self.assertIn("0 to 100, or `off`", outcome.complaint)
        self.assertEqual(self.good("pool", "read-back")["read_back_percent"], 37)
        self.assertIn("37 %", self.text("pool", "read-back").text)
        # What has rotted is the default, and stops nothing.
        note = self.folder / "home" / "read-back"
        flip(note, 0)
        self.assertEqual(self.good("pool", "status")["read_back_percent"], 5)
        self.good("pool", "read-back", "100")
        (self.source / "new.wav").write_bytes(os.urandom(3_000_000))
        self.good("backup", "desk")
        self.assertEqual(self.scrub(0, "scrub", "--full")["shards_bad"], 0)
        self.assertTrue(self.restored())

    def test_a_slow_disk_is_marked_until_its_reads_are_quick(self):
        disk = self.good("pool", "status")["disks"][4]
        self.assertEqual((disk["slow"], disk["read_only"]), (None, False))
        line = f"{disk['id']} - 0 - 0 - 2026-01-01T00:00:00Z".encode()
        note = line + b" #" + crc32c(line).hex().encode() + b"\n"
        (self.folder / "home" / "disks").write_bytes(note)
        self.assertEqual(self.good("pool", "status")["disks"][4]["slow"], "2026-01-01T00:00:00Z")
        self.assertEqual(self.level_of("disk_slow"), "attention")
        self.assertIn("present, slow", self.text("pool", "status").text)
        # All that it has is new, and so read.
        self.good("pool", "tend")
        self.assertIsNone(self.level_of("disk_slow"))

    def test_what_is_lost_is_told_each_time(self):
        lost = self.shards(0)[0].name[:64]
        found = [path for number in range(6) for path in self.shards(number)]
        for path in [path for path in found if path.name.startswith(lost)][:3]:
            path.unlink()
        for _ in range(2):
            document = self.scrub(5, "tend")
            self.assertGreater(document["heal"]["lost_total"], 0)

    def test_text_names_all_that_is_lost_whichever_half_found_it(self):
        first = self.sizes_of_packs()
        rotten = max(first, key=first.get)
        for path in self.shards_of(rotten)[:3]:
            data = path.read_bytes()
            path.write_bytes(data[:HEADER] + os.urandom(len(data) - HEADER))
        self.scrub(5, "tend")
        # By the note alone: every shard is there.
        self.assertIn("Something is lost already", self.text("pool", "status").text)
        (self.source / "large.wav").unlink()  # or the backup would have it again
        (self.source / "new.wav").write_bytes(os.urandom(1_000_000))
        self.good("backup", "desk")
        self.scrub(5, "tend")
        # Proved just now, so not due: only the names of its shards tell.
        then = self.sizes_of_packs()
        gone = max(then.keys() - first.keys(), key=then.get)
        for path in self.shards_of(gone)[:3]:
            path.unlink()
        document = self.scrub(5, "tend")
        self.assertEqual(sorted(document["heal"]["lost_packs"]), sorted([rotten, gone]))
        self.assertNotIn(gone, document["scrub"]["lost_packs"])
        for words in (("tend",), ("tend", "--dry-run")):
            told = self.text("pool", *words)
            self.assertEqual(told.code, 5)
            for pack in (rotten, gone):
                self.assertEqual(told.complaint.count(f"present: pack {pack}"), 1, told.complaint)
            lines = [line for line in told.complaint.splitlines() if line.startswith("LOST desk: recordings")]
            self.assertEqual(len(lines), len(set(lines)))
            self.assertEqual(len(lines), document["heal"]["lost_total"])
            self.assertIn("LOST desk: recordings/new.wav", told.complaint)
        self.assertIsNone(self.good("pool", "status")["durability"])
        status = self.text("pool", "status").text
        self.assertIn("Something is lost already", status)
        self.assertNotIn("1 in", status)

    def test_its_own_file_is_no_stray(self):
        for _ in range(2):
            self.assertEqual(self.good("pool", "tend")["scrub"]["strays_total"], 0)
        self.assertTrue((self.disks[0] / "probe").exists())

    def test_a_label_that_cannot_be_read_and_a_dry_run(self):
        for label in ("label.a", "label.b"):
            (self.disks[2] / label).write_bytes(b"scribble")
        self.assertIn(f"UNREADABLE LABEL {self.disks[2]}", self.text("pool", "tend").complaint)
        would = self.good("pool", "tend", "--dry-run", "--away-hours", "0")
        self.assertEqual((would["committed"], would["dry_run"], would["scrub"]), (False, True, None))
        self.assertIn("Would heal", self.text("pool", "tend", "--dry-run", "--away-hours", "0").text)

    def test_bad_input(self):
        for words in (("--away-hours", "-1"), ("--away-hours", "x"), ("--within-days", "0")):
            self.refused(2, "invalid_argument", "pool", "tend", *words)


class NoPool(BoxTest):
    def test_there_must_be_a_pool(self):
        self.good("init")
        self.refused(10, "no_pool", "pool", "tend")


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
