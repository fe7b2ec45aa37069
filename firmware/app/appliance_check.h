// SPDX-License-Identifier: Apache-2.0
// What the appliance would run, and when: for whoever writes its files.
#pragma once

#include <ostream>

#include "firmware/appliance/settings.h"
#include "firmware/messages/messages.h"
#include "hal/ports/disk.h"

namespace holdfast::app {

// Each duty with its next five times, as they follow from what home knows of the last ones.
void print_upcoming(std::ostream& out, messages::Language language,
                    const appliance::Settings& settings, ports::Disk& home, Timestamp now);

}  // namespace holdfast::app
