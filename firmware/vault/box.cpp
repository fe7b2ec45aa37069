// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/box.h"

#include <algorithm>

#include "firmware/journal/body.h"
#include "firmware/pool/election.h"
#include "firmware/vault/business.h"
#include "firmware/vault/disk_watch_note.h"
#include "firmware/vault/home_files.h"
#include "firmware/vault/recovery.h"
#include "firmware/vault/recovery_shares.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::uint64_t kSmallFileMax = kMiB;
// A copy of the keyring on whatever disk, where no certain one can be named.
constexpr std::string_view kAnyCopy = "DISK/keyring";

Result<bool> exists(ports::Disk& disk, std::string_view path) {
  const auto size = disk.size_of(path);
  if (size) return true;
  if (size.error().code == ErrorCode::not_found) return false;
  return size.error();
}

// People edit this file: an error says where, and empty lines are none.
Result<std::vector<std::string>> parse_disk_paths(ByteView bytes, const std::string& where) {
  constexpr std::string_view kWord = "disk ";
  std::vector<std::string> paths;
  std::string_view text = text_of(bytes);
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty()) continue;
    auto path = unescape_path(line.substr(std::min(kWord.size(), line.size())));
    if (!line.starts_with(kWord) || !path || !path->starts_with('/')) {
      return make_error(ErrorCode::bad_pool_file, where, {{"line", std::to_string(number)}});
    }
    paths.push_back(std::move(*path));
  }
  return paths;
}

// True if `code` says that the keyring's bytes are not what was written.
bool is_rot(ErrorCode code) {
  return code == ErrorCode::damaged || code == ErrorCode::truncated ||
         code == ErrorCode::bad_magic || code == ErrorCode::limit_exceeded;
}

using Opened = std::unique_ptr<pool::Pool>;

// Where members that are not there were last seen, as the record says. Home may be an older copy,
// whose list lacks the disks that came later.
std::vector<std::string> unlisted_places(const pool::Pool& opened,
                                         const std::vector<std::string>& paths) {
  const auto present = opened.present_members();
  std::vector<std::string> places;
  for (const pool::Member& member : opened.label().record.members) {
    const bool is_there =
        std::ranges::find(present, member.disk, &pool::Pool::PresentMember::id) != present.end();
    const bool is_listed = std::ranges::find(paths, member.place) != paths.end();
    if (!pool::is_current(member.state) || is_there || is_listed) continue;
    if (member.place.starts_with('/')) places.push_back(member.place);
  }
  return places;
}

Result<bool> has_files(ports::Disk& disk, std::string_view folder) {
  const auto listed = disk.list(folder);
  if (listed) return !listed->empty();
  if (listed.error().code == ErrorCode::not_found) return false;
  return listed.error();
}

// True if anything is there that comes after the keyring: `init` was run here and went through.
// A list of disks may be what a recovery that was cut has left.
Result<bool> has_been_used(ports::Disk& home) {
  HF_TRY(const bool labelled, exists(home, kLabelPath));
  if (labelled) return true;
  for (const std::string_view folder : {"businesses", "witness", "wraps"}) {
    HF_TRY(const bool some, has_files(home, folder));
    if (some) return true;
  }
  return false;
}

// What is remembered of its disks.
void tell_pool(const std::vector<policy::WatchedDisk>& watched, pool::Pool& pool) {
  for (const policy::WatchedDisk& disk : watched) {
    if (policy::is_failing(disk, {})) pool.set_failing(disk.disk);
    if (disk.slow) pool.set_slow(disk.disk, *disk.slow);
    if (!disk.healed) continue;
    pool.set_healed(disk.disk);
    pool.set_apart(disk.disk);  // until the mark is off
  }
}

Error keyring_error(ErrorCode code, const ports::Disk& home, std::string copy) {
  return make_error(code, home.name() + "/" + std::string(kKeyringPath),
                    {{"copy", std::move(copy)}});
}

}  // namespace

