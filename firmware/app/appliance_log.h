// SPDX-License-Identifier: Apache-2.0
// The appliance's log: one line an event on standard error, which the system's log keeps with its
// time.
#pragma once

#include "firmware/appliance/event.h"
#include "firmware/messages/messages.h"
#include "firmware/status/document.h"
#include "hal/ports/console.h"

namespace holdfast::app {

class ApplianceLog final : public appliance::EventLog {
 public:
  ApplianceLog(ports::Console& console, messages::Language language)
      : console_(console), language_(language) {}

  void note(const appliance::Event& event) override;
  // A line that is no event of the appliance.
  void say(std::string_view key, const messages::Arguments& arguments = {});
  [[nodiscard]] std::string text_of(const Error& error) const {
    return messages::render_error(language_, error);
  }
  [[nodiscard]] std::string text_of(const status::Reason& reason) const {
    return status::text_of(language_, reason);
  }

  // The same for whoever is in front of the machine: on standard output, where nothing else is.
  void show(std::string_view key, const messages::Arguments& arguments);

 private:
  ports::Console& console_;
  messages::Language language_;
};

}  // namespace holdfast::app
