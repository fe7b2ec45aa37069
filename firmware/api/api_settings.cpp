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

void write_listen(status::JsonWriter& json, const std::vector<ListenFacts>& listen,
                  messages::Language language) {
  json.begin_array("listen");
  for (const ListenFacts& each : listen) {
    json.begin_object();
    json.field("address", each.address);
    json.field("open", each.is_open);
    if (each.error) {
      json.field("complaint", messages::render_error(language, *each.error));
    } else {
      json.null("complaint");
    }
    json.end();
  }
  json.end();
}

void write_certificate(status::JsonWriter& json, const ports::CertificateFacts& facts) {
  json.begin_object("certificate");
  json.field("fingerprint", facts.fingerprint.hex());
  json.field("not_before", facts.from);
  json.field("not_after", facts.until);
  json.begin_array("names");
  for (const std::string& name : facts.names) json.path_element(name);
  json.end();
  json.end();
}

}  // namespace

// What every certificate tells who connects, and no secret.
void Api::answer_appliance(Exchange& exchange, const Visit&, const Values&) {
  const BoxFacts facts = facts_.get();
  std::ostringstream text;
  {
    status::JsonWriter json(text);
    json.begin_object();
    json.field("schema", status::kJsonSchema);
    json.field("name", facts.name);
    if (facts.language) {
      const bool is_chinese = *facts.language == messages::Language::chinese;
      json.field("language", is_chinese ? "zh-CN" : "en");
    } else {
      json.null("language");
    }
    json.field("zone", facts.zone);
    json.begin_array("names");
    for (const std::string& name : facts.host_names) json.element(name);
    json.end();
    write_listen(json, facts.listen, exchange.language());
    if (facts.certificate) {
      write_certificate(json, *facts.certificate);
    } else {
      json.null("certificate");
    }
    json.end();
  }
  exchange.send_json(200, text.str());
}

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
