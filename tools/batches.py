# SPDX-License-Identifier: Apache-2.0
"""Sources that can be read as one. Most of the time of whatever reads C++ goes into headers, so the
check by clang-tidy and the sanitized build trees take several sources as one translation unit."""

import functools
import re

from sources import ROOT

BATCH_SIZE = 16
DEFINITION = re.compile(
    r"^(?![#/}\s]|namespace|using namespace)"
    r"(?:.*?\b(?:struct|class|enum class|enum|using)\s+(\w+)|.*?(\w+)\s*[({=;[])",
    re.M,
)
WORD = re.compile(r"(?<![\w.:>])\w+")  # not those of a thing or a namespace that is named
COMMENT = re.compile(r"//.*")
UNNAMED = re.compile(r"^namespace \{$.*?^\}  // namespace$", re.M | re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def reach(path, seen):
    """Adds to `seen` the source and every header of ours that it includes, however deep."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_text()):
        reach(ROOT / name, seen)


def names_in(text):
    """What is defined, by the lines that are not indented. Too many names do no harm."""
    return {first or second for first, second in DEFINITION.findall(text)} - {"TEST_CASE"}


@functools.cache
def given_by(header):
    return names_in(header.read_text())


@functools.cache
def words_in(path):
    return set(WORD.findall(COMMENT.sub("", path.read_text())))


def names_of(path):
    """Those that a source has for itself, and those that mean something to it."""
    headers = set()
    reach(path, headers)
    headers.remove(path)
    own = names_in("\n".join(UNNAMED.findall(path.read_text())))
    return own, words_in(path).union(*map(given_by, headers))


def batches_of(sources):
    """Of pairs of a path and a kind. Those of a batch are of one kind, and no name that one of them
    has for itself means anything to another."""
    batches = []
    for path, kind in sources:
        own, known = names_of(path)
        for batch in batches:
            if (
                batch["kind"] == kind
                and len(batch["paths"]) < BATCH_SIZE
                and batch["own"].isdisjoint(known)
                and batch["known"].isdisjoint(own)
            ):
                batch["paths"].append(path)
                batch["own"] |= own
                batch["known"] |= known
                break
        else:
            batches.append({"kind": kind, "paths": [path], "own": own, "known": known})
    return batches
