// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/wire.h"

#include <linux/sockios.h>
#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "hal/linux/http/certificate.h"

namespace holdfast::linux {

namespace {

WireMoved moved_of(ssize_t count, WireStep waiting) {
  if (count > 0) return {WireStep::done, static_cast<std::size_t>(count)};
  const bool waits = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return {waits ? waiting : WireStep::closed, 0};
}

Error bad_argument(const char* what) {
  ERR_clear_error();
  return make_error(ErrorCode::invalid_argument, {}, {{"what", what}});
}

void set_rules(SSL_CTX* context) {
  constexpr const char* kSuites = "ECDHE+AESGCM:ECDHE+CHACHA20";
  HF_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  HF_CHECK(SSL_CTX_set_cipher_list(context, kSuites) == 1);
  HF_CHECK(SSL_CTX_set_num_tickets(context, 0) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // One record at a time: who sends KeyUpdates without end would keep a read from ever returning.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}

}  // namespace

Result<TlsContext> make_tls_context(std::string_view certificate, ByteView key) {
  HF_TRY(const Identity identity, parse_identity(certificate, key));
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  HF_CHECK(context != nullptr);
  set_rules(context.get());
  // Refuses what is too weak for the system's security level, too.
  if (SSL_CTX_use_certificate(context.get(), identity.chain.front().get()) != 1) {
    return bad_argument("certificate");
  }
  for (std::size_t i = 1; i < identity.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), identity.chain[i].get()) != 1) {
      return bad_argument("certificate");
    }
  }
  if (SSL_CTX_use_PrivateKey(context.get(), identity.key.get()) != 1) return bad_argument("key");
  return context;
}

Wire::Wire(Descriptor socket, SSL_CTX* context) : socket_(std::move(socket)) {
  if (context == nullptr) return;
  tls_.reset(SSL_new(context));
  HF_CHECK(tls_ != nullptr && SSL_set_fd(tls_.get(), socket_.number()) == 1);
  SSL_set_accept_state(tls_.get());
}

WireMoved Wire::tls_moved(int result, std::size_t count) {
  if (result == 1) return {WireStep::done, count};
  const int fault = SSL_get_error(tls_.get(), result);
  ERR_clear_error();  // the queue belongs to the thread: other connections look at it
  if (fault == SSL_ERROR_WANT_READ) return {WireStep::wants_read, 0};
  if (fault == SSL_ERROR_WANT_WRITE) return {WireStep::wants_write, 0};
  is_broken_ = fault != SSL_ERROR_ZERO_RETURN;
  return {WireStep::closed, 0};
}

WireStep Wire::handshake() {
  if (tls_ == nullptr) return WireStep::done;
  return tls_moved(SSL_do_handshake(tls_.get()), 0).step;
}

WireMoved Wire::read(ByteSpan out) {
  if (tls_ == nullptr) {
    return moved_of(::recv(socket_.number(), out.data(), out.size(), 0), WireStep::wants_read);
  }
  if (is_broken_) return {WireStep::closed, 0};
  std::size_t count = 0;
  const int result = SSL_read_ex(tls_.get(), out.data(), out.size(), &count);
  return tls_moved(result, count);
}

WireMoved Wire::write(ByteView bytes) {
  if (tls_ == nullptr) {
    return moved_of(::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                    WireStep::wants_write);
  }
  if (is_broken_) return {WireStep::closed, 0};
  std::size_t count = 0;
  const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count);
  return tls_moved(result, count);
}

void Wire::end_writing() {
  if (tls_ != nullptr && !is_broken_ && SSL_is_init_finished(tls_.get()) == 1) {
    SSL_shutdown(tls_.get());  // sent, or not: the peer's word is not waited for
    ERR_clear_error();
  }
  ::shutdown(socket_.number(), SHUT_WR);
}

WireStep Wire::discard() {
  std::array<std::uint8_t, 16 * kKiB> bytes{};
  for (int i = 0; i < 4; ++i) {
    const WireMoved moved =
        moved_of(::recv(socket_.number(), bytes.data(), bytes.size(), 0), WireStep::wants_read);
    if (moved.step != WireStep::done) return moved.step;
  }
  return WireStep::wants_read;
}

bool Wire::has_unconfirmed() const {
  int count = 0;
  return ::ioctl(socket_.number(), SIOCOUTQ, &count) == 0 && count > 0;
}

void Wire::make_abrupt() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  is_broken_ = true;
}

}  // namespace holdfast::linux
