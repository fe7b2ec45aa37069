// SPDX-License-Identifier: Apache-2.0
// The console of a process: its standard streams, and the controlling terminal for secrets, so that
// a passphrase can be typed while the streams are pipes.
#pragma once

#include "hal/linux/descriptor.h"
#include "hal/ports/console.h"

namespace holdfast::linux {

class ProcessConsole final : public ports::Console {
 public:
  [[nodiscard]] Result<void> write(std::string_view text) override;
  [[nodiscard]] Result<std::string> read_all(std::size_t size_max) override;
  void write_error(std::string_view text) override;
  [[nodiscard]] bool error_is_terminal() const override;
  [[nodiscard]] Result<std::optional<SecretBytes>> ask_secret(std::string_view prompt) override;
  [[nodiscard]] std::string host_name() const override;
  [[nodiscard]] std::uint64_t process_id() const override;
  [[nodiscard]] std::uint64_t user_id() const override;
};

}  // namespace holdfast::linux
