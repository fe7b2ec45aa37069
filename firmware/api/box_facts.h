// SPDX-License-Identifier: Apache-2.0
// How the box is set up and reached, as it is now: what a page of settings shows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/messages/messages.h"
#include "hal/base/error.h"
#include "hal/ports/http_server.h"

namespace holdfast::api {

struct ListenFacts {
  std::string address;              // "127.0.0.1:8443", "[::1]:8443"
  bool is_open = false;             // it is listened on
  std::optional<Error> error = {};  // why not
};

struct BoxFacts {
  std::string name;                            // for people; empty: it has none
  std::optional<messages::Language> language;  // of panel, alerts and reports; none: it is not said
  std::string zone;
  std::vector<std::string> host_names;
  std::vector<ListenFacts> listen;
  std::optional<ports::CertificateFacts> certificate;  // that pages come with; none: none yet
};

}  // namespace holdfast::api
