#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ends of a business with rows whose newest snapshot is of a backup of paths."""

import datetime
import sys
import unittest
from pathlib import Path

from box import BoxTest
from prune_site import CALLS, Site


def days_ago(days):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


class PruneBehindPaths(Site):
    def refuse_unsure(self, *others):
        """What only rows could tell to be over stays, and that is told."""
        document = self.refused(15, "not_pruned", "prune", "desk")
        reasons = [each["reason"] for each in document["frozen"]]
        self.assertEqual((reasons, document["packs_only"]), ([*others, "rows_not_indexed"], True))
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
        late = f"call_id,start,file,contract\nlate,{days_ago(0)},old.wav,K-1\n"
        self.write("rows/late.csv", text=late)
        self.back_up_paths("rows/late.csv")
        self.refuse_unsure()
        self.backup()
        going = ["papers/paper.txt", "recordings/case.wav", "recordings/held.wav"]
        self.assertEqual(self.prune()["going"], going)

    def test_a_file_that_is_written_again_with_the_same_bytes_has_no_date(self):
        """A call that failed leaves a header alone, and the next one of that name the same."""
        self.write("recordings/old.wav", text="RIFF")
        self.back_up_and_remove()
        self.confirm()
        self.write("recordings/old.wav", text="RIFF")
        # Its row has come, too, but nobody has looked there.
        late = f"call_id,start,file,contract\nlate,{days_ago(0)},old.wav,K-1\n"
        self.write("rows/late.csv", text=late)
        self.back_up_paths("recordings/old.wav")
        (self.folder / "recordings/old.wav").unlink()
        self.back_up_paths("recordings/old.wav")
        going = ["papers/paper.txt", "recordings/case.wav", "recordings/held.wav"]
        document = self.prune()
        self.assertEqual((document["frozen"], document["going"]), ([], going))
        self.backup()
        self.assertEqual(self.prune()["going"], [])

    def redefine(self, before, after):
        text = self.stored.read_text()
        self.assertIn(before, text)
        self.stored.write_text(text.replace(before, after, 1))
        self.write("recordings/another.wav", 1000)
        self.back_up_paths("recordings/another.wav")

    def test_days_that_another_mapping_has_read_end_nothing(self):
        """The rows tell two days; the wrong one is long over, the right one is locked."""
        lines = ["call_id,start,dialled,file,contract"]
        for number, path in enumerate(CALLS):
            lines.append(f"c{number},{days_ago(20)},{days_ago(400)},{path},K-1")
        self.write("rows/day.csv", text="\n".join(lines) + "\n")
        right, wrong = 'column = "start"', 'column = "dialled"'
        text = self.stored.read_text()
        self.assertIn(right, text)
        self.stored.write_text(text.replace(right, wrong))
        self.back_up_and_remove()
        self.confirm()
        self.redefine(wrong, right)
        self.assertEqual(self.refuse_unsure("not_backed_up")["going"], ["papers/paper.txt"])
        self.backup()
        self.assertEqual(self.prune()["going"], ["papers/paper.txt"])

    def test_a_source_with_rows_that_nobody_has_looked_at_may_tell_a_later_day(self):
        self.back_up_and_remove()
        self.confirm()
        late = f"call_id,start,file,contract\nlate,{days_ago(1)},old.wav,K-1\n"
        self.write("late/late.csv", text=late)
        sources = self.stored.read_text().split("[[source]]")
        more = next(each for each in sources if 'name = "rows"' in each)
        more = more.replace('name = "rows"', 'name = "late"').replace("/rows", "/late")
        self.redefine("[[retention]]", f"[[source]]{more}[[retention]]")
        self.assertEqual(self.refuse_unsure("not_backed_up")["going"], ["papers/paper.txt"])
        self.backup()
        going = ["papers/paper.txt", "recordings/case.wav", "recordings/held.wav"]
        self.assertEqual(self.prune()["going"], going)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
