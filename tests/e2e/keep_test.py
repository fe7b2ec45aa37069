#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an archive keeps although its source forgot it."""

import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest


class Keeps(BoxTest):
    def setUp(self):
        super().setUp()
        self.business = self.make_box()

    def test_what_is_gone_is_told_with_one_date_by_all_verbs(self):
        first = self.good("backup", "desk")
        (self.source / "7").unlink()
        second = self.good("backup", "desk")
        diff = ("snapshot", "diff", "desk", first["number"], second["number"])
        changes = self.good(*diff)
        self.assertEqual(changes["removed"], ["recordings/7"])
        self.assertEqual(changes["counts"]["gone"], 1)
        (gone,) = changes["gone"]
        self.assertEqual(gone["path"], "recordings/7")
        self.assertRegex(gone["since"], r"^20\d\d-.*Z$")
        for words in (("ls", "desk", "recordings/7"), ("find", "desk", "recordings/7")):
            (item,) = self.good(*words)["items"]
            self.assertEqual(item["gone"], gone["since"], words)
        since = "(gone since " + gone["since"][:10]
        for words in (
            ("ls", "desk", "recordings/7"),
            ("find", "desk", "recordings/7"),
            diff,
        ):
            (line,) = [line for line in self.text(*words).text.splitlines() if "/7" in line]
            self.assertTrue(line.startswith("† "), line)
            self.assertIn("recordings/7 " + since, line)

    def test_a_folder_that_became_a_file(self):
        source = self.source
        day = source / "day"
        day.mkdir()
        (day / "call.wav").write_bytes(b"in the folder")
        self.good("backup", "desk")
        shutil.rmtree(day)
        day.write_bytes(b"a file")
        self.assertEqual(self.good("backup", "desk")["items_gone"], 1)
        self.good("restore", "desk", "--target", "plain")
        self.assertEqual((self.folder / "plain/recordings/day").read_bytes(), b"a file")
        moved = [{"folder": "recordings/day", "place": "recordings/day.folder"}]
        for words in (("--dry-run",), ()):
            done = self.good("restore", "desk", "--gone", "--target", "all", *words)
            self.assertEqual((done["moved"], done["moved_total"]), (moved, 1))
            self.assertEqual((done["failed"], done["committed"]), ([], not words))
        restored = self.folder / "all/recordings"
        self.assertEqual((restored / "day").read_bytes(), b"a file")
        self.assertEqual((restored / "day.folder/call.wav").read_bytes(), b"in the folder")
        said = self.text("restore", "desk", "--gone", "--target", "again", "--quiet")
        self.assertEqual(said.code, 0)
        self.assertIn("recordings/day is no folder", said.complaint)
        self.assertIn("recordings/day.folder", said.complaint)
        # What lies in the other place is nobody's to overwrite either.
        (self.folder / "third/recordings/day.folder").mkdir(parents=True)
        (self.folder / "third/recordings/day.folder/call.wav").write_bytes(b"mine")
        self.refused(1, "target_not_empty", "restore", "desk", "--gone", "--target", "third")


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