Result<std::vector<std::string>> load_disk_paths(ports::Disk& home) {
  auto bytes = ports::load(home, kPoolPath, kSmallFileMax);
  if (bytes) return parse_disk_paths(*bytes, home.name() + "/" + std::string(kPoolPath));
  if (bytes.error().code != ErrorCode::not_found) return std::move(bytes.error());
  return std::vector<std::string>{};
}

Result<SecretKey> load_machine_key(ports::Disk& home) {
  auto bytes = ports::load(home, kMachineKeyPath, SecretKey::kSize);
  if (!bytes) return std::move(bytes.error());
  const SecretBytes secret(std::move(bytes).value());
  if (secret.view().size() != SecretKey::kSize) {
    return make_error(ErrorCode::damaged, std::string(kMachineKeyPath), {{"what", "size"}});
  }
  return SecretKey(secret.view());
}

Result<void> make_home_folders(ports::Disk& home) {
  for (const std::string_view folder :
       {std::string_view("businesses"), kCatalogFolder, std::string_view("locks"),
        std::string_view("witness"), std::string_view("wraps")}) {
    HF_TRY(home.make_directory(folder));
  }
  return home.sync_directory("");
}

Bytes encode_disk_paths(const std::vector<std::string>& directories) {
  std::string text;
  for (const std::string& directory : directories) text += "disk " + escape_path(directory) + "\n";
  return Bytes(text.begin(), text.end());
}

Result<void> check_recovery_home(ports::Disk& folder) {
  HF_TRY(const bool initialised, exists(folder, kKeyringPath));
  if (initialised) return make_error(ErrorCode::home_exists, folder.name());
  // New keys would take the place of those that open what is on the disks.
  HF_TRY(const bool used, has_been_used(folder));
  if (used) return keyring_error(ErrorCode::keyring_missing, folder, std::string(kAnyCopy));
  return {};
}

Result<void> check_new_home(ports::Disk& folder) {
  HF_TRY(check_recovery_home(folder));
  HF_TRY(const bool has_disks, exists(folder, kPoolPath));
  if (has_disks) return keyring_error(ErrorCode::keyring_missing, folder, std::string(kAnyCopy));
  return {};
}

std::string definition_path(const BusinessId& business) {
  return "businesses/" + business.hex() + ".toml";
}

std::string catalog_file(const std::string& catalog_directory, const BusinessId& business) {
  if (catalog_directory.empty()) return ":memory:";
  return catalog_directory + "/" + business.hex() + ".sqlite";
}

Result<Box::ShareFiles> Box::init(const VaultPorts& ports, const VaultSettings& settings,
                                  std::optional<ByteView> passphrase,
                                  const std::optional<SharePlan>& shares) {
  HF_TRY(check_new_home(ports.home));
  keys::Keyring keyring = keys::Keyring::create(ports.random);
  const SecretKey machine_key = ports.random.key();
  const Timestamp now = ports.clock.now();
  HF_CHECK(keyring.add_machine_slot(machine_key, now, ports.random).has_value());  // it has room
  if (passphrase) {
    HF_TRY(keyring.add_passphrase_slot(*passphrase, now, ports.random, settings.scrypt_log2_n));
  }
  ShareFiles files;
  if (shares) {
    HF_TRY(files, add_share_slot(keyring, ports, *shares));
  }
  HF_TRY(make_home_folders(ports.home));
  // The keyring last: it is what makes this a home. A cut before it leaves a machine key that opens
  // nothing, and the next init replaces it.
  HF_TRY(ports::store(ports.home, kMachineKeyPath, machine_key.view()));
  HF_TRY(ports::store(ports.home, kKeyringPath, keyring.serialize(ports.random)));
  return files;
}

