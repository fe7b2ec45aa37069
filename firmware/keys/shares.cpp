// SPDX-License-Identifier: Apache-2.0
#include "firmware/keys/shares.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "firmware/keys/galois.h"
#include "firmware/keys/share_words.h"
#include "hal/base/digest.h"

namespace holdfast::keys {

namespace {

constexpr unsigned kWordBits = 10;
constexpr std::size_t kHeadWords = 4;
constexpr std::size_t kChecksumWords = 3;
constexpr std::size_t kFrameWords = kHeadWords + kChecksumWords;
constexpr std::size_t kWordsMin = 20;       // of a secret of 16 bytes
constexpr const char* kWordsOfOurs = "33";  // of one of 32 bytes
constexpr std::size_t kTextSizeMax = 4096;  // bytes
constexpr std::uint8_t kExponent = 1;       // of ours
constexpr std::uint8_t kExponentMax = 8;    // seconds to combine
constexpr std::uint8_t kSecretPlace = 255;  // where the polynomials are the value
constexpr std::uint8_t kDigestPlace = 254;  // and where they prove it
constexpr std::size_t kDigestSize = 4;
constexpr std::uint8_t kRounds = 4;
constexpr unsigned kIterationsBase = 10000;  // of all rounds

// Numbers of words, wiped when they go.
class WordNumbers {
 public:
  WordNumbers() { numbers_.reserve(kTextSizeMax); }  // never moves: no copy is left behind
  ~WordNumbers() { OPENSSL_cleanse(numbers_.data(), numbers_.capacity() * sizeof(std::uint16_t)); }
  WordNumbers(const WordNumbers&) = delete;
  WordNumbers& operator=(const WordNumbers&) = delete;
  WordNumbers(WordNumbers&&) = default;
  WordNumbers& operator=(WordNumbers&&) = delete;

  void add(std::uint64_t number) {
    HF_CHECK(numbers_.size() < kTextSizeMax);
    numbers_.push_back(static_cast<std::uint16_t>(number & ((1U << kWordBits) - 1)));
  }
  [[nodiscard]] std::span<const std::uint16_t> view() const { return numbers_; }

