// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "hal/linux/errno.h"
#include "hal/linux/http/front.h"

namespace holdfast::linux {

namespace {

constexpr int kBacklog = 512;  // connections that the system holds until they are accepted

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

Error bad_argument(const std::string& address, const char* what) {
  return make_error(ErrorCode::invalid_argument, address, {{"what", what}});
}

Error cannot_listen(const std::string& address, int reason) {
  return make_error(ErrorCode::io, address,
                    {{"operation", "listen"},
                     {"reason", std::string(error_of(reason, "listen", {}).argument("reason"))}});
}

// Numbers in their usual form only: "127.1" and names are none.
Result<Address> parse_address(const std::string& text, std::uint16_t port) {
  Address address;
  auto* const four = reinterpret_cast<sockaddr_in*>(&address.bytes);
  if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.size = sizeof *four;
    return address;
  }
  addrinfo hints{};
  hints.ai_family = AF_INET6;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;  // by this function, since an address may name its link: fe80::1%eth0
  if (::getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) {
    return bad_argument(text, "address");
  }
  auto* const six = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  *six = *reinterpret_cast<const sockaddr_in6*>(found->ai_addr);
  six->sin6_port = htons(port);
  address.size = sizeof *six;
  ::freeaddrinfo(found);
  return address;
}

bool is_loopback(const Address& address) {
  if (address.bytes.ss_family == AF_INET) {
    const auto* const four = reinterpret_cast<const sockaddr_in*>(&address.bytes);
    return (ntohl(four->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* const six = reinterpret_cast<const sockaddr_in6*>(&address.bytes);
  return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

Result<Descriptor> open_door(const Address& address, const std::string& text) {
  const int family = address.bytes.ss_family;
  Descriptor door(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!door.is_open()) return cannot_listen(text, errno);
  const int on = 1;
  // A server that starts again takes its port back while old connections fade.
  ::setsockopt(door.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "::" is IPv6 alone, whatever the system's default.
  if (family == AF_INET6) ::setsockopt(door.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(door.number(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0 ||
      ::listen(door.number(), kBacklog) != 0) {
    return cannot_listen(text, errno);
  }
  return door;
}

std::uint16_t port_of(const Descriptor& door) {
  Address address;
  address.size = sizeof address.bytes;
  HF_CHECK(::getsockname(door.number(), reinterpret_cast<sockaddr*>(&address.bytes),
                         &address.size) == 0);
  // Both families have it in one place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.bytes)->sin_port);
}

class Listener final : public ports::HttpListener {
 public:
  Listener(Descriptor door, TlsContext context, const ports::HttpLimits& limits,
           ports::HttpHandler& handler)
      : port_(port_of(door)), front_(std::move(door), std::move(context), limits, handler) {}

  [[nodiscard]] Result<void> start() { return front_.start(); }
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  void begin_stop() override { front_.begin_stop(); }
  [[nodiscard]] bool is_stopped() const override { return front_.is_stopped(); }
  void stop() override { front_.stop(); }

 private:
  std::uint16_t port_;
  Front front_;
};

}  // namespace

Result<std::unique_ptr<ports::HttpListener>> HttpServer::listen(const ports::HttpListen& request,
                                                                ports::HttpHandler& handler) {
  HF_TRY(const Address address, parse_address(request.address, request.port));
  TlsContext context;
  if (!request.certificate.empty()) {
    HF_TRY(context, make_tls_context(request.certificate, request.key.view()));
  } else if (!is_loopback(address)) {
    return bad_argument(request.address, "plain HTTP off loopback");
  }
  HF_TRY(Descriptor door, open_door(address, request.address));
  auto listener =
      std::make_unique<Listener>(std::move(door), std::move(context), request.limits, handler);
  HF_TRY(listener->start());
  return listener;
}

}  // namespace holdfast::linux
