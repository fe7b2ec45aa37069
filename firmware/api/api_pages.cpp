// SPDX-License-Identifier: Apache-2.0
// What a browser loads before it asks anything, and the status for one without scripts.
#include <algorithm>

#include "firmware/api/api.h"
#include "firmware/api/plain_page.h"
#include "firmware/web/assets.h"

namespace holdfast::api {

void Api::answer_page(Exchange& exchange, std::string_view path) {
  if (path == "/plain") return answer_plain(exchange);
  const auto assets = web::assets();
  const auto found = std::ranges::find(assets, path, &web::Asset::path);
  if (found == assets.end()) return exchange.send_problem(404, "no_page", path);
  if (exchange.is_change()) {
    return exchange.send_problem(405, "method", path, {{"Allow", "GET, HEAD"}});
  }
  exchange.send(200, found->type, text_of(found->bytes));
}

void Api::answer_plain(Exchange& exchange) {
  const Visit visit = visit_of(exchange);
  const std::string& method = exchange.request().method;
  if (method == "POST") return log_in_plainly(exchange, visit);
  if (exchange.is_change()) {
    return exchange.send_problem(405, "method", "/plain", {{"Allow", "GET, HEAD, POST"}});
  }
  const messages::Language language = exchange.language();
  const std::string page =
      visit.session ? plain_status(state_.status(), language) : plain_login({}, language);
  exchange.send(200, "text/html; charset=utf-8", page);
}

}  // namespace holdfast::api
