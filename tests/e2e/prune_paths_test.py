#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ends of a business with rows whose newest snapshot is of a backup of paths."""

import datetime
import sys
import unittest
from pathlib import Path

from box import BoxTest
from prune_site import Site


class PruneBehindPaths(Site):
    def refuse_unsure(self):
        """What only rows could tell to be over stays, and that is told."""
        document = self.refused(15, "not_pruned", "prune", "desk")
        reasons = [each["reason"] for each in document["frozen"]]
        self.assertEqual((reasons, document["packs_only"]), (["rows_not_indexed"], True))
        said = self.text("prune", "desk")
        self.assertEqual(said.code, 15)
        self.assertNotIn("Nothing is over", said.text)
        return document

    def test_what_is_over_goes_after_a_backup_of_paths(self):
        whole = self.back_up_and_remove()[-1]
        self.confirm()
        self.write("recordings/another.wav", 1000)
        newest = self.back_up_paths("recordings/another.wav")
        # As old as it is by the row of what was there before: whose these bytes are nobody knows.
        self.write("recordings/case.wav", 2000)
        self.back_up_paths("recordings/case.wav")
        (self.folder / "recordings/case.wav").unlink()
        newest = self.back_up_paths("recordings/case.wav")
        document = self.prune()
        self.assertEqual(document["frozen"], [])
        going = ["papers/paper.txt", "recordings/held.wav", "recordings/old.wav"]
        self.assertEqual(document["going"], going)
        # The one that rows are known of stays: the next prune asks them, and the next backup.
        fates = {each["number"]: each["reason"] for each in document["snapshots"]}
        self.assertEqual((fates[whole], fates[newest]), ("newest", "newest"))
        document = self.prune()
        self.assertEqual((document["frozen"], document["going"]), ([], []))
        last = self.good("status")["businesses"][0]["last_backup"]
        times = {each["number"]: each["time"] for each in document["snapshots"]}
        self.assertTrue(times[whole] <= last < times[newest])

    def test_a_hold_on_a_key_waits_for_a_whole_look(self):
        self.back_up_and_remove()
        self.confirm()
        self.write("recordings/another.wav", 1000)
        self.back_up_paths("recordings/another.wav")
        self.good("hold", "desk", "add", "--where", "contract=K-7", "--reason", "case 7")
        self.assertEqual(self.refuse_unsure()["going"], [])
        self.backup()
        going = self.prune()["going"]
        self.assertEqual(going, ["papers/paper.txt", "recordings/held.wav", "recordings/old.wav"])

    def test_rows_that_a_backup_of_paths_has_brought_may_tell_a_later_day(self):
        self.back_up_and_remove()
        self.confirm()
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        self.write("rows/late.csv", text=f"call_id,start,file,contract\nlate,{now},old.wav,K-1\n")
        self.back_up_paths("rows/late.csv")
        self.refuse_unsure()
        self.backup()
        going = ["papers/paper.txt", "recordings/case.wav", "recordings/held.wav"]
        self.assertEqual(self.prune()["going"], going)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
