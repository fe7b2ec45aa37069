# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 8: the fields of each kind of entry."""

from encoding import Parser, require, utf8
from tree import parse_node, parse_pruned, parse_removed, parse_root

SNAPSHOT, DELTA, POLICY, TAG, HOLD, RELEASE, PRUNE, RECEIPT, PROOF, TAKEOVER = range(1, 11)


def rest(fields):
    return fields.take(fields.left())


def text(fields):
    return utf8(rest(fields))


def digest(fields):
    return fields.take(32)


def one_of(*values):
    def take(fields):
        value = fields.u8()
        require(value in values, "a choice that there is not")
        return value

    return take


def chunk(fields):
    return digest(fields), fields.varint()


def counts(fields):
    return [fields.varint() for _ in range(8)]


def leaf(fields):
    return parse_node(rest(fields), 0)


def removed(fields):
    return parse_removed(rest(fields))


def pruned(fields):
    return parse_pruned(rest(fields))


def base(fields):
    """The full snapshot that a delta stands on: number, entry digest, root if it has items."""
    head = (fields.u64(), digest(fields))
    return (*head, parse_root(fields) if fields.left() else None)


def looked_at(fields):
    """Started time of the last whole look, and the paths."""
    started, paths = Parser.time(fields), []
    while fields.left():
        paths.append(fields.blob())
        require(not paths[-1].startswith(b"/") and paths[-1], "a path that is none")
    require(paths, "no path was looked at")
    return started, paths


def found(fields):
    """Whether all was looked up, and the paths that were found."""
    state, paths = one_of(1, 2)(fields), []
    while fields.left():
        paths.append(fields.blob())
        require(not paths[-1].startswith(b"/") and paths[-1], "a path that is none")
    # By names, of which a slash is lower than any other byte.
    names = [path.split(b"/") for path in paths]
    require(all(one < other for one, other in zip(names, names[1:])), "paths must rise")
    return state, paths


def many(*each):
    """A varint count of records of such fields."""

    def take(fields):
        return [tuple(part(fields) for part in each) for _ in range(fields.varint())]

    return take


U32, U64, TIME, VARINT = Parser.u32, Parser.u64, Parser.time, Parser.varint
SNAPSHOT_FIELDS = {
    1: one_of(1, 2, 3),
    2: text,
    3: TIME,
    4: TIME,
    5: counts,
    6: parse_root,
    7: parse_root,
    8: chunk,
    9: digest,
    10: text,
    11: digest,
    15: looked_at,
    16: TIME,
}
HOLD_FIELDS = {1: one_of(1, 2, 3), 2: rest, 3: text, 4: lambda fields: fields.take(16)}
FIELDS = {
    SNAPSHOT: SNAPSHOT_FIELDS,
    DELTA: {**SNAPSHOT_FIELDS, 12: leaf, 13: base, 14: removed},
    POLICY: {1: text, 2: many(VARINT, TIME), 3: text, 4: many(VARINT, VARINT)},
    TAG: {1: U64, 2: digest, 3: text, 4: one_of(1, 2)},
    HOLD: {**HOLD_FIELDS, 5: found},
    RELEASE: HOLD_FIELDS,
    PRUNE: {1: pruned, 2: many(digest, one_of(1, 2)), 3: many(U64, digest, one_of(12, 13)),
            4: TIME, 5: digest},
    RECEIPT: {1: digest, 2: U64, 3: digest, 4: TIME, 5: lambda fields: fields.take(64)},
    PROOF: {1: text, 2: Parser.u8, 3: text},
    TAKEOVER: {1: digest, 2: U64, 3: U32, 4: text},
}
MAY_BE_ABSENT = {SNAPSHOT: {*range(6, 12), 15, 16}, DELTA: {*range(6, 13), 14, 15, 16}, POLICY: {4},
                 HOLD: {5}, PRUNE: {1}}
REPEATS = {(SNAPSHOT, 10), (DELTA, 10)}


def parse_body(kind, plain):
    """{tag: value}; a tag that may repeat has a list, also an empty one."""
    fields, known, last = Parser(plain), FIELDS[kind], 0
    found = {tag: [] for of, tag in REPEATS if of == kind}
    while fields.left():
        tag = fields.u8()
        require(tag in known, f"unknown field {tag}")
        require(tag > last or tag == last and (kind, tag) in REPEATS, "tags must rise")
        last, content = tag, Parser(fields.blob())
        value = known[tag](content)
        content.end()
        if (kind, tag) in REPEATS:
            found[tag].append(value)
        else:
            found[tag] = value
    absent = set(known) - set(found) - MAY_BE_ABSENT.get(kind, set())
    require(not absent, f"fields {sorted(absent)} are not there")
    return found
