#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads Holdfast's disks without Holdfast: written from docs/formats.md alone.

  reader.py --passphrase-file FILE list DISK...                   every snapshot, as JSON
  reader.py --passphrase-file FILE restore BUSINESS N TARGET DISK...

Writes nothing on the disks. Exit code 0: all is right; 4: all was read, and files were found
damaged; 5: something is lost. What is damaged or lost is named on standard error."""

import argparse
import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from encoding import Damaged, Lost
from store import Store
from tree import DIRECTORY, FIFO, GONE, REGULAR, SYMLINK

TYPES = ("regular", "directory", "symlink", "fifo", "socket", "character", "block")


def shown(path):
    """As in listings: what is not UTF-8, control characters and backslashes are escaped."""
    parts = []
    for letter in path.decode(errors="surrogateescape"):
        if letter == "\\":
            parts.append("\\\\")
        elif ord(letter) < 32 or 127 <= ord(letter) < 160 or "\udc80" <= letter <= "\udcff":
            escaped = letter.encode(errors="surrogateescape")
            parts += [f"\\x{byte:02x}" for byte in escaped]
        else:
            parts.append(letter)
    return "".join(parts)


def listed(business, item):
    """What a listing has of one item; reads its content."""
    line = {"path": shown(item.path), "type": TYPES[item.type - 1], "mode": f"{item.mode:04o}"}
    if item.type != SYMLINK:
        line["mtime"] = item.mtime
    if item.type == REGULAR:
        content = business.content(item)
        line["size"] = item.size
        line["sha256"] = hashlib.sha256(content).hexdigest()
        line["links"] = item.links
    if item.type == SYMLINK:
        line["target"] = shown(item.target)
    if item.flags & GONE:
        line["gone"] = True
    return line


def listing(business, number):
    snapshot = business.snapshot(number)
    return {
        "number": number,
        "complete": snapshot.state == 1,
        "tags": snapshot.tags,
        "held": snapshot.held,
        "items": [listed(business, item) for item in snapshot.items],
    }


def listing_of_store(store):
    return {
        name: [listing(business, number) for number in business.snapshots]
        for name, business in store.businesses.items()
    }


def same_file(item):
    """Equal for all names of one file: all but the path."""
    return repr(replace(item, path=b""))


def write_item(business, item, path, linked):
    """Makes one item; modes and times come later, when nothing is put in folders any more."""
    if item.type == DIRECTORY:
        os.makedirs(path, exist_ok=True)
    elif item.type == SYMLINK:
        os.symlink(item.target, path)
    elif item.type == FIFO:
        os.mkfifo(path)
    elif item.type == REGULAR and item.links > 1 and same_file(item) in linked:
        os.link(linked[same_file(item)], path)
    elif item.type == REGULAR:
        Path(os.fsdecode(path)).write_bytes(business.content(item))
        linked[same_file(item)] = path
    else:
        raise Lost(f"{shown(item.path)}: this reader makes no sockets and devices")


def write_status(item, path):
    for name, value in item.attributes.items():
        os.setxattr(path, name, value, follow_symlinks=False)
    if os.geteuid() == 0:
        os.chown(path, item.uid, item.gid, follow_symlinks=False)
    if item.type != SYMLINK:
        os.chmod(path, item.mode)
    os.utime(path, ns=(item.mtime, item.mtime), follow_symlinks=False)


def restore(business, number, target, gone=False):
    """Writes a snapshot below `target`, which is made. Gives what is lost: (path, complaint)."""
    os.makedirs(target)
    lost, made, linked = [], [], {}
    for item in business.snapshot(number).items:
        if item.flags & GONE and not gone:
            continue
        path = os.path.join(os.fsencode(target), item.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            write_item(business, item, path, linked)
        except (Damaged, Lost) as error:
            lost.append((shown(item.path), str(error)))
            continue
        made.append((item, path))
    for item, path in reversed(made):
        write_status(item, path)
    return lost


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passphrase-file", type=Path, required=True)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list").add_argument("disks", nargs="+", metavar="DISK")
    back = verbs.add_parser("restore")
    for name, kind in (("business", str), ("number", int), ("target", Path)):
        back.add_argument(name, type=kind)
    back.add_argument("disks", nargs="+", metavar="DISK")
    back.add_argument("--gone", action="store_true", help="also what is gone at the source")
    return parser.parse_args()


def run(options):
    """What is lost, and what is damaged."""
    store = Store(options.disks, options.passphrase_file.read_bytes().rstrip(b"\n"))
    lost = []
    if options.verb == "list":
        json.dump(listing_of_store(store), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        business = store.businesses[options.business]
        lost = restore(business, options.number, options.target, options.gone)
    for business in store.businesses.values():
        lost += [(business.business.name, f"entry {number}") for number in business.missing]
    return lost, store.problems


def main():
    try:
        lost, problems = run(arguments())
    except (Damaged, Lost) as error:
        lost, problems = [("these disks", str(error))], []
    for word, complaints in (("LOST", lost), ("DAMAGED", problems)):
        for where, complaint in complaints:
            print(f"{word} {where}: {complaint}", file=sys.stderr)
    sys.exit(5 if lost else 4 if problems else 0)


if __name__ == "__main__":
    main()
