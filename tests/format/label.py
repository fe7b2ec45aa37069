# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 7: who is a member of the pool."""

from dataclasses import dataclass

from encoding import Parser, digest, require, verify

MEMBER, LEAVING, RETIRED, LOST = 1, 2, 3, 4
MAX_RECORD = 64 << 10


@dataclass
class Label:
    record: bytes
    pool: bytes
    box: bytes
    incarnation: int
    epoch: int
    k: int
    m: int
    members: dict  # disk id: state
    signer: bytes
    disk: bytes

    def quorum(self):
        """So many members must hold what is stored as copies."""
        return self.m + 1


def parse_members(fields):
    count = fields.u16()
    require(1 <= count <= 32, "number of members")
    fields.zero(2)
    members = {}
    for _ in range(count):
        disk, state = fields.take(16), fields.u8()
        require(MEMBER <= state <= LOST, "state of a member")
        fields.zero(3)
        fields.take(4 + 8 + 8)  # slot, capacity, when it joined
        fields.text(1024)
        fields.text(255)
        require(disk not in members, "a member twice")
        members[disk] = state
    return members


def parse_label(data):
    require(len(data) <= MAX_RECORD + 200, "label over its cap")
    fields = Parser(data)
    fields.head(b"HF.LABEL", 1)
    fields.suite()
    fields.zero(1)
    size = fields.u32()
    pool, box, incarnation = fields.take(16), fields.take(16), fields.u32()
    fields.zero(4)
    epoch = fields.u64()
    fields.take(32 + 32)  # nonce, digest of the record before
    policy, k, m, flags = fields.u8(), fields.u8(), fields.u8(), fields.u8()
    require(policy <= 2 and flags <= 1, "policy or flags")
    fields.take(8 + 8)  # reserve, spare
    members = parse_members(fields)
    signer = fields.take(32)
    verify(signer, "holdfast label v1", data[: fields.position], fields.take(64))
    require(fields.position == size <= MAX_RECORD, "size of the record")
    disk = fields.take(16)
    record = data[:size]
    verify(signer, "holdfast label disk v1", digest(record) + disk, fields.take(64))
    fields.crc()
    fields.end()
    require(disk in members, "the label names no member")
    return Label(record, pool, box, incarnation, epoch, k, m, members, signer, disk)
