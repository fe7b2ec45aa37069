// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/console.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

constexpr std::size_t kSecretSizeMax = 4096;
constexpr char kControlC = 3;

// Streams may be pipes and terminals, which know no offset.
Result<void> write_stream(int stream, std::string_view text, const char* name) {
  while (!text.empty()) {
    const ssize_t count = ::write(stream, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error("write", name);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

// Turns the echo off; gives the terminal back as it was. Ctrl-C becomes a byte that ends the line:
// as a signal it could end the process and leave a terminal that shows nothing.
class SilentTerminal {
 public:
  explicit SilentTerminal(int terminal) : terminal_(terminal) {
    changed_ = ::tcgetattr(terminal_, &before_) == 0;
    if (!changed_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_cc[VEOL] = kControlC;
    changed_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (changed_) static_cast<void>(::tcsetattr(terminal_, TCSAFLUSH, &before_));
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  [[nodiscard]] bool is_silent() const { return changed_; }

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

// One line without its end; nothing at the end of input.
Result<std::optional<SecretBytes>> read_line(int terminal) {
  SecretBytes line;
  line.bytes().reserve(kSecretSizeMax);  // growing would leave copies behind
  while (line.bytes().size() < kSecretSizeMax) {
    char byte = 0;
    const ssize_t count = ::read(terminal, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error("read", "the terminal");
    if (count == 0) return std::optional<SecretBytes>();
    if (byte == kControlC) return make_error(ErrorCode::interrupted);
    if (byte == '\n') return std::optional(std::move(line));
    line.bytes().push_back(static_cast<std::uint8_t>(byte));
  }
  return make_error(ErrorCode::limit_exceeded, "the terminal",
                    {{"what", "passphrase"}, {"limit", std::to_string(kSecretSizeMax)}});
}

}  // namespace

Result<void> ProcessConsole::write(std::string_view text) {
  return write_stream(STDOUT_FILENO, text, "standard output");
}

Result<std::string> ProcessConsole::read_all(std::size_t size_max) {
  std::string text;
  std::array<char, 16384> block{};
  while (text.size() <= size_max) {
    const ssize_t count = ::read(STDIN_FILENO, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error("read", "standard input");
    if (count == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  return make_error(ErrorCode::limit_exceeded, "standard input",
                    {{"what", "standard input"}, {"limit", std::to_string(size_max)}});
}

void ProcessConsole::write_error(std::string_view text) {
  static_cast<void>(write_stream(STDERR_FILENO, text, "standard error").has_value());
}

bool ProcessConsole::error_is_terminal() const {
  return ::isatty(STDERR_FILENO) == 1;
}

Result<std::optional<SecretBytes>> ProcessConsole::ask_secret(std::string_view prompt) {
  const Descriptor terminal = open_at(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY);
  if (!terminal.is_open()) return std::optional<SecretBytes>();
  auto line = [&]() -> Result<std::optional<SecretBytes>> {
    // Silent before the prompt: what is typed from then on is neither shown nor dropped.
    const SilentTerminal silent(terminal.number());
    if (!silent.is_silent()) return last_error("tcsetattr", "the terminal");
    HF_TRY(write_stream(terminal.number(), prompt, "the terminal"));
    return read_line(terminal.number());
  }();
  HF_TRY(write_stream(terminal.number(), "\n", "the terminal"));
  return line;
}

std::string ProcessConsole::host_name() const {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::uint64_t ProcessConsole::process_id() const {
  return static_cast<std::uint64_t>(::getpid());
}

std::uint64_t ProcessConsole::user_id() const {
  return static_cast<std::uint64_t>(::getuid());
}

}  // namespace holdfast::linux
