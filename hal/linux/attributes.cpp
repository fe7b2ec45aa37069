// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/attributes.h"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <optional>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

// Most files have no or few attributes: one call with this much room then says all.
constexpr std::size_t kUsualSize = 1024;

// Calls `ask(out, size)` with more and more room until the answer fits; its errno stays on failure.
std::optional<Bytes> ask_whole(const std::function<ssize_t(void*, std::size_t)>& ask) {
  std::array<std::uint8_t, kUsualSize> usual;
  ssize_t count = ask(usual.data(), usual.size());
  if (count >= 0) return Bytes(usual.begin(), usual.begin() + count);
  while (errno == ERANGE) {
    count = ask(nullptr, 0);
    if (count < 0) break;
    // It may grow between the two calls; then the next turn asks anew.
    Bytes large(static_cast<std::size_t>(count) + kUsualSize);
    count = ask(large.data(), large.size());
    if (count < 0) continue;
    large.resize(static_cast<std::size_t>(count));
    return large;
  }
  return std::nullopt;
}

// Errors that say "this attribute is not for you": gone, not supported here, or not allowed.
bool is_unreadable(int number) {
  return number == ENODATA || number == ENOTSUP || number == EPERM || number == EACCES;
}

}  // namespace

AttributeOwner AttributeOwner::of_name(const Descriptor& folder, const std::string& name) {
  return {-1, "/proc/self/fd/" + std::to_string(folder.number()) + "/" + name};
}

ssize_t AttributeOwner::list(char* out, std::size_t size) const {
  return path_.empty() ? ::flistxattr(file_, out, size) : ::llistxattr(path_.c_str(), out, size);
}

ssize_t AttributeOwner::get(const char* attribute, void* out, std::size_t size) const {
  return path_.empty() ? ::fgetxattr(file_, attribute, out, size)
                       : ::lgetxattr(path_.c_str(), attribute, out, size);
}

int AttributeOwner::set(const char* attribute, ByteView value) const {
  return path_.empty() ? ::fsetxattr(file_, attribute, value.data(), value.size(), 0)
                       : ::lsetxattr(path_.c_str(), attribute, value.data(), value.size(), 0);
}

Result<ports::ExtendedAttributes> read_attributes(const AttributeOwner& owner,
                                                  const std::string& where) {
  ports::ExtendedAttributes attributes;
  const std::optional<Bytes> names = ask_whole(
      [&](void* out, std::size_t size) { return owner.list(static_cast<char*>(out), size); });
  if (!names && is_unreadable(errno)) return attributes;
  if (!names) return last_error("list attributes", where);

  std::string_view rest = text_of(*names);
  while (!rest.empty()) {
    const std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    std::optional<Bytes> value =
        ask_whole([&](void* out, std::size_t size) { return owner.get(name.c_str(), out, size); });
    if (!value && is_unreadable(errno)) continue;
    if (!value) return last_error("read attribute", where);
    attributes.emplace_back(name, std::move(*value));
  }
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

Result<void> write_attributes(const AttributeOwner& owner,
                              const ports::ExtendedAttributes& attributes,
                              const std::string& where) {
  Result<void> result;
  for (const auto& [name, value] : attributes) {
    if (owner.set(name.c_str(), value) == 0 || !result) continue;
    Error error = last_error("set attribute", where);
    error.arguments.push_back({"attribute", name});
    result = std::move(error);
  }
  return result;
}

}  // namespace holdfast::linux