Result<std::unique_ptr<Box>> Box::open(const VaultPorts& ports, const VaultSettings& settings,
                                       const AskPassphrase& ask_passphrase) {
  auto machine_key = load_machine_key(ports.home);
  if (!machine_key && machine_key.error().is_of_process()) return std::move(machine_key.error());
  auto file = ports::load(ports.home, kKeyringPath, keys::kKeyringSizeMax);
  // What to say of home's keyring when it does not open: the copy to put in its place.
  const auto failure = [&](ErrorCode code) {
    const auto copy = machine_key ? find_copy(ports, *machine_key) : std::nullopt;
    return keyring_error(code, ports.home, copy.value_or(std::string(kAnyCopy)));
  };
  if (!file) {
    if (is_rot(file.error().code)) return failure(ErrorCode::keyring_damaged);
    if (file.error().code != ErrorCode::not_found) return std::move(file.error());
    HF_TRY(const bool used, has_been_used(ports.home));
    HF_TRY(const bool has_disks, exists(ports.home, kPoolPath));
    if (used || has_disks) return failure(ErrorCode::keyring_missing);
    return make_error(ErrorCode::no_home, ports.home.name());
  }
  const auto opened = [&](Credential credential, keys::Keyring keyring) {
    return std::unique_ptr<Box>(
        new Box(ports, settings, std::move(credential), std::move(keyring)));
  };
  Credential credential;
  if (machine_key) {
    credential.machine_key = machine_key->clone();
    auto keyring = open_keyring(*file, credential);
    if (keyring) return opened(std::move(credential), std::move(keyring).value());
    const ErrorCode code = keyring.error().code;
    if (is_rot(code)) return failure(ErrorCode::keyring_damaged);
    if (code != ErrorCode::wrong_key && code != ErrorCode::no_key) {
      keyring.error().where = ports.home.name() + "/" + std::string(kKeyringPath);
      return std::move(keyring.error());
    }
    credential.machine_key.reset();
  }
  HF_TRY(auto passphrase, ask_passphrase());
  if (!passphrase) {
    // Rot in a slot looks like another key; but this key opens what home's file was copied to.
    const bool fits = machine_key && find_copy(ports, *machine_key);
    if (fits) return failure(ErrorCode::keyring_damaged);
    return make_error(ErrorCode::no_key, ports.home.name() + "/" + std::string(kMachineKeyPath));
  }
  credential.passphrase = std::move(*passphrase);
  auto keyring = open_keyring(*file, credential);
  if (!keyring && is_rot(keyring.error().code)) return failure(ErrorCode::keyring_damaged);
  if (!keyring) return std::move(keyring.error());
  return opened(std::move(credential), std::move(*keyring));
}

// The path of the newest copy on the disks that the machine key opens. Only for words: whatever
// cannot be read is passed over.
std::optional<std::string> Box::find_copy(const VaultPorts& ports, const SecretKey& machine_key) {
  std::optional<std::string> path;
  std::uint64_t generation = 0;
  const auto listed = load_disk_paths(ports.home);
  for (const std::string& directory : listed ? *listed : std::vector<std::string>()) {
    const auto disk = ports.open_disk(directory);
    if (!disk) continue;
    const auto file = ports::load(**disk, kKeyringPath, keys::kKeyringSizeMax);
    const auto keyring =
        file ? keys::Keyring::open_with_machine_key(*file, machine_key) : file.error();
    if (!keyring || keyring->generation() <= generation) continue;
    generation = keyring->generation();
    path = (*disk)->name() + "/" + std::string(kKeyringPath);
  }
  return path;
}

Result<keys::Keyring> Box::open_keyring(ByteView file, const Credential& credential) {
  if (credential.machine_key) {
    return keys::Keyring::open_with_machine_key(file, *credential.machine_key);
  }
  return keys::Keyring::open_with_passphrase(file, credential.passphrase.view());
}

Box::Box(const VaultPorts& ports, const VaultSettings& settings, Credential credential,
         keys::Keyring keyring)
    : ports_(ports),
      settings_(settings),
      credential_(std::move(credential)),
      keyring_(std::move(keyring)),
      signer_(std::make_unique<keys::Signer>(keyring_.content().signing_seed)),
      trusted_(keyring_.trusted_signers()) {
  settings_.pool.clock = &ports_.clock;
  settings_.pool.random = &ports_.random;
}

Box::~Box() = default;

