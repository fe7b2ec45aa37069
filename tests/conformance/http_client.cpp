// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace holdfast::test {

namespace {

// Of 127.0.0.0/8 or ::1: the families need not be told apart any further here.
void fill(const std::string& text, std::uint16_t port, sockaddr_storage& address, socklen_t& size) {
  auto* const four = reinterpret_cast<sockaddr_in*>(&address);
  auto* const six = reinterpret_cast<sockaddr_in6*>(&address);
  if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    size = sizeof *four;
    return;
  }
  HF_CHECK(::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1);
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  size = sizeof *six;
}

[[noreturn]] void lose_patience() {
  throw std::runtime_error("the server kept its client waiting");
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, const HttpClientOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes as it likes
  sockaddr_storage to{};
  sockaddr_storage from{};
  socklen_t size = 0;
  fill(options.to, port, to, size);
  socket_ = linux::Descriptor(::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  HF_CHECK(socket_.is_open());
  const timeval patience{.tv_sec = kPatience_s, .tv_usec = 0};
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (options.receive_buffer != 0) {
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
  }
  if (to.ss_family == AF_INET) {
    socklen_t own_size = 0;
    fill(options.from, 0, from, own_size);
    HF_CHECK(::bind(socket_.number(), reinterpret_cast<sockaddr*>(&from), own_size) == 0);
  }
  options.before_connect(socket_.number());
  if (::connect(socket_.number(), reinterpret_cast<sockaddr*>(&to), size) != 0) {
    throw std::runtime_error("not connected");
  }
  if (!options.is_tls) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context_.get(), 0);  // so that old versions are offered at all
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), options.tls_version_max);
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), socket_.number());
  if (options.shakes_hands) has_shaken_hands_ = SSL_connect(tls_.get()) == 1;
  ERR_clear_error();
}

bool HttpClient::send(std::string_view bytes) {
  if (tls_ != nullptr) {
    if (!has_shaken_hands_) return false;
    const bool is_sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    ERR_clear_error();
    return is_sent;
  }
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) lose_patience();
    was_reset_ = count < 0;
    if (was_reset_) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string HttpClient::read_some() {
  if (!pending_.empty()) return std::exchange(pending_, {});
  std::array<char, 65536> bytes{};
  if (tls_ != nullptr) {
    if (!has_shaken_hands_) return {};
    const int count = SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    const int fault = SSL_get_error(tls_.get(), count);
    ERR_clear_error();
    if (count <= 0 && fault == SSL_ERROR_WANT_READ) lose_patience();
    return {bytes.data(), static_cast<std::size_t>(std::max(count, 0))};
  }
  const ssize_t count = ::recv(socket_.number(), bytes.data(), bytes.size(), 0);
  if (count < 0 && errno == EAGAIN) lose_patience();
  was_reset_ = count < 0;
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

std::string HttpClient::read_line() {
  std::string line;
  for (;;) {
    const std::string some = read_some();
    if (some.empty()) return line;
    line += some;
    const std::size_t end = line.find('\n');
    if (end == std::string::npos) continue;
    pending_ = line.substr(end + 1);
    line.resize(end + 1);
    return line;
  }
}

std::string HttpClient::read_exactly(std::size_t count) {
  std::string out;
  while (out.size() < count) {
    const std::string some = read_some();
    if (some.empty()) return out;
    out += some;
  }
  pending_ = out.substr(count);
  out.resize(count);
  return out;
}

std::string HttpClient::read_to_end() {
  std::string out;
  for (std::string some = read_some(); !some.empty(); some = read_some()) out += some;
  return out;
}

HttpReply HttpClient::read_reply(bool is_head) {
  HttpReply reply;
  const std::string first = read_line();
  if (!first.starts_with("HTTP/1.1 ") || first.size() < 15) return reply;
  reply.status = std::stoi(first.substr(9, 3));
  for (std::string line = read_line(); line.size() > 2; line = read_line()) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || !line.ends_with("\r\n")) return reply;
    reply.fields.emplace_back(line.substr(0, colon),
                              line.substr(colon + 2, line.size() - colon - 4));
  }
  reply.is_whole = true;
  const bool has_body =
      !is_head && reply.status >= 200 && reply.status != 204 && reply.status != 304;
  if (has_body) reply.body = read_body(reply, reply.is_whole);
  return reply;
}

HttpReply HttpClient::ask(std::string_view request) {
  send(request);
  return read_reply(request.starts_with("HEAD "));
}

std::string HttpClient::read_body(const HttpReply& reply, bool& is_whole) {
  if (reply.field("Transfer-Encoding") == "chunked") return read_chunks(is_whole);
  const std::string length = reply.field("Content-Length");
  if (length == "(none)") return read_to_end();
  std::string body = read_exactly(std::stoul(length));
  is_whole = body.size() == std::stoul(length);
  return body;
}

std::string HttpClient::read_chunks(bool& is_whole) {
  std::string body;
  is_whole = false;
  for (;;) {
    const std::string line = read_line();
    if (!line.ends_with("\r\n")) return body;
    const std::size_t size = std::stoul(line, nullptr, 16);
    std::string chunk = read_exactly(size + 2);
    if (!chunk.ends_with("\r\n") || chunk.size() != size + 2) return body;
    is_whole = size == 0;
    if (is_whole) return body;
    body += chunk.substr(0, size);
  }
}

bool HttpClient::is_readable(int wait_ms) {
  if (!pending_.empty() || (tls_ != nullptr && SSL_pending(tls_.get()) > 0)) return true;
  pollfd ready{.fd = socket_.number(), .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, wait_ms) > 0;
}

void HttpClient::end_writing() {
  ::shutdown(socket_.number(), SHUT_WR);
}

}  // namespace holdfast::test
