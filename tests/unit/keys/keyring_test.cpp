// SPDX-License-Identifier: Apache-2.0
// The keyring: what it gives back, to whom it opens, and that no damage passes.
#include "firmware/keys/keyring.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "hal/sim/random.h"
#include "tests/support/every_damage.h"

using namespace holdfast;
using namespace holdfast::keys;

namespace {

constexpr std::uint8_t kCheap = kScryptLog2NMin;
constexpr std::size_t kSlotsOffset = 64;

// A keyring with a machine slot and a passphrase slot, and something of everything in it.
struct Fixture {
  sim::SimRandom random{1};
  SecretKey machine_key = random.key();
  ByteView passphrase = view_of("correct horse");
  Keyring keyring = Keyring::create(random);
  Bytes file;

  Fixture() {
    KeyringContent& content = keyring.content();
    content.incarnation = 3;
    content.former_signers = {{1, random.array<32>()}, {2, random.array<32>()}};
    content.pool = random.id<PoolId>();
    add_business("collection", BusinessState::live);
    add_business("old", BusinessState::removed);
    keyring.add_machine_slot(machine_key, Timestamp{5}, random).value();
    keyring.add_passphrase_slot(passphrase, Timestamp{6}, random, kCheap).value();
    file = keyring.serialize(random);
  }

  void add_business(const std::string& name, BusinessState state) {
    keyring.content().businesses.push_back({.id = random.id<BusinessId>(),
                                            .name = name,
                                            .id_key = random.key(),
                                            .mode = BusinessMode::write_only,
                                            .state = state});
  }

  [[nodiscard]] bool opens(ByteView bytes) const {
    return Keyring::open_with_machine_key(bytes, machine_key).has_value();
  }
};

ErrorCode code_of(const Result<Keyring>& result) {
  return result.error().code;
}

bool same(const SecretKey& left, const SecretKey& right) {
  return std::ranges::equal(left.view(), right.view());
}

void check_same(const Keyring& left, const Keyring& right) {
  CHECK(left.box() == right.box());
  CHECK(left.generation() == right.generation());
  CHECK(same(left.content().signing_seed, right.content().signing_seed));
  CHECK(same(left.content().box_key, right.content().box_key));
  CHECK(left.content().incarnation == right.content().incarnation);
  CHECK(left.content().pool == right.content().pool);
  CHECK(left.trusted_signers() == right.trusted_signers());
  REQUIRE(left.content().businesses.size() == right.content().businesses.size());
  for (std::size_t i = 0; i < left.content().businesses.size(); ++i) {
    const BusinessKeys& a = left.content().businesses[i];
    const BusinessKeys& b = right.content().businesses[i];
    CHECK((a.id == b.id && a.name == b.name && a.mode == b.mode && a.state == b.state));
    CHECK(same(a.id_key, b.id_key));
  }
}

}  // namespace

TEST_CASE("A keyring opens with its machine key and with its passphrase") {
  Fixture f;
  check_same(f.keyring, Keyring::open_with_machine_key(f.file, f.machine_key).value());
  check_same(f.keyring, Keyring::open_with_passphrase(f.file, f.passphrase).value());
}

TEST_CASE("Another machine key or passphrase does not open it, and says so") {
  Fixture f;
  CHECK(code_of(Keyring::open_with_machine_key(f.file, f.random.key())) == ErrorCode::wrong_key);
  CHECK(code_of(Keyring::open_with_passphrase(f.file, view_of("correct horsf"))) ==
        ErrorCode::wrong_passphrase);
  CHECK(code_of(Keyring::open_with_passphrase(f.file, {})) == ErrorCode::wrong_passphrase);
}

TEST_CASE("Without a slot of that type there is no key") {
  Fixture f;
  Keyring bare = Keyring::create(f.random);
  REQUIRE(bare.add_machine_slot(f.machine_key, Timestamp{}, f.random));
  const Bytes file = bare.serialize(f.random);
  CHECK(code_of(Keyring::open_with_passphrase(file, f.passphrase)) == ErrorCode::no_key);
}

TEST_CASE("Any of several passphrases opens it") {
  Fixture f;
  REQUIRE(f.keyring.add_passphrase_slot(view_of("second"), Timestamp{7}, f.random, kCheap));
  const Bytes file = f.keyring.serialize(f.random);
  CHECK(Keyring::open_with_passphrase(file, f.passphrase));
  CHECK(Keyring::open_with_passphrase(file, view_of("second")));
}