Result<std::unique_ptr<ports::Lock>> Box::try_lock(const std::string& name, ports::LockMode mode) {
  constexpr std::string_view kFolder = "locks";
  const std::string path = std::string(kFolder) + "/" + name;
  auto taken = ports_.home.lock(path, mode, holder());
  if (taken || taken.error().code != ErrorCode::not_found) return taken;
  // A home brought back from a copy may have no empty folders.
  HF_TRY(ports_.home.make_directory(kFolder));
  return ports_.home.lock(path, mode, holder());
}

Result<std::unique_ptr<ports::Lock>> Box::lock(const std::string& name) {
  return try_lock(name, ports::LockMode::exclusive);
}

Result<std::unique_ptr<ports::Lock>> Box::lock_to_write(const BusinessId& business) {
  constexpr int kTries = 5;
  constexpr std::int64_t kWait_ns = 20'000'000;
  auto taken = lock(business.hex());
  for (int tries = 1; tries < kTries; ++tries) {
    if (taken || taken.error().code != ErrorCode::locked) break;
    ports_.clock.wait(kWait_ns);
    taken = lock(business.hex());
  }
  return taken;
}

Result<bool> Box::is_written(const BusinessId& business) {
  const auto taken = try_lock(business.hex(), ports::LockMode::shared);
  if (!taken && taken.error().code != ErrorCode::locked) return taken.error();
  return !taken;
}

Result<std::unique_ptr<ports::Lock>> Box::lock_keyring() {
  return lock("keyring");
}

Result<keys::Keyring> Box::reload_keyring() const {
  HF_TRY(const Bytes file, ports::load(ports_.home, kKeyringPath, keys::kKeyringSizeMax));
  HF_TRY(keys::Keyring keyring, open_keyring(file, credential_));
  // Home was replaced under us; signer and pool would be those of another box, or of a former life
  // of this one.
  if (keyring.box() != keyring_.box() ||
      keyring.content().incarnation != keyring_.content().incarnation) {
    return make_error(ErrorCode::not_newest, ports_.home.name());
  }
  return keyring;
}

Result<void> Box::check_box_key() const {
  HF_TRY(const keys::Keyring home, reload_keyring());
  const bool same =
      equal_constant_time(home.content().box_key.view(), keyring_.content().box_key.view());
  if (same) return {};
  return make_error(ErrorCode::keys_changed, ports_.home.name());
}

Result<void> Box::change_keyring(const KeyringChange& change) {
  HF_TRY(check_keyring_writable());
  HF_TRY(const auto lock, lock_keyring());
  HF_TRY(keys::Keyring keyring, reload_keyring());
  const bool has_pool = !keyring.content().pool.is_null();
  // Finds too few disks, and disks that are ahead of home, before anything is changed.
  if (has_pool) {
    HF_TRY(level_copies_locked());
  }
  HF_TRY(change(keyring));
  if (has_pool) return store_keyring(std::move(keyring));
  HF_TRY(ports::store(ports_.home, kKeyringPath, keyring.serialize(ports_.random)));
  keyring_ = std::move(keyring);
  return {};
}

Result<void> Box::store_keyring(keys::Keyring changed) {
  const Bytes file = changed.serialize(ports_.random);
  HF_TRY(ports::store(ports_.home, kKeyringPath, file));
  keyring_ = std::move(changed);
  return level_copies_locked();
}

// Without the lock: others may change the keyring meanwhile.
Result<Box::CopyCount> Box::count_copies(pool::Pool& pool) const {
  CopyCount count;
  for (const pool::Pool::PresentMember& member : pool.present_members()) {
    const auto file = ports::load(*member.disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!file && file.error().is_of_process()) return file.error();
    if (!file) continue;
    const auto generation = keyring_.generation_of(*file);
    const bool is_whole = keyring_.opens(*file);
    if (!generation || *generation < keyring_.generation()) continue;
    if (!is_whole && !keyring_.is_followed_by(*file)) continue;
    const auto synced = member.disk->sync_directory("");
    if (!synced && synced.error().is_of_process()) return synced.error();
    if (!synced) continue;
    ++count.not_older;
    if (is_whole && *generation == keyring_.generation()) ++count.same;
  }
  return count;
}

