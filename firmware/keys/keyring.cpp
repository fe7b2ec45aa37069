// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/keyring.h"

#include <algorithm>
#include <set>
#include <utility>

#include "firmware/keys/one_time_key.h"
#include "hal/base/cipher.h"
#include "hal/base/digest.h"

namespace holdfast::keys {

namespace {

constexpr std::string_view kMagic = "HF.KEYRG";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kVersionOfRemoval = 2;
constexpr std::uint8_t kSuite = 1;
constexpr std::size_t kHeaderSize = 64;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kTagSize = 16;
constexpr std::uint64_t kPayloadSizeMax = kMiB;
constexpr Purpose kPayloadPurpose{"holdfast keyring v1", "holdfast keyring commitment v1"};
constexpr std::string_view kProofInfo = "holdfast keyring proof v1";

// The file in its parts; views point into it.
struct KeyringFile {
  KeyringHead head;
  std::uint16_t version = kVersion;
  std::vector<SlotBytes> slots;
  std::vector<SlotInfo> infos;
  ByteView proved;  // all before the proofs
  std::vector<Digest> proofs;
  ByteView salt;
  ByteView commitment;
  ByteView additional;  // all before the sealed payload
  ByteView sealed;
};

Error damaged(std::string_view what) {
  return make_error(ErrorCode::damaged, {}, {{"what", std::string(what)}});
}

struct Header {
  KeyringHead head;
  std::uint16_t version = kVersion;
  std::size_t slots = 0;
  std::size_t proofs = 0;
};

Result<Header> parse_header(ByteReader& reader) {
  Header header;
  if (reader.left() < kHeaderSize) return make_error(ErrorCode::truncated);
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  header.version = reader.u16();
  if (header.version != kVersion && header.version != kVersionOfRemoval) {
    return make_error(ErrorCode::unsupported_version, {},
                      {{"version", std::to_string(header.version)}});
  }
  if (const std::uint8_t suite = reader.u8(); suite != kSuite) {
    return make_error(ErrorCode::unsupported_suite, {}, {{"suite", std::to_string(suite)}});
  }
  header.slots = reader.u8();
  header.proofs = reader.u8();
  const bool zero = reader.zeros(3) && (header.version != kVersion || header.proofs == 0);
  header.head.generation = reader.u64();
  header.head.box.bytes = reader.array<16>();
  if (!reader.zeros(24) || !zero) return damaged("header");
  if (header.slots < 1 || header.slots > kSlotsMax) return damaged("slots");
  return header;
}

Result<void> parse_slots(ByteReader& reader, std::size_t count, KeyringFile& out) {
  std::set<std::uint32_t> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const SlotBytes slot = reader.array<kSlotSize>();
    if (!reader.ok()) return make_error(ErrorCode::truncated);
    HF_TRY(const SlotInfo info, read_slot(slot));
    if (!numbers.insert(info.number).second) return damaged("slots");
    out.slots.push_back(slot);
    out.infos.push_back(info);
  }
  return {};
}

Result<KeyringFile> parse_file(ByteView file) {
  ByteReader reader(file);
  HF_TRY(const Header header, parse_header(reader));
  KeyringFile out;
  out.head = header.head;
  out.version = header.version;
  HF_TRY(parse_slots(reader, header.slots, out));
  out.proved = file.first(file.size() - reader.left());
  for (std::size_t i = 0; i < header.proofs; ++i) {
    out.proofs.push_back({reader.array<sizeof(Digest::bytes)>()});
  }
  out.salt = reader.raw(kSaltSize);
  out.commitment = reader.raw(sizeof(Digest::bytes));
  const std::uint32_t size = reader.u32();
  if (size > kPayloadSizeMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "payload"}, {"limit", std::to_string(kPayloadSizeMax)}});
  }
  out.additional = file.first(file.size() - reader.left());
  out.sealed = reader.raw(size);
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (!reader.at_end()) return damaged("payload");
  return out;
}

// What a removal leaves in the payload beside the content.
struct Past {
  std::uint32_t next_slot = 1;
  std::vector<SecretKey> former_root_keys;
};

