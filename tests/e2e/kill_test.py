#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program is killed, and the power goes, at any moment, on real file systems: ext4, XFS and
Btrfs. What was acknowledged before must be there, come back bit for bit, and work must go on.

HOLDFAST_SEED repeats the verbs of a run that failed; the moments are only as alike as the machine
allows. HOLDFAST_LONG asks for many more of them. HOLDFAST_KEEP=DIR: a run that fails leaves its
images and its log there."""

import collections
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from acknowledged import HIDDEN, Acknowledged, signed
from box import BoxTest, Outcome
from loop_disks import LoopDisk, copy_at_one_moment, have_mounts_of_our_own

KINDS = ("ext4", "xfs", "btrfs") * 2
LONG = "HOLDFAST_LONG" in os.environ
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes that the images, and copies of them, may need
KILLED = 0.8  # of the passes are meant to be
SAMPLE_EVERY = 15  # passes
BUSINESSES = 3  # at most
SHARE_SETS = 6  # at most: each is a slot of the keyring
VERBS = {
    "backup": 36,
    "edited": 6,
    "scrub": 8,
    "heal": 10,
    "members": 14,
    "key_add": 3,
    "hold": 6,
    "release": 4,
    "tag": 6,
    "rebuild": 4,
    "business_add": 3,
}


class Call:
    """One verb to run: its words, what its acknowledgement means, the exit codes it may have, and
    the errors that say, after a call that was cut, that it had been done."""

    def __init__(self, name, words, done, codes=(0,), done_errors=()):
        self.name = name
        self.words = words
        self.done = done  # of the document
        self.codes = codes
        self.done_errors = done_errors
        self.was_cut = False
        self.is_acknowledged = False  # it was cut behind its answer


class Site(BoxTest):
    """Six disks and a seventh to take one's place, home on an eighth, and who works there."""

    in_memory = True  # the images: then a call takes a tenth of the time, and no less happens in it

    def setUp(self):
        super().setUp()
        memory = MEMORY if self.in_memory and shutil.disk_usage(MEMORY).free > ROOM else None
        images = tempfile.TemporaryDirectory(prefix="holdfast-disks-", dir=memory)
        self.addCleanup(images.cleanup)
        self.images = Path(images.name).resolve()
        self.seed = os.environ.get("HOLDFAST_SEED") or str(random.SystemRandom().randrange(10**9))
        print(f"HOLDFAST_SEED={self.seed}", flush=True)
        self.story = []
        self.log = Acknowledged(self, self.folder / "acknowledged")
        self.spare = self.home_disk = None
        self.members = []
        self.leaves = None  # the call that a change of members waits for
        self.shares = []
        self.added = {}  # business whose adding was cut: its call
        self.lacks_shards = False  # of one disk, until a heal
        self.durations = {}  # verb: seconds of the last calls that were let run
        self.cuts = collections.Counter()  # verb: how often it was cut
        self.hides = False

    def make_site(self):
        self.home_disk = LoopDisk(self, self.images / "system", "ext4")
        self.environment["HOLDFAST_HOME"] = str(self.home_disk.place / "home")
        disks = [LoopDisk(self, self.images / f"disk{i}", kind) for i, kind in enumerate(KINDS)]
        self.members = disks
        self.spare = LoopDisk(self, self.images / "disk6", "ext4")
        self.good("init")
        places = [disk.place for disk in disks]
        self.good("pool", "create", "--geometry", "4+2", "--disk", *places)
        self.add_business(self.rng("site"), "desk").done({})

    def all_disks(self):
        spare = [self.spare] if self.spare else []
        return [*self.members, *spare, self.home_disk]

    def rng(self, name):
        """Numbers of their own for each pass, so that one pass does not change the next."""
        return random.Random(f"{self.seed} {name}")

    @contextlib.contextmanager
    def told(self):
        """What happened is printed if it did not go well."""
        try:
            yield
        except BaseException:
            print("\n".join(self.story), f"\nHOLDFAST_SEED={self.seed}", flush=True)
            if "HOLDFAST_KEEP" in os.environ:
                subprocess.run(["sync"], check=False)
                os.makedirs(os.environ["HOLDFAST_KEEP"], exist_ok=True)
                for folder in (self.folder, self.images):
                    kept = Path(os.environ["HOLDFAST_KEEP"]) / folder.name
                    subprocess.run(["cp", "-a", "-T", folder, kept], check=False)
            raise

    # What the people of the site do.

    def change(self, rng, source):
        """Files are added, changed and deleted."""
        files = sorted(path for path in source.rglob("*") if path.is_file())
        for path in rng.sample(files, min(len(files), rng.randrange(3))):
            if len(files) > 20 or rng.random() < 0.4:
                path.unlink()
            else:
                path.write_bytes(rng.randbytes(rng.randrange(100_000)))
        for _ in range(rng.randrange(1, 6)):
            folder = source / f"{rng.randrange(4)}"
            folder.mkdir(exist_ok=True)
            ending = rng.choice((".wav", ".wav", ".txt", HIDDEN))
            path = folder / f"通话 {rng.randrange(10**6)}{ending}"
            path.write_bytes(rng.randbytes(int(10 ** rng.uniform(0, 6.3))))
            path.chmod(rng.choice((0o600, 0o640, 0o444)))

    def add_business(self, rng, name):
        source = self.folder / f"recordings {name}"
        if not source.exists():
            source.mkdir()
            (source / "first").write_text("the first one\n")
            self.change(rng, source)
        words = ("business", "add", name, "--source", source)
        if name == "desk":
            self.good(*words)
        return Call(
            "business_add",
            words,
            lambda document: self.log.sources.update({name: source}),
            done_errors=("business_exists",),
        )

    def verb_business_add(self, rng):
        name = f"desk{len(self.log.sources)}"
        if len(self.log.sources) == BUSINESSES:
            return self.verb_backup(rng)
        if name not in self.added:
            self.added[name] = self.add_business(rng, name)
        return self.added[name]

    def verb_backup(self, rng, business=None):
        business = business or rng.choice(sorted(self.log.sources))
        source = self.log.sources[business]
        self.change(rng, source)
        items = signed(source, self.hides and business == "desk")
        self.log.attempt(items)
        tag = f"tag-{rng.randrange(10**9)}"
        words = ["backup", business] + (["--tag", tag] if rng.random() < 0.2 else [])

        def done(document):
            self.assertFalse(document["partial"] or document["gap"])
            self.log.add_snapshot(business, document["number"], items)
            if "--tag" in words:
                self.log.tags[tag] = (business, document["number"])

        return Call("backup", words, done)

    def verb_edited(self, rng):
        """The definition is edited by hand, and saved as a careful editor does it."""
        self.hides = not self.hides
        (found,) = (
            path
            for path in (self.home_disk.place / "home/businesses").iterdir()
            if 'name = "desk"\n' in path.read_text()
        )
        more = (f'exclude = ["*{HIDDEN}"]\n', 'compression = "zstd"\n')
        text = "".join(line for line in found.read_text().splitlines(True) if line not in more)
        beside = found.with_suffix(".edited")
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n" + ("".join(more) if self.hides else ""))
            file.flush()
            os.fsync(file.fileno())
        beside.rename(found)
        folder = os.open(found.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return self.verb_backup(rng, "desk")

    def verb_scrub(self, rng):
        words = ("pool", "scrub") + (("--full",) if rng.random() < 0.3 else ())
        return Call("scrub", words, lambda document: None, codes=(0, 4))

    def verb_heal(self, rng):
        """Some shards of one disk are gone; of no second one before a heal."""
        if not self.lacks_shards:
            disk = rng.choice(self.members)
            shards = sorted(disk.place.glob("packs/*/*.shard"))
            for shard in rng.sample(shards, min(len(shards), rng.randrange(4))):
                self.lacks_shards = True
                shard.unlink()
        return Call("heal", ("pool", "heal"), self.healed)

    def healed(self, document):
        self.lacks_shards = False

    def verb_members(self, rng):
        """A disk joins, is replaced or retires. The call that was cut is made again until it says
        that it is done: then the disk that left is wiped."""
        if self.leaves:
            return self.leaves
        old = rng.choice(sorted(self.members, key=lambda disk: disk.place))
        new = self.spare
        if new is None:
            words = ("pool", "retire", old.place)
        elif rng.random() < 0.4:
            words, old = ("pool", "add", "--disk", new.place), None
        else:
            words = ("pool", "replace", old.place, new.place)

        def done(document):
            if old and not document.get("settled", True):
                return
            self.leaves = None
            self.spare = old
            if new:
                self.members.append(new)
            if old:
                self.members.remove(old)
                old.wipe()

        errors = ("no_disk",) if old else ("disk_is_member",)
        self.leaves = Call(words[1], words, done, codes=(0, 4) if old else (0,), done_errors=errors)
        return self.leaves

    def verb_key_add(self, rng):
        if len(self.shares) == SHARE_SETS:
            return self.verb_tag(rng)
        out = self.folder / f"shares{rng.randrange(10**9)}"
        out.mkdir()
        return Call(
            "key_add",
            ("key", "add", "--recovery-out", out),
            lambda document: self.shares.append(sorted(out.iterdir())),
        )

    def snapshot(self, rng):
        return rng.choice(sorted(self.log.snapshots))

    def verb_hold(self, rng):
        business, number = self.snapshot(rng)
        reason = f"reason {rng.randrange(10**9)}"
        return Call(
            "hold",
            ("snapshot", "hold", business, number, "--reason", reason),
            lambda document: self.log.held.update({reason: (business, number)}),
        )

    def verb_release(self, rng):
        if not self.log.held:
            return self.verb_hold(rng)
        reason = rng.choice(sorted(self.log.held))
        business, number = self.log.held.pop(reason)  # from now on nobody knows
        return Call(
            "release",
            ("snapshot", "release", business, number, "--reason", reason),
            lambda document: self.log.released.add(reason),
        )

    def verb_tag(self, rng):
        business, number = self.snapshot(rng)
        tag = f"tag-{rng.randrange(10**9)}"
        return Call(
            "tag",
            ("snapshot", "tag", business, number, tag),
            lambda document: self.log.tags.update({tag: (business, number)}),
        )

    def verb_rebuild(self, rng):
        return Call("rebuild", ("catalog", "rebuild"), lambda document: None)

    # How their calls end.

    def call(self, call, limit=None, stop=None):
        """Runs it, at most `limit` seconds if there is a limit: then `stop(process)` ends it.
        Returns whether it was cut. What it printed before counts."""
        begin = time.monotonic()
        process = self.start(*call.words, "--json", "--no-progress")
        try:
            output, complaint = process.communicate(timeout=300 if limit is None else limit)
        except subprocess.TimeoutExpired:
            (stop or subprocess.Popen.kill)(process)
            output, complaint = process.communicate(timeout=300)
        took = time.monotonic() - begin
        cut = process.returncode == -signal.SIGKILL
        self.story[-1] += f": {'cut' if cut else 'exit ' + str(process.returncode)}, {took:.3f} s"
        if cut:
            self.assertIsNotNone(limit, f"{call.words} took too long")
            call.was_cut = True
            self.cuts[call.name] += 1
            document = {}
            with contextlib.suppress(ValueError):  # what is not whole was not said
                document = json.loads(output)
            if document.get("committed"):
                call.is_acknowledged = True
                call.done(document)
                self.story[-1] += ", acknowledged"
            return True
        done = subprocess.CompletedProcess(call.words, process.returncode, output, complaint)
        self.finished(call, Outcome(done))
        self.durations[call.name] = [*self.durations.get(call.name, [])[-2:], took]
        return False

    def finished(self, call, outcome):
        said = (call.words, outcome.code, outcome.text, outcome.complaint)
        document = outcome.document
        if "error" in document and call.was_cut and document["error"]["code"] in call.done_errors:
            call.done({})
            return
        self.assertIn(outcome.code, call.codes, said)
        call.done(document)

    def check_all(self, sample):
        """What is listed, and what comes back of so many snapshots."""
        self.log.check_listed()
        known = sorted(self.log.snapshots)
        newest = known[-1:] if sample else []
        others = self.rng(len(self.story)).sample(known, min(sample, len(known)))
        self.log.check_restored({*newest, *others})

    def begin(self):
        """Each kind of verb is let run once, which tells how long it takes."""
        rng = self.rng("begin")
        for verb in ("backup", "key_add", *VERBS):
            self.story.append(f"begin {verb}")
            self.call(getattr(self, "verb_" + verb)(rng))
            while self.leaves:  # add, and then retire or replace
                self.story.append("begin " + self.leaves.name)
                self.call(self.leaves)
        self.check_all(2)

    def a_pass(self, number):
        """Returns how many kills there were: some are killed again while they recover."""
        rng = self.rng(number)
        (verb,) = rng.choices([*VERBS], [*VERBS.values()])
        call = getattr(self, "verb_" + verb)(rng)
        kills = 0
        part = 1.0
        while True:
            limit = None
            if rng.random() < KILLED and call.name in self.durations:
                limit = rng.uniform(0, part * max(self.durations[call.name]))
            shown = " ".join(map(str, call.words))
            self.story.append(f"pass {number}, {shown}, killed after {limit}")
            if not self.call(call, limit):
                break
            kills += 1
            if rng.random() < 0.7 or call.is_acknowledged:
                self.log.check_listed()
                break
            part = 0.5
            if call.name in ("hold", "tag", "release", "key_add"):  # nobody knows if it was done
                call = self.verb_rebuild(rng) if rng.random() < 0.3 else self.verb_backup(rng)
        if number % SAMPLE_EVERY == 0:
            self.check_all(2)
        return kills

    # At the end.

    def finish(self):
        self.story.append("the end")
        if self.leaves:
            self.story.append("end " + " ".join(map(str, self.leaves.words)))
            self.call(self.leaves)
        self.check_whole()
        self.log.check_unacknowledged(self.log.check_listed())
        self.check_with_two_disks_away()
        shutil.rmtree(self.home_disk.place / "home/catalog")
        self.good("catalog", "rebuild")
        self.check_all(2)
        self.check_recovered()

    def check_whole(self):
        self.assertEqual(self.good("pool", "heal")["packs_lost"], 0)
        found = self.good("pool", "scrub")
        names = ("complete", "shards_missing", "shards_bad", "packs_lost", "copies_bad")
        self.assertEqual([found[name] for name in names], [True, 0, 0, 0, 0])
        self.assertIsNone(self.leaves)
        self.assertEqual(self.good("pool", "status")["may_lose"], 2)

    def check_with_two_disks_away(self):
        away = self.rng("away").sample(self.members, 2)
        self.story.append(f"away: {[disk.place.name for disk in away]}")
        for disk in away:
            disk.unmount()
        self.log.check_listed()
        self.log.check_restored(sorted(self.log.snapshots))
        for disk in away:
            disk.mount()

    def check_all_known(self, document, half_added):
        """Of all that was acknowledged nothing is wrong."""
        names = {call.words[2] for call in half_added}
        for row in document.get("businesses", []):
            if row["name"] not in names:
                self.assertNotIn("error", row)

    def check_recovered(self):
        """On a new machine, whose recovery is cut once as well."""
        self.assertTrue(self.shares)
        rng = self.rng("recover")
        self.environment["HOLDFAST_HOME"] = str(self.folder / "new home")
        words = ["key", "recover"]
        for share in rng.sample(rng.choice(self.shares), 2):
            words += ["--share", share]
        for disk in self.members:
            words += ["--disk", disk.place]
        half_added = [call for name, call in self.added.items() if name not in self.log.sources]
        codes = (0, 10) if half_added else (0,)  # their definitions went with the home
        done = lambda document: self.check_all_known(document, half_added)
        call = Call("recover", words, done, codes, ("home_exists",))
        self.story.append("recover")
        self.call(call, rng.uniform(0, 1))
        if call.was_cut:
            self.story.append("recover again")
            self.call(call)
        for adding in half_added:
            self.story.append("recover, " + " ".join(map(str, adding.words)))
            self.call(adding)
            self.call(self.verb_backup(rng, adding.words[2]))
        self.log.check_listed()
        self.log.check_restored(sorted(self.log.snapshots))
        self.check_whole()
        self.good("backup", "desk")


class Killed(Site):
    kills_wanted, kills_at_least, seconds = (300, 100, 280) if LONG else (60, 20, 150)

    def test_the_program_is_killed_at_any_moment(self):
        with self.told():
            self.make_site()
            self.begin()
            deadline = time.monotonic() + self.seconds
            kills = passes = 0
            while kills < self.kills_wanted:
                if kills >= self.kills_at_least and time.monotonic() > deadline:
                    break
                passes += 1
                kills += self.a_pass(passes)
            print(f"{kills} kills in {passes} passes: {dict(self.cuts)}", flush=True)
            self.finish()


if LONG:

    class KilledOnRealDisks(Killed):
        """The same where a sync takes its time."""

        in_memory = False
        kills_wanted, kills_at_least, seconds = 60, 20, 80


class PowerGone(Site):
    """The program is stopped, all disks and the system's are copied at that moment, with nothing of
    what the kernel still holds in memory, and the copies take their places: what the power leaves
    when it goes. It goes as well right after an answer."""

    cuts_wanted, cuts_at_least, seconds = (40, 10, 100) if LONG else (8, 4, 30)

    def stop(self, process):
        process.send_signal(signal.SIGSTOP)
        copy_at_one_moment(self.all_disks())
        self.is_copied = True
        process.kill()

    def cut_pass(self, number):
        rng = self.rng(number)
        (verb,) = rng.choices([*VERBS], [*VERBS.values()])
        call = getattr(self, "verb_" + verb)(rng)
        limit = rng.uniform(0, 1.3 * max(self.durations.get(call.name, [1])))
        self.story.append(f"pass {number}, {' '.join(map(str, call.words))}, cut after {limit}")
        self.is_copied = False
        self.call(call, limit, self.stop)
        if not self.is_copied:
            copy_at_one_moment(self.all_disks())
            self.story[-1] += ", cut after its answer"
        for disk in self.all_disks():
            disk.come_back()
        self.log.check_listed()
        if number % 4 == 0:
            self.check_all(2)

    def test_the_power_goes_at_any_moment(self):
        with self.told():
            self.make_site()
            self.begin()
            deadline = time.monotonic() + self.seconds
            cuts = 0
            while cuts < self.cuts_wanted:
                if cuts >= self.cuts_at_least and time.monotonic() > deadline:
                    break
                cuts += 1
                self.cut_pass(cuts)
            print(f"the power went {cuts} times, in mid-call: {dict(self.cuts)}", flush=True)
            self.finish()


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    have_mounts_of_our_own()
    unittest.main()
