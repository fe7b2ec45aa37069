# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 5: sealed chunks in a file that proves itself."""

from dataclasses import dataclass

from encoding import MAX_PLAIN, Parser, digest, hkdf, mac, open_sealed, require, unzstd

HEADER, FRAME, TRAILER = 112, 32, 32
CONTENT, META = 1, 2
# A wrap counts the other way round: key kind 1 is meta, 2 content.
WRAP_KIND = {CONTENT: 2, META: 1}


@dataclass
class Frame:
    header: bytes
    stored: int
    plain: int
    compression: int
    sealed: bytes


@dataclass
class Row:
    name: bytes
    position: int
    stored: int
    plain: int
    compression: int


@dataclass
class PackHeader:
    data: bytes
    kind: int
    epoch: int
    business: bytes
    retention: int
    salt: bytes
    commitment: bytes


def parse_header(data):
    fields = Parser(data)
    fields.head(b"HF.PACK.", 1)
    fields.suite()
    kind = fields.u8()
    require(kind in WRAP_KIND, "kind of pack")
    epoch, business, retention = fields.u32(), fields.take(16), fields.u32()
    fields.zero(4)
    salt, commitment = fields.take(32), fields.take(32)
    fields.zero(4)
    fields.crc()
    fields.end()
    return PackHeader(data, kind, epoch, business, retention, salt, commitment)


def parse_frame(pack, position, magic, ordinal):
    fields = Parser(pack)
    fields.position = position
    fields.expect(magic, "no frame where one must be")
    require(fields.u32() == ordinal, "ordinal of a frame")
    require(fields.u64() == position, "position of a frame")
    stored, plain, compression = fields.u32(), fields.u32(), fields.u8()
    require(max(stored, plain) <= MAX_PLAIN, "frame over its caps")
    require(compression == 1 or compression == 0 and stored == plain, "compression")
    fields.zero(3)
    fields.crc(position)
    header = pack[position : position + FRAME]
    return Frame(header, stored, plain, compression, fields.take(stored + 16))


class Pack:
    """A whole pack whose digest is its name, opened with the epoch key of its kind."""

    def __init__(self, data, epoch_key):
        self.data = data
        self.header = parse_header(data[:HEADER])
        info = self.header.data[:40]
        self.key = hkdf(epoch_key, self.header.salt, b"holdfast pack key v1" + info)
        commitment = hkdf(epoch_key, self.header.salt, b"holdfast pack commitment v1" + info)
        self.commitment = (commitment, self.header.commitment)
        self.rows = self.read_index(*self.read_trailer())

    def read_trailer(self):
        begin = len(self.data) - TRAILER
        require(begin >= HEADER, "too short for a pack")
        fields = Parser(self.data[begin:])
        fields.expect(b"HF.PEND.", "no trailer")
        position, count = fields.u64(), fields.u32()
        fields.zero(8)
        fields.crc()
        require(count <= 1 << 20, "number of chunks")
        return position, count

    def read_index(self, position, count):
        frame = parse_frame(self.data, position, b"HFIX", count)
        require(frame.compression == 0, "a compressed index")
        require(position + FRAME + len(frame.sealed) + TRAILER == len(self.data), "index's place")
        fields = Parser(self.open_frame(frame, count, 1))
        rows, expected = [], HEADER
        for _ in range(count):
            row = Row(fields.take(32), fields.u64(), fields.u32(), fields.u32(), fields.u8())
            fields.zero(3)
            require(row.position == expected, "chunks do not follow each other")
            expected += FRAME + row.stored + 16
            rows.append(row)
        fields.end()
        require(expected == position, "the index does not follow the last chunk")
        return rows

    def open_frame(self, frame, ordinal, what):
        nonce = ordinal.to_bytes(4, "little") + bytes([what]) + bytes(7)
        aad = self.header.data + frame.header
        return open_sealed(frame.sealed, self.key, self.commitment, aad, nonce)

    def chunk(self, ordinal, id_key):
        """The plain bytes of one chunk, whose name was compared."""
        row = self.rows[ordinal]
        frame = parse_frame(self.data, row.position, b"HFCH", ordinal)
        same = (frame.stored, frame.plain, frame.compression)
        require(same == (row.stored, row.plain, row.compression), "frame and index differ")
        plain = self.open_frame(frame, ordinal, 0)
        if frame.compression:
            plain = unzstd(plain, frame.plain)
        require(mac(id_key, digest(plain)) == row.name, "the chunk has another name")
        return plain