TEST_CASE("Slots survive a change made without their secrets, and the generation rises") {
  Fixture f;
  CHECK(f.keyring.generation() == 1);
  Keyring opened = Keyring::open_with_machine_key(f.file, f.machine_key).value();
  opened.content().incarnation = 4;
  const Bytes next = opened.serialize(f.random);
  const Keyring by_passphrase = Keyring::open_with_passphrase(next, f.passphrase).value();
  CHECK(by_passphrase.generation() == 2);
  CHECK(by_passphrase.content().incarnation == 4);
  REQUIRE(by_passphrase.slots().size() == 2);
  CHECK(by_passphrase.slots()[0].type == SlotType::machine);
  CHECK(by_passphrase.slots()[0].number == 1);
  CHECK(by_passphrase.slots()[1].type == SlotType::passphrase);
  CHECK(by_passphrase.slots()[1].number == 2);
  CHECK(by_passphrase.slots()[1].made == Timestamp{6});
}

TEST_CASE("Two writes of one content share no sealed bytes") {
  Fixture f;
  const Bytes again = f.keyring.serialize(f.random);
  REQUIRE(again.size() == f.file.size());
  CHECK_FALSE(std::equal(again.end() - 64, again.end(), f.file.end() - 64));
}

TEST_CASE("Every flipped bit, truncation and trailing byte is found, wherever it is") {
  const Fixture f;
  test::require_every_damage_seen(f.file, [&](ByteView file) { return f.opens(file); });
}

TEST_CASE("Every flipped bit of the slot in use is found when the passphrase opens it") {
  Fixture f;
  const std::size_t first = kSlotsOffset + kSlotSize;
  for (std::size_t bit = first * 8; bit < (first + kSlotSize) * 8; bit += 3) {
    Bytes altered = f.file;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    REQUIRE_FALSE(Keyring::open_with_passphrase(altered, f.passphrase));
  }
}

TEST_CASE("Every truncation and any trailing byte is refused") {
  Fixture f;
  for (std::size_t size = 0; size < f.file.size(); ++size) {
    const ByteView part = ByteView(f.file).first(size);
    REQUIRE(code_of(Keyring::open_with_machine_key(part, f.machine_key)) == ErrorCode::truncated);
    REQUIRE(read_keyring_head(part).error().code == ErrorCode::truncated);
  }
  f.file.push_back(0);
  CHECK(code_of(Keyring::open_with_machine_key(f.file, f.machine_key)) == ErrorCode::damaged);
}

TEST_CASE("A file that is not for this reader is refused by what is wrong with it") {
  Fixture f;
  const auto with = [&](std::size_t offset, std::uint8_t value) {
    Bytes altered = f.file;
    altered[offset] = value;
    return code_of(Keyring::open_with_machine_key(altered, f.machine_key));
  };
  CHECK(with(0, 'X') == ErrorCode::bad_magic);
  CHECK(with(8, 2) == ErrorCode::damaged);  // a version that was not written so
  CHECK(with(8, 3) == ErrorCode::unsupported_version);
  CHECK(with(10, 2) == ErrorCode::unsupported_suite);
  CHECK(with(11, 0) == ErrorCode::damaged);
  CHECK(with(11, 17) == ErrorCode::damaged);
  CHECK(with(12, 1) == ErrorCode::damaged);
  CHECK(with(63, 1) == ErrorCode::damaged);
  CHECK(with(kSlotsOffset + 20, 1) == ErrorCode::damaged);
  CHECK(with(f.file.size() - 1, 0xff) == ErrorCode::damaged);
}

TEST_CASE("A slot's number must not repeat") {
  Fixture f;
  f.file[kSlotsOffset + kSlotSize + 4] = 1;
  CHECK_FALSE(read_keyring_head(f.file));
}

TEST_CASE("Scrypt costs that would block the box are refused before scrypt runs") {
  Fixture f;
  const std::size_t log2_n = kSlotsOffset + kSlotSize + 1;
  for (const std::uint8_t hostile : Bytes{0, 9, 21, 63, 64, 255}) {
    f.file[log2_n] = hostile;
    CHECK(code_of(Keyring::open_with_passphrase(f.file, f.passphrase)) ==
          ErrorCode::limit_exceeded);
  }
  f.file[log2_n] = kCheap;
  for (const std::size_t parameter : {log2_n + 1, log2_n + 2}) {
    Bytes altered = f.file;
    altered[parameter] = 0xff;
    CHECK(code_of(Keyring::open_with_passphrase(altered, f.passphrase)) == ErrorCode::damaged);
  }
}

