# SPDX-License-Identifier: Apache-2.0
"""What tools/bench compares: Holdfast, its peers among backup programs, and the floor. Each keeps
everything it writes below a folder of its own, and measures one command of itself at a time."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "only for measuring"
DISKS = 6
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A measured command did not do its work."""


@dataclass
class Run:
    """One measured command."""

    seconds: float
    peak_bytes: int  # largest resident set; never below the few MiB of this program itself
    processor_seconds: float  # user and system
    others: float  # share of the machine that everything else used meanwhile, 0 to 1


def busy_seconds():
    """Processor time that the whole machine has spent on work since it started."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, soft_irq, stolen = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + soft_irq + stolen) * TICK_SECONDS


def measure(command, environment, stdout):
    busy, start = busy_seconds(), time.monotonic()
    with open(stdout, "wb") as out, open(f"{stdout}.errors", "wb") as errors:
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        tail = Path(f"{stdout}.errors").read_text(errors="replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command))}: exit {child.returncode}\n{tail}")
    own = usage.ru_utime + usage.ru_stime
    others = (busy_seconds() - busy - own) / (seconds * os.cpu_count())
    return Run(seconds, usage.ru_maxrss * 1024, own, max(0.0, others))


def link_or_copy(source, target):
    if source.endswith(".shard"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


class Contender:
    """A program with a repository of its own, at most one at a time."""

    name = program = ""
    variables = {}
    geometry = "3+2"  # of those that code

    def __init__(self, work, program=None):
        self.program = program or self.program
        self.work = work / self.name
        self.stdout = work / f"{self.name}.stdout"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "LANG": "C.UTF-8",
            **{key: value.format(work=self.work) for key, value in self.variables.items()},
        }

    def run(self, *arguments):
        return measure([self.program, *arguments], self.environment, self.stdout)

    def version(self):
        command = [self.program, "version" if self.name == "restic" else "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def fresh(self, source):
        """An empty repository that is about to hold the source."""
        self.discard()
        self.work.mkdir()
        self.create(source)

    def discard(self):
        shutil.rmtree(self.work, ignore_errors=True)


class Holdfast(Contender):
    name = "holdfast"
    variables = {"HOLDFAST_HOME": "{work}/home"}

    def disks(self):
        return [self.work / f"disk{number}" for number in range(1, DISKS + 1)]

    def create(self, source):
        for disk in self.disks():
            disk.mkdir()
        self.run("init")
        options = [option for disk in self.disks() for option in ("--disk", str(disk))]
        self.run("pool", "create", "--allow-same-device", "--geometry", self.geometry, *options)
        self.run("business", "add", "bench", "--source", str(source))

    def backup(self, _source, *options):
        return self.run("backup", "bench", "--quiet", *options)

    def restore(self, source, target):
        """Returns the measurement, and where the source's content now is."""
        run = self.run("restore", "bench", "--target", str(target), "--quiet")
        return run, target / source.name

    def cat(self, source, path):
        return self.run("cat", "bench", f"{source.name}/{path}")

    def scrub(self, *options):
        return self.run("pool", "scrub", "--quiet", *options)

    def heal(self):
        return self.run("pool", "heal", "--quiet")

    def rebuild(self):
        return self.run("catalog", "rebuild", "bench", "--quiet")

    def bytes_on_disks(self):
        return sum(file.stat().st_size for disk in self.disks() for file in disk.rglob("*"))

    def shards(self):
        return {shard for disk in self.disks() for shard in disk.glob("packs/*/*.shard")}

    def forget_shards(self):
        """Whoever reads them next reads the disks, as scrub and heal do by themselves; on tmpfs
        they are in memory all the same."""
        for shard in self.shards():
            with open(shard, "rb") as file:
                os.fdatasync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def save(self):
        """What back_to_saved() brings back. Shards are never written in place: links will do."""
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.work, self.saved, copy_function=link_or_copy)

    def back_to_saved(self):
        shutil.rmtree(self.work)
        shutil.copytree(self.saved, self.work, copy_function=link_or_copy)

    def discard(self):
        super().discard()
        shutil.rmtree(self.saved, ignore_errors=True)

    @property
    def saved(self):
        return self.work.with_name(f"{self.name}.saved")

    @contextlib.contextmanager
    def backup_beside(self, business):
        """A backup of the business is writing packs when this begins, and still when it ends; yields
        a list that has its seconds afterwards."""
        before, began = self.shards(), time.monotonic()
        command = [self.program, "backup", business, "--quiet"]
        seconds = []
        with open(f"{self.stdout}.beside", "wb") as told, subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=told, stderr=told
        ) as child:
            try:
                while self.shards() == before:
                    if child.poll() is not None:
                        raise Failed("the backup beside ended before it wrote a pack")
                    time.sleep(0.002)
                yield seconds
                if child.poll() is not None:
                    raise Failed("the backup beside ended first: nothing was measured")
                if child.wait() != 0:
                    raise Failed(f"the backup beside: exit {child.returncode}: {told.name}")
            finally:
                if child.poll() is None:
                    child.kill()
            seconds.append(time.monotonic() - began)

    @contextlib.contextmanager
    def disks_missing(self, count):
        missing = self.disks()[:count]
        for disk in missing:
            disk.rename(f"{disk}.away")
        try:
            yield
        finally:
            for disk in missing:
                Path(f"{disk}.away").rename(disk)


