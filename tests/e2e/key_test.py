# SPDX-License-Identifier: Apache-2.0
"""Slots of the keyring and recovery shares, by the program as a user runs it."""

import stat
import sys
import unittest
from pathlib import Path

from box import BoxTest


class KeyTest(BoxTest):
    def make_folders(self, *names):
        folders = [self.folder / name for name in names]
        for folder in folders:
            folder.mkdir()
        return folders

    def check_share(self, path, name):
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        line = path.read_text()
        self.assertEqual((len(line.split()), line.count("\n"), line[-1]), (33, 1, "\n"))
        self.assertRegex(path.name, rf"^holdfast-\d+-{name}\.txt$")

    def test_init_deals_shares_out(self):
        one, two = self.make_folders("one", "two")
        made = self.good(
            "init", "--recovery-shares", "2of3", "--recovery-out", one, "--recovery-out", two
        )
        shares = made["recovery_shares"]
        self.assertEqual((shares["needed"], shares["made"], len(shares["files"])), (2, 3, 3))
        self.assertEqual((len(list(one.iterdir())), len(list(two.iterdir()))), (2, 1))
        for file in [*one.iterdir(), *two.iterdir()]:
            self.assertIn(str(file), shares["files"])
            self.check_share(file, r"share-[123]-of-3")
            self.assertNotIn(file.read_text().strip(), str(made))
        slots = self.good("key", "list")["slots"]
        self.assertEqual([slot["type"] for slot in slots], ["machine", "recovery"])
        self.assertEqual((slots[1]["shares_needed"], slots[1]["shares_made"]), (2, 3))
        self.assertIn(f"-{slots[1]['set']}-", shares["files"][0])

    def test_without_a_folder_no_shares_are_made_and_that_is_said(self):
        outcome = self.text("init", "--recovery-shares", "2of3")
        self.assertEqual(outcome.code, 0, outcome.complaint)
        self.assertIn("--recovery-out", outcome.complaint)
        self.assertEqual(len(self.good("key", "list")["slots"]), 1)

    def test_keys_are_added_to_a_box_that_has_data(self):
        self.make_box()
        self.good("backup", "desk")
        (out,) = self.make_folders("out")
        self.good("key", "add", "--recovery-out", out, "--dry-run")
        self.assertEqual(list(out.iterdir()), [])
        self.assertTrue(self.good("key", "add", "--recovery-out", out)["committed"])
        self.assertEqual(len(list(out.iterdir())), 3)
        self.refused(2, "invalid_argument", "key", "add")  # no terminal
        secret = self.folder / "passphrase"
        secret.write_text("correct horse\n")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(secret)
        self.good("key", "add")
        slots = self.good("key", "list")["slots"]
        self.assertEqual(
            [(slot["number"], slot["type"]) for slot in slots],
            [(1, "machine"), (2, "recovery"), (3, "passphrase")],
        )
        home = self.folder / "home"
        for disk in self.disks:
            self.assertEqual((disk / "keyring").read_bytes(), (home / "keyring").read_bytes())
        (home / "machine.key").unlink()  # the passphrase opens it now
        self.good("restore", "desk", "--target", self.folder / "back")
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE")
        self.refused(12, "no_key", "key", "list")

    def test_what_cannot_be(self):
        (out,) = self.make_folders("out")
        for count in ("2", "0of3", "4of3", "1of2", "2of17", "2 of 3", "of", "-1of2"):
            self.refused(
                2, "invalid_argument", "init", "--recovery-shares", count, "--recovery-out", out
            )
        missing = ("init", "--recovery-out", self.folder / "missing")
        self.refused(10, "not_found", *missing)
        self.assertEqual(list(out.iterdir()), [])
        self.make_box()
        self.refused(2, "invalid_argument", "key", "add", "--recovery-shares", "2of3")
        for place in (self.folder / "home", self.folder / "home/locks", self.disks[0]):
            self.refused(2, "invalid_argument", "key", "add", "--recovery-out", place)
        self.assertEqual(len(self.good("key", "list")["slots"]), 1)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