 private:
  std::vector<std::uint16_t> numbers_;
};

// RS1024: what the words leave when they are divided by the code's polynomial.
std::uint32_t remainder(bool extendable, std::span<const std::uint16_t> words) {
  constexpr std::array<std::uint32_t, kWordBits> kGenerator = {
      0x00e0e040, 0x01c1c080, 0x03838100, 0x07070200, 0x0e0e0009,
      0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x03f3f120};
  std::uint32_t rest = 1;
  const auto take = [&](std::uint32_t word) {
    const std::uint32_t top = rest >> 20;
    rest = ((rest & 0xfffff) << kWordBits) ^ word;
    for (unsigned bit = 0; bit < kWordBits; ++bit) {
      rest ^= kGenerator[bit] & (0U - ((top >> bit) & 1U));
    }
  };
  for (const char letter : std::string_view(extendable ? "shamir_extendable" : "shamir")) {
    take(static_cast<std::uint8_t>(letter));
  }
  for (const std::uint16_t word : words) take(word);
  return rest;
}

// 40 bits: set 15, extendable 1, exponent 4, then one group of one, index and threshold.
std::uint64_t encode_head(const Share& share) {
  std::uint64_t head = share.set;
  head = (head << 1) | (share.extendable ? 1U : 0U);
  head = (head << 4) | share.exponent;
  head = (head << 4) | 0U;  // group 1
  head = (head << 8) | 0U;  // 1 of 1 groups
  head = (head << 4) | share.index;
  return (head << 4) | (share.needed - 1U);
}

void add_value(ByteView value, WordNumbers& words) {
  const std::size_t bits = value.size() * 8;
  std::size_t held = (kWordBits - bits % kWordBits) % kWordBits;  // zeros in front
  std::uint32_t pending = 0;
  for (const std::uint8_t byte : value) {
    pending = (pending << 8) | byte;
    held += 8;
    if (held < kWordBits) continue;
    held -= kWordBits;
    words.add(pending >> held);
    pending &= (1U << held) - 1;
  }
  HF_CHECK(held == 0);
}

// The bytes behind `padding` bits, which must be zero.
std::optional<SecretBytes> take_value(std::span<const std::uint16_t> words, std::size_t padding) {
  SecretBytes value;
  value.bytes().reserve(words.size() * kWordBits / 8);
  std::uint32_t pending = 0;
  std::size_t held = 0;
  for (const std::uint16_t word : words) {
    pending = (pending << kWordBits) | word;
    held += kWordBits;
    if (padding > 0) {
      held -= padding;
      if (pending >> held != 0) return std::nullopt;
      padding = 0;
    }
    while (held >= 8) {
      held -= 8;
      value.bytes().push_back(static_cast<std::uint8_t>(pending >> held));
      pending &= (1U << held) - 1;
    }
  }
  return value;
}

SecretBytes encode_share(const Share& share) {
  WordNumbers words;
  const std::uint64_t head = encode_head(share);
  for (std::size_t i = kHeadWords; i > 0; --i) words.add(head >> (kWordBits * (i - 1)));
  add_value(share.value.view(), words);
  WordNumbers with_zeros;
  for (const std::uint16_t word : words.view()) with_zeros.add(word);
  for (std::size_t i = 0; i < kChecksumWords; ++i) with_zeros.add(0);
  const std::uint32_t checksum = remainder(share.extendable, with_zeros.view()) ^ 1U;
  for (std::size_t i = kChecksumWords; i > 0; --i) words.add(checksum >> (kWordBits * (i - 1)));

  SecretBytes line;
  line.bytes().reserve(words.view().size() * 16);
  for (const std::uint16_t word : words.view()) {
    if (!line.empty()) line.bytes().push_back(' ');
    const ByteView letters = view_of(share_word(word));
    line.bytes().insert(line.bytes().end(), letters.begin(), letters.end());
  }
  return line;
}

bool is_space(std::uint8_t byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

Error wrong_word(std::size_t number, const std::string& word) {
  return make_error(ErrorCode::share_word, {},
                    {{"number", std::to_string(number)},
                     {"word", word.substr(0, kShareWordSizeMax)},
                     {"nearest", std::string(nearest_share_word(word))}});
}

Error wrong_length(std::size_t words) {
  return make_error(ErrorCode::share_length, {},
                    {{"words", std::to_string(words)}, {"expected", kWordsOfOurs}});
}

Error wrong_form(const char* what) {
  return make_error(ErrorCode::share_form, {}, {{"what", what}});
}

Result<WordNumbers> read_words(ByteView text) {
  WordNumbers numbers;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) return numbers;
    std::string word;
    for (; at < text.size() && !is_space(text[at]); ++at) {
      const std::uint8_t letter = text[at];
      const bool upper = letter >= 'A' && letter <= 'Z';
      word.push_back(static_cast<char>(upper ? letter - 'A' + 'a' : letter));
    }
    const auto number = find_share_word(word);
    if (!number) return wrong_word(numbers.view().size() + 1, word);
    numbers.add(*number);
  }
}

// The four words in front. share_form: shares of several groups.
Result<Share> read_head(std::span<const std::uint16_t> words) {
  std::uint64_t head = 0;
  for (const std::uint16_t word : words.first(kHeadWords)) head = (head << kWordBits) | word;
  const auto nibble = [&](unsigned place) {
    return static_cast<std::uint8_t>((head >> (4 * place)) & 0xf);
  };
  Share share;
  share.needed = static_cast<std::uint8_t>(nibble(0) + 1);
  share.index = nibble(1);
  const std::uint8_t groups = nibble(2);
  const std::uint8_t groups_needed = nibble(3);
  const std::uint8_t group = nibble(4);
  share.exponent = nibble(5);
  share.extendable = ((head >> 24) & 1) != 0;
  share.set = static_cast<std::uint16_t>(head >> 25);
  if (groups != 0 || groups_needed != 0 || group != 0) return wrong_form("share groups");
  return share;
}

// Of a secret of 16 or 32 bytes.
bool is_usual(std::size_t words) {
  return words == kWordsMin || words == 33;
}

bool is_extendable(std::span<const std::uint16_t> words) {
  return ((words[1] >> 4) & 1) != 0;
}

// The encryption's salt is empty in extendable sets, whose secret does not depend on the set.
SecretBytes salt_of(const Share& share, ByteView half) {
  SecretBytes salt;
  ByteWriter writer(salt.bytes());
  salt.bytes().reserve(half.size() + 8);
  if (!share.extendable) {
    writer.raw(view_of("shamir"));
    writer.u8(static_cast<std::uint8_t>(share.set >> 8));
    writer.u8(static_cast<std::uint8_t>(share.set & 0xff));
  }
  writer.raw(half);
  return salt;
}

SecretBytes round_key(std::uint8_t round, const Share& share, ByteView passphrase, ByteView half) {
  SecretBytes password;
  password.bytes().reserve(passphrase.size() + 1);
  password.bytes().push_back(round);
  password.bytes().insert(password.bytes().end(), passphrase.begin(), passphrase.end());
  const SecretBytes salt = salt_of(share, half);
  SecretBytes key{Bytes(half.size())};
  const std::string_view letters = text_of(password.view());
  const auto iterations = static_cast<int>((kIterationsBase << share.exponent) / kRounds);
  HF_CHECK(PKCS5_PBKDF2_HMAC(letters.data(), static_cast<int>(letters.size()), salt.view().data(),
                             static_cast<int>(salt.view().size()), iterations, EVP_sha256(),
                             static_cast<int>(half.size()), key.bytes().data()) == 1);
  return key;
}

enum class Direction { encrypt, decrypt };

// A Feistel network of four rounds; backwards it is its own inverse.
SecretBytes crypt(ByteView bytes, const Share& share, ByteView passphrase, Direction direction) {
  const std::size_t half = bytes.size() / 2;
  SecretBytes left{Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(half))};
  SecretBytes right{Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(half), bytes.end())};
  for (std::uint8_t i = 0; i < kRounds; ++i) {
    const bool forwards = direction == Direction::encrypt;
    const auto round = static_cast<std::uint8_t>(forwards ? i : kRounds - 1 - i);
    const SecretBytes key = round_key(round, share, passphrase, right.view());
    for (std::size_t j = 0; j < half; ++j) left.bytes()[j] ^= key.view()[j];
    std::swap(left.bytes(), right.bytes());
  }
  SecretBytes out;
  out.bytes().reserve(bytes.size());
  ByteWriter writer(out.bytes());
  writer.raw(right.view());
  writer.raw(left.view());
  return out;
}