class Kopia(Contender):
    name = program = "kopia"
    variables = {
        "KOPIA_PASSWORD": PASSWORD,
        "KOPIA_CONFIG_PATH": "{work}/kopia.config",
        "KOPIA_CACHE_DIRECTORY": "{work}/cache",
        "KOPIA_LOG_DIR": "{work}/log",
        "KOPIA_CHECK_FOR_UPDATES": "false",
    }

    def create(self, _source):
        self.run("repository", "create", "filesystem", "--path", str(self.work / "repository"))

    def backup(self, source):
        # Without the maintenance that happens to run with the first snapshot: it is no part of it.
        return self.run("snapshot", "create", "--no-auto-maintenance", "--no-progress", str(source))

    def root(self, source):
        self.run("snapshot", "list", "--json", str(source))
        return json.loads(self.stdout.read_text())[-1]["rootEntry"]["obj"]

    def restore(self, source, target):
        root = self.root(source)
        return self.run("restore", "--no-progress", root, str(target)), target

    def cat(self, source, path):
        root = self.root(source)
        return self.run("show", f"{root}/{path}")


class Restic(Contender):
    name = program = "restic"
    variables = {
        "RESTIC_PASSWORD": PASSWORD,
        "RESTIC_REPOSITORY": "{work}/repository",
        "RESTIC_CACHE_DIR": "{work}/cache",
    }

    def create(self, _source):
        self.run("init", "--quiet")

    def backup(self, source):
        return self.run("backup", "--quiet", "--compression", "off", str(source))


class Borg(Contender):
    name = program = "borg"
    variables = {
        "BORG_PASSPHRASE": PASSWORD,
        "BORG_BASE_DIR": "{work}",
        "BORG_REPO": "{work}/repository",
    }
    snapshots = 0

    def create(self, _source):
        self.run("init", "--encryption", "repokey-blake2")

    def backup(self, source):
        self.snapshots += 1
        return self.run("create", "--compression", "none", f"::{self.snapshots}", str(source))


class Floor(Contender):
    """The work that no backup can do without: tools/bench_floor.cpp."""

    name = "floor"

    def version(self):
        return "the least work"

    def create(self, _source):
        for number in range(DISKS):
            (self.work / str(number)).mkdir()

    def backup(self, source):
        outputs = [str(self.work / str(number)) for number in range(DISKS)]
        return self.run("--input", str(source), "--geometry", self.geometry, "--output", *outputs)


class ShardsFloor(Contender):
    """The work that no scrub and no heal can do without: tools/bench_shards.cpp."""

    name = "floor"

    def scrub(self, disks):
        return self.run("scrub", *map(str, disks))

    def heal(self, disks):
        self.fresh(None)
        try:
            return self.run("heal", str(self.work), *map(str, disks))
        finally:
            self.discard()

    def create(self, _source):
        pass


class Listing(Contender):
    """What no backup that finds changes by looking can do without: names and times of all files."""

    name = program = "find"

    def backup(self, source):
        return self.run(str(source), "-printf", "%P %s %T@ %C@ %i\n")
