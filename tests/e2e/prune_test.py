#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a prune would take away and what keeps the rest, as a user asks for it."""

import contextlib
import datetime
import os
import shutil
import sqlite3
import sys
import unittest
from pathlib import Path

from box import BoxTest, describe
from prune_site import CALLS, Site


class Prune(Site):
    """Plans."""

    def plan(self):
        document = self.good("prune", "desk", "--dry-run")
        self.assertEqual((document["committed"], document["dry_run"]), (False, True))
        return document

    def fates(self, plan):
        return {each["number"]: each["reason"] for each in plan["snapshots"]}

    def frozen(self):
        return [each["reason"] for each in self.plan()["frozen"]]

    def test_each_item_has_its_reason(self):
        self.back_up_and_remove()
        case = ("hold", "desk", "add", "--where", "contract=K-7", "--reason", "case 7")
        case = self.good(*case)["number"]
        words = ("--path", "recordings/held.wav", "--reason", "audit")
        held = self.good("hold", "desk", "add", *words)["number"]
        before = self.good("snapshot", "list", "desk")
        plan = self.plan()
        counts = {(each["class"], each["reason"]): each["items"] for each in plan["items"]}
        made_here = counts.pop((None, "made_here"))
        self.assertGreater(made_here, 0)
        expected = {
            (0, "ended"): 1,
            (0, "kept"): 2,  # one by its folder's rule
            (0, "locked"): 1,
            (0, "held"): 2,
            (0, "unbound"): 1,
            (0, "at_source"): 1,
            (1, "ended"): 1,
            (1, "at_source"): 1,
            (2, "at_source"): 1,
        }
        # A hold on a record is one on the item that it stands in.
        expected[(2, "held")] = expected.pop((2, "at_source"))
        self.assertEqual(counts, expected)
        self.assertEqual(plan["going"], ["papers/paper.txt", "recordings/old.wav"])
        self.assertEqual(plan["going_total"], 2)
        self.assertEqual(plan["unused_paths"], ["recordings/never"])
        held_items = {each["number"]: each["items"] for each in plan["holds"]}
        self.assertEqual(held_items, {case: 2, held: 1})
        self.assertTrue(plan["holds"][0]["bound"])
        self.assertEqual(len(plan["later"]), 3)
        frozen = [each["reason"] for each in plan["frozen"]]
        self.assertEqual(frozen, ["time_unconfirmed"])
        self.assertGreater(plan["packs"]["bytes_freed"], 3_000_000)
        self.assertEqual(self.good("snapshot", "list", "desk"), before)
        # Released, they go.
        self.good("hold", "desk", "release", "--path", "recordings/held.wav")
        self.assertIn("recordings/held.wav", self.plan()["going"])

    def test_snapshots_go_unless_something_keeps_them(self):
        first, second = self.back_up_and_remove()
        self.assertEqual(self.fates(self.plan()), {first: "thinned", second: "newest"})
        # What the second one has of this call, and no later one, is locked.
        self.write("recordings/stays.wav", 2000)
        third = self.backup()
        self.write("papers/other.txt", 2000)
        fourth = self.backup()
        self.good("snapshot", "hold", "desk", third, "--reason", "audit")
        plan = self.plan()
        expected = {first: "thinned", second: "locked", third: "held", fourth: "newest"}
        self.assertEqual(self.fates(plan), expected)
        (locked,) = [each for each in plan["snapshots"] if each["reason"] == "locked"]
        span = datetime.datetime.fromisoformat(locked["until"][:19]) - (
            datetime.datetime.fromisoformat(locked["time"][:19])
        )
        self.assertEqual(span.days, 30)
        # A hold on a snapshot keeps what is in it, also what is over.
        self.assertEqual(plan["going"], [])
        self.good("snapshot", "release", "desk", third)
        self.good("snapshot", "tag", "desk", third, "audit")
        self.assertEqual(self.fates(self.plan())[third], "tagged")
        # A hold on an item keeps what it was.
        self.good("hold", "desk", "add", "--path", "recordings", "--reason", "court")
        self.assertEqual(self.fates(self.plan())[second], "held")

    def test_what_cannot_be_done_now_is_planned_and_told(self):
        self.back_up_and_remove()
        self.assertEqual(self.frozen(), ["time_unconfirmed"])
        away = self.disks[0].rename(self.folder / "away")
        self.assertEqual(self.frozen(), ["disks_absent", "time_unconfirmed"])
        self.assertEqual(len(self.plan()["going"]), 4)
        said = self.text("prune", "desk", "--dry-run")
        self.assertEqual(said.code, 0)
        self.assertIn("1 disks are absent", said.complaint)
        away.rename(self.disks[0])
        # Nobody knows what a hold on a key stands on without the rows, or where a run of some paths
        # has brought what the index does not know.
        self.good("hold", "desk", "add", "--where", "contract=K-7", "--reason", "case 7")
        self.assertEqual(self.frozen(), ["time_unconfirmed"])
        self.write("recordings/another.wav", 1000)
        self.good("backup", "desk", "--path", "recordings/another.wav")
        self.assertEqual(self.frozen(), ["rows_not_indexed", "time_unconfirmed"])
        self.good("backup", "desk")
        self.assertEqual(self.frozen(), ["time_unconfirmed"])
        for file in (self.folder / "home/catalog").glob("*.records.sqlite*"):
            file.unlink()
        self.assertEqual(self.frozen(), ["rows_not_indexed", "time_unconfirmed"])
        self.assertEqual(self.plan()["going"], [])

    def test_a_plan_for_people(self):
        self.back_up_and_remove()
        said = self.text("prune", "desk", "--dry-run")
        self.assertEqual(said.code, 0)
        for words in (
            "Plan for desk",
            "no rule keeps it",
            "its time has ended",
            "nobody knows the day of the call",
            "no item lies in recordings/never",
            "come free",
        ):
            self.assertIn(words, said.text + said.complaint)
        self.environment["LC_ALL"] = "zh_CN.UTF-8"
        self.assertIn("清理计划", self.text("prune", "desk", "--dry-run").text)

    def test_rules_that_are_changed_by_hand(self):
        self.refused(10, "no_business", "prune", "none", "--dry-run")
        self.assertEqual(self.plan()["snapshots"], [])
        done = self.good("prune", "desk")
        self.assertEqual((done["committed"], done["number"]), (False, None))
        self.backup()
        plain = self.stored.read_text()
        for prune in (("prune", "desk", "--dry-run"), ("prune", "desk")):
            self.stored.write_text(plain.replace("lock_days = 30", "lock_days = 29", 1))
            self.refused(15, "denied", *prune)
            self.stored.write_text(plain.replace("keep_days = 100", "keep_days = 29"))
            self.refused(1, "bad_business", *prune)
            self.stored.write_text(plain.replace('"archive"', '"mirror"'))
            self.refused(1, "bad_business", *prune)
            self.stored.write_text(plain.replace("recordings/court", "recrodings/court"))
            document = self.refused(1, "bad_business", *prune)
            self.assertIn("did you mean recordings?", document["error"]["what"])


