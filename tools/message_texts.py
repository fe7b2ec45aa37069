# SPDX-License-Identifier: Apache-2.0
"""The texts of firmware/messages as flat tables of key and text, and what is wrong with them."""

import re
import tomllib
from pathlib import Path


def flatten(table, prefix=""):
    """{"cli.done": text} of nested TOML tables."""
    flat = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def load(path):
    return flatten(tomllib.loads(Path(path).read_text(encoding="utf-8")))


def placeholders(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def differences(english, chinese):
    """What keeps the two languages from being one table."""
    found = [f"{key}: only in one language" for key in sorted(english.keys() ^ chinese.keys())]
    for key in sorted(english.keys() & chinese.keys()):
        texts = (english[key], chinese[key])
        if not all(isinstance(text, str) and text.strip() for text in texts):
            found.append(f"{key}: not a text, or empty")
        elif placeholders(texts[0]) != placeholders(texts[1]):
            found.append(f"{key}: the languages have different placeholders")
        elif any(re.search(r"[{}]", re.sub(r"\{\w+\}", "", text)) for text in texts):
            found.append(f"{key}: a brace that belongs to no placeholder")
    return found
