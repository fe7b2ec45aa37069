// SPDX-License-Identifier: Apache-2.0
// Certificates and keys in PEM: made, read, compared.
#pragma once

#include <string_view>
#include <vector>

#include "hal/linux/http/openssl.h"
#include "hal/ports/http_server.h"

namespace holdfast::linux {

struct Identity {
  std::vector<CertificatePtr> chain;  // the server's own first; never empty
  KeyPtr key;
};

// invalid_argument {what}: "certificate", "key" (not PEM, damaged, or with a passphrase), "key of
// another certificate".
[[nodiscard]] Result<Identity> parse_identity(std::string_view certificate, ByteView key);

class OpenSslCertificates final : public ports::Certificates {
 public:
  [[nodiscard]] Result<ports::HttpIdentity> make(const std::vector<std::string>& names,
                                                 Timestamp now) override;
  [[nodiscard]] Result<ports::CertificateFacts> look_at(std::string_view certificate,
                                                        ByteView key) override;
  [[nodiscard]] bool is_for(std::string_view certificate, const std::string& name) override;
};

}  // namespace holdfast::linux
