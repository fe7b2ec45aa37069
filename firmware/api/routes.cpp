// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/routes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace holdfast::api {

namespace {

constexpr std::array kRoutes = {
    Route{"GET", "/businesses", Right::look, "business list"},
    Route{"POST", "/businesses", Right::rule, "business add --file=- -- {business} <{definition}"},
    Route{"GET", "/businesses/{business}", Right::hear, "business show -- {business}"},
    Route{"PATCH", "/businesses/{business}", Right::rule,
          "business change --before={before} --file=- -- {business} <{definition}"},
    Route{"POST", "/businesses/{business}/preview", Right::rule,
          "business preview --file=- -- {business} <{definition}"},
    Route{"GET", "/businesses/{business}/snapshots", Right::look, "snapshot list -- {business}"},
    Route{"GET", "/businesses/{business}/snapshots/{number}", Right::look,
          "snapshot show --masked? -- {business} {number}"},
    Route{"GET", "/businesses/{business}/snapshots/{number}/diff/{other}", Right::hear,
          "snapshot diff -- {business} {number} {other}"},
    Route{"POST", "/businesses/{business}/snapshots/{number}/tags", Right::run,
          "snapshot tag -- {business} {number} {tag}"},
    Route{"POST", "/businesses/{business}/snapshots/{number}/hold", Right::hear,
          "snapshot hold --reason={reason} -- {business} {number}"},
    Route{"DELETE", "/businesses/{business}/snapshots/{number}/hold", Right::rule,
          "snapshot release --reason={reason?} -- {business} {number}"},
    Route{"GET", "/businesses/{business}/holds", Right::hear, "hold -- {business} list"},
    Route{"POST", "/businesses/{business}/holds", Right::hear,
          "hold --path={path?} --where={where?} --reason={reason} -- {business} add"},
    Route{"DELETE", "/businesses/{business}/holds", Right::rule,
          "hold --path={path?} --where={where?} --reason={reason?} -- {business} release"},
    Route{"GET", "/businesses/{business}/items", Right::hear,
          "ls --recursive? -- {business} {snapshot?} {path?}"},
    Route{"GET", "/businesses/{business}/found", Right::hear,
          "find -- {business} {pattern} {snapshot?}"},
    Route{"GET", "/businesses/{business}/records", Right::find,
          "record find --from={from?} --to={to?} --source={source?} --day={day?} --skip={skip?} "
          "--limit={limit?} --reason={reason?} --masked? -- {business} {where*}"},
    Route{"GET", "/businesses/{business}/recordings", Right::hear,
          "record recordings --source={source?} --day={day?} --skip={skip?} --limit={limit?} -- "
          "{business} {class}"},
    Route{"GET", "/businesses/{business}/reconciliation", Right::hear,
          "record reconcile -- {business} {snapshot?}"},
    Route{"GET", "/businesses/{business}/statistics", Right::look,
          "record statistics --from={from?} --to={to?} -- {business}"},
    Route{"GET", "/businesses/{business}/prune-plan", Right::hear, "prune --dry-run -- {business}"},
    Route{"GET", "/pool", Right::look, "pool status --visit-days={visit_days?}"},
    Route{"POST", "/pool", Right::rule,
          "pool create --disk={disks*} --geometry={geometry?} --dry-run?"},
    Route{"GET", "/pool/bays", Right::look, "pool bays"},
    Route{"GET", "/pool/candidates", Right::run, "pool candidates --replace={replace?}"},
    Route{"POST", "/pool/disks", Right::run, "pool add --disk={disk} --dry-run?"},
    Route{"POST", "/pool/replacements", Right::run,
          "pool replace --later --dry-run? -- {old} {new}"},
    Route{"POST", "/pool/retirements", Right::run, "pool retire --later --dry-run? -- {disk}"},
    Route{"GET", "/alerts", Right::look, "alert list --limit={limit?}"},
    Route{"POST", "/alerts/{id}/acknowledgement", Right::run,
          "alert acknowledge --note={note} -- {id}"},
    Route{"GET", "/time", Right::look, "time show"},
    Route{"POST", "/time/confirmations", Right::rule,
          "time confirm --at={at} --by={by*} --dry-run?"},
    Route{"POST", "/accounts/{name}/code", Right::rule, "account code --off? -- {name}"},
    Route{"GET", "/keys", Right::rule, "key list"},
};

struct Parts {
  std::string_view rest;
  // The next part; nothing at the end.
  std::optional<std::string_view> next(char separator) {
    while (!rest.empty() && rest.front() == separator) rest.remove_prefix(1);
    if (rest.empty()) return std::nullopt;
    const std::size_t length = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, length);
    rest.remove_prefix(length);
    return part;
  }
};

