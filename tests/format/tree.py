# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 10: the tree of items, and a delta laid over it (section 8)."""

from dataclasses import dataclass, field

from encoding import Parser, digest, require

MAX_NODE = 48 << 20
MAX_PATH = 65536
REGULAR, DIRECTORY, SYMLINK, FIFO, SOCKET, CHARACTER, BLOCK = range(1, 8)
SEVERAL_LINKS, ATTRIBUTES, GONE, SPARSE, CHANGING, UNREADABLE, NO_CONTENT = (
    1 << bit for bit in range(7)
)
ITEMS = 1


@dataclass
class Item:
    path: bytes
    type: int
    flags: int
    mode: int
    uid: int
    gid: int
    mtime: int
    ctime: int
    inode: int
    device: int
    size: int
    target: bytes = b""
    number: tuple = (0, 0)
    links: int = 1
    attributes: dict = field(default_factory=dict)
    gone_since: int = 0
    digest: bytes = b""
    chunks: list = field(default_factory=list)  # (digest, length)
    runs: list | None = None  # of a sparse item: (gap, length)

    def identity(self):
        """What a prune knows it by, with its path."""
        said = bytes([self.type])
        if self.type == SYMLINK:
            said += varint(len(self.target)) + self.target
        if self.type in (CHARACTER, BLOCK):
            said += varint(self.number[0]) + varint(self.number[1])
        if self.type == REGULAR:
            said += varint(self.size) + (self.digest or bytes(32)) + varint(len(self.runs or []))
            position = 0
            for gap, length in self.runs or []:
                said += varint(position + gap) + varint(length)
                position += gap + length
        return digest(said)

    def has_content(self):
        return self.type == REGULAR and self.size > 0 and not self.flags & NO_CONTENT


def varint(value):
    data = b""
    while value >= 0x80:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


@dataclass
class Root:
    level: int
    digest: bytes
    length: int
    items: int
    bytes: int


def sort_key(path):
    """`/` is below every other byte."""
    return path.replace(b"/", b"\0")


def is_safe(path):
    """Names between single slashes, that stay below where they are put."""
    names = path.split(b"/")
    return all(names) and b"\0" not in path and not {b".", b".."} & set(names)


def parse_root(fields):
    level = fields.u8()
    return Root(level, fields.take(32), *(fields.varint() for _ in range(3)))


class Paths:
    """Paths that share their beginning with the one before, and must rise."""

    def __init__(self):
        self.last = None

    def next(self, fields):
        shared = fields.varint()
        require(shared <= len(self.last or b""), "shares more than there is")
        path = (self.last or b"")[:shared] + fields.blob(MAX_PATH)
        require(len(path) <= MAX_PATH and is_safe(path), "no path of an item")
        require(self.last is None or sort_key(path) > sort_key(self.last), "paths must rise")
        self.last = path
        return path


def parse_content(fields, item):
    item.digest = fields.take(32)
    count = fields.varint()
    require(count <= 1_000_000, "number of chunks")
    if count == 1:
        item.chunks = [(item.digest, fields.varint())]
    else:
        item.chunks = [(fields.take(32), fields.varint()) for _ in range(count)]


def parse_item(fields, path):
    item = Item(path, fields.u8(), *(fields.varint() for _ in range(4)), *parse_rest(fields))
    require(REGULAR <= item.type <= BLOCK and item.flags < 128, "type or flags of an item")
    if item.type == SYMLINK:
        item.target = fields.blob()
    if item.type in (CHARACTER, BLOCK):
        item.number = (fields.varint(), fields.varint())
    if item.flags & SEVERAL_LINKS:
        item.links = fields.varint()
    if item.flags & ATTRIBUTES:
        count = fields.varint()
        require(count <= 16384, "number of attributes")
        item.attributes = {fields.blob(): fields.blob() for _ in range(count)}
    if item.flags & GONE:
        item.gone_since = fields.time()
    if item.has_content():
        parse_content(fields, item)
    if item.flags & SPARSE:
        item.runs = [(fields.varint(), fields.varint()) for _ in range(fields.varint())]
        require(item.runs, "sparse without runs")
    return item


def parse_rest(fields):
    times = (fields.signed_varint(), fields.signed_varint())
    return (*times, fields.varint(), fields.varint(), fields.varint())


def parse_node(data, level, kind=ITEMS):
    """Items of a leaf, (first path, child) of an index node."""
    require(len(data) <= MAX_NODE, "node over its cap")
    fields = Parser(data)
    fields.head(b"HFTN", 1)
    require(fields.u8() == level and fields.u8() == kind, "level or list of a node")
    paths, records, count = Paths(), [], fields.u32()
    require(count > 0, "a node without records")
    for _ in range(count):
        path = paths.next(fields)
        if level == 0:
            records.append(parse_item(fields, path))
        else:
            child = (fields.take(32), *(fields.varint() for _ in range(3)))
            records.append((path, Root(level - 1, *child)))
    fields.end()
    return records


def walk(root, load):
    """All items below a root, in order; load(digest, length) gives a node's bytes."""
    records = parse_node(load(root.digest, root.length), root.level)
    if root.level == 0:
        items = records
    else:
        items = []
        for first, child in records:
            below = walk(child, load)
            require(below and below[0].path == first, "first path of a child")
            items += below
    require(len(items) == root.items, "number of items")
    require(sum(item.size for item in items) == root.bytes, "number of bytes")
    return items


def parse_removed(data):
    fields, paths = Parser(data), Paths()
    count = fields.varint()
    require(count > 0, "an empty list of removed paths")
    removed = [paths.next(fields) for _ in range(count)]
    fields.end()
    return removed


def parse_pruned(data):
    """What a prune takes away: (path, identity, reason, time)."""
    fields, paths = Parser(data), Paths()
    count = fields.varint()
    require(count > 0, "an empty list of pruned items")
    pruned = []
    for _ in range(count):
        pruned.append((paths.next(fields), fields.take(32), fields.u8(), Parser.time(fields)))
        require(pruned[-1][2] == 10, "a reason that there is not")
    fields.end()
    return pruned


def lay_over(items, there, removed):
    """The items of a delta snapshot."""
    found = {item.path: item for item in items}
    require(not {item.path for item in there} & set(removed), "a path in both lists")
    for path in removed:
        found.pop(path, None)
    found.update((item.path, item) for item in there)
    return sorted(found.values(), key=lambda item: sort_key(item.path))
