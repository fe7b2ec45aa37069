# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, section 1: integers, texts, checksums, keys, seals, signatures."""

import ctypes
import ctypes.util
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAX_PLAIN = 64 << 20


class Damaged(Exception):
    """Bytes that are not what the document says. Nothing of them may be used."""


class Lost(Exception):
    """What is asked for cannot be had from these disks."""


def require(right, what):
    if not right:
        raise Damaged(what)


class Parser:
    """Takes fields from the front of some bytes; too few of them are Damaged."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def take(self, size):
        require(size <= len(self.data) - self.position, "ends too soon")
        taken = self.data[self.position : self.position + size]
        self.position += size
        return taken

    def integer(self, size, signed=False):
        return int.from_bytes(self.take(size), "little", signed=signed)

    def u8(self):
        return self.integer(1)

    def u16(self):
        return self.integer(2)

    def u32(self):
        return self.integer(4)

    def u64(self):
        return self.integer(8)

    def time(self):
        return self.integer(8, signed=True)

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            require(shift < 70, "varint over ten bytes")
        require(value < 1 << 64 and (byte or shift == 7), "varint not in its shortest form")
        return value

    def signed_varint(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def blob(self, most=MAX_PLAIN):
        size = self.varint()
        require(size <= most, "blob over its cap")
        return self.take(size)

    def text(self, most=MAX_PLAIN):
        return utf8(self.blob(most))

    def expect(self, wanted, what):
        require(self.take(len(wanted)) == wanted, what)

    def zero(self, size):
        self.expect(bytes(size), "bytes that must be zero are not")

    def head(self, magic, *versions):
        """Magic and version; gives the version."""
        self.expect(magic, "wrong magic")
        version = self.u16()
        require(version in versions, f"unknown version {version}")
        return version

    def suite(self):
        require(self.u8() == 1, "unknown suite")

    def crc(self, begin=0):
        """The CRC of all that was taken since `begin`."""
        wanted = crc32c(self.data[begin : self.position])
        require(self.u32() == wanted, "wrong CRC")

    def left(self):
        return len(self.data) - self.position

    def end(self):
        require(self.left() == 0, "trailing bytes")


def utf8(data):
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Damaged("text that is not UTF-8") from error


def crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def hkdf(secret, salt, info):
    """32 bytes of HKDF-SHA-256: one block is enough."""
    return mac(mac(salt, secret), info, b"\x01")


def open_sealed(sealed, key, commitment, aad, nonce=bytes(12)):
    """`key` and `commitment` derive them from nothing: pairs of (derived, stored) are compared."""
    require(hmac.compare_digest(*commitment), "the commitment is another key's")
    require(len(sealed) >= 16, "no room for a tag")
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except InvalidTag as error:
        raise Damaged("the seal is broken") from error


def open_with(secret, salt, name, commitment, sealed, aad):
    """Seals of one kind: key info `NAME v1`, commitment info `NAME commitment v1`, nonce zero."""
    key, proof = (hkdf(secret, salt, f"holdfast {each} v1".encode()) for each in name)
    return open_sealed(sealed, key, (proof, commitment), aad)


def verify(public_key, context, data, signature):
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(signature, context.encode() + b"\0" + data)
    except (InvalidSignature, ValueError) as error:
        raise Damaged("the signature is wrong") from error


def zstd_library():
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    for function in (library.ZSTD_decompress, library.ZSTD_findFrameCompressedSize):
        function.restype = ctypes.c_size_t
    return library


ZSTD = zstd_library()


def unzstd(data, plain_size):
    """Exactly one frame that is no skippable one, and gives exactly so many bytes."""
    require(plain_size <= MAX_PLAIN, "plain length over its cap")
    require(data[:4] == b"\x28\xb5\x2f\xfd", "no zstd frame")
    whole = ctypes.c_size_t(len(data))
    require(ZSTD.ZSTD_findFrameCompressedSize(data, whole) == len(data), "not one zstd frame")
    plain = ctypes.create_string_buffer(max(plain_size, 1))
    size = ZSTD.ZSTD_decompress(plain, ctypes.c_size_t(plain_size), data, whole)
    require(size == plain_size, "zstd gives another length")
    return plain.raw[:plain_size]
