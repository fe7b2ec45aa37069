#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds on items, keys and snapshots, as a user sets and ends them."""

import sqlite3
import sys
import unittest
from pathlib import Path

from box import BoxTest
from rows_site import recordings_and_rows


class Holds(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box()
        self.snapshot = self.good("backup", "desk")["number"]

    def holds(self):
        return self.good("hold", "desk", "list")["holds"]

    def test_an_item_is_held_until_it_is_released(self):
        call = "recordings/01/31/call.wav"
        words = ("hold", "desk", "add", "--path", call, "--reason", "audit 7")
        dry = self.good(*words, "--dry-run")
        self.assertEqual((dry["committed"], dry["dry_run"], self.holds()), (False, True, []))
        added = self.good(*words)
        self.assertTrue(added["committed"])
        self.assertEqual((added["scope"], added["path"]), ("path", call))
        # The same once more makes no entry; another reason does.
        self.assertEqual(self.good(*words)["number"], added["number"])
        other = self.good("hold", "desk", "add", "--path", call, "--reason", "court")
        self.assertGreater(other["number"], added["number"])
        numbers = [added["number"], other["number"]]
        self.assertEqual([hold["number"] for hold in self.holds()], numbers)
        self.assertEqual(self.good("business", "show", "desk")["holds"], self.holds())
        # Only the one for that reason, then all that is left.
        self.good("hold", "desk", "release", "--path", call, "--reason", "audit 7")
        self.assertEqual([hold["reason"] for hold in self.holds()], ["court"])
        release = ("hold", "desk", "release", "--path", call)
        self.assertFalse(self.good(*release, "--dry-run")["committed"])
        done = self.good(*release)
        self.assertEqual((done["holds"], done["committed"]), (1, True))
        self.assertGreater(done["number"], other["number"])
        self.assertEqual(self.holds(), [])
        document = self.refused(10, "not_held", *release)
        self.assertFalse(document["committed"])
        self.assertEqual(document["error"]["where"], call)
        self.assertIn("hold", document["error"]["what"])
        said = self.text(*release)
        self.assertEqual((said.code, said.text), (10, ""))
        self.assertIn("no such hold", said.complaint)
        self.assertIn("hold NAME list", said.complaint)

    def test_a_snapshot_is_held(self):
        number = str(self.snapshot)
        self.good("snapshot", "hold", "desk", number, "--reason", "audit")
        (row,) = self.good("snapshot", "list", "desk")["snapshots"]
        self.assertTrue(row["hold"])
        shown = self.good("snapshot", "show", "desk", number)
        self.assertTrue(shown["hold"])
        self.assertEqual([hold["reason"] for hold in shown["holds"]], ["audit"])
        self.assertIn("audit", self.text("snapshot", "show", "desk", number).text)
        self.good("snapshot", "release", "desk", number)
        self.refused(10, "not_held", "snapshot", "release", "desk", number)
        self.assertFalse(self.good("snapshot", "show", "desk", number)["hold"])
        self.refused(10, "no_snapshot", "snapshot", "hold", "desk", "99", "--reason", "audit")

    def add_rows(self):
        """`calls`, whose rows nobody has looked at yet."""
        for folder in ("sound", "rows"):
            (self.folder / folder).mkdir()
        (self.folder / "sound/a.wav").write_bytes(b"a")
        (self.folder / "rows/day.csv").write_text("call_id,start,file,contract\n"
                                                  "c1,2026-01-01 09:00:00,a.wav,4711\n")
        definition = self.folder / "calls.toml"
        definition.write_text('kind = "archive"' + recordings_and_rows(self.folder, "sound"))
        return self.good("business", "add", "calls", "--file", definition)["id"]

    def test_no_key_is_held_where_no_source_has_rows(self):
        words = ("hold", "desk", "add", "--where", "contract=4711", "--reason", "case")
        document = self.refused(2, "invalid_argument", *words)
        self.assertIn("no source of business desk has rows", document["error"]["what"])
        self.refused(2, "invalid_argument", *words, "--dry-run")
        self.assertEqual(self.holds(), [])
        self.assertEqual(self.good("prune", "desk", "--dry-run")["holds"], [])

    def test_a_hold_on_a_key_outlives_the_rows_and_says_how_to_go_on(self):
        identity = self.add_rows()
        self.good("backup", "calls")
        held = self.good("hold", "calls", "add", "--where", "contract=4711", "--reason", "case")

        def frozen():
            freezes = self.good("prune", "calls", "--dry-run")["frozen"]
            return {each["reason"]: each for each in freezes if each["reason"] != "time_unconfirmed"}

        self.assertEqual(frozen(), {})
        stored = self.folder / "home/businesses" / (identity + ".toml")
        text = stored.read_text()
        start = text.index('[[source]]\nname = "rows"')
        end = text.find("[[", start + 1)
        stored.write_text(text[:start] + (text[end:] if end > 0 else ""))
        self.good("backup", "calls")
        found = frozen()
        self.assertEqual(set(found), {"no_rows"})
        self.assertEqual((found["no_rows"]["count"], found["no_rows"]["hold"]), (1, held["number"]))
        said = self.text("prune", "calls", "--dry-run").complaint
        self.assertIn(f"release hold {held['number']}", said)
        self.assertNotIn("run a backup", said)
        # Another one would be of no use.
        more = ("hold", "calls", "add", "--where", "contract=4712", "--reason", "case")
        self.refused(2, "invalid_argument", *more)
        self.good("hold", "calls", "add", "--path", "sound/a.wav", "--reason", "case")
        self.good("hold", "calls", "release", "--where", "contract=4711")
        self.assertEqual(frozen(), {})

    def test_a_key_is_held_before_a_record_has_it(self):
        self.add_rows()
        words = ("hold", "calls", "add", "--where", "contract=4711", "--reason", "case")
        said = self.text(*words)
        self.assertEqual(said.code, 0)
        self.assertIn("no record is bound", said.complaint)
        (hold,) = self.good("hold", "calls", "list")["holds"]
        self.assertEqual((hold["scope"], hold["key"]), ("key", "contract=4711"))
        self.assertFalse(hold["bound"])
        self.refused(10, "not_held", "hold", "calls", "release", "--where", "contract=4712")
        self.good("hold", "calls", "release", "--where", "contract=4711")

    def test_a_hold_on_nothing_is_refused(self):
        reason = ("--reason", "audit")
        add = ("hold", "desk", "add")
        self.refused(10, "no_item", *add, "--path", "recordings/none.wav", *reason)
        self.refused(10, "no_business", "hold", "none", "add", "--path", "a", *reason)
        for words in (
            (*add, *reason),
            (*add, "--path", "recordings", "--where", "a=b", *reason),
            (*add, "--path", "recordings"),
            (*add, "--path", "./", *reason),
            (*add, "--path", "recordings", "--reason", "a\nb"),
            (*add, "--where", "contract", *reason),
            (*add, "--where", "=7", *reason),
            (*add, "--where", "contract=", *reason),
            ("hold", "desk", "ad", "--path", "recordings", *reason),
            ("hold", "desk", "list", "--path", "recordings"),
            ("snapshot", "hold", "desk", str(self.snapshot)),
        ):
            self.refused(2, "invalid_argument", *words)
        self.assertEqual(self.holds(), [])

    def test_holds_outlive_the_catalog_and_an_older_schema_of_it(self):
        self.good("hold", "desk", "add", "--path", "recordings", "--reason", "audit")
        before = self.holds()
        (catalog,) = (self.folder / "home/catalog").glob("*.sqlite")
        with sqlite3.connect(catalog) as database:
            database.execute("DROP TABLE holds")
            database.execute("PRAGMA user_version = 1")
        database.close()
        self.assertEqual(self.holds(), before)
        self.good("catalog", "rebuild", "desk")
        self.assertEqual(self.holds(), before)

    def test_in_chinese(self):
        self.environment["LC_ALL"] = "zh_CN.UTF-8"
        said = self.text("hold", "desk", "add", "--path", "recordings", "--reason", "审计")
        self.assertEqual((said.code, said.text), (0, "现已保全：条目 recordings。原因：审计\n"))
        self.assertIn("审计", self.text("hold", "desk", "list").text)
        refused = self.text("hold", "desk", "release", "--where", "合同=1")
        self.assertEqual(refused.code, 10)
        self.assertIn("没有可解除的保全", refused.complaint)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
