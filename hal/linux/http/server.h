// SPDX-License-Identifier: Apache-2.0
// hal/ports/http_server.h over the system's sockets, with TLS by OpenSSL.
#pragma once

#include "hal/ports/http_server.h"

namespace holdfast::linux {

class HttpServer final : public ports::HttpServer {
 public:
  [[nodiscard]] Result<std::unique_ptr<ports::HttpListener>> listen(
      const ports::HttpListen& request, ports::HttpHandler& handler) override;
};

}  // namespace holdfast::linux