// "/a//b" and "/a/" are not "/a/b" and "/a".
bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && !path.ends_with('/') && path.find("//") == std::string_view::npos;
}

// A word of a template, taken apart: before, {name, how often}.
struct Slot {
  std::string_view prefix;
  std::string_view name;
  char count = '1';  // '1', '?', '*', or 'f' for a flag

  [[nodiscard]] bool is_input() const { return prefix == "<"; }
  [[nodiscard]] bool takes(std::string_view value_name) const {
    return std::ranges::equal(name, value_name, [this](char of_slot, char given) {
      return of_slot == given || (count == 'f' && of_slot == '-' && given == '_');
    });
  }
};

std::optional<Slot> slot_of(std::string_view word) {
  if (word.ends_with('?') && word.starts_with("--")) {
    return Slot{word.substr(0, word.size() - 1), word.substr(2, word.size() - 3), 'f'};
  }
  const std::size_t open = word.find('{');
  if (open == std::string_view::npos) return std::nullopt;
  Slot slot{word.substr(0, open), word.substr(open + 1, word.size() - open - 2), '1'};
  if (slot.name.ends_with('?') || slot.name.ends_with('*')) {
    slot.count = slot.name.back();
    slot.name.remove_suffix(1);
  }
  return slot;
}

Error bad_value(std::string_view what, std::string_view name) {
  return make_error(ErrorCode::invalid_argument, std::string(name), {{"what", std::string(what)}});
}

// A word of digits alone is a snapshot's number; a path of digits is written so (the contract of
// the command line).
std::string word_of(const Slot& slot, std::string_view value) {
  const bool is_number = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
  const std::string_view mark = slot.name == "path" && is_number ? "./" : "";
  return std::string(slot.prefix) + std::string(mark) + std::string(value);
}

Result<void> fill(const Slot& slot, const std::vector<std::string_view>& given,
                  std::vector<std::string>& words) {
  if (given.size() > 1 && slot.count != '*') return bad_value("value_twice", slot.name);
  if (given.empty() && slot.count == '1') return bad_value("value_missing", slot.name);
  for (const std::string_view value : given) {
    if (value.find('\0') != std::string_view::npos) return bad_value("value_bytes", slot.name);
    if (slot.is_input()) continue;
    if (slot.count != 'f') {
      words.push_back(word_of(slot, value));
    } else if (value == "true") {
      words.emplace_back(slot.prefix);
    } else if (value != "false") {
      return bad_value("value_bytes", slot.name);
    }
  }
  return {};
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

bool match_path(std::string_view pattern, std::string_view path, Values& values) {
  if (!is_plain_path(path)) return false;
  Parts wanted{pattern};
  Parts given{path};
  Values found;
  while (true) {
    const auto want = wanted.next('/');
    const auto part = given.next('/');
    if (!want || !part) {
      if (want || part) return false;
      values.insert(values.end(), found.begin(), found.end());
      return true;
    }
    if (want->starts_with('{')) {
      found.emplace_back(want->substr(1, want->size() - 2), *part);
    } else if (*want != *part) {
      return false;
    }
  }
}

Result<std::vector<std::string>> words_of(std::string_view verb, const Values& values) {
  std::vector<std::string> words;
  std::set<std::string_view> known;
  Parts parts{verb};
  while (const auto word = parts.next(' ')) {
    const auto slot = slot_of(*word);
    if (!slot) {
      words.emplace_back(*word);
      continue;
    }
    std::vector<std::string_view> given;
    for (const auto& [name, value] : values) {
      if (!slot->takes(name)) continue;
      known.insert(name);
      given.push_back(value);
    }
    HF_TRY(fill(*slot, given, words));
  }
  for (const auto& [name, value] : values) {
    if (!known.contains(name)) return bad_value("value_unknown", name);
  }
  return words;
}

std::optional<ValueKind> kind_in(std::string_view verb, std::string_view name) {
  Parts parts{verb};
  while (const auto word = parts.next(' ')) {
    const auto slot = slot_of(*word);
    if (!slot || !slot->takes(name)) continue;
    if (slot->count == 'f') return ValueKind::truth;
    return slot->count == '*' ? ValueKind::texts : ValueKind::text;
  }
  return std::nullopt;
}

std::string_view input_of(std::string_view verb, const Values& values) {
  Parts parts{verb};
  while (const auto word = parts.next(' ')) {
    const auto slot = slot_of(*word);
    if (!slot || !slot->is_input()) continue;
    const auto given = std::ranges::find(values, slot->name, &Values::value_type::first);
    if (given != values.end()) return given->second;
  }
  return {};
}

}  // namespace holdfast::api