void write_keys(ByteWriter& writer, const std::vector<SecretKey>& keys) {
  HF_CHECK(keys.size() <= kRemovalsMax);
  writer.u8(static_cast<std::uint8_t>(keys.size()));
  for (const SecretKey& key : keys) writer.raw(key.view());
}

void write_content(ByteWriter& writer, const KeyringContent& content) {
  writer.raw(content.signing_seed.view());
  writer.raw(content.box_key.view());
  writer.u32(content.incarnation);
  writer.u32(static_cast<std::uint32_t>(content.former_signers.size()));
  for (const FormerSigner& former : content.former_signers) {
    writer.u32(former.incarnation);
    writer.raw(former.key);
  }
  writer.raw(content.pool.view());
  writer.u32(static_cast<std::uint32_t>(content.businesses.size()));
  for (const BusinessKeys& business : content.businesses) {
    HF_CHECK(business.name.size() <= kBusinessNameSizeMax);
    writer.raw(business.id.view());
    writer.text(business.name);
    writer.raw(business.id_key.view());
    writer.u8(static_cast<std::uint8_t>(business.mode));
    writer.u8(static_cast<std::uint8_t>(business.state));
  }
}

SecretBytes encode_payload(std::uint16_t version, const KeyringContent& content,
                           std::uint32_t next_slot,
                           const std::vector<SecretKey>& former_root_keys) {
  HF_CHECK(content.businesses.size() <= kBusinessesMax);
  SecretBytes payload;
  // At once, so that growing leaves no copies of keys behind.
  payload.bytes().reserve(128 + 36 * content.former_signers.size() +
                          (64 + kBusinessNameSizeMax) * content.businesses.size() +
                          SecretKey::kSize *
                              (former_root_keys.size() + content.former_box_keys.size()));
  ByteWriter writer(payload.bytes());
  writer.u16(version);
  write_content(writer, content);
  if (version == kVersionOfRemoval) {
    writer.u32(next_slot);
    write_keys(writer, former_root_keys);
    write_keys(writer, content.former_box_keys);
  }
  HF_CHECK(writer.size() + kTagSize <= kPayloadSizeMax);
  return payload;
}

SecretKey read_key(ByteReader& reader) {
  const ByteView bytes = reader.raw(SecretKey::kSize);
  return reader.ok() ? SecretKey(bytes) : SecretKey();
}

std::vector<SecretKey> read_keys(ByteReader& reader) {
  std::vector<SecretKey> keys;
  const std::size_t count = reader.u8();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) keys.push_back(read_key(reader));
  return keys;
}

bool read_business(ByteReader& reader, BusinessKeys& out) {
  out.id.bytes = reader.array<16>();
  out.name = reader.text();
  out.id_key = read_key(reader);
  const std::uint8_t mode = reader.u8();
  const std::uint8_t state = reader.u8();
  out.mode = static_cast<BusinessMode>(mode);
  out.state = static_cast<BusinessState>(state);
  return reader.ok() && out.name.size() <= kBusinessNameSizeMax && mode >= 1 && mode <= 2 &&
         state >= 1 && state <= 2;
}

struct Payload {
  KeyringContent content;
  Past past;
};

Result<KeyringContent> read_content(ByteReader& reader) {
  KeyringContent content;
  content.signing_seed = read_key(reader);
  content.box_key = read_key(reader);
  content.incarnation = reader.u32();
  const std::uint32_t former_signers = reader.u32();
  for (std::uint32_t i = 0; i < former_signers && reader.ok(); ++i) {
    const std::uint32_t incarnation = reader.u32();
    content.former_signers.push_back({incarnation, reader.array<32>()});
  }
  content.pool.bytes = reader.array<16>();
  const std::uint32_t businesses = reader.u32();
  if (businesses > kBusinessesMax) return damaged("payload");
  for (std::uint32_t i = 0; i < businesses; ++i) {
    if (!read_business(reader, content.businesses.emplace_back())) return damaged("payload");
  }
  if (!reader.ok()) return damaged("payload");
  return content;
}

