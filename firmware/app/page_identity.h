// SPDX-License-Identifier: Apache-2.0
// The certificate that pages come with, and its key: `tls/certificate.pem` and `tls/key.pem` in
// home, which the box makes for itself where there is neither.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/app/appliance_config.h"
#include "firmware/status/model.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/http_server.h"

namespace holdfast::app {

// One thread. The ports must outlive it.
class PageIdentity {
 public:
  PageIdentity(ports::Certificates& certificates, ports::Disk& home, ports::Clock& clock,
               std::string host_name)
      : certificates_(certificates), home_(home), clock_(clock), host_name_(std::move(host_name)) {}

  // Reads the pair, and makes one if neither file is there: the only one that is ever made, so that
  // whoever trusts its fingerprint is asked again only after somebody took it away. True: another
  // one counts than before. An error: what counted before still does; one is a key without a
  // certificate, which may be of the one that somebody is about to put there, another one a
  // certificate that is not valid now while the one before is.
  [[nodiscard]] Result<bool> look(const ApplianceSettings& settings);
  // Whether the pair that lies there would be taken, and is valid now; one that is not there would
  // be made.
  [[nodiscard]] Result<void> check();

  // The one that counts; none: look() has not found one yet.
  [[nodiscard]] const std::optional<ports::CertificateFacts>& facts() const { return facts_; }
  // A copy. Only if there are facts().
  [[nodiscard]] ports::HttpIdentity get() const;
  // What does not fit it, each as one: the names by which browsers are to reach the box that it is
  // not for, and its end.
  [[nodiscard]] std::vector<status::Reason> complaints(const ApplianceSettings& settings);

 private:
  struct Found {
    ports::HttpIdentity identity;
    bool is_cut = false;  // the box's own, whose making came as far as its key
  };
  [[nodiscard]] Result<std::optional<Found>> find();
  [[nodiscard]] Result<void> end_making();
  [[nodiscard]] Result<ports::HttpIdentity> load(const ApplianceSettings& settings);
  [[nodiscard]] Result<ports::HttpIdentity> make(const ApplianceSettings& settings);
  [[nodiscard]] Error out_of_time() const;
  [[nodiscard]] Result<ports::CertificateFacts> facts_of(const ports::HttpIdentity& identity);

  ports::Certificates& certificates_;
  ports::Disk& home_;
  ports::Clock& clock_;
  std::string host_name_;
  ports::HttpIdentity identity_;
  std::optional<ports::CertificateFacts> facts_;
};

}  // namespace holdfast::app