Result<void> Box::level_copies() {
  HF_TRY(pool::Pool * opened_pool, pool());
  // What another home wrote with home's own generation is not told apart by counting.
  HF_TRY(check_newest());
  HF_TRY(const CopyCount count, count_copies(*opened_pool));
  {
    std::unique_ptr<ports::Lock> lock;
    if (is_takeover_due()) {
      HF_TRY(check_quorum(*opened_pool));
      HF_TRY(lock, lock_keyring());
    }
    HF_TRY(level_labels());
  }
  const std::size_t quorum = opened_pool->quorum_copies();
  if (count.same >= quorum && count.same == opened_pool->members_present()) return {};
  const auto lock = lock_keyring();
  if (lock) return level_copies_locked();
  // Who holds the lock levels the copies as well.
  if (count.not_older >= quorum && lock.error().code == ErrorCode::locked) return {};
  return lock.error();
}

Result<void> Box::level_copies_locked() {
  HF_TRY(pool::Pool * opened_pool, pool());
  // A process killed in store() leaves a name that can be seen and is not durable: the disks must
  // not get ahead of home.
  HF_TRY(ports_.home.sync_directory(""));
  HF_TRY(const Bytes file, ports::load(ports_.home, kKeyringPath, keys::kKeyringSizeMax));
  std::size_t level = 0;
  std::optional<Error> failure;
  for (const pool::Pool::PresentMember& member : opened_pool->present_members()) {
    const auto copy = ports::load(*member.disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!copy && copy.error().is_of_process()) return copy.error();
    const bool same = copy && *copy == file;
    if (copy && !same) HF_TRY(check_copy(*member.disk, *copy, file));
    if (!same) HF_TRY(opened_pool->writable());
    auto done =
        same ? member.disk->sync_directory("") : ports::store(*member.disk, kKeyringPath, file);
    if (done) {
      ++level;
      continue;
    }
    if (done.error().is_of_process()) return done;
    if (done.error().code != ErrorCode::no_space) opened_pool->report_error(member.id);
    if (!failure) failure = std::move(done.error());
  }
  if (level >= opened_pool->quorum_copies()) return {};
  HF_TRY(opened_pool->writable());
  if (failure) return std::move(*failure);
  return make_error(ErrorCode::too_few_disks, {},
                    {{"present", std::to_string(level)},
                     {"needed", std::to_string(opened_pool->quorum_copies())}});
}

Result<std::vector<std::string>> Box::disk_paths() const {
  return load_disk_paths(ports_.home);
}

Result<pool::Pool*> Box::pool() {
  return open_pool(keyring_.content().pool);
}

Result<pool::Pool*> Box::open_pool(const PoolId& id) {
  if (pool_ != nullptr) return pool_.get();
  if (id.is_null()) return make_error(ErrorCode::no_pool, ports_.home.name());
  const auto open_at = [&](const std::vector<std::string>& paths) -> Result<Opened> {
    std::vector<pool::DiskPointer> disks;
    for (const std::string& path : paths) {
      // A directory that is not there is a missing disk, which the pool reports by its label.
      auto disk = ports_.open_disk(path);
      if (!disk && disk.error().is_of_process()) return disk.error();
      if (disk) disks.push_back(std::move(disk).value());
    }
    const std::size_t shown = disks.size();
    auto witness = ports::load(ports_.home, kLabelPath, pool::kLabelSizeMax);
    if (!witness && witness.error().is_of_process()) return witness.error();
    auto opened = pool::Pool::open(std::move(disks), id, settings_.pool, trusted_,
                                   witness ? ByteView(*witness) : ByteView());
    if (opened) {
      HF_TRY(const auto watched, load_disk_watch(ports_.home));
      tell_pool(watched, **opened);
    }
    if (!opened || (*opened)->members_present() < shown) HF_TRY(check_no_newer_life(paths, opened));
    return opened;
  };
  HF_TRY(std::vector<std::string> paths, disk_paths());
  HF_TRY(pool_, open_at(paths));
  const std::vector<std::string> places = unlisted_places(*pool_, paths);
  if (places.empty()) return pool_.get();
  paths.insert(paths.end(), places.begin(), places.end());
  pool_.reset();
  HF_TRY(pool_, open_at(paths));
  return pool_.get();
}