class Acts(Site):
    """Deleting, the bytes of it, and what is left."""

    def bytes_of(self, disk):
        return sum(file.stat().st_size for file in (disk / "packs").rglob("*") if file.is_file())

    def all_bytes(self):
        return sum(self.bytes_of(disk) for disk in self.disks)

    def gone_and_there(self):
        """All that a restore of everything gives."""
        target = self.folder / "back"
        self.good("restore", "desk", "--gone", "--target", target)
        found = describe(target)
        shutil.rmtree(target)
        return found

    def pruned_paths(self, *words):
        return [each["path"] for each in self.good(*words)["pruned"]]

    def test_what_is_over_goes_with_its_bytes_and_the_rest_comes_back(self):
        dropped = self.back_up_and_remove()
        # In a pack of its own, which goes as a whole.
        self.write("papers/scan.pdf", 3_000_000)
        dropped.append(self.backup())
        (self.folder / "papers/scan.pdf").unlink()
        newest = self.backup()
        self.confirm()
        before = self.gone_and_there()
        image = shutil.copytree(self.disks[1], self.folder / "image")
        going = ["papers/paper.txt", "papers/scan.pdf"]
        going += [f"recordings/{name}.wav" for name in ("case", "held", "old")]
        done = self.prune()
        self.assertEqual(done["going"], going)
        self.assertTrue(done["committed"])
        self.assertEqual(done["frozen"], [])
        self.assertEqual(done["removed"]["shards"], 0)
        self.check_pruned(done["number"], dropped, newest, going, before)

        # A day has not passed.
        again = self.prune()
        self.assertEqual((again["committed"], again["number"]), (False, None))
        self.assertGreater(again["removed"]["packs_waiting"], 0)
        whole = self.all_bytes()
        removed = self.prune("--bytes-wait", "0")["removed"]
        self.assertGreater(removed["bytes"], 3_000_000)
        self.assertEqual(self.all_bytes(), whole - removed["bytes"])
        self.assertEqual(self.prune("--bytes-wait", "0")["removed"]["shards"], 0)
        self.good("catalog", "rebuild", "desk")
        self.check_pruned(done["number"], dropped, newest, going, before)
        self.scrub(0)

        # A disk from before brings nothing back, and is freed of it.
        level = self.bytes_of(self.disks[1])
        shutil.rmtree(self.disks[1])
        image.rename(self.disks[1])
        self.check_pruned(done["number"], dropped, newest, going, before)
        self.good("pool", "heal")  # what was written since
        self.assertGreater(self.bytes_of(self.disks[1]), level)
        self.assertGreater(self.prune("--bytes-wait", "0")["removed"]["shards"], 0)
        self.assertEqual(self.bytes_of(self.disks[1]), level)
        self.check_pruned(done["number"], dropped, newest, going, before)
        self.backup()
        self.assertEqual(self.good("verify", "desk")["lost_total"], 0)

    def mixed_papers(self):
        """Twenty papers in one pack, of which four stay at the source."""
        for number in range(20):
            self.write(f"papers/{number:02}.pdf", 100_000 + 13 * number)
        self.backup()
        for number in range(20):
            if number % 5:
                (self.folder / f"papers/{number:02}.pdf").unlink()
        self.backup()
        self.confirm()

    def test_what_is_needed_of_a_pack_is_written_anew_bit_for_bit(self):
        self.mixed_papers()
        going = [f"papers/{number:02}.pdf" for number in range(20) if number % 5]
        kept = self.gone_and_there()
        for path in going:
            del kept[os.fsencode(path)]
        plan = self.good("prune", "desk", "--dry-run")["packs"]
        self.assertGreater(plan["repacked"], 0)
        self.assertGreater(plan["bytes_freed"], 1_600_000)
        self.assertGreater(plan["bytes_written"], plan["bytes_read"])
        self.assertEqual((plan["later"], plan["no_room"], plan["no_key"]), (0, 0, 0))
        whole = self.all_bytes()
        done = self.prune()
        self.assertEqual(done["going"], going)
        repacked = done["repacked"]
        self.assertEqual((repacked["packs"], repacked["packs_left"]), (plan["repacked"], 0))
        self.assertGreaterEqual(repacked["chunks"], 4)
        self.assertEqual(repacked["end"], "done")
        # Both are there until the bytes go.
        self.assertEqual(self.all_bytes(), whole + repacked["bytes_written"])
        self.assertEqual(self.gone_and_there(), kept)
        self.good("catalog", "rebuild", "desk")
        self.assertEqual(self.gone_and_there(), kept)
        removed = self.prune("--bytes-wait", "0")["removed"]
        self.assertGreater(removed["bytes"], 1_600_000)
        self.assertEqual(self.all_bytes(), whole + repacked["bytes_written"] - removed["bytes"])
        self.assertEqual(self.gone_and_there(), kept)
        self.good("catalog", "rebuild", "desk")
        self.scrub(0)
        self.assertEqual(self.gone_and_there(), kept)
        self.assertEqual(self.good("verify", "desk")["lost_total"], 0)
        again = self.prune("--bytes-wait", "0")
        self.assertEqual((again["committed"], again["packs"]["repacked"]), (False, 0))
        # Any disk may go: what was written anew is as safe as what it was.
        away = self.disks[2].rename(self.folder / "away")
        self.assertEqual(self.gone_and_there(), kept)
        away.rename(self.disks[2])
        self.backup()

    def count_shards(self):
        return sum(1 for disk in self.disks for _ in disk.rglob("*.shard"))

    def test_small_packs_are_put_together_bit_for_bit(self):
        self.backup()
        for number in range(12):
            self.write(f"papers/{number:02}.pdf", 1000)
            self.back_up_paths(f"papers/{number:02}.pdf")
        self.write("rows/late.csv", text="call_id,start,file,contract\n")
        self.back_up_paths("rows/late.csv")
        self.confirm()
        frozen = self.good("prune", "desk", "--dry-run")
        self.assertEqual([each["reason"] for each in frozen["frozen"]], ["rows_not_indexed"])
        there, many = self.gone_and_there(), self.count_shards()
        free = self.good("prune", "desk", "--dry-run", "--packs-only")
        self.assertEqual((free["frozen"], free["packs"]), ([], plan := frozen["packs"]))
        self.assertGreaterEqual(plan["joined"], 12)
        self.assertLess(plan["joined_into"], 4)
        said = f"Of these {plan['joined']} are small and are put together"
        self.assertIn(said, self.text("prune", "desk", "--dry-run").text)
        self.stored.write_text((plain := self.stored.read_text()) + "[slip]\n")
        done = self.good("prune", "desk", "--packs-only")
        self.stored.write_text(plain)
        self.assertEqual((done["going"], done["committed"]), ([], True))
        self.assertEqual(done["repacked"]["packs"], plan["repacked"])
        self.assertEqual(self.gone_and_there(), there)
        self.assertGreaterEqual(self.prune("--packs-only", "--bytes-wait", "0")["removed"]["packs"], 12)
        self.assertLess(self.count_shards(), many - 12 * 3 + 3 * 4)
        self.good("catalog", "rebuild", "desk")
        self.assertEqual(self.gone_and_there(), there)
        self.assertEqual(self.prune("--packs-only", "--bytes-wait", "0")["packs"]["joined"], 0)
        self.scrub(0)
        for disk in self.disks:
            away = disk.rename(self.folder / "away")
            self.assertEqual(self.gone_and_there(), there)
            away.rename(disk)

    def test_how_little_of_a_pack_is_written_anew_is_a_rule(self):
        self.mixed_papers()
        plain = self.stored.read_text()
        for bad in ("91", "-1", '"half"', "1.5"):
            self.stored.write_text(plain + f"[prune]\nrepack_below = {bad}\n")
            document = self.refused(1, "bad_business", "prune", "desk")
            self.assertIn("repack_below", document["error"]["what"])
        self.stored.write_text(plain + "[prune]\nrepack_bellow = 50\n")
        document = self.refused(1, "bad_business", "prune", "desk")
        self.assertIn("did you mean `repack_below`?", document["error"]["what"])
        self.stored.write_text(plain + "[prune]\nrepack_below = 0\n")
        self.backup()
        done = self.prune()
        self.assertEqual(done["packs"]["repacked"], 0)
        self.assertGreater(done["packs"]["bytes_left"], 1_600_000)
        self.stored.write_text(plain + "[prune]\nrepack_below = 60\n")
        self.backup()
        done = self.prune()
        self.assertGreater(done["repacked"]["packs"], 0)
        self.assertEqual((done["going"], done["committed"]), ([], True))
        self.assertEqual(self.good("verify", "desk")["lost_total"], 0)

    def test_a_pack_is_written_anew_for_people(self):
        self.mixed_papers()
        said = self.text("prune", "desk")
        self.assertEqual(said.code, 0, said.complaint)
        self.assertIn("Written anew: what is needed of ", said.text)
        self.assertIn(" packs were written anew, ", said.text)

    def check_pruned(self, number, dropped, newest, going, before):
        """As a user sees it who looks for what is no more."""
        document = self.good("snapshot", "list", "desk")
        self.assertEqual([each["number"] for each in document["snapshots"]], [newest])
        self.assertTrue(document["snapshots"][0]["pruned"])
        (prune,) = document["prunes"]
        self.assertEqual((prune["number"], prune["items"]), (number, len(going)))
        told = [(each["number"], each["reason"]) for each in prune["snapshots"]]
        self.assertEqual(told, [(each, "thinned") for each in dropped])
        self.assertEqual(self.pruned_paths("ls", "desk", "-r"), going)
        self.assertEqual(self.pruned_paths("ls", "desk", "papers"), going[:2])
        self.assertEqual(self.pruned_paths("find", "desk", "old"), ["recordings/old.wav"])
        place = ("--path", "recordings/old.wav", "--target", self.folder / "none")
        document = self.refused(10, "item_pruned", "restore", "desk", *place)
        self.assertRegex(document["error"]["what"], rf"pruned \d{{4}}-\d\d-\d\d UTC \(entry {number}\)")
        self.refused(10, "item_pruned", "cat", "desk", "recordings/old.wav")
        words = ("restore", "desk", dropped[0], "--target", self.folder / "none")
        document = self.refused(10, "snapshot_pruned", *words)
        self.assertIn("no rule kept it", document["error"]["what"])
        kept = {path: what for path, what in before.items() if os.fsdecode(path) not in going}
        self.assertEqual(self.gone_and_there(), kept)

    def test_what_stands_against_it_is_told_and_nothing_goes(self):
        self.back_up_and_remove()
        document = self.refused(15, "not_pruned", "prune", "desk")
        self.assertEqual([each["reason"] for each in document["frozen"]], ["time_unconfirmed"])
        self.assertEqual((document["committed"], len(document["going"])), (False, 4))
        self.confirm()
        away = self.disks[0].rename(self.folder / "away")
        self.refused(13, "disk_missing", "prune", "desk")
        away.rename(self.disks[0])
        # What is held when it acts is held.
        self.good("hold", "desk", "add", "--path", "recordings", "--reason", "court")
        self.assertEqual(self.prune()["going"], ["papers/paper.txt"])

    def test_what_a_key_has_led_to_stays_held_whatever_its_exporter_writes(self):
        self.back_up_and_remove()
        self.confirm()
        self.good("hold", "desk", "add", "--where", "contract=K-7", "--reason", "case 7")
        rows = self.folder / "rows/day.csv"
        self.write("rows/day.csv", text=rows.read_text().replace("K-7", "K-9"))
        self.backup()
        going = self.good("prune", "desk", "--dry-run")["going"]
        expected = ["papers/paper.txt", "recordings/held.wav", "recordings/old.wav"]
        self.assertEqual(going, expected)
        # Without rows nobody knows whose calls they are.
        self.write("rows/day.csv", text="call_id,start,file,contract\n")
        self.backup()
        document = self.prune()
        self.assertEqual((document["frozen"], document["going"]), ([], ["papers/paper.txt"]))
        reasons = {each["reason"]: each["items"] for each in document["items"]}
        self.assertGreater(reasons["unbound"], 2)

    def edit(self, old, new):
        text = self.stored.read_text()
        self.assertIn(old, text)
        self.stored.write_text(text.replace(old, new, 1))

    def test_two_edits_shorten_no_lock_and_a_backup_comes_first(self):
        recordings = f'[[source]]\npath = "{self.folder}/recordings"\n'
        bound = '[source.mapping.recording]\nfolder = "recordings"\ncolumn = "file"\n'
        self.confirm()
        self.backup()
        for path in ("young.wav", "new.wav", "stays.wav"):
            (self.folder / "recordings" / path).unlink()
        self.backup()
        self.edit(recordings, "")
        self.edit(bound, "")
        for path in ("court", "never"):
            self.edit(f'[[retention]]\npath = "recordings/{path}"\nkeep_days = 5000\n', "")
        self.backup()
        self.edit("[[retention]]\nclass = 0", recordings + "class = 1\n[[retention]]\nclass = 0")
        document = self.refused(15, "not_pruned", "prune", "desk")
        self.assertIn("not_backed_up", [each["reason"] for each in document["frozen"]])
        self.backup()
        done = self.prune()
        self.assertEqual((done["frozen"], done["going"]), ([], []))
        self.assertEqual(self.good("verify", "desk")["lost_total"], 0)

    def test_a_wrong_catalog_takes_no_pack_that_is_needed(self):
        self.write("others/one.txt", 10_000)
        self.good("business", "add", "other", "--source", self.folder / "others")
        self.good("backup", "other")
        self.back_up_and_remove()
        self.confirm()
        number = self.prune()["number"]
        desk = self.folder / "home/catalog" / (self.stored.stem + ".sqlite")
        (other,) = [
            file
            for file in (self.folder / "home/catalog").glob("*.sqlite")
            if "records" not in file.name and file != desk
        ]

        def condemn(packs):
            with contextlib.closing(sqlite3.connect(desk)) as catalog:
                for (pack,) in packs:
                    row = (pack, number)
                    catalog.execute("INSERT OR IGNORE INTO condemned VALUES(?, ?)", row)
                catalog.commit()

        def packs_of(file):
            with contextlib.closing(sqlite3.connect(file)) as catalog:
                return catalog.execute("SELECT name FROM packs WHERE condemned = 0").fetchall()

        condemn(packs_of(other))
        outcome = self.run_json("prune", "desk", "--bytes-wait", "0")
        self.assertEqual(outcome.code, 1)
        self.assertEqual(outcome.document["removed"]["failed_total"], 3 * len(packs_of(other)))
        condemn(packs_of(desk))
        outcome = self.run_json("prune", "desk", "--bytes-wait", "0")
        self.assertEqual(outcome.code, 1)  # those of the other one, as before
        self.assertGreater(outcome.document["removed"]["packs_taken_back"], 0)
        for name in ("desk", "other"):
            self.assertEqual(self.good("verify", name)["lost_total"], 0)

    def test_for_people(self):
        self.back_up_and_remove()
        said = self.text("prune", "desk")
        self.assertEqual(said.code, 15)
        self.assertIn("nobody has confirmed", said.complaint)
        self.assertIn("nothing was deleted: 1 reasons", said.complaint)
        self.confirm()
        said = self.text("prune", "desk")
        self.assertEqual(said.code, 0, said.complaint)
        self.assertIn("Pruned, entry ", said.text)
        self.assertIn("Plan for desk", said.text)
        listed = self.text("snapshot", "list", "desk").text
        self.assertIn("4 items, and snapshots ", listed)
        self.assertIn("pruned ", self.text("ls", "desk", "-r").text)
        target = ("--target", self.folder / "back")
        self.assertIn("4 items that this", self.text("restore", "desk", *target).complaint)

    def test_the_time_is_confirmed_by_two_people(self):
        self.assertIsNone(self.good("time", "show")["trusted"])
        now = datetime.datetime.now(datetime.timezone.utc)
        times = (now + datetime.timedelta(days=days) for days in (0, 3, -40))
        at, late, early = (each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in times)
        for names in ((), ("--by", "Wang"), ("--by", "Wang", "--by", "Wang")):
            self.refused(2, "invalid_argument", "time", "confirm", "--at", at, *names)
        names = ("--by", "Wang", "--by", "Li")
        for bad in ("soon", late, early):
            self.refused(2, "invalid_argument", "time", "confirm", "--at", bad, *names)
        self.good("time", "confirm", "--at", early, *names, "--far-from-journal", "--dry-run")
        self.assertIsNone(self.good("time", "show")["trusted"])
        confirmed = self.good("time", "confirm", "--at", at, *names)
        self.assertTrue(confirmed["committed"])
        (said,) = self.good("time", "show")["confirmations"]
        self.assertEqual((said["time"], said["by"]), (at, ["Wang", "Li"]))
        self.assertIn(", by Wang, Li, when", self.text("time", "show").text)
        trusted = datetime.datetime.fromisoformat(self.good("time", "show")["trusted"][:19])
        self.assertLess(abs(trusted - now.replace(tzinfo=None)), datetime.timedelta(minutes=2))


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
