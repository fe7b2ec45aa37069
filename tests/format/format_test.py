# SPDX-License-Identifier: Apache-2.0
"""Stores that were frozen, and one made now, read by the second reader and by the program.

  format_test.py PROGRAM [unittest's words]"""

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from box import BoxTest, flip  # noqa: E402
from bodies import DELTA, SNAPSHOT  # noqa: E402
from encoding import Damaged, Lost, crc32c  # noqa: E402
from journal import parse_segment  # noqa: E402
from keyring import parse_wrap  # noqa: E402
from label import parse_label  # noqa: E402
from reader import listing, restore  # noqa: E402
from shards import parse_shard  # noqa: E402
from store import Store  # noqa: E402
from stores import PASSPHRASE, STORES, describe_tree, make_pruned  # noqa: E402

VERSIONS = [path for path in sorted(HERE.glob("v*")) if path.is_dir()]
FROZEN = [store for version in VERSIONS for store in sorted(version.iterdir())]


def disks_of(store):
    return sorted((store / "disks").iterdir())


def open_store(disks):
    return Store(disks, PASSPHRASE.encode())


def expected_of(store):
    """{business: snapshots}, the items of each by their paths."""
    expected = json.loads((store / "expected.json").read_text())
    return {name: [by_path(each) for each in snapshots] for name, snapshots in expected.items()}


def by_path(snapshot):
    return {**snapshot, "items": {item["path"]: item for item in snapshot["items"]}}


def read_all(disks):
    """What the second reader finds, in the same form; and what it complains about."""
    store, found = open_store(disks), {}
    for name, business in store.businesses.items():
        found[name] = [by_path(listing(business, number)) for number in business.snapshots]
        for entry in business.chain:
            business.fields(entry)
        if business.missing:
            raise Lost(f"entries {business.missing} of {name}")
    return found, store.problems


def not_gone(snapshot):
    return {path: item for path, item in snapshot["items"].items() if "gone" not in item}


class Frozen(unittest.TestCase):
    """The second reader on what was frozen."""

    maxDiff = None

    def test_each_version_has_stores(self):
        self.assertEqual([version.name for version in VERSIONS][:1], ["v1"])
        for version in VERSIONS:
            self.assertGreaterEqual(len(list(version.iterdir())), 3)

    def test_all_kinds_are_there(self):
        kinds, geometries, versions = set(), set(), set()
        for store in map(open_store, map(disks_of, FROZEN)):
            versions.add(store.keyring.version)
            for business in store.businesses.values():
                kinds |= {entry.kind for entry in business.chain}
            geometries |= {(s.k, s.m) for group in store.shards.values() for s in group}
        self.assertLessEqual({SNAPSHOT, DELTA, 3, 4, 5, 6, 10}, kinds)
        self.assertLessEqual({(3, 2), (2, 2), (1, 1)}, geometries)
        self.assertEqual(versions, {1, 2})

    def test_everything_is_found(self):
        for frozen in FROZEN:
            with self.subTest(frozen):
                self.assertEqual(read_all(disks_of(frozen)), (expected_of(frozen), []))

    def test_any_m_disks_may_be_missing(self):
        for frozen in FROZEN:
            disks, expected = disks_of(frozen), expected_of(frozen)
            parity = open_store(disks).label.m
            for left in itertools.combinations(disks, len(disks) - parity):
                with self.subTest(frozen, left=[disk.name for disk in left]):
                    self.assertEqual(read_all(left), (expected, []))

    def test_with_one_more_missing_it_says_so(self):
        for frozen in FROZEN:
            disks = disks_of(frozen)
            left = len(disks) - open_store(disks).label.m - 1
            with self.subTest(frozen), self.assertRaises(Lost):
                read_all(disks[:left])

    def test_a_wrong_passphrase_opens_nothing(self):
        with self.assertRaises(Lost):
            Store(disks_of(FROZEN[0]), b"of another store")


class FrozenRestore(BoxTest):
    """The second reader writes files as they were."""

    maxDiff = None

    def test_bit_for_bit(self):
        for frozen in FROZEN:
            store = open_store(disks_of(frozen))
            for name, snapshots in expected_of(frozen).items():
                for snapshot in snapshots:
                    with self.subTest(frozen, number=snapshot["number"]):
                        self.check(store.businesses[name], snapshot, frozen)

    def check(self, business, snapshot, frozen):
        target = self.folder / f"{frozen.name}-{snapshot['number']}"
        lost = restore(business, snapshot["number"], target)
        self.assertEqual((describe_tree(target), lost), (not_gone(snapshot), []))
        if any("gone" in item for item in snapshot["items"].values()):
            everything = self.folder / "everything"
            self.assertEqual(restore(business, snapshot["number"], everything, gone=True), [])
            self.assertEqual(set(describe_tree(everything)), set(snapshot["items"]))
            shutil.rmtree(everything)


