#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pool scrub and pool heal on what every disk has a copy of: journals, wraps, keyring, label."""

import sys
import unittest
from pathlib import Path

from box import BoxTest, flip

HEADER = 176  # bytes of a segment before its first entry


class Copies(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(disks=6)
        self.good("backup", "desk")
        self.good("snapshot", "tag", "desk", "2", "first")

    def segment(self, disk):
        return sorted(disk.glob("journal/*/*.segment"))[0]

    def wrap(self, disk):
        return sorted(disk.glob("wraps/*/*"))[0]

    def test_rot_in_the_journal_is_told_and_mended(self):
        right = self.segment(self.disks[0]).read_bytes()
        for disk in self.disks[:4]:
            flip(self.segment(disk), HEADER + 60)
        found = self.scrub(4)
        self.assertEqual(found["copies_bad"], 4)
        self.assertEqual(found["damages_total"], 4)
        damage = found["damages"][0]
        said = [damage[key] for key in ("copy", "kind", "business", "first_entry", "last_entry")]
        self.assertEqual(said, ["journal", "damaged", "desk", 1, 1])
        self.assertEqual(damage["path"], str(self.segment(self.disks[0])))
        self.assertEqual(found["lost_entries"], [])
        text = self.text("pool", "scrub")
        self.assertEqual(text.code, 4)
        self.assertIn("lacks entries 1 to 1", text.complaint)
        self.assertEqual(self.level_of("copies_bad"), "attention")

        self.scrub(4, "heal", "--dry-run")
        self.assertNotEqual(self.segment(self.disks[0]).read_bytes(), right)
        healed = self.scrub(0, "heal")
        self.assertTrue(healed["committed"])
        self.assertEqual((healed["copies_bad"], healed["copies_unmended"]), (4, 0))
        self.scrub(0)
        self.assertIsNone(self.level_of("copies_bad"))
        for disk in self.disks:
            self.assertEqual(self.segment(disk).read_bytes(), right)
        for disk in self.disks[4:]:
            disk.rename(disk.with_suffix(".away"))
        self.assertTrue(self.good("catalog", "rebuild", "desk"))
        self.assertTrue(self.restored())

    def test_every_kind_of_copy_is_told_by_its_path(self):
        bad = {
            "journal": self.segment(self.disks[1]),
            "wrap": self.wrap(self.disks[2]),
            "keyring": self.disks[3] / "keyring",
            "label": self.disks[4] / "label.b",
        }
        for path in bad.values():
            flip(path, 230)
        gone = self.wrap(self.disks[5])
        gone.unlink()
        found = self.scrub(4)
        told = {damage["path"]: (damage["copy"], damage["kind"]) for damage in found["damages"]}
        wanted = {str(path): (copy, "damaged") for copy, path in bad.items()}
        wanted[str(gone)] = ("wrap", "missing")
        self.assertEqual(told, wanted)
        self.assertEqual(self.scrub(0, "heal")["copies_unmended"], 0)
        self.scrub(0)
        self.assertEqual(self.scrub(0, "heal")["copies_bad"], 0)

    def test_an_entry_on_no_disk_takes_nothing_else_with_it(self):
        for disk in self.disks:
            flip(self.segment(disk), HEADER + 60)
        found = self.scrub(5)
        self.assertEqual(found["lost_entries"], [{"business": "desk", "first": 1, "last": 1}])
        self.assertEqual(self.scrub(5, "heal")["lost_entries"], found["lost_entries"])
        self.assertEqual(self.level_of("entries_lost"), "danger")
        rebuilt = self.run_json("catalog", "rebuild", "desk")
        self.assertEqual(rebuilt.code, 5)
        business = rebuilt.document["businesses"][0]
        self.assertEqual(business["lost_entries"], [{"first": 1, "last": 1}])
        self.assertEqual(business["snapshots"], 1)
        self.assertTrue(self.restored())
        (self.source / "later.wav").write_bytes(b"later")
        self.good("backup", "desk")
        self.good("verify", "desk")
        self.assertTrue(self.restored())


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
