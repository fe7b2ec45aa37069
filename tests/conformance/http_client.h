// SPDX-License-Identifier: Apache-2.0
// A client of HTTP that sends what it is told, byte for byte, and reads what comes. It waits for
// nothing longer than its patience: then it throws, which fails the test.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hal/linux/descriptor.h"
#include "hal/linux/http/openssl.h"
#include "hal/ports/http_server.h"

namespace holdfast::test {

struct HttpReply {
  int status = 0;
  ports::HttpFields fields = {};
  std::string body = {};
  bool is_whole = false;  // by its length, by its last chunk, or because it has no body

  [[nodiscard]] std::string field(std::string_view name) const {
    return std::string(ports::field_of(fields, name).value_or("(none)"));
  }
};

struct HttpClientOptions {
  std::string from = "127.0.0.1";
  std::string to = "127.0.0.1";
  bool is_tls = false;
  bool shakes_hands = true;
  int tls_version_max = TLS1_3_VERSION;
  int receive_buffer = 0;  // 0: the system's
  std::function<void(int socket)> before_connect = [](int) {};
};

class HttpClient {
 public:
  static constexpr int kPatience_s = 30;

  explicit HttpClient(std::uint16_t port, const HttpClientOptions& options = {});

  // False if the connection is broken, or (TLS) was never made.
  bool send(std::string_view bytes);
  // At least one byte, or none at the end; a reset is an end, too.
  [[nodiscard]] std::string read_some();
  [[nodiscard]] std::string read_line();  // with its end
  [[nodiscard]] std::string read_exactly(std::size_t count);
  [[nodiscard]] std::string read_to_end();
  // One answer; of one to HEAD no body is awaited.
  [[nodiscard]] HttpReply read_reply(bool is_head = false);
  [[nodiscard]] HttpReply ask(std::string_view request);
  // Is there something to read, or an end, within so many milliseconds?
  [[nodiscard]] bool is_readable(int wait_ms);
  // Nothing more comes, and the end does.
  [[nodiscard]] bool ends() { return read_to_end().empty(); }
  void end_writing();

  // The server broke the connection, instead of ending it.
  [[nodiscard]] bool was_reset() const { return was_reset_; }
  [[nodiscard]] bool has_shaken_hands() const { return has_shaken_hands_; }
  [[nodiscard]] SSL* tls() { return tls_.get(); }

 private:
  [[nodiscard]] std::string read_body(const HttpReply& reply, bool& is_whole);
  [[nodiscard]] std::string read_chunks(bool& is_whole);

  linux::Descriptor socket_;
  linux::TlsContext context_;
  linux::TlsSession tls_;
  bool has_shaken_hands_ = false;
  bool was_reset_ = false;
  std::string pending_;  // read, and not asked for yet
};

}  // namespace holdfast::test