class Damage(BoxTest):
    """Broken on purpose. What is wrong is found, and nothing wrong is ever given back."""

    maxDiff = None

    def copy(self, name="archive"):
        store = self.folder / name
        shutil.copytree(VERSIONS[0] / name, store)
        return store

    def assert_found(self, parse, data, offsets):
        """Each of these bytes, changed, is seen by the parser of that file alone."""
        parse(data)
        for offset in offsets:
            broken = bytearray(data)
            broken[offset] ^= 1 << offset % 8
            with self.subTest(offset=offset), self.assertRaises(Damaged):
                parse(bytes(broken))

    def test_any_byte_of_each_file(self):
        disk = disks_of(VERSIONS[0] / "archive")[0]
        store = open_store([disk])
        business = next(iter(store.businesses.values())).business.id

        def segment(data):
            complaint = parse_segment(data, business, 1)[1]
            if complaint:
                raise Damaged(complaint)

        def shard(data):
            if parse_shard(data, None, None).bad_leaves:
                raise Damaged("a leaf")

        files = {"label.a": parse_label, "wraps/**/*-meta-*": parse_wrap}
        files |= {"journal/**/*1.segment": segment, "packs/**/*.shard": shard}
        for pattern, parse in files.items():
            data = sorted(disk.glob(pattern))[0].read_bytes()
            step = 13 if pattern.startswith("packs") else 1
            with self.subTest(pattern):
                self.assert_found(parse, data, range(0, len(data), step))

    def test_a_flipped_bit_on_a_disk_is_found_and_made_up_for(self):
        store = self.copy()
        expected, chance = expected_of(store), random.Random(5)
        disk = disks_of(store)[1]
        for path in sorted(path for path in disk.rglob("*") if path.is_file()):
            whole = path.read_bytes()
            for offset in (chance.randrange(len(whole)), len(whole) - 1):
                flip(path, offset)
                found, problems = read_all(disks_of(store))
                with self.subTest(path=path.name, offset=offset):
                    self.assertEqual(found, expected)
                    self.assertEqual({where for where, _ in problems}, {path})
                path.write_bytes(whole)

    def test_the_keyring_is_whole_or_not_used(self):
        store = self.copy()
        disk = disks_of(store)[0]
        keyring = disk / "keyring"
        whole = keyring.read_bytes()
        for offset in [*range(0, 64, 3), *range(64, len(whole), 29)]:
            flip(keyring, offset)
            with self.subTest(offset=offset), self.assertRaises(Lost):
                open_store([disk])
            keyring.write_bytes(whole)

    def test_a_sealed_part_that_is_another_under_right_checksums(self):
        store = self.copy()
        path = sorted(disks_of(store)[0].glob("journal/*/*.segment"))[0]
        data, begin = bytearray(path.read_bytes()), 176
        sizes = (data[begin + 8 : begin + 12], data[begin + 12 : begin + 16])
        public, sealed = (int.from_bytes(size, "little") for size in sizes)
        end = begin + 24 + public + 64 + sealed
        data[end - 1] ^= 1
        data[end : end + 4] = crc32c(data[begin:end]).to_bytes(4, "little")
        path.write_bytes(data)
        found, problems = read_all(disks_of(store))
        self.assertEqual(found, expected_of(store))
        self.assertEqual(problems, [(path, "entry 1: digest of the sealed part")])

    def test_a_shard_that_lies_under_right_checksums_is_named(self):
        store = self.copy()
        path = sorted(disks_of(store)[2].glob("packs/**/*.shard"))[0]
        whole = path.read_bytes()
        shard = parse_shard(whole, path, None)
        self.assertLessEqual(shard.length, shard.leaf)
        lie = shard.data[:-1] + bytes([shard.data[-1] ^ 1])
        for sums, complaint in ((bytes(4), "leaf"), (crc32c(lie).to_bytes(4, "little"), "follows")):
            path.write_bytes(whole[:4096] + lie + sums + whole[-256:])
            found, problems = read_all(disks_of(store))
            self.assertEqual(found, expected_of(store))
            self.assertEqual([where for where, _ in problems], [path])
            self.assertIn(complaint, problems[0][1])

    def test_more_than_may_break_is_lost_and_never_wrong(self):
        store = self.copy()
        for disk in disks_of(store)[:3]:
            for path in disk.glob("packs/**/*.shard"):
                flip(path, 4096)
        expected, opened = expected_of(store), open_store(disks_of(store))
        for name, business in opened.businesses.items():
            for snapshot in expected[name]:
                with self.subTest(snapshot["number"]), self.assertRaises(Lost):
                    listing(business, snapshot["number"])

    def reader(self, *words):
        secret = self.folder / "archive/passphrase"
        command = [sys.executable, HERE / "reader.py", "--passphrase-file", secret, *words]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.returncode, done.stderr.decode()

    def test_the_reader_as_a_program(self):
        store = self.copy()
        disks = disks_of(store)
        flip(disks[3] / "label.b", 100)
        code, complaint = self.reader("restore", "desk", "2", self.folder / "back", *disks)
        self.assertEqual((code, complaint.count("DAMAGED")), (4, 1), complaint)
        wanted = not_gone(expected_of(store)["desk"][0])
        self.assertEqual(describe_tree(self.folder / "back"), wanted)
        code, complaint = self.reader("list", *disks[:2])
        self.assertEqual(code, 5, complaint)
        self.assertIn("LOST", complaint)


