// SPDX-License-Identifier: Apache-2.0
// How the box itself is set up, as its own file says.
#include <algorithm>
#include <sstream>

#include "firmware/api/api.h"
#include "firmware/api/verb_problem.h"
#include "firmware/status/json_writer.h"
#include "hal/base/path.h"

namespace holdfast::api {

namespace {

constexpr std::string_view kApplianceFile = "appliance.toml";
constexpr std::uint64_t kFileSizeMax = kMiB;

// A line as it is, or escaped as a path if it holds what JSON must not.
std::string shown_line(std::string_view line) {
  std::string doubled;
  for (const char byte : line)
    doubled += byte == '\\' ? std::string(2, byte) : std::string(1, byte);
  std::string escaped = escape_path(line);
  return escaped == doubled ? std::string(line) : escaped;
}

std::string shown_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    shown += shown_line(text.substr(0, length)) + "\n";
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return shown;
}

}  // namespace

// Names of files with secrets stand in it, and no secret.
void Api::answer_appliance_file(Exchange& exchange, const Visit&, const Values&) {
  const auto bytes = ports::load(home_, kApplianceFile, kFileSizeMax);
  if (!bytes && bytes.error().code != ErrorCode::not_found) {
    return exchange.send_problem(problem_of(bytes.error(), exchange.language()));
  }
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    if (bytes) {
      json.field("text", shown_text(text_of(*bytes)));
    } else {
      json.null("text");
    }
    json.end();
  }
  exchange.send_json(200, text.str());
}

}  // namespace holdfast::api
