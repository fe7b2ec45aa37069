// SPDX-License-Identifier: Apache-2.0
// Requests that come in over HTTP or HTTPS.
//
// The server defends itself: what is too large, too slow, malformed or one too many is never
// handled. It answers such requests itself, in the handler's words (400, 408, 413, 414, 417, 431,
// 501, 503, 505), or closes. It writes no cookies, no dates and no name of its software.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/result.h"
#include "hal/base/secret.h"
#include "hal/base/time.h"

namespace holdfast::ports {

using HttpFields = std::vector<std::pair<std::string, std::string>>;  // names as sent, any case

struct HttpRequest {
  std::string method;      // in capitals
  std::string path;        // begins with '/', percent signs decoded once; may hold any byte but 0
  HttpFields query = {};   // in order, decoded, '+' to a space; a name may come twice
  HttpFields fields = {};  // header lines, in order
  Bytes body = {};
  std::string peer = {};  // numeric address without the port
};

// The value of the first field of that name, whatever its case.
[[nodiscard]] std::optional<std::string_view> field_of(const HttpFields& fields,
                                                       std::string_view name);

// The way back. Belongs to the thread of handle().
class HttpAnswer {
 public:
  virtual ~HttpAnswer() = default;
  // Before begin(), of a recording that somebody listens to: its peer may pause for as long as
  // `goes_on` says yes, and if there is room (HttpLimits). Asked every pause_look_ns, on the thread
  // of write(), whether the peer takes something or not; no: write() is an error (io). Not called
  // once the handler has returned.
  virtual void let_pause(const std::function<bool()>& /*goes_on*/) {}
  // Once, before any write(). `length`: bytes of the body; none: as much as comes (chunked).
  // Framing fields (Content-Length, Transfer-Encoding, Connection) are the server's own. What the
  // protocol does not allow (a second call, a status below 200, a line end in a field) is an
  // invalid_argument, and sends nothing. limit_exceeded {what "busy"}: too many answers that are
  // larger than small_answer_max are under way; nothing was begun, and a smaller one may be. To
  // HEAD the fields are sent, and no body.
  [[nodiscard]] virtual Result<void> begin(int status, const HttpFields& fields,
                                           std::optional<std::uint64_t> length) = 0;
  // Sends without keeping back. An error (io): the peer is gone or does not read for the time of
  // write_timeout_ns; nothing more will arrive. Of an answer whose length is at most
  // small_answer_max, what the peer does not take at once is kept, and sent once the handler has
  // returned: it waits for no peer. invalid_argument: more than `length`; nothing of these bytes is
  // sent.
  [[nodiscard]] virtual Result<void> write(ByteView bytes) = 0;
  // What was begun will not be whole: nothing more is sent, and the connection breaks, so that
  // nobody takes a part for the whole. Before begin() it does nothing.
  virtual void fail() = 0;
  // The server is about to stop: long answers should end.
  [[nodiscard]] virtual bool is_stopping() const = 0;
};

// What the server says when it refuses a request itself.
struct HttpRefusal {
  HttpFields fields = {};
  std::string body = {};  // not to HEAD, as far as the method is known
};

// Called for many requests at once, each on a thread of its own. A handler that returns without
// begin() answers 500; one that wrote less than its length, or meant to write more, has the
// connection closed. One that throws answers 500, or has what it began broken off. An answer that
// goes on and on holds a thread: whoever gives such answers bounds their number well below
// handlers_max.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual void handle(const HttpRequest& request, HttpAnswer& answer) = 0;
  // Asked once for each status, by listen().
  [[nodiscard]] virtual HttpRefusal refusal_of(int) { return {}; }
  // So many requests of that address were refused with that status; no address: of several that
  // are not told apart. False: it could not be noted. On a thread of the server's own, one call
  // after the other, which keeps nobody waiting.
  virtual bool refused(const std::string& /*peer*/, int /*status*/, std::uint64_t /*count*/) {
    return true;
  }
  // On the same thread, every few seconds, so that what the handler only counted is told in the
  // end. `is_last`: the listener stops, and `more` requests were refused of which nothing was told.
  // Not called then if a note of the same moment failed. False: as refused().
  virtual bool tell_refused(std::uint64_t /*more*/, bool /*is_last*/) { return true; }
};

