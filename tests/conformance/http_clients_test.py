#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The server of hal/ports/http_server.h as clients that others wrote see it: Python's http.client
over TLS, and OpenSSL's own: http_clients_test.py HTTP_SITE"""

import hashlib
import http.client
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

DEADLINE_S = 60


def check(is_true, what):
    if not is_true:
        sys.exit(f"not so: {what}")


def connect(port, context, host="127.0.0.1"):
    return http.client.HTTPSConnection(host, port, timeout=DEADLINE_S, context=context)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def one_connection(port, context, fingerprint):
    connection = connect(port, context)
    for number in range(20):
        check(ask(connection, "GET", f"/{number}") == (200, f"GET /{number} \n"), "GET")
        body = "x" * number
        check(ask(connection, "POST", "/a", body) == (200, f"POST /a {body}\n"), "POST")
        check(ask(connection, "HEAD", "/a") == (200, ""), "HEAD")
        check(ask(connection, "GET", "/pieces") == (200, "GET /pieces \n" * 3), "pieces")
    seen = hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest()
    check(seen == fingerprint, "the fingerprint")
    check(connection.sock.version() == "TLSv1.3", "TLS 1.3")
    connection.request("POST", "/", iter([b"a", b"b"]))  # chunked: it has no length
    check(connection.getresponse().status == 501, "a chunked body")
    connection.close()


def many_connections(port, context, fingerprint):
    failed = []

    def run():
        try:
            one_connection(port, context, fingerprint)
        except BaseException as error:  # of whatever kind: the thread would swallow it
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failed, f"many at once: {failed}")


def names(port, context):
    check(ask(connect(port, context, "localhost"), "GET", "/")[0] == 200, "its name")
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as raw:
        try:
            context.wrap_socket(raw, server_hostname="box.invalid")
            check(False, "the certificate is not for any name")
        except ssl.SSLCertVerificationError:
            pass


def openssl(port, certificate):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", certificate]
    command += ["-verify_return_error", "-verify_ip", "127.0.0.1", "-ign_eof", "-brief"]
    request = b"GET /openssl HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    done = subprocess.run(command, input=request, capture_output=True, timeout=DEADLINE_S)
    check(b"GET /openssl" in done.stdout and done.returncode == 0, f"openssl: {done}")


def main():
    with tempfile.TemporaryDirectory(prefix="holdfast-http-") as folder:
        certificate = Path(folder) / "certificate.pem"
        site = subprocess.Popen(
            [sys.argv[1], certificate], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            port, fingerprint = site.stdout.readline().split()
            context = ssl.create_default_context(cafile=certificate)
            one_connection(int(port), context, fingerprint)
            many_connections(int(port), context, fingerprint)
            names(int(port), context)
            openssl(int(port), certificate)
        finally:
            site.stdin.close()
            code = site.wait(DEADLINE_S)
        check(code == 0, f"it ended with {code}")


if __name__ == "__main__":
    main()
