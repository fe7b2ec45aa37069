// SPDX-License-Identifier: Apache-2.0
// What may be asked of the box over HTTP, and the words of the command line that answer it.
//
// A verb's words are a template. Values come from the path, the query or the body, by name:
//
//   {name}          a value that must be given
//   {name?}         may be left out; then the word is, too
//   {name*}         any number of values, a word each
//   --option={name?}    the same behind an option
//   --flag?         the option stands there if the value `flag` is true (_ for each - within)
//   <{name}         no word: the verb reads the value from its standard input
//   --              what follows is no option, whatever it begins with
//
// So nothing that comes from outside can become an option or a second verb.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firmware/api/role.h"
#include "hal/base/result.h"

namespace holdfast::api {

// Values by name; a name may come more than once.
using Values = std::vector<std::pair<std::string, std::string>>;

// How a JSON body writes a value.
enum class ValueKind : std::uint8_t { text, texts, truth, number };

struct Route {
  std::string_view method;
  std::string_view path;  // below /api/v1; {name} is one part of it
  Right right = Right::rule;
  std::string_view verb;
};

[[nodiscard]] std::span<const Route> routes();

// Whether a path fits a pattern; the values of its {names} are added.
[[nodiscard]] bool match_path(std::string_view pattern, std::string_view path, Values& values);

// The words of the verb. invalid_argument {what "value_missing"|"value_unknown"|"value_twice"|
// "value_bytes"} with the value's name as `where`.
[[nodiscard]] Result<std::vector<std::string>> words_of(std::string_view verb,
                                                        const Values& values);

// As what a body has a value of that name; nothing: the verb takes none.
[[nodiscard]] std::optional<ValueKind> kind_in(std::string_view verb, std::string_view name);

// What the verb reads from its standard input, for values of which words_of() makes its words.
[[nodiscard]] std::string_view input_of(std::string_view verb, const Values& values);

}  // namespace holdfast::api
