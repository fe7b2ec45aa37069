# SPDX-License-Identifier: Apache-2.0
"""Slots of the keyring and recovery shares, by the program as a user runs it."""

import shutil
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

    def set_passphrase(self, text):
        secret = self.folder / "passphrase"
        secret.write_text(text + "\n")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(secret)

    def add_passphrase(self, text):
        self.set_passphrase(text)
        self.good("key", "add")
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE")

    def numbers(self):
        return [slot["number"] for slot in self.good("key", "list")["slots"]]

    def recover_by_passphrase(self, text, disks):
        """The words of it: onto another machine, which has nothing yet."""
        self.set_passphrase(text)
        words = ["key", "recover", "--home", self.folder / "new"]
        for disk in disks:
            words += ["--disk", disk]
        return words

    def test_a_removed_passphrase_opens_nothing_and_the_other_everything(self):
        self.make_box(6)
        self.good("backup", "desk")
        self.add_passphrase("goes")
        self.add_passphrase("stays")
        old_home = self.folder / "old home"
        shutil.copytree(self.folder / "home", old_home)
        away = self.disks[5].rename(self.folder / "away")
        self.set_passphrase("stays")
        planned = self.good("key", "remove", "2", "--dry-run")
        self.assertFalse(planned["committed"])
        self.assertEqual([slot["number"] for slot in planned["slots"]], [1, 3])
        self.assertEqual(self.numbers(), [1, 2, 3])
        done = self.good("key", "remove", "2")
        self.assertTrue(done["committed"])
        self.assertEqual([slot["number"] for slot in done["removed"]], [2])
        self.assertEqual((done["dropped"], done["recovery_shares"]), ([], None))
        self.assertEqual([slot["number"] for slot in done["slots"]], [1, 3])
        self.assertEqual(done["old_copies"], [str(self.disks[5])])
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE")
        self.good("backup", "desk")
        # The old copy opens still, and does not count.
        away.rename(self.disks[5])
        self.refused(12, "key_removed", *self.recover_by_passphrase("goes", self.disks))
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE")
        self.good("backup", "desk")
        keyring = (self.folder / "home/keyring").read_bytes()
        for disk in self.disks:
            self.assertEqual((disk / "keyring").read_bytes(), keyring)
        self.refused(12, "wrong_passphrase", *self.recover_by_passphrase("goes", self.disks))
        # A copy of the home folder of before is an older one.
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE")
        self.refused(13, "home_not_newest", "--home", old_home, "backup", "desk")
        self.good(*self.recover_by_passphrase("stays", self.disks))
        self.good("--home", self.folder / "new", "verify", "desk")
        self.good("--home", self.folder / "new", "restore", "desk", "--target", self.folder / "to")

    def test_what_would_go_as_well_is_named(self):
        self.make_box()
        one, two = self.make_folders("one", "two")
        self.add_passphrase("stays")
        self.good("key", "add", "--recovery-out", one)
        self.add_passphrase("goes")
        refused = self.refused(15, "denied", "key", "remove", "4")
        self.assertIn("slot 2 (passphrase)", refused["error"]["what"])
        self.assertIn("slot 3 (recovery shares, 2 of 3", refused["error"]["what"])
        self.assertFalse(refused["committed"])
        self.set_passphrase("wrong")
        self.refused(12, "wrong_passphrase", "key", "remove", "4", "--drop-others")
        self.set_passphrase("stays")
        self.refused(15, "denied", "key", "remove", "4")
        shares = sorted(one.iterdir())
        self.refused(12, "too_few_shares", "key", "remove", "4", "--share", shares[0])
        self.assertEqual(self.numbers(), [1, 2, 3, 4])
        kept = self.good("key", "remove", "4", "--share", shares[0], "--share", shares[2])
        self.assertEqual([slot["number"] for slot in kept["slots"]], [1, 2, 3])
        self.refused(
            12, "wrong_shares", "key", "remove", "3", "--share", shares[0], "--share", shares[1]
        )
        # New shares take the place of those that are not at hand.
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE")
        made = self.good("key", "remove", "2", "--recovery-out", two)
        self.assertEqual([slot["number"] for slot in made["dropped"]], [3])
        self.assertEqual([slot["number"] for slot in made["slots"]], [1, 5])
        self.assertEqual(len(made["recovery_shares"]["files"]), 3)
        words = ["key", "recover", "--home", self.folder / "new"]
        for disk in self.disks:
            words += ["--disk", disk]
        for share in shares[:2]:
            words += ["--share", share]
        self.refused(12, "wrong_shares", *words)
        self.refused(15, "denied", "key", "remove", "5")
        self.good("key", "remove", "5", "--allow-machine-only")
        self.assertEqual(self.numbers(), [1])

    def test_what_cannot_be_removed(self):
        self.make_box()
        self.add_passphrase("only one")
        for number in ("0", "3", "99999999999", "-1", "1x", "two"):
            self.refused(2, "invalid_argument", "key", "remove", number)
        self.refused(2, "invalid_argument", "key", "remove")
        self.refused(2, "invalid_argument", "key", "remove", "2", "--recovery-shares", "2of3")
        self.refused(15, "denied", "key", "remove", "1")
        self.refused(15, "denied", "key", "remove", "2")
        # Opened by the passphrase it is the machine's slot that can go, and is not at hand.
        (self.folder / "home/machine.key").unlink()
        self.set_passphrase("only one")
        self.refused(15, "denied", "key", "remove", "2")
        self.good("key", "remove", "1")
        self.assertEqual(self.numbers(), [2])

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
