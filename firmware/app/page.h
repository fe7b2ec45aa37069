// SPDX-License-Identifier: Apache-2.0
// A report as one HTML page that is made to be printed. It stands by itself: no script, and nothing
// that lies elsewhere. Whatever is put into it is text, also what looks like HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/messages/messages.h"
#include "hal/base/result.h"

namespace holdfast::app {

class Session;

// One thread.
class Page {
 public:
  explicit Page(Session& session) : session_(session) {}

  // Up to the heading, which is the title.
  void begin(const std::string& title);
  // An element that only has text.
  void element(const char* tag, const std::string& text);
  // A row of a table whose cells are texts: from `counts_from` on they are counts.
  void cells(const char* tag, const std::vector<std::string>& texts,
             std::size_t counts_from = ~std::size_t{0});
  void open_table(const std::vector<std::string>& titles,
                  std::size_t counts_from = ~std::size_t{0});
  void close_table();
  // Of our own, as it is.
  void html(std::string_view html) { html_ += html; }
  // To standard output, with the end.
  [[nodiscard]] Result<void> write();

 private:
  Session& session_;
  std::string html_;
};

}  // namespace holdfast::app
