// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/good_ends.h"

#include <optional>

#include "firmware/status/json_reader.h"

namespace holdfast::appliance {

namespace {

using status::JsonArray;
using status::JsonValue;

void add(JobKind kind, const std::string& business, const JsonValue& of, std::string_view key,
         std::vector<GoodEnd>& ends) {
  const auto* text = of.get<std::string>(key);
  const auto time = text == nullptr ? Result<Timestamp>(make_error(ErrorCode::not_found))
                                    : Timestamp::parse(*text);
  if (time) ends.push_back({kind, business, *time});
}

void add_proofs(const std::string& business, const JsonArray& proofs, std::vector<GoodEnd>& ends) {
  for (const JsonValue& proof : proofs) {
    const auto* kind = proof.get<std::string>("kind");
    const KindFacts* facts = kind == nullptr ? nullptr : find_kind(*kind);
    const bool* is_good = proof.get<bool>("good");
    if (facts == nullptr || is_good == nullptr || !*is_good) continue;
    add(facts->kind, business, proof, "time", ends);
  }
}

}  // namespace

std::vector<GoodEnd> good_ends_in(std::string_view document) {
  std::vector<GoodEnd> ends;
  const auto json = status::read_json(document);
  const auto* businesses = json ? json->get<JsonArray>("businesses") : nullptr;
  if (businesses == nullptr) return ends;
  for (const JsonValue& each : *businesses) {
    const auto* name = each.get<std::string>("name");
    if (name == nullptr) continue;
    add(JobKind::backup, *name, each, "last_backup", ends);
    if (const auto* proofs = each.get<JsonArray>("proofs")) add_proofs(*name, *proofs, ends);
  }
  return ends;
}

}  // namespace holdfast::appliance
