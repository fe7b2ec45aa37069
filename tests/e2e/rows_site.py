# SPDX-License-Identifier: Apache-2.0
"""A business of recordings and of CSV files with a row for each of them."""


def recordings_and_rows(folder, recordings="recordings", zone="UTC", more=""):
    """Its definition, up to where more parts can follow. A row has `call_id`, `start` and `file`;
    `more`: lines of the source of rows."""
    return f"""
[[source]]
path = "{folder}/{recordings}"
[[source]]
name = "rows"
type = "csv"
path = "{folder}/rows"
{more}
[source.mapping]
schema = 1
zone = "{zone}"
key = ["call_id"]
call_id = "call_id"
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
[source.mapping.recording]
folder = "{recordings}"
column = "file"
"""
