// SPDX-License-Identifier: Apache-2.0
// Who runs the program, and where it listens and speaks: standard input, output and error, the
// terminal behind them, and the names by which a person knows this process and its machine.
//
// One thread at a time, but for write_error(), which any thread may call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hal/base/result.h"
#include "hal/base/secret.h"

namespace holdfast::ports {

class Console {
 public:
  virtual ~Console() = default;
  // All of the bytes on standard output, or an error (io, no_space). Nothing is kept back.
  [[nodiscard]] virtual Result<void> write(std::string_view text) = 0;
  // All of standard input, until its end. limit_exceeded {what "standard input"}: it is more than
  // that many bytes.
  [[nodiscard]] virtual Result<std::string> read_all(std::size_t size_max) = 0;
  // Standard error: the last place to complain at, so its own failure is not told.
  virtual void write_error(std::string_view text) = 0;
  [[nodiscard]] virtual bool error_is_terminal() const = 0;
  // One line typed on the terminal without being shown; nothing if there is no terminal or the
  // person ended the input. interrupted: Ctrl-C. `prompt` is shown as it is.
  [[nodiscard]] virtual Result<std::optional<SecretBytes>> ask_secret(std::string_view prompt) = 0;
  [[nodiscard]] virtual std::string host_name() const = 0;
  [[nodiscard]] virtual std::uint64_t process_id() const = 0;
  // Of the person in front of it, as the system numbers users.
  [[nodiscard]] virtual std::uint64_t user_id() const = 0;
};

}  // namespace holdfast::ports
