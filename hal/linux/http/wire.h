// SPDX-License-Identifier: Apache-2.0
// A connected socket that never makes its caller wait, plain or with TLS 1.2 or 1.3.
#pragma once

#include <cstdint>
#include <string_view>

#include "hal/base/bytes.h"
#include "hal/base/result.h"
#include "hal/base/secret.h"
#include "hal/linux/descriptor.h"
#include "hal/linux/http/openssl.h"

namespace holdfast::linux {

// A server's side of TLS: ECDHE with AES-GCM or ChaCha20 only, no tickets, no resumption, no
// renegotiation. invalid_argument {what}: the certificate, its key, or that one is not the other's.
[[nodiscard]] Result<TlsContext> make_tls_context(std::string_view certificate, ByteView key);

enum class WireStep { done, wants_read, wants_write, closed };

struct WireMoved {
  WireStep step = WireStep::done;
  std::size_t count = 0;  // bytes, at least one if done
};

// One thread at a time. Its destructor closes the socket.
class Wire {
 public:
  // `socket` does not block; without a context there is no TLS.
  Wire(Descriptor socket, SSL_CTX* context);

  [[nodiscard]] WireStep handshake();
  // `closed`: the peer has ended its side, or the connection is broken.
  [[nodiscard]] WireMoved read(ByteSpan out);
  [[nodiscard]] WireMoved write(ByteView bytes);
  // Tells the peer that nothing more will be sent.
  void end_writing();
  // Throws away what the peer still sends, a bounded amount at a time, beneath TLS.
  [[nodiscard]] WireStep discard();
  // The peer's system has not confirmed all that was written.
  [[nodiscard]] bool has_unconfirmed() const;
  // The peer gets no more of what was written and is told that the connection broke.
  void make_abrupt();
  [[nodiscard]] int socket() const { return socket_.number(); }

 private:
  [[nodiscard]] WireMoved tls_moved(int result, std::size_t count);

  Descriptor socket_;
  TlsSession tls_;
  bool is_broken_ = false;  // of TLS: it must not be used again
};

}  // namespace holdfast::linux