Result<Payload> parse_payload(const KeyringFile& file, ByteView bytes) {
  ByteReader reader(bytes);
  if (const std::uint16_t version = reader.u16(); version != file.version) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  Payload payload;
  HF_TRY(payload.content, read_content(reader));
  for (const SlotInfo& slot : file.infos) {
    payload.past.next_slot = std::max(payload.past.next_slot, slot.number + 1);
  }
  if (file.version == kVersionOfRemoval) {
    const std::uint32_t next_slot = reader.u32();
    if (next_slot < payload.past.next_slot) return damaged("payload");
    payload.past.next_slot = next_slot;
    payload.past.former_root_keys = read_keys(reader);
    payload.content.former_box_keys = read_keys(reader);
  }
  if (!reader.ok() || !reader.at_end()) return damaged("payload");
  return payload;
}

Result<Payload> open_payload(const KeyringFile& file, const SecretKey& root_key) {
  const OneTimeKey key(root_key.view(), file.salt, kPayloadPurpose);
  const auto payload = key.open(file.commitment, std::span(&file.additional, 1), file.sealed);
  // The slot has proved the root key, so another commitment is damage as well.
  if (!payload) return damaged("payload");
  return parse_payload(file, payload->view());
}

Digest proof_of(const SecretKey& root_key, const BoxId& box, ByteView proved) {
  SecretKey key;
  hkdf_sha256(root_key.view(), box.view(), view_of(kProofInfo), key.span());
  return hmac_sha256(key.view(), proved);
}

bool has_proof(const KeyringFile& file, const SecretKey& root_key) {
  if (file.proofs.empty()) return false;
  const Digest proof = proof_of(root_key, file.head.box, file.proved);
  return std::ranges::any_of(file.proofs, [&](const Digest& other) {
    return equal_constant_time(other.view(), proof.view());
  });
}

}  // namespace

Keyring Keyring::create(ports::Random& random) {
  Keyring keyring;
  keyring.box_ = random.id<BoxId>();
  keyring.root_key_ = random.key();
  keyring.content_.signing_seed = random.key();
  keyring.content_.box_key = random.key();
  return keyring;
}

Result<Keyring> Keyring::open(ByteView file, SlotType type, ByteView credential) {
  HF_TRY(const KeyringFile parsed, parse_file(file));
  Error failure = make_error(ErrorCode::no_key);
  for (std::size_t i = 0; i < parsed.slots.size(); ++i) {
    if (parsed.infos[i].type != type) continue;
    auto root_key = open_slot(parsed.slots[i], parsed.head.box, credential);
    if (!root_key) {
      failure = std::move(root_key.error());
      continue;
    }
    Keyring keyring;
    HF_TRY(Payload payload, open_payload(parsed, *root_key));
    keyring.content_ = std::move(payload.content);
    keyring.next_slot_ = payload.past.next_slot;
    keyring.former_root_keys_ = std::move(payload.past.former_root_keys);
    keyring.opened_by_ = parsed.infos[i].number;
    keyring.box_ = parsed.head.box;
    keyring.generation_ = parsed.head.generation;
    keyring.root_key_ = std::move(*root_key);
    keyring.slots_ = parsed.slots;
    return keyring;
  }
  return failure;
}

Result<Keyring> Keyring::open_with_machine_key(ByteView file, const SecretKey& key) {
  return open(file, SlotType::machine, key.view());
}

Result<Keyring> Keyring::open_with_passphrase(ByteView file, ByteView passphrase) {
  auto keyring = open(file, SlotType::passphrase, passphrase);
  if (!keyring && keyring.error().code == ErrorCode::wrong_key) {
    return make_error(ErrorCode::wrong_passphrase);
  }
  return keyring;
}

Result<Keyring> Keyring::open_with_share_secret(ByteView file, const SecretKey& secret) {
  return open(file, SlotType::recovery, secret.view());
}

Result<void> Keyring::add_slot(SlotInfo info, ByteView credential, ports::Random& random,
                               std::uint8_t scrypt_log2_n) {
  if (slots_.size() == kSlotsMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "slots"}, {"limit", std::to_string(kSlotsMax)}});
  }
  info.number = next_slot_;
  HF_TRY(const SlotBytes slot, make_slot(info, box_, credential, scrypt_log2_n, root_key_, random));
  slots_.push_back(slot);
  ++next_slot_;
  return {};
}

Result<void> Keyring::add_machine_slot(const SecretKey& machine_key, Timestamp now,
                                       ports::Random& random) {
  return add_slot({.type = SlotType::machine, .made = now}, machine_key.view(), random, 0);
}

