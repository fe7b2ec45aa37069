// SPDX-License-Identifier: Apache-2.0
// The businesses of a box: added, and opened.
#include "firmware/vault/box.h"
#include "firmware/vault/business.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

// Named by the keyring, and no entry stands on the disks: its adding did not come to its end.
bool is_half_added(Business& business) {
  return business.journal().head().number == 0 && business.journal().writable();
}

}  // namespace

Result<AddedBusiness> Box::add_business(const std::string& name,
                                        const WriteDefinition& write_definition,
                                        const journal::LockDays& lock_days) {
  HF_TRY(check_keyring_writable());
  HF_TRY(auto lock, lock_keyring());
  HF_TRY(keys::Keyring keyring, reload_keyring());
  if (const keys::BusinessKeys* known = keyring.find_business(name)) {
    // Added by somebody else since this box was opened.
    if (keyring_.find_business(name) == nullptr)
      return make_error(ErrorCode::business_exists, name);
    const BusinessName found{known->id, name};
    lock.reset();
    return finish_adding(found, write_definition, lock_days);
  }
  HF_TRY(pool::Pool * opened_pool, open_pool(keyring.content().pool));
  HF_TRY(opened_pool->writable());
  // Finds disks that are ahead of home before home takes the generation that they have.
  HF_TRY(level_copies_locked());
  const auto id = ports_.random.id<BusinessId>();
  const std::string definition = write_definition(id);
  const std::string path = definition_path(id);
  HF_TRY(ports::make_directories(ports_.home, parent_of(path)));
  HF_TRY(ports::store(ports_.home, path, view_of(definition)));
  keys::BusinessKeys business;
  business.id = id;
  business.name = name;
  business.id_key = ports_.random.key();
  keyring.content().businesses.push_back(std::move(business));
  // The business exists once the keyring names it; its first journal entry is the policy, and a
  // business without one (a cut right here) gets it at its next opening for writing.
  HF_TRY(store_keyring(std::move(keyring)));
  lock.reset();  // opening for writing may take it
  HF_TRY(const auto writer, open_business(name, Access::write));
  // Somebody else was quicker to finish this adding, by a definition of their own.
  if (!is_half_added(*writer)) return make_error(ErrorCode::business_exists, name);
  HF_TRY(writer->ensure_policy(lock_days));
  return AddedBusiness{{id, name}, writer->journal().head().number, writer->warnings()};
}

// What home has of a definition was told as added, or will be: it is not exchanged for another one.
Result<void> Box::check_addable(const std::string& name, const WriteDefinition& write_definition) {
  if (keyring_.find_business(name) == nullptr) return {};
  const auto reader = open_business(name, Access::read);
  if (reader && is_half_added(**reader)) {
    const auto known = (*reader)->definition();
    const bool is_none = !known && known.error().code == ErrorCode::no_definition;
    if (is_none || (known && *known == write_definition((*reader)->id()))) return {};
  }
  return make_error(ErrorCode::business_exists, name);
}

Result<AddedBusiness> Box::finish_adding(const BusinessName& name,
                                         const WriteDefinition& write_definition,
                                         const journal::LockDays& lock_days) {
  HF_TRY(check_addable(name.name, write_definition));
  HF_TRY(const auto writer, open_business(name.name, Access::write));
  if (!is_half_added(*writer)) return make_error(ErrorCode::business_exists, name.name);
  HF_TRY(writer->prepare_writing());
  const std::string path = definition_path(name.id);
  HF_TRY(ports::make_directories(ports_.home, parent_of(path)));
  HF_TRY(ports::store(ports_.home, path, view_of(write_definition(name.id))));
  HF_TRY(writer->ensure_policy(lock_days));
  return AddedBusiness{name, writer->journal().head().number, writer->warnings()};
}

Result<std::unique_ptr<Business>> Box::open_business(const std::string& name, Access access) {
  const keys::BusinessKeys* keys = keyring_.find_business(name);
  if (keys == nullptr) return make_error(ErrorCode::no_business, name);
  HF_TRY(pool::Pool * opened_pool, pool());
  return Business::open(*this, *opened_pool, *keys, access);
}

}  // namespace holdfast::vault
