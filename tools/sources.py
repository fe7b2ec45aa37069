# SPDX-License-Identifier: Apache-2.0
"""The project's own files, for the checks in this folder."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPP_FOLDERS = ("hal", "firmware", "ui-lcd", "tests", "tools")
NOT_OURS = {"build", ".git", ".cache", "__pycache__", "node_modules"}


def files(root=ROOT, below=""):
    """Every file below root/below that is not built or fetched, in a fixed order."""
    found = []
    for path in sorted((Path(root) / below).rglob("*")):
        if path.is_file() and not NOT_OURS.intersection(path.relative_to(root).parts):
            found.append(path)
    return found


def tracked_files():
    """What git keeps of the project; every file if this is no clone but an unpacked archive."""
    git = ["git", "-C", str(ROOT)]
    top = subprocess.run([*git, "rev-parse", "--show-toplevel"], capture_output=True, check=False)
    if Path(top.stdout.decode().strip()) != ROOT:
        return files()
    listed = subprocess.run([*git, "ls-files", "-z"], capture_output=True, check=True).stdout
    paths = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def cpp_files(root=ROOT):
    return [
        path
        for folder in CPP_FOLDERS
        for path in files(root, folder)
        if path.suffix in (".h", ".cpp")
    ]


TOKEN = re.compile(
    r"""(?P<raw>R"(?P<mark>[^()\s]{0,16})\(.*?\)(?P=mark)")"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)""",
    re.S,
)


def without_comments(text, keep_strings=False):
    """C++ text with comments (and the insides of strings) blanked; line numbers stay."""

    def blank(match):
        if match["comment"] is None and keep_strings:
            return match[0]
        lines = "\n" * match[0].count("\n")
        return " " + lines if match["comment"] is not None else '""' + lines

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
