// SPDX-License-Identifier: Apache-2.0
// The model as the one JSON document that the command line prints and a daemon serves, and the
// words that all faces have for its reasons.
#pragma once

#include <string>
#include <string_view>

#include "firmware/messages/messages.h"
#include "firmware/status/json_writer.h"
#include "firmware/status/model.h"

namespace holdfast::status {

// "ok", "attention", "danger".
[[nodiscard]] std::string_view name_of(Verdict verdict);

[[nodiscard]] std::string text_of(messages::Language language, const Reason& reason);

// In both languages: whoever reads it later may speak another one.
struct ReasonTexts {
  std::string english;
  std::string chinese;
};
[[nodiscard]] ReasonTexts texts_of(const Reason& reason);
void write_texts(JsonWriter& json, const ReasonTexts& texts);  // "texts"

// "filling" (null: not known) and "full_in_days" (null unless it fills).
void write_fill(JsonWriter& json, const Fill& fill);
[[nodiscard]] std::string text_of(messages::Language language, const Fill& fill);

// Its fields, into the object that is open.
void write_model(JsonWriter& json, messages::Language language, const Model& model);

}  // namespace holdfast::status