TEST_CASE("A payload that claims to be larger than the cap is refused") {
  Fixture f;
  const std::size_t size = kSlotsOffset + 2 * kSlotSize + 64;
  f.file[size + 3] = 1;
  CHECK(code_of(Keyring::open_with_machine_key(f.file, f.machine_key)) ==
        ErrorCode::limit_exceeded);
}

TEST_CASE("A slot opens for its own box only") {
  Fixture f;
  const SecretKey root_key = f.random.key();
  const BoxId box = f.random.id<BoxId>();
  const SlotBytes slot =
      make_slot(SlotInfo{}, box, f.machine_key.view(), 0, root_key, f.random).value();
  CHECK(same(open_slot(slot, box, f.machine_key.view()).value(), root_key));
  CHECK(open_slot(slot, f.random.id<BoxId>(), f.machine_key.view()).error().code ==
        ErrorCode::damaged);
}

TEST_CASE("Unusable slots are not made") {
  Fixture f;
  const auto add = [&](std::string_view passphrase, std::uint8_t log2_n) {
    return f.keyring.add_passphrase_slot(view_of(passphrase), Timestamp{}, f.random, log2_n);
  };
  CHECK(add("", kCheap).error().code == ErrorCode::invalid_argument);
  CHECK(add("p", kScryptLog2NMin - 1).error().code == ErrorCode::invalid_argument);
  CHECK(add("p", kScryptLog2NMax + 1).error().code == ErrorCode::invalid_argument);
  while (f.keyring.slots().size() < kSlotsMax) REQUIRE(add("p", kCheap));
  CHECK(add("p", kCheap).error().code == ErrorCode::limit_exceeded);
  CHECK(f.opens(f.keyring.serialize(f.random)));
}

TEST_CASE("The head is read without any key") {
  Fixture f;
  const KeyringHead head = read_keyring_head(f.file).value();
  CHECK(head.box == f.keyring.box());
  CHECK(head.generation == 1);
}

TEST_CASE("Trusted are the own signer first, then the former ones") {
  Fixture f;
  const auto trusted = f.keyring.trusted_signers();
  REQUIRE(trusted.size() == 3);
  CHECK(trusted[0] == Signer(f.keyring.content().signing_seed).public_key());
  CHECK(trusted[1] == f.keyring.content().former_signers[0].key);
  CHECK(trusted[2] == f.keyring.content().former_signers[1].key);
}

TEST_CASE("Only live businesses are found by name") {
  Fixture f;
  REQUIRE(f.keyring.find_business("collection") != nullptr);
  CHECK(f.keyring.find_business("collection")->id == f.keyring.content().businesses[0].id);
  CHECK(f.keyring.find_business("old") == nullptr);
  CHECK(f.keyring.find_business("none") == nullptr);
}

TEST_CASE("A keyring opens with the secret of its recovery shares and says which they are") {
  Fixture f;
  const SecretKey secret = f.random.key();
  REQUIRE(f.keyring.add_recovery_slot(secret, {2, 3}, 0x7abc, Timestamp{9}, f.random));
  const Bytes file = f.keyring.serialize(f.random);
  check_same(f.keyring, Keyring::open_with_share_secret(file, secret).value());
  CHECK(f.opens(file));
  const SlotInfo slot = f.keyring.slots().back();
  CHECK((slot.type == SlotType::recovery && slot.number == 3 && slot.made == Timestamp{9}));
  CHECK((slot.share_set == 0x7abc && slot.shares == ShareCount{2, 3}));
  CHECK(code_of(Keyring::open_with_share_secret(file, f.random.key())) == ErrorCode::wrong_key);
  CHECK(code_of(Keyring::open_with_share_secret(f.file, secret)) == ErrorCode::no_key);
}

