# SPDX-License-Identifier: Apache-2.0
"""A whole store: some disks of a pool, opened with a passphrase. Nothing is written on them."""

import re
from dataclasses import dataclass
from pathlib import Path

from bodies import DELTA, HOLD, PRUNE, RELEASE, SNAPSHOT, TAG
from encoding import Damaged, Lost, Parser, digest, mac, require
from journal import Journal, open_entry, parse_segment
from keyring import (
    KINDS,
    open_payload,
    open_wrap,
    parse_keyring,
    parse_wrap,
    roots_by_passphrase,
)
from label import LEAVING, parse_label
from packs import WRAP_KIND, Pack, parse_header
from shards import NAME_END, check_place, parse_shard, read_pack
from tree import lay_over, walk

SEGMENT = re.compile(r"([0-9a-f]{16})(?:-([0-9a-f]{2}))?\.segment")


@dataclass
class Snapshot:
    number: int
    kind: int
    state: int
    tags: list  # set with it, and later
    held: bool
    items: list


class Store:
    """What is wrong with a file is noted in `problems` and the file is left out; what cannot be had
    without it is Lost."""

    def __init__(self, disks, passphrase):
        self.disks = [Path(disk) for disk in disks]
        self.problems = []  # (path, complaint)
        self.keyring = self.open_keyring(passphrase)
        self.labels = self.read_labels()
        self.label = self.newest_label()
        self.shards = self.read_shards()
        self.businesses = {b.name: OpenBusiness(self, b) for b in self.keyring.businesses}

    def attempt(self, path, read):
        """read(bytes of the file), or None and a problem noted."""
        try:
            return read(path.read_bytes())
        except (Damaged, OSError) as error:
            self.problems.append((path, str(error)))
            return None

    def files(self, below, disks=None):
        """(disk, path) of every file that counts below each disk."""
        for disk in self.disks if disks is None else disks:
            for path in sorted((disk / below).rglob("*")):
                if path.is_file() and path.suffix != ".tmp":
                    yield disk, path

    # --- keyring and label

    def open_keyring(self, passphrase):
        copies = []
        for disk in self.disks:
            keyring = self.attempt(disk / "keyring", parse_keyring)
            if keyring is not None:
                copies.append((disk / "keyring", keyring))
        opened = [keyring for path, keyring in copies if self.opens(path, keyring, passphrase)]
        if not opened:
            raise Lost("no copy of the keyring opens with this passphrase")
        best = max(opened, key=lambda keyring: keyring.generation)
        if any(keyring.proves(best.root) for _, keyring in copies):
            raise Lost("this passphrase was removed: a later keyring does not have it")
        return best

    def opens(self, path, keyring, passphrase):
        for root in roots_by_passphrase(keyring, passphrase):
            try:
                open_payload(keyring, root)
                return True
            except Damaged as error:
                self.problems.append((path, str(error)))
                return False
        self.problems.append((path, "no slot opens with the passphrase"))
        return False

    def read_labels(self):
        """{disk: label} of the disks whose label can be read."""
        labels = {}
        for disk in self.disks:
            copies = [self.attempt(disk / f"label.{copy}", self.trusted_label) for copy in "ab"]
            copies = [copy for copy in copies if copy is not None]
            if copies:
                labels[disk] = max(copies, key=lambda label: label.epoch)
        return labels

    def trusted_label(self, data):
        label = parse_label(data)
        signer = self.keyring.signers.get(label.signer)
        require(signer == label.incarnation, "a label by an unknown signer")
        require(label.pool == self.keyring.pool, "a label of another pool")
        require(label.box == self.keyring.box, "a label of another box")
        return label

    def newest_label(self):
        if not self.labels:
            raise Lost("no disk has a label of this pool")
        return max(self.labels.values(), key=lambda label: label.epoch)

    def members(self):
        """Disks whose copies count."""
        states = self.label.members
        return [d for d, label in self.labels.items() if states.get(label.disk, 9) <= LEAVING]

    # --- shards

    def read_shards(self):
        """{pack name: shards}, from every disk, whatever its label."""
        shards = {}
        for disk, path in self.files("packs"):
            if path.suffix == NAME_END:
                shard = self.attempt(path, lambda data: self.shard(data, path, disk))
                if shard is not None:
                    shards.setdefault(shard.name, []).append(shard)
        return shards

    def shard(self, data, path, disk):
        shard = parse_shard(data, path, disk)
        check_place(shard, path, self.keyring.pool)
        for leaf in sorted(shard.bad_leaves):
            self.problems.append((path, f"leaf {leaf}: wrong CRC"))
        return shard

    def pack_bytes(self, new_pack):
        shards = self.shards.get(new_pack.name, [])
        pack, wrong = read_pack(shards, new_pack.name, new_pack.size)
        for shard in wrong:
            if not shard.bad_leaves:
                self.problems.append((shard.path, "not what follows from its pack"))
        return pack


