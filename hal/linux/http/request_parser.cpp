// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/request_parser.h"

#include <algorithm>
#include <charconv>

namespace holdfast::linux {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_of(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool is_method(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

// What may stand in a target as it is sent: visible ASCII, no fragment.
bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

bool is_host(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<ports::HttpFields> parse_query(std::string_view text) {
  ports::HttpFields query;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    const std::size_t sign = std::min(piece.find('='), piece.size());
    auto name = decode_percent(piece.substr(0, sign), true);
    auto value = decode_percent(piece.substr(std::min(sign + 1, piece.size())), true);
    if (!name || !value) return std::nullopt;
    query.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

// How many fields have the name, and the value of the last one.
struct Found {
  std::size_t count = 0;
  std::string_view value;
};

Found find(const ports::HttpFields& fields, std::string_view name) {
  Found found;
  for (const auto& [key, value] : fields) {
    if (!is_same_name(key, name)) continue;
    ++found.count;
    found.value = value;
  }
  return found;
}

}  // namespace

bool is_same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, is_control);
}

std::optional<std::string> decode_percent(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_of(text[i + 1]);
    const int low = hex_of(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::size_t RequestParser::push(ByteView bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::whole && state_ != State::refused) {
    has_begun_ = true;
    const ByteView rest = bytes.subspan(used);
    used += state_ == State::body ? push_body(rest) : push_line(rest);
  }
  return used;
}

bool RequestParser::awaits_continue() const {
  return state_ == State::body && expects_ && parsed_.request.body.empty();
}

ParsedRequest RequestParser::take() {
  HF_CHECK(is_whole());
  ParsedRequest parsed = std::move(parsed_);
  *this = RequestParser(limits_);
  return parsed;
}

std::uint64_t RequestParser::line_max() const {
  if (state_ == State::line) return limits_.target_max;
  const std::uint64_t used = fields_size_ + 2;
  return limits_.fields_max > used ? limits_.fields_max - used : 0;
}

std::size_t RequestParser::push_line(ByteView bytes) {
  const std::uint64_t max = line_max();
  std::size_t used = 0;
  for (const std::uint8_t byte : bytes) {
    const char c = static_cast<char>(byte);
    ++used;
    if (has_return_) {
      has_return_ = false;
      if (c == '\n') {
        end_line();
      } else {
        refuse(400);
      }
      break;
    }
    if (c == '\r') {
      has_return_ = true;
      continue;
    }
    if (is_control(c)) {
      refuse(400);
      break;
    }
    if (line_.size() == max) {
      refuse(state_ == State::line ? 414 : 431);
      break;
    }
    line_ += c;
  }
  return used;
}

std::size_t RequestParser::push_body(ByteView bytes) {
  Bytes& body = parsed_.request.body;
  const std::size_t count = std::min<std::uint64_t>(bytes.size(), length_ - body.size());
  body.insert(body.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  if (body.size() == length_) state_ = State::whole;
  return count;
}

void RequestParser::refuse(int status) {
  state_ = State::refused;
  refusal_ = status;
}

void RequestParser::end_line() {
  if (state_ == State::line) {
    if (line_.empty() && !has_blank_) {
      has_blank_ = true;  // old clients end a body with one too many
    } else {
      parse_request_line();
    }
  } else if (line_.empty()) {
    end_fields();
  } else {
    fields_size_ += line_.size() + 2;
    parse_field();
  }
  line_.clear();
}

void RequestParser::parse_request_line() {
  const std::string_view line = line_;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) return refuse(400);  // there is none, or only one
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_version(version)) return refuse(400);
  if (version != "HTTP/1.0" && version != "HTTP/1.1") return refuse(505);
  if (!is_method(line.substr(0, first)) || !is_target(target)) return refuse(400);
  const std::size_t sign = std::min(target.find('?'), target.size());
  auto path = decode_percent(target.substr(0, sign), false);
  auto query = parse_query(target.substr(std::min(sign + 1, target.size())));
  if (!path || !query) return refuse(400);
  parsed_.request.method = line.substr(0, first);
  parsed_.request.path = std::move(*path);
  parsed_.request.query = std::move(*query);
  parsed_.is_http_1_1 = version == "HTTP/1.1";
  state_ = State::fields;
}

void RequestParser::parse_field() {
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  // A space before the colon, and a line that goes on from the one before, are no tokens.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse(400);
  parsed_.request.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

void RequestParser::end_fields() {
  const int host = host_fault();
  if (const int status = host != 0 ? host : framing_fault(); status != 0) return refuse(status);
  parse_connection();
  state_ = length_ == 0 ? State::whole : State::body;
}

int RequestParser::host_fault() const {
  const Found host = find(parsed_.request.fields, "Host");
  if (host.count > 1 || (host.count == 0 && parsed_.is_http_1_1)) return 400;
  return is_host(host.value) ? 0 : 400;
}

int RequestParser::framing_fault() {
  const Found length = find(parsed_.request.fields, "Content-Length");
  if (find(parsed_.request.fields, "Transfer-Encoding").count != 0) {
    return length.count == 0 && parsed_.is_http_1_1 ? 501 : 400;
  }
  if (length.count > 1) return 400;
  if (length.count == 1) {
    const std::string_view digits = length.value;
    if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return 400;
    const auto [end, fault] =
        std::from_chars(digits.data(), digits.data() + digits.size(), length_);
    if (fault != std::errc{} || length_ > limits_.body_max) return 413;
  }
  const Found expected = find(parsed_.request.fields, "Expect");
  if (expected.count == 0 || !parsed_.is_http_1_1) return 0;
  expects_ = true;
  return is_same_name(expected.value, "100-continue") ? 0 : 417;
}

void RequestParser::parse_connection() {
  parsed_.keeps_alive = parsed_.is_http_1_1;
  bool closes = false;
  for (const auto& [name, value] : parsed_.request.fields) {
    if (!is_same_name(name, "Connection")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      if (is_same_name(trimmed(word), "close")) closes = true;
      if (is_same_name(trimmed(word), "keep-alive")) parsed_.keeps_alive = true;
    }
  }
  if (closes) parsed_.keeps_alive = false;
}

}  // namespace holdfast::linux