TEST_CASE("A recovery slot with an impossible count or set is damaged") {
  Fixture f;
  REQUIRE(f.keyring.add_recovery_slot(f.random.key(), {2, 3}, 1, Timestamp{9}, f.random));
  const Bytes file = f.keyring.serialize(f.random);
  const std::size_t slot = kSlotsOffset + 2 * kSlotSize;
  struct Wrong {
    std::size_t offset;
    std::uint8_t value;
  };
  for (const Wrong wrong : {Wrong{17, 0x80}, {18, 0}, {18, 4}, {18, 1}, {19, 17}, {19, 1}}) {
    CAPTURE(wrong.offset, int{wrong.value});
    Bytes altered = file;
    altered[slot + wrong.offset] = wrong.value;
    CHECK(code_of(Keyring::open_with_machine_key(altered, f.machine_key)) == ErrorCode::damaged);
  }
}

namespace {

// The fixture's keyring with shares, in which slot 2 (the passphrase) was removed.
struct Removal : Fixture {
  SecretKey secret = random.key();
  Bytes before;
  Bytes after;

  Removal() {
    keyring.add_recovery_slot(secret, {2, 3}, 77, Timestamp{9}, random).value();
    before = keyring.serialize(random);
    after = without_passphrase(keyring);
  }

  [[nodiscard]] static KeptSlot kept(std::uint32_t number, ByteView credential) {
    return {number, SecretBytes(Bytes(credential.begin(), credential.end()))};
  }
  Bytes without_passphrase(Keyring& from) {
    std::vector<KeptSlot> slots;
    slots.push_back(kept(1, machine_key.view()));
    slots.push_back(kept(3, secret.view()));
    from.renew(slots, random).value();
    return from.serialize(random);
  }
};

}  // namespace

TEST_CASE("A removed slot opens nothing any more, and those that stay open all there was") {
  Removal f;
  CHECK(code_of(Keyring::open_with_passphrase(f.after, f.passphrase)) == ErrorCode::no_key);
  const Keyring old = Keyring::open_with_machine_key(f.before, f.machine_key).value();
  const Keyring opened = Keyring::open_with_machine_key(f.after, f.machine_key).value();
  check_same(f.keyring, opened);
  check_same(f.keyring, Keyring::open_with_share_secret(f.after, f.secret).value());
  CHECK(opened.generation() == old.generation() + 1);
  CHECK(same(opened.content().signing_seed, old.content().signing_seed));
  CHECK(same(opened.content().businesses[0].id_key, old.content().businesses[0].id_key));
  const auto slots = opened.slots();
  REQUIRE(slots.size() == 2);
  CHECK((slots[0].number == 1 && slots[0].made == Timestamp{5}));
  CHECK((slots[1].number == 3 && slots[1].made == Timestamp{9} && slots[1].share_set == 77));
}

TEST_CASE("What was removed gives no root key that opens the next keyring") {
  Removal f;
  const auto root_key = [&](const Bytes& file, std::size_t place, ByteView credential) {
    SlotBytes slot;
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(kSlotsOffset + place * kSlotSize),
                kSlotSize, slot.begin());
    return open_slot(slot, f.keyring.box(), credential).value();
  };
  const SecretKey removed = root_key(f.before, 1, f.passphrase);
  CHECK(same(removed, root_key(f.before, 0, f.machine_key.view())));
  CHECK_FALSE(same(removed, root_key(f.after, 0, f.machine_key.view())));
  CHECK_FALSE(same(removed, root_key(f.after, 1, f.secret.view())));
}

TEST_CASE("A removal makes a new box key, and the keyring keeps the former ones") {
  Removal f;
  const Keyring old = Keyring::open_with_machine_key(f.before, f.machine_key).value();
  const Bytes last = f.without_passphrase(f.keyring);
  const Keyring opened = Keyring::open_with_machine_key(last, f.machine_key).value();
  const auto& former = opened.content().former_box_keys;
  REQUIRE(former.size() == 2);
  CHECK(same(former[1], old.content().box_key));
  CHECK_FALSE(same(former[0], former[1]));
  CHECK_FALSE(same(opened.content().box_key, former[0]));
}

TEST_CASE("A slot of a removed number has another number, also after the last one was removed") {
  Removal f;
  std::vector<KeptSlot> slots;
  slots.push_back(Removal::kept(1, f.machine_key.view()));
  REQUIRE(f.keyring.renew(slots, f.random));
  Keyring opened =
      Keyring::open_with_machine_key(f.keyring.serialize(f.random), f.machine_key).value();
  REQUIRE(opened.add_passphrase_slot(view_of("new"), Timestamp{}, f.random, kCheap));
  CHECK(opened.slots().back().number == 4);
}

