# SPDX-License-Identifier: Apache-2.0
"""Makes the small stores of this folder, with a program as its users run it, and lists what a
reader must find in them. The lists come from the sources; nothing that is stored is asked."""

import hashlib
import json
import os
import random
import shutil
import stat
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

PASSPHRASE = "of a test store, no secret"
DAY = 86_400_000_000_000
BEGIN = 1_700_000_000_123_456_789

DEFINITION = """\
kind = "{kind}"

[[source]]
name = "calls"
path = "{folder}/calls"
class = 1

[[source]]
name = "records"
path = "{folder}/records"
compression = "zstd"
"""

RETENTION = """
[[retention]]
class = 0
lock_days = 0
keep_days = 0
date = "change"

[[retention]]
class = 1
lock_days = 0
keep_days = 0
date = "change"

[snapshots]
keep_last = 3

[prune]
repack_below = 90
"""


class Maker:
    """A folder with a box, disks in `disks` and two sources, `calls` and `records`."""

    def __init__(self, program, folder, disks=5):
        self.program = str(Path(program).resolve())
        self.folder = Path(folder)
        self.home = self.folder / "home"
        self.disks = [self.folder / "disks" / str(number) for number in range(1, disks + 1)]
        self.random = random.Random(1)
        self.clock = BEGIN
        self.expected = []
        for disk in self.disks:
            disk.mkdir(parents=True)
        (self.folder / "passphrase").write_text(PASSPHRASE + "\n")

    def run(self, *words):
        environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            "HOLDFAST_HOME": str(self.home),
            "HOLDFAST_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }
        command = [self.program, *map(str, words), "--json", "--no-progress"]
        done = subprocess.run(
            command,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.returncode} {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def make_pool(self, geometry="3+2"):
        self.run("init")
        options = ("--geometry", geometry, "--allow-same-device")
        self.run("pool", "create", *options, "--disk", *self.disks)

    def add_business(self, name, kind, rules=""):
        definition = self.folder / f"{name}.toml"
        definition.write_text(DEFINITION.format(kind=kind, folder=self.folder) + rules)
        self.run("business", "add", name, "--file", definition)

    def write(self, path, content):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.settle(path)

    def settle(self, path):
        """A date of its own, long past."""
        self.clock += 1_000_000_007
        os.utime(path, ns=(self.clock, self.clock), follow_symlinks=False)

    def media(self, size):
        return self.random.randbytes(size)

    def backup(self, name, *tags, archive=False, held=False):
        for source in ("calls", "records"):
            for folder, _, _ in os.walk(self.folder / source, topdown=False):
                self.settle(folder)
        words = [word for tag in tags for word in ("--tag", tag)]
        number = self.run("backup", name, *words)["number"]
        items = describe_sources(self.folder)
        if archive and self.expected:
            self.remember_gone(items)
        snapshot = {"number": number, "complete": True, "tags": list(tags), "held": held}
        self.expected.append({**snapshot, "items": sorted(items.values(), key=path_of)})
        return number

    def remember_gone(self, items):
        for item in self.expected[-1]["items"]:
            if item["path"] not in items:
                items[item["path"]] = {**item, "gone": True}


def path_of(item):
    return item["path"].encode().replace(b"/", b"\0")


def shown(path):
    """As in listings; no source here has control characters or backslashes."""
    return path.decode(errors="backslashreplace")


def describe(path, inside):
    status = os.lstat(path)
    line = {"path": shown(inside), "mode": f"{stat.S_IMODE(status.st_mode):04o}"}
    if stat.S_ISLNK(status.st_mode):
        return {**line, "type": "symlink", "target": shown(os.readlink(path))}
    line["mtime"] = status.st_mtime_ns
    if stat.S_ISDIR(status.st_mode):
        return {**line, "type": "directory"}
    if stat.S_ISFIFO(status.st_mode):
        return {**line, "type": "fifo"}
    content = Path(os.fsdecode(path)).read_bytes()
    line |= {"type": "regular", "size": len(content), "links": status.st_nlink}
    return {**line, "sha256": hashlib.sha256(content).hexdigest()}


def describe_tree(root):
    """{path below root: line} of all that is in a folder."""
    root, found = os.fsencode(root), {}
    for folder, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(folder, name)
            line = describe(path, os.path.relpath(path, root))
            found[line["path"]] = line
    return found


def describe_sources(folder):
    items = {}
    for source in ("calls", "records"):
        root = folder / source
        items[source] = describe(os.fsencode(root), source.encode())
        items |= {f"{source}/{path}": line | {"path": f"{source}/{path}"}
                  for path, line in describe_tree(root).items()}
    return items


def make_sources(maker):
    maker.write("calls/01/31/one.wav", maker.media(7001))
    maker.write("calls/01/31/empty.wav", b"")
    maker.write("calls/01/two words.wav", maker.media(3000))
    maker.write("calls/02/通话.wav", maker.media(900))
    maker.write("records/calls.csv", b"".join(b"%d;answered;ok\n" % n for n in range(400)))
    maker.write("records/notes.txt", b"kept as text\n" * 50)
    maker.write(os.fsdecode(b"records/\xc4\xe3\xba\xc3.txt"), b"a name that is not UTF-8\n")
    records = maker.folder / "records"
    os.link(records / "notes.txt", records / "the same notes.txt")
    (records / "to calls").symlink_to("../calls/01")
    (records / "empty folder").mkdir()
    os.chmod(records / "calls.csv", 0o640)
    os.chmod(records / "empty folder", 0o2750)
    with open(records / "sparse", "wb") as file:
        file.truncate(300_000)
        file.seek(100_000)
        file.write(b"in the middle")
    maker.settle(records / "sparse")
    with open(records / "hole", "wb") as file:
        file.truncate(200_000)
    maker.settle(records / "hole")
    os.mkfifo(records / "pipe")
    maker.settle(records / "pipe")


def make_archive(program, folder):
    """An archive: full snapshots and a delta, packs of several geometries, tags, holds."""
    maker = Maker(program, folder)
    maker.make_pool()
    make_sources(maker)
    maker.add_business("desk", "archive")
    maker.backup("desk", "first", archive=True)
    maker.write("records/notes.txt", b"kept as text, and changed in place\n" * 40)
    maker.backup("desk", archive=True)
    # With a disk away packs have fewer data shards, and no delta is made.
    away = maker.folder / "away"
    maker.disks[4].rename(away)
    (maker.folder / "calls/01/31/one.wav").unlink()
    maker.write("calls/03/three.wav", maker.media(2500))
    maker.write("records/calls.csv", b"".join(b"%d;answered;no\n" % n for n in range(500)))
    second = maker.backup("desk", archive=True, held=True)
    away.rename(maker.disks[4])
    maker.write("calls/03/four.wav", maker.media(1500))
    (maker.folder / "records/the same notes.txt").unlink()
    third = maker.backup("desk", "third", "late", archive=True)
    maker.run("snapshot", "hold", "desk", second, "--reason", "a frozen hold")
    maker.run("snapshot", "hold", "desk", third, "--reason", "for a moment")
    maker.run("snapshot", "release", "desk", third)
    maker.run("hold", "desk", "add", "--path", "calls/02", "--reason", "a dispute")
    maker.run("snapshot", "tag", "desk", second, "second")
    maker.expected[2]["tags"].append("second")
    maker.run("pool", "scrub")
    return maker, {"desk": maker.expected}


def make_recovered(program, folder):
    """A mirror whose box lost a slot, then its home, then a disk: keyring of version 2, a former
    signer, a takeover entry, members that left."""
    maker = Maker(program, folder)
    maker.make_pool()
    make_sources(maker)
    maker.add_business("ledger", "mirror")
    maker.backup("ledger", "before")
    shares = maker.folder / "shares"
    shares.mkdir()
    maker.run("key", "add", "--recovery-out", shares)
    newest = max(slot["number"] for slot in maker.run("key", "list")["slots"])
    maker.run("key", "remove", newest)
    (maker.folder / "calls/01/two words.wav").unlink()
    maker.write("records/calls.csv", b"number;state\n")
    maker.backup("ledger")
    shutil.rmtree(maker.home)
    maker.run("key", "recover", "--disk", *maker.disks)
    maker.write("calls/05/five.wav", maker.media(800))
    maker.backup("ledger", "after")
    new = maker.folder / "disks" / "6"
    new.mkdir()
    maker.run("pool", "replace", maker.disks[0], new, "--allow-same-device")
    shutil.rmtree(maker.disks[0])
    return maker, {"ledger": maker.expected}


def make_large(program, folder):
    """Two disks, and what is too large for one: a tree of several nodes, an item of several chunks,
    shards of several leaves."""
    maker = Maker(program, folder, disks=2)
    maker.make_pool("1+1")
    maker.write("calls/long.wav", maker.media(70_000))
    maker.write("records/long.csv", b"one line of very many;that are the same\n" * 250_000)
    for number in range(360):
        name = f"{number % 9}/a name of some length, so that few items are enough {number:04}"
        path = maker.folder / "records" / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to("../to where there is nothing, by a way that is long as well" * 5)
    maker.add_business("desk", "mirror")
    maker.backup("desk")
    return maker, {"desk": maker.expected}


def make_pruned(program, folder):
    """An archive that was pruned: a snapshot, items of which only the path was something else
    before, and packs that were written anew; the bytes went. Not among the frozen ones yet."""
    maker = Maker(program, folder)
    maker.make_pool()
    make_sources(maker)
    for number in range(12):  # every other one goes
        maker.write(f"calls/04/{number:02}.wav", maker.media(3000))
    maker.add_business("desk", "archive", RETENTION)
    maker.backup("desk", archive=True)
    maker.write("calls/03/three.wav", maker.media(2500))
    maker.backup("desk", archive=True)
    link = maker.folder / "records/to calls"
    link.unlink()
    maker.write("records/to calls", b"")
    maker.backup("desk", archive=True)
    link.unlink()
    odd = [f"calls/04/{number:02}.wav" for number in range(1, 12, 2)]
    for path in ("calls/02/通话.wav", "records/hole", "records/sparse", *odd):
        (maker.folder / path).unlink()
    maker.backup("desk", archive=True)
    now = (datetime.now(timezone.utc) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    maker.run("time", "confirm", "--at", now, "--by", "one", "--by", "another")
    done = maker.run("prune", "desk")
    assert done["repacked"]["packs"] > 0, done["packs"]
    maker.run("prune", "desk", "--bytes-wait", "0")
    going = done["going"]
    for snapshot in maker.expected:
        snapshot["items"] = [
            item for item in snapshot["items"]
            if item["path"] not in going or item["type"] == "symlink"
        ]
    return maker, {"desk": maker.expected[1:]}


STORES = {"archive": make_archive, "recovered": make_recovered, "large": make_large}