Result<void> Keyring::add_passphrase_slot(ByteView passphrase, Timestamp now, ports::Random& random,
                                          std::uint8_t scrypt_log2_n) {
  if (passphrase.empty()) {
    return make_error(ErrorCode::invalid_argument, {}, {{"what", "passphrase"}});
  }
  if (scrypt_log2_n < kScryptLog2NMin || scrypt_log2_n > kScryptLog2NMax) {
    return make_error(ErrorCode::invalid_argument, {}, {{"what", "scrypt"}});
  }
  return add_slot({.type = SlotType::passphrase, .made = now}, passphrase, random, scrypt_log2_n);
}

Result<void> Keyring::add_recovery_slot(const SecretKey& secret, ShareCount count,
                                        std::uint16_t set, Timestamp now, ports::Random& random) {
  HF_CHECK(count.valid() && set <= kShareSetMax);
  const SlotInfo info{.type = SlotType::recovery, .made = now, .shares = count, .share_set = set};
  return add_slot(info, secret.view(), random, 0);
}

void Keyring::begin_incarnation(ports::Random& random) {
  content_.former_signers.push_back(
      {content_.incarnation, Signer(content_.signing_seed).public_key()});
  content_.signing_seed = random.key();
  ++content_.incarnation;
  if (slots_.size() < kSlotsMax) return;
  const auto is_machine = [](const SlotBytes& slot) {
    return read_slot(slot).value().type == SlotType::machine;
  };
  const auto oldest = std::ranges::find_if(slots_, is_machine);
  if (oldest != slots_.end()) slots_.erase(oldest);
}

const SlotBytes* Keyring::find_slot(std::uint32_t number) const {
  const auto found = std::ranges::find_if(
      slots_, [&](const SlotBytes& slot) { return read_slot(slot).value().number == number; });
  return found == slots_.end() ? nullptr : &*found;
}

Result<void> Keyring::check_slot(std::uint32_t number, ByteView credential) const {
  const SlotBytes* slot = find_slot(number);
  HF_CHECK(slot != nullptr);
  HF_TRY(const SecretKey root_key, open_slot(*slot, box_, credential));
  if (equal_constant_time(root_key.view(), root_key_.view())) return {};
  return damaged("slot");
}

Result<void> Keyring::renew(std::span<const KeptSlot> kept, ports::Random& random) {
  if (former_root_keys_.size() == kRemovalsMax || content_.former_box_keys.size() == kRemovalsMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "removals"}, {"limit", std::to_string(kRemovalsMax)}});
  }
  SecretKey root_key = random.key();
  std::vector<SlotBytes> slots;
  for (const KeptSlot& slot : kept) {
    HF_TRY(check_slot(slot.number, slot.credential.view()));
    const SlotBytes& old = *find_slot(slot.number);
    HF_TRY(slots.emplace_back(), make_slot(read_slot(old).value(), box_, slot.credential.view(),
                                           scrypt_cost(old), root_key, random));
  }
  slots_ = std::move(slots);
  former_root_keys_.push_back(std::exchange(root_key_, std::move(root_key)));
  content_.former_box_keys.insert(content_.former_box_keys.begin(),
                                  std::exchange(content_.box_key, random.key()));
  return {};
}

// A file that none of our root keys opens may come after a removal: then it has a proof for one.
std::optional<std::uint64_t> Keyring::generation_of(ByteView file) const {
  const auto parsed = parse_file(file);
  if (!parsed || parsed->head.box != box_) return std::nullopt;
  const auto is_proved_to = [&](const SecretKey& key) { return has_proof(*parsed, key); };
  const bool is_ours = opens(file) || is_proved_to(root_key_) ||
                       std::ranges::any_of(former_root_keys_, is_proved_to);
  if (!is_ours) return std::nullopt;
  return parsed->head.generation;
}

Result<std::vector<SlotInfo>> Keyring::slots_of(ByteView file) {
  HF_TRY(KeyringFile parsed, parse_file(file));
  return std::move(parsed.infos);
}

bool Keyring::opens(ByteView file) const {
  return incarnation_of(file).has_value();
}