SecretBytes random_bytes(std::size_t size, ports::Random& random) {
  SecretBytes bytes{Bytes(size)};
  random.fill(bytes.bytes());
  return bytes;
}

// What stands in front of the random rest where the polynomials prove the value.
bool proves(ByteView place, ByteView value) {
  const Digest digest = hmac_sha256(place.subspan(kDigestSize), value);
  return equal_constant_time(digest.view().first(kDigestSize), place.first(kDigestSize));
}

SecretBytes make_proof(ByteView value, ports::Random& random) {
  const SecretBytes rest = random_bytes(value.size() - kDigestSize, random);
  const Digest digest = hmac_sha256(rest.view(), value);
  SecretBytes proof;
  proof.bytes().reserve(value.size());
  ByteWriter writer(proof.bytes());
  writer.raw(digest.view().first(kDigestSize));
  writer.raw(rest.view());
  return proof;
}

// Values of the shares 1, 2, ….
std::vector<SecretBytes> split_value(ByteView value, ShareCount count, ports::Random& random) {
  std::vector<SecretBytes> values;
  values.reserve(count.made);
  if (count.needed == 1) {
    values.emplace_back(Bytes(value.begin(), value.end()));
    return values;
  }
  const SecretBytes proof = make_proof(value, random);
  std::vector<GaloisPoint> points = {{kDigestPlace, proof.view()}, {kSecretPlace, value}};
  for (std::uint8_t x = 0; x < count.made; ++x) {
    if (x + 2 < count.needed) {
      values.push_back(random_bytes(value.size(), random));
      points.push_back({x, values.back().view()});
    } else {
      values.push_back(interpolate(points, x));
    }
  }
  return values;
}

Error misfit(ErrorCode code, std::size_t first, std::size_t second) {
  return make_error(code, {},
                    {{"first", std::to_string(first + 1)}, {"second", std::to_string(second + 1)}});
}

