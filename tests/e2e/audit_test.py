# SPDX-License-Identifier: Apache-2.0
"""The audit log against its signed heads: whoever writes the log anew is found by the disks."""

import hashlib
import json
import shutil
import sys
import unittest

from appliance_box import ApplianceTest, wait_for
from box import BoxTest


def chained(lines):
    """Lines as the program writes them, each with the digest of the one before it."""
    previous = "0" * 64
    text = ""
    for line in lines:
        line = dict(line, previous=previous)
        written = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(written.encode()).hexdigest()
        text += written + "\n"
    return text


class SignedHeads(ApplianceTest):
    def setUp(self):
        super().setUp()
        BoxTest.make_box(self)
        self.log = self.folder / "home/audit/0000000000000001.log"
        self.assertGreaterEqual(len(self.lines()), 4)

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def verify(self, code):
        outcome = self.run_json("audit", "verify")
        self.assertEqual(outcome.code, code, (outcome.text, outcome.complaint))
        return outcome.document

    def sign(self, code):
        outcome = self.run_json("audit", "sign")
        self.assertEqual(outcome.code, code, (outcome.text, outcome.complaint))
        self.assertEqual(outcome.document["good"], code == 0)
        return outcome.document

    def test_a_log_that_was_written_anew_is_not_the_one_that_was_signed(self):
        count = len(self.lines())
        self.assertEqual(self.verify(0)["signed"]["agrees_until"], 0)
        self.assertEqual(self.good("audit", "sign")["disks"], 3)
        self.text("business", "add", "other", "--source", self.source)
        signed = {"disks": 3, "agrees_until": count, "differs_by": None, "unsigned": 0}
        signed |= {"earlier": 0, "unreadable": []}
        self.assertEqual(self.verify(0)["signed"], signed)
        before = self.log.read_text()

        lines = self.lines()
        lines[1]["subject"] = "nothing of importance"
        self.log.write_text(chained(lines))
        found = self.verify(4)
        self.assertEqual((found["good"], found["signed"]["differs_by"]), (False, count))
        self.assertNotIn("fault", found)  # the chain by itself holds
        self.assertIn(f"line {count}, signed at", self.text("audit", "verify").complaint)

        self.log.write_text("".join(before.splitlines(keepends=True)[: count - 1]))  # cut off
        self.assertEqual(self.verify(4)["signed"]["differs_by"], count)
        self.assertEqual(self.level_of("audit_differs"), "attention")
        self.assertEqual(self.sign(4)["disks"], 0)  # nothing is signed over it
        self.assertEqual(self.verify(4)["signed"]["differs_by"], count)
        self.log.write_text(before)
        self.assertTrue(self.verify(0)["good"])
        self.assertIsNone(self.level_of("audit_differs"))

    def test_heads_that_cannot_be_read_are_told_and_kept(self):
        self.good("audit", "sign")
        heads = [disk / "audit-heads" for disk in self.disks]
        garbage = b"\xff" * (1024 * 1024 + 1)
        heads[1].write_bytes(garbage)
        found = self.verify(4)
        self.assertFalse(found["good"])
        self.assertEqual(found["signed"]["disks"], 2)
        self.assertEqual(found["signed"]["unreadable"], [str(heads[1])])
        self.assertIn(f"{heads[1]} cannot be read", self.text("audit", "verify").complaint)
        self.assertEqual(self.level_of("audit_heads_unreadable"), "attention")
        self.assertEqual(self.sign(4)["disks"], 2)
        self.assertEqual(heads[1].read_bytes(), garbage)
        self.assertIsNone(self.level_of("disk_errors"))
        for each in heads:
            each.write_bytes(garbage)
        self.assertEqual(self.verify(4)["signed"]["disks"], 0)
        self.assertEqual(self.sign(4)["disks"], 0)
        for each in heads:
            each.write_text("nonsense\n" * 3)
        found = self.verify(4)
        self.assertEqual((found["good"], found["signed"]["unsigned"]), (False, 9))
        self.assertEqual(self.level_of("audit_heads_unsigned"), "attention")
        for each in heads:  # kept elsewhere
            each.unlink()
        self.good("audit", "sign")
        self.assertTrue(self.verify(0)["good"])
        self.assertIsNone(self.level_of("audit_heads_unsigned"))

    def test_an_export_of_a_damaged_log_says_so_itself(self):
        lines = self.log.read_bytes().splitlines(keepends=True)
        self.log.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
        outcome = self.text("audit", "export")
        self.assertEqual(outcome.code, 4)
        fault = {"line": 2, "file": "audit/" + self.log.name, "what": "form"}
        self.assertEqual(json.loads(outcome.text.splitlines()[-1]), {"fault": fault})
        self.assertIn(lines[0].decode(), outcome.text)
        outcome = self.text("audit", "export", "--csv")
        self.assertEqual(outcome.code, 4)
        self.assertEqual(
            outcome.text.splitlines()[-1], f"# fault: line 2 of {fault['file']}: form"
        )

    def test_what_is_no_line_is_exported_at_its_place(self):
        lines = self.log.read_bytes().splitlines(keepends=True)
        damaged = b'{"number":2,\xff\t"' + b"x" * 10_000
        cut = b'{"number":'
        self.log.write_bytes(b"".join([lines[0], damaged + b"\n", *lines[2:], cut]))
        name = "audit/" + self.log.name
        places = {2: damaged, len(lines) + 1: cut}
        wanted = [
            {"file": name, "file_line": place, "size": len(raw), "finished": raw is damaged}
            for place, raw in places.items()
        ]
        for asked in ([], ["--actor", "nobody"]):
            text = self.text("audit", "export", *asked).text
            documents = [json.loads(line) for line in text.splitlines()]
            found = [each["unreadable"] for each in documents if "unreadable" in each]
            told = [each.pop("bytes") for each in found]
            self.assertEqual(found, wanted)
            self.assertEqual(told[1], cut.decode())
            self.assertTrue(told[0].startswith('{"number":2,\\xff\\x09"xxx'), told[0][:40])
            self.assertEqual(len(told[0].replace("\\xff", "?").replace("\\x09", "?")), 8192)
        self.assertIn("unreadable", json.loads(text.splitlines()[0]))
        rows = self.text("audit", "export", "--csv").text.splitlines()
        begin = f"# unreadable: {len(damaged)} bytes in line 2 of {name}: "
        self.assertTrue(rows[2].startswith(begin))
        place = f"line {len(lines) + 1} of {name}"
        self.assertIn(f"# unreadable: {len(cut)} bytes in {place}: {cut.decode()}", rows)
        # A cut write alone is no damage, and is told all the same.
        self.log.write_bytes(b"".join(lines) + cut)
        outcome = self.text("audit", "export")
        self.assertEqual(outcome.code, 0)
        self.assertEqual(outcome.text.count('{"unreadable":'), 1)

    def test_the_newest_lines_need_nothing_of_those_before_them(self):
        lines = self.log.read_bytes().splitlines(keepends=True)
        self.log.write_bytes(b"".join([b"{}\n", *lines[1:]]))
        found = self.good("audit", "list", "--limit", "2")
        numbers = [line["number"] for line in found["lines"]]
        self.assertEqual(numbers, [len(lines) - 1, len(lines)])
        self.assertTrue(found["good"])
        self.assertEqual(self.run_json("audit", "list").code, 4)

    def test_a_disk_that_was_away_remembers(self):
        self.good("audit", "sign")
        away = self.folder / "away"
        self.disks[1].rename(away)
        lines = self.lines()
        lines[0]["subject"] = "nothing of importance"
        self.log.write_text(chained(lines))
        for disk in (self.disks[0], self.disks[2]):  # root takes what it reaches
            (disk / "audit-heads").unlink()
        self.good("audit", "sign")
        self.assertTrue(self.verify(0)["good"])
        away.rename(self.disks[1])
        self.assertEqual(self.verify(4)["signed"]["differs_by"], len(lines))

    def test_heads_that_others_wrote_count_for_nothing_and_are_told(self):
        self.good("audit", "sign")
        heads = self.disks[0] / "audit-heads"
        log, number, time, digest, key, signature = heads.read_text().split()
        forged = " ".join((log, number, time, "0" * 64, key, signature))
        heads.write_text(forged + "\n" + heads.read_text() + "nonsense\n")
        found = self.verify(4)["signed"]
        self.assertEqual((found["differs_by"], found["unsigned"]), (None, 2))
        self.assertIn("2 lines of audit-heads", self.text("audit", "verify").complaint)
        self.assertEqual(self.sign(4)["disks"], 3)
        self.assertEqual(self.level_of("audit_heads_unsigned"), "attention")
        self.assertEqual(len(heads.read_text().splitlines()), 4)  # for others to look at

    def test_a_box_that_was_recovered_has_a_new_log_that_is_checked_by_its_own_heads(self):
        out = self.folder / "out"
        out.mkdir()
        self.good("key", "add", "--recovery-out", out)
        self.good("audit", "sign")
        home = self.folder / "home"
        home.rename(self.folder / "old")
        words = [word for share in sorted(out.iterdir())[:2] for word in ("--share", share)]
        words += [word for disk in self.disks for word in ("--disk", disk)]
        self.good("key", "recover", *words)
        self.good("business", "add", "other", "--source", self.source)
        found = self.verify(0)["signed"]
        self.assertEqual((found["differs_by"], found["earlier"], found["unsigned"]), (None, 3, 0))
        self.assertIn("before it was recovered", self.text("audit", "verify").complaint)
        self.good("audit", "sign")
        count = len(self.lines())
        self.assertEqual(self.verify(0)["signed"]["agrees_until"], count)

        # Who alters its first line makes it no other log.
        kept = self.log.read_text()
        lines = self.lines()
        lines[0]["subject"] = "nothing of importance"
        self.log.write_text(chained(lines))
        self.assertEqual(self.verify(4)["signed"]["differs_by"], count)
        # The log of before, put back: it is compared with its heads.
        shutil.copytree(self.folder / "old/audit", home / "audit", dirs_exist_ok=True)
        self.assertEqual(self.verify(4)["signed"]["earlier"], 0)
        self.log.write_text(kept)
        self.assertTrue(self.verify(0)["good"])

    def test_without_a_pool_there_is_nothing_to_compare_with(self):
        shutil.rmtree(self.folder / "home")
        self.refused(10, "no_home", "audit", "sign")
        self.good("init")
        self.refused(10, "no_pool", "audit", "sign")
        self.assertIsNone(self.verify(0)["signed"])
        self.assertIn("was not compared", self.text("audit", "verify").complaint)

    def test_the_appliance_signs_when_it_starts_and_when_it_stops(self):
        heads = self.disks[0] / "audit-heads"

        def signed_lines():
            return heads.read_text().splitlines() if heads.exists() else []

        for starts in (1, 2):
            daemon = self.start_daemon()
            wait_for("signed", lambda: len(signed_lines()) == 2 * starts - 1)
            daemon.stop()
            self.assertEqual(len(signed_lines()), 2 * starts, daemon.lines)
        signed = self.verify(0)["signed"]
        self.assertEqual(signed["agrees_until"], len(self.lines()))


if __name__ == "__main__":
    BoxTest.program = sys.argv.pop(1)
    unittest.main()
