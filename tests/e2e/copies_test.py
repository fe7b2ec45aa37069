#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pool scrub and pool heal on what every disk has a copy of: journals, wraps, keyring, label."""

import datetime
import shutil
import struct
import sys
import unittest
from pathlib import Path

from box import BoxTest, flip

HEADER = 176  # bytes of a segment before its first entry


def entries_in(segment):
    """Number and position of each entry (docs/formats.md, section 9)."""
    data = segment.read_bytes()
    position = HEADER
    while data[position : position + 4] == b"HFEN":
        public, sealed = struct.unpack_from("<II", data, position + 8)
        [number] = struct.unpack_from("<Q", data, position + 24 + 16)
        yield number, position
        position += 24 + public + 64 + sealed + 4


class Gap(BoxTest):
    """Entries that no disk has, and what else lies on the disks then."""

    def setUp(self):
        super().setUp()
        self.make_box(disks=6)
        self.good("backup", "desk")
        self.home = self.folder / "home"
        self.saved = self.folder / "saved"
        for folder in (*self.disks, self.home):
            shutil.copytree(folder, self.saved / folder.name, symlinks=True)

    def take_back(self, *folders):
        for folder in folders:
            shutil.rmtree(folder)
            shutil.copytree(self.saved / folder.name, folder, symlinks=True)

    def hold(self, reason):
        self.good("hold", "desk", "add", "--path", "recordings/01/31/call.wav", "--reason", reason)

    def reasons(self):
        return [hold["reason"] for hold in self.good("hold", "desk", "list")["holds"]]

    def lose_entry(self, wanted, spared=()):
        for disk in self.disks:
            for segment in disk.glob("journal/*/*.segment"):
                for number, position in entries_in(segment):
                    if number == wanted and segment not in spared:
                        flip(segment, position + 60)

    def forget_catalog(self):
        shutil.rmtree(self.home / "catalog")

    def rebuild(self, code):
        outcome = self.run_json("catalog", "rebuild", "desk")
        self.assertEqual(outcome.code, code, (outcome.text, outcome.complaint))
        return outcome.document["businesses"][0]["lost_entries"]

    def test_an_entry_that_never_counted_takes_no_lost_ones_place(self):
        self.hold("never")  # on the first disk alone, and home has never heard of it
        self.take_back(self.home, *self.disks[1:])
        away = self.disks[0].with_suffix(".away")
        self.disks[0].rename(away)
        for reason in ("one", "two"):
            self.hold(reason)
        away.rename(self.disks[0])
        self.hold("three")
        self.assertEqual(self.reasons(), ["one", "two", "three"])
        [oldest, *_] = sorted(self.disks[0].glob("journal/*/*.segment"))
        self.assertEqual([number for number, _ in entries_in(oldest)], [1, 2, 3])
        self.lose_entry(3, spared=(oldest,))
        self.assertEqual(self.rebuild(5), [{"first": 3, "last": 3}])
        self.assertEqual(self.reasons(), ["two", "three"])
        self.forget_catalog()
        self.assertEqual(self.reasons(), ["two", "three"])
        self.good("backup", "desk")
        self.assertTrue(self.restored())

    def test_one_business_gap_does_not_hide_what_another_one_lost(self):
        other = self.folder / "other"
        other.mkdir()
        (other / "note.txt").write_text("kept")
        before = {path.name for path in self.disks[0].glob("journal/*")}
        self.good("business", "add", "other", "--source", other)
        self.good("backup", "other")
        [journal] = {path.name for path in self.disks[0].glob("journal/*")} - before
        desk = [path for disk in self.disks for path in disk.glob("journal/*/*.segment")]
        self.lose_entry(1, spared=[path for path in desk if path.parent.name != journal])
        self.assertEqual(self.run_json("pool", "scrub").code, 5)
        self.assertEqual(self.level_of("entries_lost"), "danger")
        for reason in ("one", "two"):
            self.hold(reason)
        self.lose_entry(3)
        self.assertEqual(self.rebuild(5), [{"first": 3, "last": 3}])
        self.assertEqual(self.level_of("journal_gap"), "danger")
        self.assertEqual(self.level_of("entries_lost"), "danger")

    def test_what_is_left_of_a_pack_behind_a_gap_is_nobodys(self):
        (self.source / "late.wav").write_bytes(bytes(range(256)) * 2000)
        self.good("backup", "desk")
        shards = {path.name for disk in self.disks for path in disk.glob("packs/*/*.shard")}
        before = {path.name for path in self.saved.glob("disk*/packs/*/*.shard")}
        left = []  # two shards of each pack, be they those with its index or not
        for pack in {name.split("-")[0] for name in shards - before}:
            files = [path for disk in self.disks for path in disk.glob(f"packs/*/{pack}-*")]
            left += sorted(files, key=lambda path: path.name)[:2]
        kept = {path: path.read_bytes() for path in left}
        self.take_back(self.home, *self.disks)
        for path, data in kept.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        for reason in ("one", "two"):
            self.hold(reason)
        packs = self.good("pool", "status")["packs"]
        self.lose_entry(3)
        self.assertEqual(self.rebuild(5), [{"first": 3, "last": 3}])
        self.assertEqual(self.reasons(), ["two"])
        self.assertEqual(self.good("pool", "status")["packs"], packs)
        self.assertIsNone(self.level_of("packs_lost"))
        self.assertEqual(self.level_of("journal_gap"), "danger")
        outcome = self.run_json("verify", "desk")
        self.assertEqual((outcome.code, outcome.document["lost_total"]), (0, 0))
        self.assertEqual(outcome.document["lost_entries"], [{"first": 3, "last": 3}])
        self.assertIn("entries 3 to 3", outcome.complaint)


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

    def check_time_is_not_judged(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        confirm = ("time", "confirm", "--dry-run", "--at", now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                   "--by", "Wang", "--by", "Li")
        self.refused(2, "invalid_argument", *confirm)
        usual = self.environment.get("LC_ALL")
        for language, words in (("C", "1 entries of the journals are lost"),
                                ("zh_CN.UTF-8", "日志有 1 条记录已丢失")):
            self.environment["LC_ALL"] = language
            said = self.text(*confirm)
            self.assertIn(words, said.complaint)
            self.assertIn("--far-from-journal", said.complaint)
        self.environment["LC_ALL"] = usual or "C"
        self.good(*confirm, "--far-from-journal")

    def test_an_entry_on_no_disk_takes_nothing_else_with_it(self):
        for disk in self.disks:
            flip(self.segment(disk), HEADER + 60)
        found = self.scrub(5)
        self.assertEqual(found["lost_entries"], [{"business": "desk", "first": 1, "last": 1}])
        self.assertEqual(self.scrub(5, "heal")["lost_entries"], found["lost_entries"])
        self.assertEqual(self.level_of("entries_lost"), "danger")
        self.check_time_is_not_judged()
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