class OpenBusiness:
    def __init__(self, store, business):
        self.store = store
        self.business = business
        self.keys = self.read_wraps()
        self.chain, self.missing = self.read_journal()
        self.packs = {}  # pack name: Pack, or the Lost that reading it raised
        self.places = {}  # chunk name: (pack, ordinal)
        self.dropped, self.pruned = self.read_prunes()
        self.snapshots = [e.number for e in self.chain if self.is_snapshot(e)]

    # --- keys

    def read_wraps(self):
        """{(epoch, kind): key}, of each the highest version."""
        newest = {}
        members = self.store.members()
        for _, path in self.store.files(f"wraps/{self.business.id.hex()}", members):
            opened = self.store.attempt(path, lambda data: self.open_wrap(data, path))
            if opened is not None:
                where, version, key = opened
                if version >= newest.get(where, (0,))[0]:
                    newest[where] = (version, key)
        return {where: key for where, (_, key) in newest.items()}

    def open_wrap(self, data, path):
        wrap = parse_wrap(data)
        require(wrap.business == self.business.id, "a wrap of another business")
        name = f"{wrap.epoch:08x}-{KINDS[wrap.kind]}-{wrap.recipient[:8].hex()}-{wrap.version:08x}"
        require(path.name == name, "the wrap's name is not what is in it")
        key = open_wrap(wrap, self.store.keyring)
        return None if key is None else ((wrap.epoch, wrap.kind), wrap.version, key)

    def key(self, epoch, kind):
        if (epoch, kind) not in self.keys:
            raise Lost(f"no wrap gives the {KINDS[kind]} key of epoch {epoch}")
        return self.keys[epoch, kind]

    # --- journal

    def read_journal(self):
        journal = Journal(self.business.id)
        members = self.store.members()
        for disk, path in self.store.files(f"journal/{self.business.id.hex()}", members):
            entries = self.store.attempt(path, lambda data: self.segment(data, path))
            for entry in entries or []:
                journal.add(entry, disk)
        return journal.chain(self.store.label.quorum())

    def segment(self, data, path):
        name = SEGMENT.fullmatch(path.name)
        require(name is not None, "no name of a segment")
        entries, complaint, signer = parse_segment(data, self.business.id, int(name[1], 16))
        require(signer in self.store.keyring.signers, "a segment by an unknown signer")
        for entry in entries:
            known = self.store.keyring.signers.get(entry.signer)
            require(known == entry.incarnation, f"{entry.name()}: by an unknown signer")
        if complaint:
            self.store.problems.append((path, complaint))
        return entries

    def fields(self, entry):
        return open_entry(entry, self.key(entry.epoch, 1))

    # --- packs and chunks

    def open_packs(self):
        """Opens every pack that the journal names."""
        for new_pack in (pack for entry in self.chain for pack in entry.packs):
            if new_pack.name not in self.packs:
                self.packs[new_pack.name] = self.open_pack(new_pack)

    def open_pack(self, new_pack):
        try:
            data = self.store.pack_bytes(new_pack)
            header = parse_header(data[:112])
            named = (new_pack.epoch, new_pack.retention, new_pack.kind)
            require((header.epoch, header.retention, header.kind) == named, "another pack's header")
            require(header.business == self.business.id, "a pack of another business")
            pack = Pack(data, self.key(header.epoch, WRAP_KIND[header.kind]))
        except (Damaged, Lost) as error:
            return error
        for ordinal, row in enumerate(pack.rows):
            self.places.setdefault(row.name, []).append((pack, ordinal))
        return pack

    def chunk(self, plain_digest, length):
        """The chunk of a reference."""
        self.open_packs()
        name = mac(self.business.id_key, plain_digest)
        for pack, ordinal in self.places.get(name, []):
            plain = pack.chunk(ordinal, self.business.id_key)
            require(digest(plain) == plain_digest and len(plain) == length, "another chunk")
            return plain
        raise Lost(f"no pack has the chunk {plain_digest.hex()}")

    def content(self, item):
        """The bytes of a regular file, holes as zeros."""
        data = b"".join(self.chunk(*chunk) for chunk in item.chunks)
        if item.has_content():
            wanted = digest(data) if item.chunks else bytes(32)
            require(item.digest == wanted, "the item has another digest")
        if item.runs is not None:
            data = spread(data, item.runs)
            data = data.ljust(item.size, b"\0")
        require(len(data) == item.size, "the item has another size")
        return data

    # --- snapshots

    def entry(self, number):
        for entry in self.chain:
            if entry.number == number:
                return entry
        raise Lost(f"no entry {number}")

    def is_snapshot(self, entry):
        return entry.kind in (SNAPSHOT, DELTA) and (entry.number, entry.digest) not in self.dropped

    def read_prunes(self):
        """Snapshots that went, and {(path, identity): number of the last prune} of items."""
        dropped, pruned = set(), {}
        for entry in (entry for entry in self.chain if entry.kind == PRUNE):
            said = self.fields(entry)
            dropped |= {(number, identity) for number, identity, _ in said[3]}
            pruned |= {(path, what): entry.number for path, what, *_ in said.get(1, [])}
        return dropped, pruned

    def snapshot(self, number):
        entry = self.entry(number)
        require(self.is_snapshot(entry), f"{entry.name()} is no snapshot")
        fields = self.fields(entry)
        items = self.delta_items(fields) if entry.kind == DELTA else self.tree(fields.get(6))
        items = [i for i in items if self.pruned.get((i.path, i.identity()), 0) < number]
        tags, held = self.tags(entry, fields), entry.number in self.held_snapshots()
        return Snapshot(number, entry.kind, fields[1], tags, held, items)

    def tags(self, snapshot, fields):
        """Those that it was made with, then what later entries say."""
        tags = fields[10]
        for entry in (entry for entry in self.chain if entry.kind == TAG):
            said = self.fields(entry)
            if said[2] == snapshot.digest:
                tags = [other for other in tags if other != said[3]] + [said[3]] * (said[4] == 1)
        return tags

    def held_snapshots(self):
        """Numbers of snapshots under a hold that was not released."""
        standing = {}
        for entry in self.chain:
            if entry.kind == HOLD:
                said = self.fields(entry)
                standing[said[4]] = (said[1], said[2])
            elif entry.kind == RELEASE:
                standing.pop(self.fields(entry)[4], None)
        return {Parser(value).u64() for scope, value in standing.values() if scope == 3}

    def tree(self, root):
        return walk(root, self.chunk) if root else []

    def delta_items(self, fields):
        number, identity, base = fields[13]
        require(self.entry(number).digest == identity, "the full snapshot is another one")
        items = lay_over(self.tree(base), fields.get(12, []), fields.get(14, []))
        if 6 in fields:
            root = fields[6]
            require(len(items) == root.items, "number of items of the delta")
            require(sum(item.size for item in items) == root.bytes, "bytes of the delta")
        return items


def spread(data, runs):
    """Data of a sparse file at their places."""
    parts, position = [], 0
    for gap, length in runs:
        parts += [bytes(gap), data[position : position + length]]
        position += length
    require(position == len(data), "runs do not take all data")
    return b"".join(parts)
