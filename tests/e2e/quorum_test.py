#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two homes over the disks of one pool: only one of them may write, and where a home was copied the
fork is seen, named and read."""

import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest, describe


class Quorum(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(6)
        self.good("backup", "desk")
        self.homes = [self.folder / "home", self.folder / "second"]

    def use(self, home, disks):
        """That home, and no disks but these."""
        self.environment["HOLDFAST_HOME"] = str(self.homes[home])
        for number, disk in enumerate(self.disks):
            away = disk.with_name(f"away-{disk.name}")
            if number in disks and away.exists():
                away.rename(disk)
            if number not in disks and disk.exists():
                disk.rename(away)

    def tag(self, name):
        """What can be written with half of the disks, whichever packs they have."""
        return self.good("snapshot", "tag", "desk", "2", name)

    def tags(self):
        return self.good("snapshot", "show", "desk", "2")["tags"]

    def restored(self):
        target = self.folder / "back"
        shutil.rmtree(target, ignore_errors=True)
        self.good("restore", "desk", "--target", target)
        return describe(target / self.source.name)

    def bytes_on_disks(self):
        return {
            path: path.read_bytes()
            for disk in self.disks
            for path in disk.rglob("*")
            if path.is_file()
        }

    def test_half_of_the_disks_to_a_recovered_home(self):
        shares = self.folder / "shares"
        shares.mkdir()
        self.good("key", "add", "--recovery-out", shares)
        self.use(1, [3, 4, 5])
        words = ["key", "recover"]
        for share in sorted(shares.iterdir())[:2]:
            words += ["--share", share]
        before = self.bytes_on_disks()
        outcome = self.text(*words, "--disk", *self.disks[3:])
        self.assertEqual(outcome.code, 13, outcome.complaint)
        self.assertIn("too few disks: 3 of the 4 needed are present", outcome.complaint)
        self.assertIn("nothing written", outcome.complaint)
        self.refused(13, "too_few_disks", "snapshot", "tag", "desk", "2", "second")
        self.refused(13, "too_few_disks", "backup", "desk")
        self.assertEqual(self.bytes_on_disks(), before)

        self.use(0, [0, 1, 2])
        self.tag("first")
        self.use(0, range(6))
        self.tag("together")
        self.good("backup", "desk")
        self.assertEqual(self.tags(), ["first", "together"])
        self.assertEqual(self.restored(), describe(self.source))

    def test_half_of_the_disks_to_a_copy_of_home(self):
        shutil.copytree(*self.homes)
        self.use(0, [0, 1, 2])
        self.tag("first")
        self.use(1, [3, 4, 5])
        self.tag("second")

        for home, tag in ((0, "first"), (1, "second")):
            self.use(home, range(6))
            before = self.bytes_on_disks()
            document = self.refused(13, "fork", "backup", "desk")
            self.assertIn("same number", document["error"]["what"])
            outcome = self.text("ls", "desk")
            self.assertEqual(outcome.code, 0, outcome.complaint)
            self.assertRegex(outcome.complaint, "WARNING: .*same number.*nothing can be written")
            self.assertEqual(self.tags(), [tag])
            status = self.good("status")
            self.assertEqual(status["verdict"], "danger")
            self.assertIn("fork", [reason["code"] for reason in status["reasons"]])
            self.assertEqual(self.restored(), describe(self.source))
            self.assertEqual(self.bytes_on_disks(), before)

    def refuse_all(self, error):
        """What writes beside the journals does not, and its dry runs say the same."""
        shares = self.folder / f"shares-{error}"
        drawer = self.folder / f"drawer-{error}"
        for folder in (shares, drawer):
            folder.mkdir()
        before = self.bytes_on_disks()
        home = Path(self.environment["HOLDFAST_HOME"])
        keyring = (home / "keyring").read_bytes()
        for words in (
            ("key", "add", "--recovery-out", shares),
            ("key", "remove", "2", "--drop-others", "--allow-machine-only"),
            ("business", "add", "more", "--source", self.source),
            ("pool", "add", "--disk", drawer, "--allow-same-device"),
            ("pool", "retire", self.disks[0]),
            ("pool", "heal"),
        ):
            for dry_run in (("--dry-run",), ()):
                self.refused(13, error, *words, *dry_run)
        self.assertEqual(self.bytes_on_disks(), before)
        self.assertEqual((home / "keyring").read_bytes(), keyring)
        self.assertEqual([*shares.iterdir(), *drawer.iterdir()], [])

    def add_slot_to_remove(self):
        shares = self.folder / "first shares"
        shares.mkdir()
        self.good("key", "add", "--recovery-out", shares)
        return sorted(shares.iterdir())[:2]

    def test_disks_that_are_older_than_home(self):
        self.add_slot_to_remove()
        older = self.folder / "older"
        for disk in self.disks:
            shutil.copytree(disk, older / disk.name)
        for name in ("one", "two"):
            self.tag(name)
        for disk in self.disks:
            shutil.rmtree(disk)
            shutil.copytree(older / disk.name, disk)
        self.refuse_all("not_newest")

    def test_two_copies_of_home_that_both_change_the_keyring(self):
        shares = self.add_slot_to_remove()
        shutil.copytree(*self.homes)
        for home, disks in ((0, [0, 1, 2]), (1, [3, 4, 5])):
            self.use(home, disks)
            new_shares = self.folder / f"new shares {home}"
            new_shares.mkdir()
            self.good("key", "add", "--recovery-out", new_shares)
        for home in (0, 1):
            self.use(home, range(6))
            document = self.refused(13, "fork", "backup", "desk")
            for place in (self.homes[home], self.disks[3 - 3 * home]):
                self.assertIn(f"{place}/keyring", document["error"]["where"])
            self.refuse_all("fork")
            shutil.rmtree(self.folder / "shares-fork")
            shutil.rmtree(self.folder / "drawer-fork")
            self.assertEqual(self.restored(), describe(self.source))
        self.environment["HOLDFAST_HOME"] = str(self.folder / "third")
        words = ["key", "recover"]
        for share in shares:
            words += ["--share", share]
        self.refused(13, "fork", *words, "--disk", *self.disks)
        self.assertFalse((self.folder / "third" / "keyring").exists())


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
