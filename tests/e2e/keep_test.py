#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an archive keeps although its source forgot it and for how long, and backups of paths."""

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

    def test_a_lock_is_made_longer_and_never_shorter(self):
        stored = self.folder / "home/businesses" / (self.business["id"] + ".toml")
        plain = stored.read_text()

        def lock(days, kind="archive"):
            part = f"[[retention]]\nclass = 0\nlock_days = {days}\n"
            stored.write_text(plain.replace("archive", kind) + (part if days else ""))

        def locks():
            return self.good("business", "show", "desk")["locks"]

        self.assertEqual(locks(), [{"class": 0, "days": 1095}])
        self.good("backup", "desk")
        lock(1094)
        for words in (("backup", "desk"), ("backup", "desk", "--dry-run")):
            document = self.refused(15, "denied", *words)
            self.assertEqual(document["error"]["where"], str(stored))
            self.assertIn("from 1095 to 1094 days", document["error"]["what"])
            self.assertFalse(document["committed"])
        told = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("denied", told)
        lock(1096)
        # The journal has it from here on, whether anything else changed or not.
        self.good("backup", "desk")
        self.assertEqual(locks(), [{"class": 0, "days": 1096}])
        shown = self.text("business", "show", "desk").text
        self.assertIn("Class 0: items are locked for 1096 days", shown)
        for days, kind in ((1095, "archive"), (None, "archive"), (None, "mirror"), (0, "mirror")):
            lock(days, kind)
            self.refused(15, "denied", "backup", "desk")
        # A home without the file has what the journal has.
        stored.unlink()
        self.assertEqual(locks(), [{"class": 0, "days": 1096}])
        self.good("backup", "desk")
        lock(1096, "mirror")
        self.good("backup", "desk")

    def test_a_folder_is_not_kept_as_an_archive_and_as_a_mirror(self):
        inside = self.source / "inside"
        inside.mkdir()
        around = self.folder / "around"
        (around / "kept").mkdir(parents=True)
        self.good("business", "add", "kept", "--source", around / "kept")
        for folder in (self.source, inside, around):
            add = ("business", "add", "both", "--source", folder, "--mirror", "--dry-run")
            document = self.refused(2, "invalid_argument", *add)
            self.assertIn("is a mirror, the other an archive", document["error"]["what"])
        apart = self.folder / "apart"
        apart.mkdir()
        for folder in (apart, around / "kept"):
            (folder / "a.txt").write_text("a")
        self.good("business", "add", "both", "--source", apart, "--mirror")
        # Two of one kind may share a folder.
        self.good("business", "add", "more", "--source", self.source)
        self.move_by_hand("both", apart, self.source)  # a mirror onto an archive
        self.move_by_hand("kept", around / "kept", apart)  # an archive onto a mirror

    def move_by_hand(self, name, before, after):
        """Whose definition was changed so that both kinds meet backs up no more; the others do."""
        identity = self.good("business", "show", name)["id"]
        stored = self.folder / "home/businesses" / (identity + ".toml")
        good = stored.read_text()
        self.good("backup", name)
        changed = good.replace(f'"{before}"', f'"{after}"')
        self.assertNotEqual(changed, good)
        stored.write_text(changed)
        for words in (("backup", name), ("backup", name, "--dry-run")):
            document = self.refused(2, "invalid_argument", *words)
            self.assertIn("is a mirror, the other an archive", document["error"]["what"])
            self.assertFalse(document["committed"])
        for other in {"desk", "kept", "both", "more"} - {name}:
            self.good("backup", other)
        stored.write_text(good)
        self.good("backup", name)

    def test_a_source_is_not_moved_to_a_class_with_a_shorter_lock(self):
        plain = self.good("business", "show", "desk")["definition"]
        lines = [line for line in plain.splitlines(True) if not line.startswith("id =")]
        plain = "".join(lines).replace('"desk"', '"short"')

        def definition(of_source, *locks, text=plain):
            parts = [f"[[retention]]\nclass = {n}\nlock_days = {days}\n" for n, days in locks]
            return text + f"class = {of_source}\n" + "".join(parts)

        file = self.folder / "short.toml"
        file.write_text(definition(0, (1, 0)))
        added = self.good("business", "add", "short", "--file", file)
        stored = self.folder / "home/businesses" / (added["id"] + ".toml")

        def define(*parts, **options):
            stored.write_text(f'id = "{added["id"]}"\n' + definition(*parts, **options))

        def locks():
            shown = self.good("business", "show", "short")["locks"]
            return {lock["class"]: lock["days"] for lock in shown}

        self.good("backup", "short")
        self.assertEqual(locks(), {0: 1095, 1: 0})
        name = self.good("business", "show", "short")["sources"][0]["name"]
        renamed = plain.replace(f'name = "{name}"', 'name = "other"')
        self.assertNotEqual(renamed, plain)
        moved = plain.replace(str(self.source), str(self.folder / "elsewhere"))
        self.assertNotEqual(moved, plain)
        # By its name or by its path it is the same source.
        for text in (plain, renamed, moved):
            define(1, (1, 0), text=text)
            document = self.refused(15, "denied", "backup", "short")
            self.assertIn("class 0 (1095 days) to class 1 (0 days)", document["error"]["what"])
        # What no definition has spoken of is locked as the program locks by itself.
        for of_source in (0, 3):
            define(of_source, (1, 0), (3, 10))
            document = self.refused(15, "denied", "backup", "short")
            self.assertIn("class 3 would be shortened from 1095 to 10", document["error"]["what"])
        define(2, (1, 0), (2, 2000))
        self.good("backup", "short")
        self.assertEqual(locks(), {0: 1095, 1: 0, 2: 2000})
        # No definition speaks of class 0 any more: what the journal has of it stays.
        define(2, (2, 2000))
        self.good("backup", "short")
        self.assertEqual(locks(), {0: 1095, 1: 1095, 2: 2000})
        define(2, (0, 1000), (2, 2000))
        self.refused(15, "denied", "backup", "short")
        define(2, (1, 10), (2, 2000))
        self.refused(15, "denied", "backup", "short")

    def test_a_backup_of_paths_is_none_of_the_business(self):
        self.good("backup", "desk")
        before = self.good("status")["last_backup"]
        (self.source / "01/31/new.wav").write_bytes(b"new")
        (self.source / "7").unlink()
        shutil.rmtree(self.source / "empty folder")
        (self.source / "empty folder").write_bytes(b"a file now")
        paths = ("recordings/01/31/new.wav", "recordings/7", "recordings/empty folder/x")
        words = [word for path in paths for word in ("--path", path)]
        would = self.good("backup", "desk", "--dry-run", *words)
        self.assertEqual((would["items_new"], would["items_gone"]), (1, 1))
        done = self.good("backup", "desk", *words)
        self.assertEqual((done["paths"], done["items_new"], done["items_gone"]), (3, 1, 1))
        self.assertTrue(self.restored())
        shown = self.good("snapshot", "show", "desk", done["number"])
        self.assertEqual(shown["paths"], list(paths))
        self.assertTrue(shown["complete"] and shown["paths_only"])
        self.assertIn("Only 3 paths", self.text("snapshot", "show", "desk", done["number"]).text)
        self.assertEqual(self.good("status")["last_backup"], before)
        # The same again finds nothing new, and still is no look at everything.
        self.assertFalse(self.good("backup", "desk", *words)["entry_written"])
        self.assertEqual(self.good("status")["last_backup"], before)
        whole = self.good("backup", "desk")
        self.assertTrue(whole["entry_written"])
        self.assertEqual((whole["items_new"], whole["items_changed"]), (0, 0))
        self.assertGreater(self.good("status")["last_backup"], before)

        said = self.text("backup", "desk", "--path", "recordings/never")
        self.assertEqual(said.code, 3)
        self.assertIn("recordings/never", said.complaint)
        document = self.refused(2, "invalid_argument", "backup", "desk", "--path", "elsewhere/7")
        self.assertIn("elsewhere/7", document["error"]["what"])
        self.assertIsNone(self.level_of("backup_failed"))


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
