# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 6: a pack put together from any k of its shards."""

import itertools
from dataclasses import dataclass

from encoding import Damaged, Lost, Parser, crc32c, digest, require

HEADER, COPY = 4096, 256
NAME_END = ".shard"


def multiplication_tables():
    """Of GF(2^8) with the polynomial 11d: tables[a][b] is a · b. 2 generates all but zero."""
    powers = [1]
    while len(powers) < 255:
        twice = powers[-1] << 1
        powers.append(twice ^ 0x11D if twice > 255 else twice)
    logarithms = {value: power for power, value in enumerate(powers)}
    tables = [bytes(256)]
    for a in range(1, 256):
        products = (powers[(logarithms[a] + logarithms[b]) % 255] for b in range(1, 256))
        tables.append(bytes([0, *products]))
    return tables


TIMES = multiplication_tables()
INVERSE = [0] + [TIMES[a].index(1) for a in range(1, 256)]


def generator_row(index, k):
    if index < k:
        return [int(column == index) for column in range(k)]
    return [INVERSE[index ^ column] for column in range(k)]


def combine(row, runs):
    """The sum of row[j] · runs[j], byte by byte."""
    total = 0
    for factor, run in zip(row, runs):
        total ^= int.from_bytes(run.translate(TIMES[factor]), "little")
    return total.to_bytes(len(runs[0]), "little")


def inverted(matrix):
    """Gauss and Jordan; rows of a generator are never dependent."""
    size = len(matrix)
    work = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if work[i][column])
        work[column], work[pivot] = work[pivot], work[column]
        scale = TIMES[INVERSE[work[column][column]]]
        work[column] = [scale[value] for value in work[column]]
        for i in range(size):
            if i != column and work[i][column]:
                factor = TIMES[work[i][column]]
                work[i] = [a ^ factor[b] for a, b in zip(work[i], work[column])]
    return [row[size:] for row in work]


def decode(runs, k):
    """k data runs from {index: run} of any k shards."""
    indexes = sorted(runs)[:k]
    matrix = inverted([generator_row(index, k) for index in indexes])
    there = [runs[index] for index in indexes]
    return [
        runs[wanted] if wanted in indexes else combine(matrix[wanted], there)
        for wanted in range(k)
    ]


@dataclass
class Shard:
    path: object
    disk: object
    shape: tuple  # all fields of the header but the index
    k: int
    m: int
    index: int
    thin: bool
    generation: int
    pack_size: int
    length: int
    leaf: int
    name: bytes
    pool: bytes
    pack_header: bytes
    data: bytes
    bad_leaves: set

    def run(self, leaf):
        return self.data[leaf * self.leaf : (leaf + 1) * self.leaf]


def parse_shard(data, path, disk):
    fields = Parser(data)
    fields.head(b"HF.SHARD", 1)
    require(fields.u8() == 1, "unknown generator")
    k, m, index, flags = fields.u8(), fields.u8(), fields.u8(), fields.u16()
    require(k >= 1 and k + m <= 32 and index < k + m and flags <= 1, "k, m, index or flags")
    generation = fields.u16()
    fields.zero(2)
    leaf, pack_size, length = fields.u32(), fields.u64(), fields.u64()
    name, pool, pack_header = fields.take(32), fields.take(16), fields.take(112)
    fields.zero(52)
    fields.crc()
    require(leaf > 0 and leaf % 64 == 0, "leaf size")
    require(length == -(-(-(-pack_size // k)) // 64) * 64, "shard length")
    fields.zero(HEADER - 256)
    content = fields.take(length)
    leaves = -(-length // leaf)
    sums = [fields.u32() for _ in range(leaves)]
    fields.expect(data[:COPY], "the copy of the header is another one")
    fields.end()
    bad = {i for i in range(leaves) if crc32c(content[i * leaf : (i + 1) * leaf]) != sums[i]}
    shape = (data[:13], data[14:252])
    head = (shape, k, m, index, bool(flags), generation, pack_size, length, leaf)
    return Shard(path, disk, *head, name, pool, pack_header, content, bad)


def numbered_name(shard):
    return f"{shard.name.hex()}-{shard.generation:04x}-{shard.index:02x}{NAME_END}"


def groups_of(shards, pack_size):
    """Shards that belong together, the group to be believed first in front."""
    groups = {}
    for shard in shards:
        groups.setdefault(shard.shape, {})[shard.index] = shard

    def rank(group):
        one = next(iter(group.values()))
        fits = one.pack_size == pack_size and len(group) >= one.k
        return (fits, not one.thin, one.generation, len(group))
    return sorted(groups.values(), key=rank, reverse=True)


def put_together(group, name):
    """The pack, from leaves whose CRCs are right, else from any k shards."""
    first = next(iter(group.values()))
    pieces = []
    for leaf in range(-(-first.length // first.leaf)):
        runs = {i: s.run(leaf) for i, s in group.items() if leaf not in s.bad_leaves}
        if len(runs) < first.k:
            return None
        pieces.append(decode(runs, first.k))
    whole = b"".join(b"".join(runs) for runs in zip(*pieces))[: first.pack_size]
    if digest(whole) == name:
        return whole
    for indexes in itertools.combinations(sorted(group), first.k):
        data = decode({i: group[i].data for i in indexes}, first.k)
        whole = b"".join(data)[: first.pack_size]
        if digest(whole) == name:
            return whole
    return None


def compare(group, pack):
    """Shards that are not what follows from the pack."""
    first = next(iter(group.values()))
    padded = pack.ljust(first.k * first.length, b"\0")
    runs = [padded[i * first.length : (i + 1) * first.length] for i in range(first.k)]
    for index, shard in group.items():
        if combine(generator_row(index, first.k), runs) != shard.data:
            yield shard


def read_pack(shards, name, pack_size):
    """The pack, and the shards that differ from what they must be."""
    for group in groups_of(shards, pack_size):
        pack = put_together(group, name)
        if pack is not None and len(pack) == pack_size:
            return pack, list(compare(group, pack))
    raise Lost(f"pack {name.hex()}: too few good shards")


def check_place(shard, path, pool):
    """That a file has the name that its header says, in this pool."""
    require(path.name == numbered_name(shard), "the file's name is not what is in it")
    require(path.parent.name == path.name[:2], "the shard lies in another folder")
    if shard.pool != pool:
        raise Damaged("a shard of another pool")
