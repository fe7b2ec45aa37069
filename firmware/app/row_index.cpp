// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/row_index.h"

#include "firmware/app/config.h"
#include "firmware/app/mapping_file.h"

namespace holdfast::app {

Result<std::optional<job::RecordRebuild>> rebuild_rows(Session& session,
                                                       vault::Business& business) {
  HF_TRY(const auto policy, business.policy_in_force());
  if (!policy) return std::optional<job::RecordRebuild>();
  const messages::Language language = session.language();
  HF_TRY(BusinessFile file, parse_business(policy->definition, business.name(), language));
  job::RecordRebuildRequest request;
  request.definition = std::move(file.definition);
  request.parse_mapping = [language](const std::string& text, const std::string& where) {
    return parse_mapping(text, where, language);
  };
  request.stop = &session.stop();
  request.progress = &session.progress();
  return job::rebuild_records(business, request);
}

}  // namespace holdfast::app