std::optional<std::uint32_t> Keyring::incarnation_of(ByteView file) const {
  const auto parsed = parse_file(file);
  if (!parsed || parsed->head.box != box_) return std::nullopt;
  auto payload = open_payload(*parsed, root_key_);
  for (const SecretKey& key : former_root_keys_) {
    if (!payload) payload = open_payload(*parsed, key);
  }
  if (!payload) return std::nullopt;
  return payload->content.incarnation;
}

bool Keyring::is_followed_by(ByteView file) const {
  const auto parsed = parse_file(file);
  return parsed && parsed->head.box == box_ && has_proof(*parsed, root_key_);
}

// Two that both come after a removal open for nobody but their own: each proves what it says before
// its sealed part, and of that alone rot is told. A proof that both have shows that they differ.
bool Keyring::is_forked_by(ByteView file, ByteView own) const {
  const auto other = parse_file(file);
  const auto ours = parse_file(own);
  if (!other || !ours || other->head.box != box_ || is_equal(file, own)) return false;
  if (other->head.generation != ours->head.generation) return false;
  if (opens(file) || has_proof(*other, root_key_)) return true;
  if (is_equal(other->proved, ours->proved)) return false;
  return std::ranges::any_of(former_root_keys_, [&](const SecretKey& key) {
    return has_proof(*other, key) && has_proof(*ours, key);
  });
}

void Keyring::raise_generation(std::uint64_t generation) {
  generation_ = std::max(generation_, generation);
}

Bytes Keyring::serialize(ports::Random& random) {
  HF_CHECK(!slots_.empty() && slots_.size() <= kSlotsMax);
  ++generation_;
  std::uint32_t after_last = 1;
  for (const SlotInfo& slot : slots()) after_last = std::max(after_last, slot.number + 1);
  const bool has_removed = next_slot_ != after_last || !former_root_keys_.empty();
  const std::uint16_t version = has_removed ? kVersionOfRemoval : kVersion;
  const SecretBytes payload = encode_payload(version, content_, next_slot_, former_root_keys_);
  const auto salt = random.array<kSaltSize>();
  const OneTimeKey key(root_key_.view(), salt, kPayloadPurpose);
  Bytes file;
  ByteWriter writer(file);
  writer.raw(view_of(kMagic));
  writer.u16(version);
  writer.u8(kSuite);
  writer.u8(static_cast<std::uint8_t>(slots_.size()));
  writer.u8(static_cast<std::uint8_t>(former_root_keys_.size()));
  writer.zeros(3);
  writer.u64(generation_);
  writer.raw(box_.view());
  writer.zeros(24);
  for (const SlotBytes& slot : slots_) writer.raw(slot);
  Bytes proofs;
  for (const SecretKey& former : former_root_keys_) {
    const Digest proof = proof_of(former, box_, file);
    proofs.insert(proofs.end(), proof.bytes.begin(), proof.bytes.end());
  }
  writer.raw(proofs);
  writer.raw(salt);
  writer.raw(key.commitment().view());
  writer.u32(static_cast<std::uint32_t>(payload.view().size() + kTagSize));
  const ByteView additional = file;
  const Bytes sealed = key.seal(std::span(&additional, 1), payload.view());
  writer.raw(sealed);
  return file;
}

std::vector<SlotInfo> Keyring::slots() const {
  std::vector<SlotInfo> infos;
  for (const SlotBytes& slot : slots_) infos.push_back(read_slot(slot).value());
  return infos;
}

std::vector<PublicKey> Keyring::trusted_signers() const {
  std::vector<PublicKey> trusted{Signer(content_.signing_seed).public_key()};
  for (const FormerSigner& former : content_.former_signers) trusted.push_back(former.key);
  return trusted;
}

const BusinessKeys* Keyring::find_business(std::string_view name) const {
  const auto found = std::find_if(
      content_.businesses.begin(), content_.businesses.end(), [&](const BusinessKeys& business) {
        return business.state == BusinessState::live && business.name == name;
      });
  return found == content_.businesses.end() ? nullptr : &*found;
}

Result<KeyringHead> read_keyring_head(ByteView file) {
  HF_TRY(const KeyringFile parsed, parse_file(file));
  return parsed.head;
}

}  // namespace holdfast::keys