TEST_CASE("Of a full keyring no number is given again, however often it is recovered") {
  Fixture f;
  while (f.keyring.slots().size() < kSlotsMax) {
    REQUIRE(f.keyring.add_passphrase_slot(view_of("p"), Timestamp{}, f.random, kCheap));
  }
  for (std::uint32_t number = kSlotsMax + 1; number < kSlotsMax + 4; ++number) {
    f.keyring.begin_incarnation(f.random);
    REQUIRE(f.keyring.add_machine_slot(f.machine_key, Timestamp{}, f.random));
    CHECK(f.keyring.slots().back().number == number);
    f.keyring =
        Keyring::open_with_machine_key(f.keyring.serialize(f.random), f.machine_key).value();
  }
}

TEST_CASE("Keyrings of before and after a removal tell which of them is newer") {
  Removal f;
  const Keyring old = Keyring::open_with_machine_key(f.before, f.machine_key).value();
  Keyring now = Keyring::open_with_machine_key(f.after, f.machine_key).value();
  const Bytes last = f.without_passphrase(now);
  CHECK(old.generation_of(f.before) == 2U);
  CHECK(old.generation_of(f.after) == 3U);  // neither has a key in common with the other
  CHECK(old.generation_of(last) == 4U);
  CHECK(now.generation_of(f.before) == 2U);
  CHECK(now.generation_of(f.after) == 3U);
  CHECK(now.generation_of(last) == 4U);

  SECTION("where both follow one that neither is") {
    Keyring other = Keyring::open_with_machine_key(f.before, f.machine_key).value();
    other.raise_generation(9);
    const Bytes branch = f.without_passphrase(other);
    CHECK(now.generation_of(branch) == 10U);
    CHECK(other.generation_of(last) == 4U);
  }
  SECTION("but not one with another generation written into it, nor a stranger's") {
    Bytes altered = last;
    altered[16] = 99;
    CHECK_FALSE(old.generation_of(altered));
    CHECK_FALSE(now.generation_of(altered));
    CHECK(Keyring::create(f.random).generation_of(last) == std::nullopt);
  }
}

TEST_CASE("Every flipped bit and every truncation of a keyring after a removal is found") {
  Removal f;
  test::require_every_damage_seen(f.after, [&](ByteView file) { return f.opens(file); });
  for (std::size_t size = 0; size < f.after.size(); ++size) {
    const ByteView part = ByteView(f.after).first(size);
    REQUIRE(code_of(Keyring::open_with_machine_key(part, f.machine_key)) == ErrorCode::truncated);
  }
}

TEST_CASE("With a wrong credential for a slot that stays nothing is changed") {
  Removal f;
  std::vector<KeptSlot> slots;
  slots.push_back(Removal::kept(1, f.machine_key.view()));
  slots.push_back(Removal::kept(3, f.random.key().view()));
  Keyring opened = Keyring::open_with_machine_key(f.before, f.machine_key).value();
  CHECK(opened.renew(slots, f.random).error().code == ErrorCode::wrong_key);
  CHECK(opened.slots().size() == 3);
  CHECK(opened.content().former_box_keys.empty());
  CHECK(Keyring::open_with_passphrase(opened.serialize(f.random), f.passphrase));
}

TEST_CASE("A keyring that nothing was removed from is readable by an older version") {
  Fixture f;
  CHECK(f.file[8] == 1);
  const Removal removal;
  CHECK(removal.before[8] == 1);
  CHECK(removal.after[8] == 2);
}

TEST_CASE("There is an end to removals") {
  Fixture f;
  for (std::size_t i = 0; i < kRemovalsMax; ++i) {
    std::vector<KeptSlot> slots;
    slots.push_back(Removal::kept(1, f.machine_key.view()));
    REQUIRE(f.keyring.renew(slots, f.random));
  }
  f.keyring = Keyring::open_with_machine_key(f.keyring.serialize(f.random), f.machine_key).value();
  std::vector<KeptSlot> slots;
  slots.push_back(Removal::kept(1, f.machine_key.view()));
  CHECK(f.keyring.renew(slots, f.random).error().code == ErrorCode::limit_exceeded);
}