bool same_set(const Share& left, const Share& right) {
  return left.set == right.set && left.extendable == right.extendable &&
         left.exponent == right.exponent && left.needed == right.needed &&
         left.value.view().size() == right.value.view().size();
}

Result<void> check_fit(std::span<const Share> shares) {
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!same_set(shares[0], shares[i])) return misfit(ErrorCode::share_sets, 0, i);
    for (std::size_t j = 0; j < i; ++j) {
      if (shares[j].index != shares[i].index) continue;
      const bool same = std::ranges::equal(shares[j].value.view(), shares[i].value.view());
      return misfit(same ? ErrorCode::share_twice : ErrorCode::share_sets, j, i);
    }
  }
  return {};
}

Result<SecretBytes> combine_values(std::span<const Share> shares) {
  const std::size_t needed = shares.front().needed;
  std::vector<GaloisPoint> points;
  for (const Share& share : shares.first(needed)) {
    points.push_back({share.index, share.value.view()});
  }
  const auto fits = [&](const Share& share) {
    const SecretBytes due = interpolate(points, share.index);
    return equal_constant_time(due.view(), share.value.view());
  };
  if (!std::ranges::all_of(shares.subspan(needed), fits)) {
    return make_error(ErrorCode::shares_disagree);
  }
  if (needed == 1) {
    const ByteView value = shares.front().value.view();
    return SecretBytes(Bytes(value.begin(), value.end()));
  }
  SecretBytes value = interpolate(points, kSecretPlace);
  if (!proves(interpolate(points, kDigestPlace).view(), value.view())) {
    return make_error(ErrorCode::shares_disagree);
  }
  return value;
}

}  // namespace

bool ShareCount::valid() const {
  return needed >= 1 && needed <= made && made <= kSharesMax && (needed > 1 || made == 1);
}

SplitSecret split_secret(ByteView secret, ShareCount count, ports::Random& random) {
  constexpr std::size_t kSecretSizeMin = 16;
  HF_CHECK(count.valid() && secret.size() >= kSecretSizeMin && secret.size() % 2 == 0);
  Share share;
  const auto number = random.array<2>();
  share.set = static_cast<std::uint16_t>(((number[0] << 8) | number[1]) & kShareSetMax);
  share.exponent = kExponent;
  share.needed = count.needed;
  const SecretBytes value = crypt(secret, share, {}, Direction::encrypt);
  SplitSecret split;
  split.set = share.set;
  for (SecretBytes& part : split_value(value.view(), count, random)) {
    share.value = std::move(part);
    split.lines.push_back(encode_share(share));
    ++share.index;
  }
  return split;
}

Result<Share> parse_share(ByteView text) {
  if (text.size() > kTextSizeMax) return wrong_form("share size");
  HF_TRY(const WordNumbers numbers, read_words(text));
  const auto words = numbers.view();
  if (words.size() < kWordsMin) return wrong_length(words.size());
  const std::size_t padding = kWordBits * (words.size() - kFrameWords) % 16;
  if (padding > 8) return wrong_length(words.size());
  if (remainder(is_extendable(words), words) != 1) {
    // A word too few or too many is likelier than a secret of an unusual size.
    if (!is_usual(words.size())) return wrong_length(words.size());
    return make_error(ErrorCode::share_checksum);
  }
  HF_TRY(Share share, read_head(words));
  auto value = take_value(words.subspan(kHeadWords, words.size() - kFrameWords), padding);
  if (!value) return wrong_form("share padding");
  share.value = std::move(*value);
  return share;
}

Result<SecretBytes> combine_shares(std::span<const Share> shares, ByteView passphrase) {
  if (shares.empty()) {
    return make_error(ErrorCode::too_few_shares, {}, {{"present", "0"}, {"needed", "1"}});
  }
  const Share& first = shares.front();
  if (first.exponent > kExponentMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "share iterations"}, {"limit", std::to_string(kExponentMax)}});
  }
  HF_TRY(check_fit(shares));
  if (shares.size() < first.needed) {
    return make_error(
        ErrorCode::too_few_shares, {},
        {{"present", std::to_string(shares.size())}, {"needed", std::to_string(first.needed)}});
  }
  HF_TRY(const SecretBytes value, combine_values(shares));
  return crypt(value.view(), first, passphrase, Direction::decrypt);
}

}  // namespace holdfast::keys
