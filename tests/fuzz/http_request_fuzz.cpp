// SPDX-License-Identifier: Apache-2.0
// What anybody on the network sends: the same requests in one block and in many, and each that is
// taken is one which a plain writer of requests could have written. The first byte chooses how the
// blocks are cut.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "hal/linux/http/request_parser.h"

namespace {

using namespace holdfast;
using namespace holdfast::linux;

constexpr ports::HttpLimits kLimits{.target_max = 64, .fields_max = 128, .body_max = 32};

std::size_t count_of(const ports::HttpFields& fields, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields, [&](const auto& field) { return is_same_name(field.first, name); }));
}

void check(const ParsedRequest& parsed) {
  const ports::HttpRequest& request = parsed.request;
  HF_CHECK(is_token(request.method) && request.path.starts_with('/'));
  HF_CHECK(request.path.size() < kLimits.target_max);
  HF_CHECK(request.path.find('\0') == std::string::npos);
  for (const auto& [name, value] : request.query) {
    HF_CHECK(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
  }
  std::size_t size = 0;
  for (const auto& [name, value] : request.fields) {
    size += name.size() + value.size() + 3;
    HF_CHECK(is_token(name) && is_field_value(value));
  }
  HF_CHECK(size <= kLimits.fields_max);
  HF_CHECK(count_of(request.fields, "Transfer-Encoding") == 0);
  HF_CHECK(count_of(request.fields, "Host") <= 1);
  const auto length = ports::field_of(request.fields, "Content-Length");
  HF_CHECK(count_of(request.fields, "Content-Length") == (length ? 1 : 0));
  HF_CHECK(request.body.size() == (length ? std::stoull(std::string(*length)) : 0));
}

// All requests, and how it ended, as text.
std::string told(ByteView bytes, unsigned seed, std::size_t block_max) {
  std::minstd_rand random(seed);
  RequestParser parser(kLimits);
  std::string out;
  ByteView block;
  while (parser.refusal() == 0) {
    if (block.empty()) {
      if (bytes.empty()) break;
      block = bytes.first(std::min<std::size_t>(bytes.size(), 1 + random() % block_max));
      bytes = bytes.subspan(block.size());
    }
    const std::size_t used = parser.push(block);
    HF_CHECK(used > 0);
    block = block.subspan(used);
    HF_CHECK(block.empty() || parser.is_whole() || parser.refusal() != 0);
    if (!parser.is_whole()) continue;
    const ParsedRequest parsed = parser.take();
    HF_CHECK(!parser.has_begun());
    check(parsed);
    out += parsed.request.method + ' ' + parsed.request.path + '\n';
    for (const auto& [name, value] : parsed.request.fields) out += name + ':' + value + '\n';
    out += std::string(text_of(parsed.request.body)) + (parsed.keeps_alive ? "+" : "-");
  }
  return out + std::to_string(parser.refusal()) + (parser.has_begun() ? "begun" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const ByteView bytes(data + 1, size - 1);
  const std::string whole = told(bytes, data[0], std::string::npos);
  HF_CHECK(told(bytes, data[0], 1) == whole);
  HF_CHECK(told(bytes, data[0], 9) == whole);
  return 0;
}
