// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/share_plan.h"

#include "firmware/app/arguments.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::uint64_t kShareFileSizeMax = 4096;

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

}  // namespace

Result<std::optional<vault::SharePlan>> plan_shares(Session& session, const std::string& count,
                                                    const std::vector<std::string>& folders,
                                                    const std::vector<std::string>& disks) {
  vault::SharePlan plan;
  if (!count.empty()) {
    HF_TRY(plan.count, parse_share_count(count, session.language()));
  }
  if (folders.empty()) return std::optional<vault::SharePlan>();
  std::vector<std::string> taken = disks;
  const auto home = session.home_path();
  if (home) taken.push_back(*home);  // one that is not there yet has nothing in it
  for (const std::string& folder : folders) {
    HF_TRY(std::string path, session.ports().files.resolve(folder));
    for (const std::string& other : taken) {
      if (!lies_in(path, other)) continue;
      return usage_error(session.language(), "cli.usage.share_in_store",
                         {{"path", path}, {"store", other}});
    }
    plan.folders.push_back(std::move(path));
  }
  return std::optional<vault::SharePlan>(std::move(plan));
}

void write_shares(JsonWriter& json, const std::optional<vault::SharePlan>& plan,
                  const vault::Box::ShareFiles& files) {
  if (!plan) return json.null("recovery_shares");
  json.begin_object("recovery_shares");
  json.field("needed", std::uint64_t{plan->count.needed});
  json.field("made", std::uint64_t{plan->count.made});
  json.begin_array("files");
  for (const std::string& file : files) json.element(escape_path(file));
  json.end();
  json.end();
}

void tell_shares(Session& session, const vault::SharePlan& plan,
                 const vault::Box::ShareFiles& files) {
  if (files.empty()) return;
  for (const std::string& file : files) session.say("cli.key.share", {{"path", file}});
  session.note("cli.key.keep_apart", {{"needed", std::to_string(plan.count.needed)},
                                      {"made", std::to_string(plan.count.made)}});
}

Result<std::vector<keys::Share>> read_share_files(Session& session,
                                                  const std::vector<std::string>& files) {
  std::vector<keys::Share> shares;
  for (const std::string& file : files) {
    HF_TRY(const SecretBytes text, session.read_secret(file, kShareFileSizeMax));
    auto share = keys::parse_share(text.view());
    if (!share) share.error().where = file;
    if (!share) return std::move(share.error());
    shares.push_back(std::move(*share));
  }
  return shares;
}

Result<SecretKey> secret_of(const std::vector<keys::Share>& shares) {
  HF_TRY(const SecretBytes secret, keys::combine_shares(shares));
  if (secret.view().size() == SecretKey::kSize) return SecretKey(secret.view());
  return make_error(ErrorCode::wrong_shares, {}, {{"set", std::to_string(shares.front().set)}});
}

}  // namespace holdfast::app
