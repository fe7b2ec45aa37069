# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md, sections 3 and 4: the keyring and the wraps of epoch keys."""

import functools
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from encoding import Damaged, Parser, hkdf, mac, open_with, require, verify

PASSPHRASE = 2
KINDS = {1: "meta", 2: "content"}


@dataclass
class Slot:
    kind: int
    scrypt: tuple
    number: int
    salt: bytes
    commitment: bytes
    sealed: bytes
    aad: bytes


@dataclass
class Business:
    id: bytes
    name: str
    id_key: bytes
    mode: int
    state: int


@dataclass
class Keyring:
    generation: int
    box: bytes
    slots: list
    proofs: list
    unproved: bytes  # what each proof is of
    salt: bytes
    commitment: bytes
    sealed: bytes
    aad: bytes
    version: int
    root: bytes = b""
    box_keys: list = field(default_factory=list)  # newest first
    signers: dict = field(default_factory=dict)  # public key: incarnation
    incarnation: int = 0
    pool: bytes = b""
    businesses: list = field(default_factory=list)

    def proves(self, root):
        """Whether it says that this root key was one of its own before a slot was removed."""
        key = hkdf(root, self.box, b"holdfast keyring proof v1")
        return mac(key, self.unproved) in self.proofs


def parse_slot(data, box):
    fields = Parser(data)
    kind = fields.u8()
    require(1 <= kind <= 4, "unknown type of slot")
    scrypt = (fields.u8(), fields.u8(), fields.u8())
    number = fields.u32()
    fields.time()
    share_set = (fields.u16(), fields.u8(), fields.u8())
    fields.zero(12)
    salt, commitment, sealed = fields.take(32), fields.take(32), fields.take(48)
    fields.zero(48)
    if kind == PASSPHRASE:
        require(10 <= scrypt[0] <= 20 and scrypt[1:] == (8, 1), "scrypt outside its bounds")
    else:
        require(scrypt == (0, 0, 0), "scrypt where there is none")
    require(kind == 3 or share_set == (0, 0, 0), "shares where there are none")
    return Slot(kind, scrypt, number, salt, commitment, sealed, box + data[:96])


def parse_keyring(data):
    fields = Parser(data)
    version = fields.head(b"HF.KEYRG", 1, 2)
    fields.suite()
    slots, proofs = fields.u8(), fields.u8()
    require(1 <= slots <= 16, "number of slots")
    require(version == 2 or proofs == 0, "proofs in version 1")
    fields.zero(3)
    generation = fields.u64()
    box = fields.take(16)
    fields.zero(24)
    slots = [parse_slot(fields.take(192), box) for _ in range(slots)]
    require(len({slot.number for slot in slots}) == len(slots), "a slot number twice")
    unproved = data[: fields.position]
    proofs = [fields.take(32) for _ in range(proofs)]
    salt, commitment, size = fields.take(32), fields.take(32), fields.u32()
    require(size <= 1 << 20, "payload over its cap")
    aad = data[: fields.position]
    sealed = fields.take(size)
    fields.end()
    return Keyring(
        generation, box, slots, proofs, unproved, salt, commitment, sealed, aad, version
    )


def open_root(slot, secret):
    names = ("slot", "slot commitment")
    return open_with(secret, slot.salt, names, slot.commitment, slot.sealed, slot.aad)


@functools.cache
def stretched(passphrase, salt, log_n, r, p):
    bounds = {"maxmem": (2 << 30) - 1, "dklen": 32}
    return hashlib.scrypt(passphrase, salt=salt, n=1 << log_n, r=r, p=p, **bounds)


def roots_by_passphrase(keyring, passphrase):
    """Every root key that a slot of the passphrase gives: at most one."""
    for slot in keyring.slots:
        if slot.kind == PASSPHRASE:
            try:
                yield open_root(slot, stretched(passphrase, slot.salt, *slot.scrypt))
            except Damaged:
                continue


def parse_business(fields):
    business = Business(
        fields.take(16), fields.text(255), fields.take(32), fields.u8(), fields.u8()
    )
    require(business.mode in (1, 2) and business.state in (1, 2), "mode or state of a business")
    return business


def public_raw(private_key):
    return private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def open_payload(keyring, root):
    """Fills in what the root key opens."""
    names = ("keyring", "keyring commitment")
    plain = open_with(root, keyring.salt, names, keyring.commitment, keyring.sealed, keyring.aad)
    fields = Parser(plain)
    require(fields.u16() == keyring.version, "the payload has another version than its file")
    signer = Ed25519PrivateKey.from_private_bytes(fields.take(32))
    keyring.box_keys = [X25519PrivateKey.from_private_bytes(fields.take(32))]
    keyring.incarnation = fields.u32()
    keyring.signers = {public_raw(signer): keyring.incarnation}
    for _ in range(fields.u32()):
        incarnation = fields.u32()
        keyring.signers[fields.take(32)] = incarnation
    keyring.pool = fields.take(16)
    count = fields.u32()
    require(count <= 65536, "number of businesses")
    keyring.businesses = [parse_business(fields) for _ in range(count)]
    if keyring.version == 2:
        fields.u32()
        for _ in range(fields.u8()):
            fields.take(32)
        keys = [fields.take(32) for _ in range(fields.u8())]
        keyring.box_keys += [X25519PrivateKey.from_private_bytes(key) for key in keys]
    fields.end()
    keyring.root = root


@dataclass
class Wrap:
    kind: int
    epoch: int
    version: int
    business: bytes
    box: bytes
    recipient: bytes
    ephemeral: bytes
    commitment: bytes
    sealed: bytes
    aad: bytes
    signer: bytes


def parse_wrap(data):
    fields = Parser(data)
    fields.head(b"HF.WRAP.", 1)
    fields.suite()
    kind = fields.u8()
    require(kind in KINDS, "kind of key")
    epoch, version = fields.u32(), fields.u32()
    fields.zero(4)
    business, box = fields.take(16), fields.take(16)
    recipient, ephemeral = fields.take(32), fields.take(32)
    commitment, sealed = fields.take(32), fields.take(48)
    signer = fields.take(32)
    verify(signer, "holdfast wrap v1", data[:232], fields.take(64))
    fields.end()
    keys = (recipient, ephemeral, commitment, sealed, data[:152], signer)
    return Wrap(kind, epoch, version, business, box, *keys)


def open_wrap(wrap, keyring):
    """The epoch key, or None if the wrap is for somebody else."""
    require(wrap.box == keyring.box, "a wrap of another box")
    require(wrap.signer in keyring.signers, "a wrap by an unknown signer")
    for private in keyring.box_keys:
        if public_raw(private) == wrap.recipient:
            shared = exchange(private, wrap.ephemeral)
            salt = wrap.ephemeral + wrap.recipient
            names = ("wrap key", "wrap commitment")
            return open_with(shared, salt, names, wrap.commitment, wrap.sealed, wrap.aad)
    return None


def exchange(private, public):
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Damaged("a shared secret of zeros") from error
