#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts MariaDB and PostgreSQL in a scratch folder, on sockets and ports of their own, and runs the
conformance suite of hal/ports/sql.h against them: sql_servers_test.py PROGRAM [TEST...]"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

DEADLINE_S = 120
PASSWORD = "se;c}r{et x'\\"  # as in sql_servers.h


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_user(name):
    """Servers refuse to run as root; anybody else runs them as themselves."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_to(name, path):
    if os.geteuid() == 0:
        shutil.chown(path, name, name)


def quietly(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stdout}{done.stderr}")


def wait_for(probe, process):
    end = time.monotonic() + DEADLINE_S
    while subprocess.run(list(map(str, probe)), capture_output=True).returncode != 0:
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(f"the server did not start: {process.args}")
        time.sleep(0.05)


@contextmanager
def running(command, folder, user, probe):
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, cwd=folder, **as_user(user)
        )
    try:
        wait_for(probe, process)
        yield process
    finally:
        process.kill()  # nothing of it is kept
        process.wait(DEADLINE_S)


def make_certificate(folder):
    """A certificate for localhost that signs itself."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    quietly(*command, "-keyout", folder / "key.pem", "-out", folder / "certificate.pem")


def make_folder(folder, user):
    """For a server of `user`, with the certificate."""
    folder.mkdir()
    give_to(user, folder)
    for name in ("key.pem", "certificate.pem"):
        shutil.copy(folder.parent / name, folder)
        give_to(user, folder / name)
        (folder / name).chmod(0o600)


@contextmanager
def mariadb(folder):
    make_folder(folder, "mysql")
    data, door, port = folder / "data", folder / "socket", free_port()
    user = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={user}"]
    quietly(*install, "--auth-root-authentication-method=normal", "--skip-test-db")
    command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={door}"]
    command += [f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}"]
    command += ["--innodb-buffer-pool-size=64M", "--max-allowed-packet=64M"]
    command += [f"--ssl-cert={folder / 'certificate.pem'}", f"--ssl-key={folder / 'key.pem'}"]
    client = ["--no-defaults", "-uroot", "-S", door]
    with running(command, folder, "mysql", ["mariadb-admin", *client, "ping"]) as process:
        quoted = PASSWORD.replace("\\", "\\\\").replace("'", "''")
        grants = "".join(
            f"create user reader@'{host}' identified by '{quoted}';"
            f"grant all on *.* to reader@'{host}';"
            for host in ("localhost", "127.0.0.1")
        )
        quietly("mariadb", *client, "-e", grants)
        yield {
            "HOLDFAST_TEST_MARIADB_SOCKET": str(door),
            "HOLDFAST_TEST_MARIADB_PORT": str(port),
            "HOLDFAST_TEST_MARIADB_PID": str(process.pid),
        }


@contextmanager
def postgresql(folder):
    make_folder(folder, "postgres")
    # Debian keeps the programs of each version apart.
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    data, port = folder / "data", free_port()
    install = [programs / "initdb", "-D", data, "-U", "postgres", "--no-sync", "-E", "UTF8"]
    install += ["--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256"]
    quietly(*install, cwd=folder, **as_user("postgres"))
    command = [programs / "postgres", "-D", data, "-p", port, "-k", folder]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", "timezone=Asia/Shanghai"]
    command += ["-c", "fsync=off", "-c", "ssl=on", "-c", f"ssl_cert_file={folder / 'certificate.pem'}"]
    command += ["-c", f"ssl_key_file={folder / 'key.pem'}"]
    client = ["-h", folder, "-p", port]
    with running(command, folder, "postgres", ["pg_isready", *client]):
        quoted = PASSWORD.replace("'", "''")
        for statement in (
            f"create role reader login password '{quoted}'",
            "create database calls owner reader",
        ):
            quietly("psql", *client, "-U", "postgres", "-X", "-c", statement)
        yield {
            "HOLDFAST_TEST_POSTGRESQL_SOCKET": str(folder),
            "HOLDFAST_TEST_POSTGRESQL_PORT": str(port),
        }


def main():
    program, *tests = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="holdfast-sql-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        make_certificate(folder)
        with mariadb(folder / "m") as first, postgresql(folder / "p") as second:
            own = {"HOLDFAST_TEST_CA_FILE": str(folder / "certificate.pem"), "LC_ALL": "C.UTF-8"}
            # Those that kill a server come last.
            for some in [tests] if tests else [["~[killed]"], ["[killed]"]]:
                command = [program, "--warn", "NoTests", *some]
                done = subprocess.run(command, env=os.environ | first | second | own)
                if done.returncode != 0:
                    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