struct HttpLimits {
  std::uint64_t target_max = 8 << 10;   // bytes of the request line
  std::uint64_t fields_max = 16 << 10;  // bytes of all header lines, with their ends
  std::uint64_t body_max = 1 << 20;     // bytes
  // At this number the one whose peer has been waited for longest gives way to a new one; with a
  // request of each at work, the new one is closed at once.
  std::uint32_t connections_max = 256;
  std::uint32_t per_peer_max = 64;  // of one address; further ones are closed at once
  std::uint32_t handlers_max = 16;  // requests that are handled at one time; others wait, but not
                                    // longer than request_timeout_ns: 503
  std::int64_t request_timeout_ns = 10'000'000'000;  // from a request's first byte to its last,
                                                     // and for the handshake of TLS
  std::int64_t idle_timeout_ns = 60'000'000'000;     // between requests of a connection
  std::int64_t write_timeout_ns = 30'000'000'000;    // for the next 64 KiB, or the rest, to leave
  // Bytes of a body that is kept for its peer, one of a connection, so that no handler waits.
  std::uint64_t small_answer_max = 256 << 10;
  // Longer answers of known length, each of which holds a handler: so many at one time, and of one
  // address. They have write_timeout_ns, and the time that they take at least_rate.
  std::uint32_t large_max = 8;
  std::uint32_t large_per_peer_max = 4;
  std::uint64_t least_rate = 32 << 10;  // bytes a second
  // Of these, whose peers may pause (let_pause), while TCP's probes are answered. Others of the
  // kind have write_timeout_ns for each 64 KiB.
  std::uint32_t paused_max = 4;
  std::uint32_t paused_per_peer_max = 2;
  std::int64_t pause_look_ns = 5'000'000'000;
};

struct HttpListen {
  std::string address;     // numeric, IPv4 or IPv6; "::" is IPv6 alone
  std::uint16_t port = 0;  // 0: one that is free
  // Certificate chain and key, both PEM. Without one: plain HTTP, which is for loopback only.
  std::string certificate = {};
  SecretBytes key = {};
  HttpLimits limits = {};
};

// An open port. Its destructor stops it, too: no handler is at work afterwards.
class HttpListener {
 public:
  virtual ~HttpListener() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Takes no more requests (503 to those that wait for a handler) and lets handlers at work end.
  // From now on all that an answer still sends has the time of one write. Waits for no handler and
  // no peer; the port is free when it returns. Idempotent; any thread.
  virtual void begin_stop() = 0;
  // No handler is at work any more, nor will be, and it has heard of what was refused: neither
  // stop() nor the destructor waits. Any thread.
  [[nodiscard]] virtual bool is_stopped() const = 0;
  // begin_stop(), and waits until is_stopped(). Idempotent; any thread but a handler's.
  virtual void stop() = 0;
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;
  // The handler must outlive the listener. invalid_argument {what}: not an address, a certificate
  // that does not fit its key, plain HTTP on an address that is not loopback; io {operation
  // "listen", reason}: the port is taken, or not ours to take.
  [[nodiscard]] virtual Result<std::unique_ptr<HttpListener>> listen(const HttpListen& request,
                                                                     HttpHandler& handler) = 0;
};

// What a listener needs for TLS, both PEM.
struct HttpIdentity {
  std::string certificate;  // chain, the server's own first
  SecretBytes key;          // without a passphrase
};

struct CertificateFacts {
  Digest fingerprint;  // SHA-256 of the server's own certificate, as browsers show it
  Timestamp from;      // valid
  Timestamp until;
  std::vector<std::string> names;  // host names and numeric addresses that it is for, as written
};

// Any thread.
class Certificates {
 public:
  virtual ~Certificates() = default;
  // A new key (ECDSA, P-256) and a certificate that it signs itself, for these host names and
  // numeric addresses; valid from the day before `now` for ten years. invalid_argument {what}: the
  // name that is neither; or there is none.
  [[nodiscard]] virtual Result<HttpIdentity> make(const std::vector<std::string>& names,
                                                  Timestamp now) = 0;
  // invalid_argument {what}: "certificate" or "key" that cannot be read, "key of another
  // certificate"; also of what is too weak for HttpServer. Times are told, not judged.
  [[nodiscard]] virtual Result<CertificateFacts> look_at(std::string_view certificate,
                                                         ByteView key) = 0;
  // Whether clients that connect to that host name or numeric address take it. False, too, if it
  // cannot be read.
  [[nodiscard]] virtual bool is_for(std::string_view certificate, const std::string& name) = 0;
};

}  // namespace holdfast::ports