// To a home of a former incarnation of the box its disks look like somebody else's.
Result<void> Box::check_no_newer_life(const std::vector<std::string>& paths,
                                      const Result<std::unique_ptr<pool::Pool>>& opened) const {
  if (!opened && opened.error().is_of_process()) return opened.error();
  HF_TRY(const Bytes file, ports::load(ports_.home, kKeyringPath, keys::kKeyringSizeMax));
  for (const std::string& path : paths) {
    const auto disk = ports_.open_disk(path);
    if (!disk && disk.error().is_of_process()) return disk.error();
    if (!disk) continue;
    const auto copy = ports::load(**disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!copy && copy.error().is_of_process()) return copy.error();
    if (!copy || *copy == file) continue;
    auto newer = check_copy(**disk, *copy, file);
    // Of a fork this home reads on what it has.
    if (!newer && (!opened || newer.error().code != ErrorCode::fork)) return newer;
  }
  if (opened) return {};
  return opened.error();
}

Result<std::vector<pool::DiskPointer>> Box::open_disks(
    const std::vector<std::string>& directories) const {
  std::vector<pool::DiskPointer> disks;
  for (const std::string& directory : directories) {
    HF_TRY(auto disk, ports_.open_disk(directory));
    disks.push_back(std::move(disk));
  }
  return disks;
}

Result<erasure::Geometry> Box::check_create_pool(const std::vector<std::string>& directories,
                                                 pool::CreateOptions options) {
  const PoolId& present = keyring_.content().pool;
  if (!present.is_null()) return make_error(ErrorCode::pool_exists, present.hex());
  HF_TRY(const auto disks, open_disks(directories));
  options.box = keyring_.box();
  options.incarnation = keyring_.content().incarnation;
  options.trusted = trusted_;
  return pool::Pool::check_create(disks, options, settings_.pool);
}

Result<pool::Pool*> Box::create_pool(const std::vector<std::string>& directories,
                                     pool::CreateOptions options) {
  HF_TRY(const auto keyring_lock, lock_keyring());
  HF_TRY(keys::Keyring keyring, reload_keyring());
  if (!keyring.content().pool.is_null()) {
    return make_error(ErrorCode::pool_exists, keyring.content().pool.hex());
  }
  HF_TRY(auto disks, open_disks(directories));
  options.box = keyring.box();
  options.incarnation = keyring.content().incarnation;
  options.trusted = trusted_;
  HF_TRY(const auto pool_lock, lock("pool"));
  // Where the disks are is noted before they get labels, and the keyring names the pool last: until
  // then home has no pool, and a making that is cut is simply done again.
  HF_TRY(ports::store(ports_.home, kPoolPath, encode_disk_paths(directories)));
  HF_TRY(auto pool,
         pool::Pool::create(std::move(disks), options, settings_.pool, *signer_, ports_.random));
  HF_TRY(ports::store(ports_.home, kLabelPath, pool->label().record_bytes));
  keyring.content().pool = pool->label().record.pool;
  pool_ = std::move(pool);
  HF_TRY(store_keyring(std::move(keyring)));
  return pool_.get();
}

std::vector<BusinessName> Box::businesses() const {
  std::vector<BusinessName> names;
  for (const keys::BusinessKeys& business : keyring_.content().businesses) {
    if (business.state == keys::BusinessState::live) names.push_back({business.id, business.name});
  }
  std::sort(names.begin(), names.end(),
            [](const BusinessName& a, const BusinessName& b) { return a.name < b.name; });
  return names;
}

}  // namespace holdfast::vault