class Program(BoxTest):
    """The present program opens what was frozen."""

    maxDiff = None

    def test_frozen_stores_open_and_restore(self):
        for frozen in FROZEN:
            with self.subTest(frozen):
                self.open_frozen(frozen)

    def open_frozen(self, frozen):
        work = self.folder / f"{frozen.parent.name}-{frozen.name}"
        shutil.copytree(frozen, work)
        self.environment["HOLDFAST_HOME"] = str(work / "recovered")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(work / "passphrase")
        self.good("key", "recover", "--disk", *disks_of(work))
        for business, snapshots in expected_of(frozen).items():
            for snapshot in snapshots:
                self.check_snapshot(business, snapshot, work / f"back-{snapshot['number']}")
            listed = self.good("snapshot", "list", business)["snapshots"]
            shown = [(s["number"], sorted(s["tags"]), s["complete"]) for s in listed]
            wanted = [(s["number"], sorted(s["tags"]), s["complete"]) for s in snapshots]
            self.assertEqual(shown, wanted)
            self.good("verify", business)
        scrubbed = self.scrub(0, "scrub", "--full")
        self.assertGreater(scrubbed["packs_proved"], 0)
        # What the program wrote on the old disks, the second reader understands.
        self.assertEqual(read_all(disks_of(work)), (expected_of(frozen), []))

    def test_frozen_homes_open(self):
        for frozen in FROZEN:
            with self.subTest(frozen):
                self.open_home(frozen)

    def open_home(self, frozen):
        work = self.folder / f"{frozen.parent.name}-{frozen.name}-home"
        shutil.copytree(frozen, work)
        disks = "".join(f"disk {disk}\n" for disk in disks_of(work))
        (work / "home/pool").write_text(disks)
        (work / "home/machine.key").chmod(0o600)
        self.environment["HOLDFAST_HOME"] = str(work / "home")
        self.environment.pop("HOLDFAST_PASSPHRASE_FILE", None)
        for business, snapshots in expected_of(frozen).items():
            self.check_snapshot(business, snapshots[-1], work / "back")
            self.good("verify", business)
            self.good("snapshot", "tag", business, str(snapshots[-1]["number"]), "opened")
        notes = (work / "home/scrub").exists()
        scrubbed = self.scrub(0)
        # What was proved then counts as proved now.
        self.assertEqual(scrubbed["packs_proved"] == 0, notes)

    def check_snapshot(self, business, snapshot, target):
        number = str(snapshot["number"])
        self.good("restore", business, number, "--target", target)
        wanted = not_gone(snapshot)
        if os.geteuid() != 0:
            # The owner is another one then, to whom the program gives no set-id bits.
            for item in wanted.values():
                item["mode"] = f"{int(item['mode'], 8) & 0o1777:04o}"
        self.assertEqual(describe_tree(target), wanted)


class Drift(BoxTest):
    """What the program writes today is what the document says."""

    maxDiff = None

    def test_stores_made_now(self):
        for name, make in {**STORES, "pruned": make_pruned}.items():
            with self.subTest(name):
                maker, expected = make(self.program, self.folder / name)
                disks = disks_of(maker.folder)
                wanted = {key: [by_path(each) for each in all_] for key, all_ in expected.items()}
                self.assertEqual(read_all(disks), (wanted, []))
                self.restore_all(disks, wanted, maker.folder)

    def restore_all(self, disks, wanted, folder):
        store = open_store(disks[: len(disks) - open_store(disks).label.m])
        for name, snapshots in wanted.items():
            for snapshot in snapshots:
                target = folder / f"back-{snapshot['number']}"
                lost = restore(store.businesses[name], snapshot["number"], target)
                self.assertEqual((describe_tree(target), lost), (not_gone(snapshot), []))


if __name__ == "__main__":
    BoxTest.program = os.path.abspath(sys.argv.pop(1))
    unittest.main()
