// SPDX-License-Identifier: Apache-2.0
#include "firmware/codec/sealer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

using namespace holdfast;
using namespace holdfast::codec;

namespace {

const Bytes kEpochKey(32, 1);
const Bytes kSalt(32, 2);
const ByteView kContext = view_of("business, epoch");
const ByteView kPackHeader = view_of("pack header");
const ByteView kFrameHeader = view_of("frame header");
const ByteView kPlain = view_of("a recording");

struct Pack {
  PackKeys keys = derive_pack_keys(kEpochKey, kSalt, kContext);
  Sealer sealer{keys.key, kPackHeader};

  Bytes seal(std::uint32_t ordinal, SealedKind kind) {
    Bytes out(kPlain.size() + kAeadTagSize);
    sealer.seal(ordinal, kind, kFrameHeader, kPlain, out);
    return out;
  }
};

// Whether the second seal kills the process; tried in a child, whose complaint is not shown.
bool seal_after_aborts(std::uint32_t first, std::uint32_t second) {
  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);
    Pack pack;
    pack.seal(first, SealedKind::chunk);
    pack.seal(second, SealedKind::chunk);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("A sealed frame opens in its place, by a reader of the same pack") {
  const Bytes sealed = Pack().seal(5, SealedKind::chunk);
  Bytes out(kPlain.size());
  CHECK(Pack().sealer.open(5, SealedKind::chunk, kFrameHeader, sealed, out));
  CHECK(text_of(out) == text_of(kPlain));
}

TEST_CASE("A sealed frame opens nowhere else") {
  Pack pack;
  const Bytes sealed = pack.seal(5, SealedKind::chunk);
  Bytes out(kPlain.size());
  CHECK_FALSE(pack.sealer.open(6, SealedKind::chunk, kFrameHeader, sealed, out));
  CHECK_FALSE(pack.sealer.open(5, SealedKind::index, kFrameHeader, sealed, out));
  CHECK_FALSE(pack.sealer.open(5, SealedKind::chunk, view_of("frame header, other"), sealed, out));
  Sealer other_header(pack.keys.key, view_of("other header"));
  CHECK_FALSE(other_header.open(5, SealedKind::chunk, kFrameHeader, sealed, out));
  const PackKeys other_keys = derive_pack_keys(kEpochKey, Bytes(32, 3), kContext);
  Sealer other_key(other_keys.key, kPackHeader);
  CHECK_FALSE(other_key.open(5, SealedKind::chunk, kFrameHeader, sealed, out));
}

TEST_CASE("The nonce and the additional data are laid out as documented") {
  Pack pack;
  const Bytes sealed = pack.seal(0x04030201, SealedKind::index);
  const Nonce nonce{1, 2, 3, 4, 1};
  const std::array<ByteView, 2> additional{kPackHeader, kFrameHeader};
  Bytes out(kPlain.size());
  CHECK(Aead(pack.keys.key).open(nonce, additional, sealed, out));
}

TEST_CASE("Chunks and index count by themselves, up to the last ordinal") {
  Pack pack;
  const Bytes chunk = pack.seal(0xffffffff, SealedKind::chunk);
  CHECK(pack.seal(0, SealedKind::index) != chunk);
  CHECK(pack.seal(0xffffffff, SealedKind::index) != chunk);
}

TEST_CASE("A nonce is never used twice: an ordinal that does not rise aborts") {
  CHECK(seal_after_aborts(7, 7));
  CHECK(seal_after_aborts(7, 6));
  CHECK_FALSE(seal_after_aborts(7, 8));
}

TEST_CASE("Pack keys depend on epoch key, salt and context, and are HKDF of them") {
  const auto key = [](ByteView epoch_key, ByteView salt, ByteView context) {
    return to_hex(derive_pack_keys(epoch_key, salt, context).key.view());
  };
  const std::string usual = key(kEpochKey, kSalt, kContext);
  CHECK(key(kEpochKey, kSalt, kContext) == usual);
  CHECK(key(Bytes(32, 9), kSalt, kContext) != usual);
  CHECK(key(kEpochKey, Bytes(32, 9), kContext) != usual);
  CHECK(key(kEpochKey, kSalt, view_of("other")) != usual);

  Bytes expected(32);
  hkdf_sha256(kEpochKey, kSalt, view_of("holdfast pack key v1business, epoch"), expected);
  CHECK(usual == to_hex(expected));
  hkdf_sha256(kEpochKey, kSalt, view_of("holdfast pack commitment v1business, epoch"), expected);
  CHECK(derive_pack_keys(kEpochKey, kSalt, kContext).commitment.hex() == to_hex(expected));
}
