# SPDX-License-Identifier: Apache-2.0
"""key recover: a new machine gets a box back from its disks, by the program as a user runs it."""

import shutil
import stat
import sys
import unittest
from pathlib import Path

from box import BoxTest


class RecoverTest(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(6)
        self.good("backup", "desk")
        self.out = self.folder / "out"
        self.out.mkdir()
        self.good("key", "add", "--recovery-out", self.out)
        self.shares = sorted(self.out.iterdir())
        self.old_home = self.folder / "home"
        self.old_home.rename(self.folder / "old")

    def recover(self, *extra, shares=2, disks=None):
        words = ["key", "recover"]
        for share in self.shares[:shares]:
            words += ["--share", share]
        for disk in disks or self.disks:
            words += ["--disk", disk]
        return words + list(extra)

    def test_a_slot_that_rotted_on_all_disks_is_not_the_shares_fault(self):
        for disk in self.disks:
            keyring = bytearray((disk / "keyring").read_bytes())
            for slot in range(64, 64 + 192 * keyring[11], 192):
                keyring[slot + 40] ^= 1 if keyring[slot] == 3 else 0
            (disk / "keyring").write_bytes(keyring)
        self.refused(12, "no_keyring", *self.recover())

    def test_two_shares_and_four_disks(self):
        disks = [self.disks[0], *self.disks[2:5]]
        planned = self.good(*self.recover("--dry-run", disks=disks))
        self.assertFalse(planned["committed"])
        self.assertFalse(self.old_home.exists())
        done = self.good(*self.recover(disks=disks))
        self.assertTrue(done["committed"] and done["writable"])
        self.assertEqual((done["disks_present"], done["disks_members"]), (4, 6))
        self.assertEqual([b["name"] for b in done["businesses"]], ["desk"])
        self.assertEqual(done["businesses"][0]["snapshots"], 1)
        mode = stat.S_IMODE((self.old_home / "machine.key").stat().st_mode)
        self.assertEqual(mode, 0o600)
        self.good("restore", "desk", "--target", self.folder / "back")
        self.good("verify", "desk")
        self.good("backup", "desk")
        self.refused(1, "home_exists", *self.recover(disks=disks))
        # The old home may come back: it reads no more, and says why.
        shutil.rmtree(self.old_home)
        (self.folder / "old").rename(self.old_home)
        self.refused(13, "home_not_newest", "backup", "desk")

    def test_a_business_whose_adding_was_cut_is_told_and_added_again(self):
        self.good(*self.recover())
        words = ("business", "add", "second", "--source", self.folder / "recordings")
        self.good(*words)
        (second,) = (
            row["id"]
            for row in self.good("business", "list")["businesses"]
            if row["name"] == "second"
        )
        for disk in self.disks:  # as a cut leaves it right behind the keyring
            shutil.rmtree(disk / "journal" / second)
        shutil.rmtree(self.old_home)
        outcome = self.run_json(*self.recover())
        self.assertEqual(outcome.code, 10)
        errors = {
            row["name"]: row["error"]["code"] if "error" in row else None
            for row in outcome.document["businesses"]
        }
        self.assertEqual(errors, {"desk": None, "second": "no_definition"})
        self.assertFalse(self.good(*words, "--dry-run")["committed"])
        self.good(*words)
        self.refused(1, "business_exists", *words)
        self.good("backup", "second")
        self.good("backup", "desk")

    def test_a_passphrase_is_enough(self):
        shutil.rmtree(self.old_home, ignore_errors=True)
        (self.folder / "old").rename(self.old_home)
        secret = self.folder / "passphrase"
        secret.write_text("correct horse\n")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(secret)
        self.good("key", "add")
        self.old_home.rename(self.folder / "old")
        secret.write_text("wrong horse\n")
        self.refused(12, "wrong_passphrase", *self.recover(shares=0))
        secret.write_text("correct horse\n")
        self.good(*self.recover(shares=0))
        self.good("verify", "desk")

    def test_a_passphrase_whose_slot_rotted_everywhere_may_still_be_right(self):
        secret = self.folder / "passphrase"
        secret.write_text("correct horse\n")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(secret)
        (self.folder / "old").rename(self.old_home)
        self.good("key", "add")
        self.old_home.rename(self.folder / "old")
        for disk in self.disks:
            keyring = bytearray((disk / "keyring").read_bytes())
            for slot in range(64, 64 + 192 * keyring[11], 192):
                keyring[slot + 40] ^= 1 if keyring[slot] == 2 else 0
            (disk / "keyring").write_bytes(keyring)
        document = self.refused(12, "wrong_passphrase", *self.recover(shares=0))
        self.assertIn("may be damaged", document["error"]["hint"])

    def test_what_cannot_be(self):
        self.refused(12, "too_few_shares", *self.recover(shares=1))
        self.refused(12, "share_twice", *self.recover("--share", self.shares[0]))
        self.refused(2, "invalid_argument", *self.recover(shares=0))  # no terminal
        empty = self.folder / "empty"
        empty.mkdir()
        self.refused(12, "no_keyring", *self.recover(disks=[empty]))
        self.refused(1, "disk_foreign", *self.recover(disks=[*self.disks, empty]))
        self.refused(1, "disk_given_twice", *self.recover(disks=[*self.disks, self.disks[0]]))
        self.refused(10, "not_found", *self.recover(disks=[self.folder / "nowhere"]))
        misspelt = self.folder / "misspelt.txt"
        words = self.shares[2].read_text().split()
        misspelt.write_text(" ".join([*words[:9], "zebra", *words[10:]]))
        self.refused(12, "share_word", *self.recover("--share", misspelt, shares=1))
        words[9] = "academic" if words[9] != "academic" else "acid"
        misspelt.write_text(" ".join(words))
        self.refused(12, "share_checksum", *self.recover("--share", misspelt, shares=1))
        self.assertFalse(self.old_home.exists())

    def test_one_half_of_a_mirror_is_for_reading(self):
        for past in (self.folder / "old", self.source, *self.disks):
            shutil.rmtree(past)
        self.make_box(2)
        self.good("backup", "desk")
        (self.folder / "out2").mkdir()
        self.good("key", "add", "--recovery-out", self.folder / "out2")
        self.shares = sorted((self.folder / "out2").iterdir())
        self.old_home.rename(self.folder / "old")
        keyring = (self.disks[1] / "keyring").read_bytes()
        planned = self.run_json(*self.recover("--dry-run", disks=self.disks[1:]))
        self.assertEqual((planned.code, planned.document["writable"]), (13, False))
        outcome = self.run_json(*self.recover(disks=self.disks[1:]))
        self.assertEqual(outcome.code, 13, outcome.complaint)
        self.assertEqual(outcome.document["businesses"][0]["snapshots"], 1)
        self.assertEqual((self.disks[1] / "keyring").read_bytes(), keyring)
        self.good("restore", "desk", "--target", self.folder / "back")

    def test_few_disks_are_for_reading(self):
        for disk in self.disks[3:]:
            disk.rename(self.folder / f"away-{disk.name}")
        outcome = self.text(*self.recover(disks=self.disks[:3]))
        self.assertEqual(outcome.code, 13, outcome.complaint)
        self.assertIn("nothing written", outcome.complaint)
        self.assertEqual(len(self.good("snapshot", "list", "desk")["snapshots"]), 1)
        self.refused(13, "too_few_disks", "backup", "desk")
        # They come back where they were, and know nothing newer: now it may be written.
        for disk in self.disks[3:]:
            (self.folder / f"away-{disk.name}").rename(disk)
        self.good("backup", "desk")


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
