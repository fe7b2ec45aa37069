# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 8: the journal of one business."""

from dataclasses import dataclass, field

from bodies import parse_body
from encoding import MAX_PLAIN, Damaged, Lost, Parser, digest, open_with, require, verify

KINDS = {
    1: "snapshot",
    2: "delta snapshot",
    3: "policy",
    4: "tag",
    5: "hold",
    6: "release",
    7: "prune",
    8: "receipt",
    9: "proof",
    10: "takeover",
}
MAX_SEGMENT = 256 << 20
FRAME_HEADER = 24


@dataclass
class NewPack:
    name: bytes
    size: int
    epoch: int
    retention: int
    kind: int


@dataclass
class Entry:
    kind: int
    epoch: int
    incarnation: int
    number: int
    time: int
    business: bytes
    before: bytes
    salt: bytes
    commitment: bytes
    packs: list
    signer: bytes
    digest: bytes
    aad: bytes
    sealed: bytes | None  # None: dropped by a prune
    disks: set = field(default_factory=set)

    def name(self):
        return f"entry {self.number} ({KINDS[self.kind]})"


def parse_new_pack(fields):
    pack = NewPack(fields.take(32), fields.u64(), fields.u32(), fields.u32(), fields.u8())
    fields.zero(7)
    return pack


def parse_public(public, signature, sealed, dropped):
    fields = Parser(public)
    kind = fields.u8()
    require(kind in KINDS, "unknown kind of entry")
    fields.zero(3)
    epoch, incarnation = fields.u32(), fields.u32()
    fields.zero(4)
    number, time = fields.u64(), fields.time()
    business, before = fields.take(16), fields.take(32)
    salt, commitment = fields.take(32), fields.take(32)
    sealed_size, sealed_digest = fields.u32(), fields.take(32)
    packs = [parse_new_pack(fields) for _ in range(fields.u32())]
    signer = fields.take(32)
    fields.end()
    verify(signer, "holdfast entry v1", public, signature)
    if dropped:
        require(not sealed, "a sealed part that was dropped is there")
    else:
        require(len(sealed) == sealed_size, "size of the sealed part")
        require(digest(sealed) == sealed_digest, "digest of the sealed part")
    identity = digest(b"holdfast entry v1\0", public, signature)
    head = (kind, epoch, incarnation, number, time, business, before, salt, commitment)
    return Entry(*head, packs, signer, identity, public[:80], None if dropped else sealed)


def parse_frame(fields):
    begin = fields.position
    fields.expect(b"HFEN", "no entry where one must begin")
    require(fields.u16() == 1, "unknown version of an entry")
    fields.suite()
    dropped = fields.u8()
    require(dropped <= 1, "state of the sealed part")
    public_size, sealed_size = fields.u32(), fields.u32()
    require(max(public_size, sealed_size) <= MAX_PLAIN, "entry over its caps")
    fields.zero(4)
    fields.crc(begin)
    public, signature, sealed = fields.take(public_size), fields.take(64), fields.take(sealed_size)
    fields.crc(begin)
    return parse_public(public, signature, sealed, dropped)


def parse_segment(data, business, first):
    """Entries up to what does not parse, the complaint about that if any, and who signed the
    header."""
    require(len(data) <= MAX_SEGMENT, "segment over its cap")
    fields = Parser(data)
    fields.head(b"HF.SEGMT", 1)
    fields.suite()
    fields.zero(1)
    incarnation = fields.u32()  # of the first entry; who signs may be a later one
    require(fields.take(16) == business, "a segment of another business")
    require(fields.u64() == first, "the segment's name is not its first number")
    before = fields.take(32)
    fields.time()
    signer = fields.take(32)
    verify(signer, "holdfast segment v1", data[: fields.position], fields.take(64))
    entries = []
    while fields.left():
        try:
            entry = parse_frame(fields)
            require(entry.business == business, "an entry of another business")
            require(entry.number == first + len(entries), "numbers have a gap")
            require(entry.before == before, "the entry does not follow the one before")
            require(entries or entry.incarnation == incarnation, "incarnation of the segment")
        except Damaged as error:
            return entries, f"entry {first + len(entries)}: {error}", signer
        before = entry.digest
        entries.append(entry)
    return entries, None, signer


class Journal:
    """All entries that were found anywhere, put in order."""

    def __init__(self, business):
        self.business = business
        self.found = {}  # digest: entry

    def add(self, entry, disk):
        known = self.found.setdefault(entry.digest, entry)
        known.disks.add(disk)
        if known.sealed is None:
            known.sealed = entry.sealed

    def head(self, quorum):
        """The newest entry. Of two with one number only one may have counted."""
        newest = max(entry.number for entry in self.found.values())
        heads = [entry for entry in self.found.values() if entry.number == newest]
        if len(heads) > 1:
            heads = [entry for entry in heads if len(entry.disks) >= quorum]
        if len(heads) != 1:
            raise Lost(f"the journal is forked at entry {newest}")
        return heads[0]

    def chain(self, quorum):
        """Entries from 1 to the newest, each the one that the next names; numbers of missing ones."""
        if not self.found:
            return [], []
        chain, missing = [self.head(quorum)], []
        while chain[-1].number > 1:
            before = self.found.get(chain[-1].before)
            if before is None:
                missing.append(chain[-1].number - 1)
                older = [e for e in self.found.values() if e.number < chain[-1].number - 1]
                if not older:
                    break
                before = max(older, key=lambda entry: (entry.number, len(entry.disks)))
            require(before.number < chain[-1].number, "the chain goes in circles")
            chain.append(before)
        require(chain[-1].number > 1 or not any(chain[-1].before), "entry 1 follows another")
        return chain[::-1], missing


def open_entry(entry, meta_key):
    """{tag: value} of the sealed part."""
    if entry.sealed is None:
        raise Lost(f"{entry.name()}: its sealed part was dropped")
    names = ("entry key", "entry commitment")
    plain = open_with(meta_key, entry.salt, names, entry.commitment, entry.sealed, entry.aad)
    return parse_body(entry.kind, plain)
