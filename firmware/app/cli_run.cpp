// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include "firmware/app/audit_trail.h"
#include "firmware/app/cli.h"
#include "firmware/app/session.h"

namespace holdfast::app {

namespace {

bool asks_for_json(const std::vector<std::string>& arguments) {
  return std::ranges::find(arguments, "--json") != arguments.end();
}

}  // namespace

int run_cli(const AppPorts& ports, const Environment& environment,
            const std::vector<std::string>& arguments, const job::StopFlag& stop) {
  auto command = parse_command(arguments, language_of(environment));
  GlobalOptions options;
  options.json = asks_for_json(arguments);
  if (command) options = command->options;
  Session session(ports, environment, options, stop);
  const auto outcome = [&]() -> Result<ExitCode> {
    if (!command) {
      session.begin_writing(false);  // whatever the verb was, nothing was committed
      return command.error();
    }
    if (command->verb == nullptr) {
      session.out() << command->text;
      return ExitCode::done;
    }
    AuditTrail audit(session);
    HF_TRY(audit.begin(command->name, arguments));
    auto ended = command->verb(session);
    audit.end(ended);
    return ended;
  }();
  return static_cast<int>(session.finish(outcome));
}

OutOfMemory out_of_memory(const Environment& environment,
                          const std::vector<std::string>& arguments) {
  const Error error = make_error(ErrorCode::out_of_memory);
  const messages::Language language = language_of(environment);
  OutOfMemory words{.out = {},
                    .error = error_line(language, error),
                    .exit_code = static_cast<int>(exit_code_of(error))};
  if (!asks_for_json(arguments)) return words;
  std::ostringstream text;
  {
    JsonWriter json(text);
    json.begin_object();
    json.field("schema", kJsonSchema);
    write_error(json, language, error);
    json.end();
  }
  words.out = text.str() + "\n";
  words.error.clear();
  return words;
}

}  // namespace holdfast::app
