// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/box.h"

#include <algorithm>

#include "firmware/journal/body.h"
#include "firmware/vault/business.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kMachineKeyPath = "machine.key";
constexpr std::string_view kKeyringPath = "keyring";
constexpr std::string_view kPoolPath = "pool";
constexpr std::string_view kLabelPath = "label";
constexpr std::uint64_t kSmallFileMax = kMiB;

Result<bool> exists(ports::Disk& disk, std::string_view path) {
  const auto size = disk.size_of(path);
  if (size) return true;
  if (size.error().code == ErrorCode::not_found) return false;
  return size.error();
}

// Lines of `pool`: "disk PATH", the path escaped.
Bytes encode_disk_paths(const std::vector<std::string>& directories) {
  std::string text;
  for (const std::string& directory : directories) text += "disk " + escape_path(directory) + "\n";
  return Bytes(text.begin(), text.end());
}

Result<std::vector<std::string>> parse_disk_paths(ByteView bytes) {
  std::vector<std::string> paths;
  std::string_view text = text_of(bytes);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with("disk ")) {
      return make_error(ErrorCode::damaged, std::string(kPoolPath), {{"what", "line"}});
    }
    HF_TRY(std::string path, unescape_path(line.substr(5)));
    paths.push_back(std::move(path));
  }
  return paths;
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

}  // namespace

std::string definition_path(const BusinessId& business) {
  return "businesses/" + business.hex() + ".toml";
}

std::string catalog_file(const std::string& catalog_directory, const BusinessId& business) {
  if (catalog_directory.empty()) return ":memory:";
  return catalog_directory + "/" + business.hex() + ".sqlite";
}

Result<void> Box::init(const VaultPorts& ports, const VaultSettings& settings,
                       std::optional<ByteView> passphrase) {
  HF_TRY(const bool initialised, exists(ports.home, kKeyringPath));
  if (initialised) return make_error(ErrorCode::home_exists, ports.home.name());
  keys::Keyring keyring = keys::Keyring::create(ports.random);
  const SecretKey machine_key = ports.random.key();
  const Timestamp now = ports.clock.now();
  HF_TRY(keyring.add_machine_slot(machine_key, now, ports.random));
  if (passphrase) {
    HF_TRY(keyring.add_passphrase_slot(*passphrase, now, ports.random, settings.scrypt_log2_n));
  }
  for (const std::string_view folder : {"businesses", "catalog", "locks", "witness", "wraps"}) {
    HF_TRY(ports.home.make_directory(folder));
  }
  HF_TRY(ports.home.sync_directory(""));
  // The keyring last: it is what makes this a home. A cut before it leaves a machine key that opens
  // nothing, and the next init replaces it.
  HF_TRY(ports::store(ports.home, kMachineKeyPath, machine_key.view()));
  return ports::store(ports.home, kKeyringPath, keyring.serialize(ports.random));
}

Result<std::unique_ptr<Box>> Box::open(const VaultPorts& ports, const VaultSettings& settings,
                                       const AskPassphrase& ask_passphrase) {
  auto file = ports::load(ports.home, kKeyringPath, keys::kKeyringSizeMax);
  if (!file) {
    if (file.error().code != ErrorCode::not_found) return std::move(file.error());
    return make_error(ErrorCode::no_home, ports.home.name());
  }
  const auto opened = [&](keys::Keyring keyring) {
    return std::unique_ptr<Box>(new Box(ports, settings, std::move(keyring)));
  };
  auto machine_key = load_machine_key(ports.home);
  if (machine_key) {
    auto keyring = keys::Keyring::open_with_machine_key(*file, *machine_key);
    if (keyring) return opened(std::move(keyring).value());
    const ErrorCode code = keyring.error().code;
    if (code != ErrorCode::wrong_key && code != ErrorCode::no_key) {
      keyring.error().where = ports.home.name() + "/" + std::string(kKeyringPath);
      return std::move(keyring.error());
    }
  }
  HF_TRY(const auto passphrase, ask_passphrase());
  if (!passphrase) {
    return make_error(ErrorCode::no_key, ports.home.name() + "/" + std::string(kMachineKeyPath));
  }
  HF_TRY(auto keyring, keys::Keyring::open_with_passphrase(*file, passphrase->view()));
  return opened(std::move(keyring));
}

Box::Box(const VaultPorts& ports, const VaultSettings& settings, keys::Keyring keyring)
    : ports_(ports),
      settings_(settings),
      keyring_(std::move(keyring)),
      signer_(std::make_unique<keys::Signer>(keyring_.content().signing_seed)),
      trusted_(keyring_.trusted_signers()) {}

Box::~Box() = default;

Result<void> Box::store_keyring() {
  const Bytes file = keyring_.serialize(ports_.random);
  HF_TRY(ports::store(ports_.home, kKeyringPath, file));
  if (pool_ == nullptr) return {};
  return pool_->store_copies(kKeyringPath, file);
}

Result<std::vector<std::string>> Box::disk_paths() const {
  auto bytes = ports::load(ports_.home, kPoolPath, kSmallFileMax);
  if (!bytes) {
    if (bytes.error().code != ErrorCode::not_found) return std::move(bytes.error());
    return std::vector<std::string>{};
  }
  return parse_disk_paths(*bytes);
}

Result<pool::Pool*> Box::pool() {
  if (pool_ != nullptr) return pool_.get();
  const PoolId id = keyring_.content().pool;
  if (id.is_null()) return make_error(ErrorCode::no_pool, ports_.home.name());
  HF_TRY(const std::vector<std::string> paths, disk_paths());
  std::vector<pool::DiskPointer> disks;
  for (const std::string& path : paths) {
    // A directory that is not there is a missing disk, which the pool reports by its label.
    if (auto disk = ports_.open_disk(path)) disks.push_back(std::move(disk).value());
  }
  Bytes witness;
  if (auto bytes = ports::load(ports_.home, kLabelPath, pool::kLabelSizeMax)) {
    witness = std::move(bytes).value();
  }
  HF_TRY(pool_, pool::Pool::open(std::move(disks), id, settings_.pool, trusted_, witness));
  return pool_.get();
}

Result<pool::Pool*> Box::create_pool(const std::vector<std::string>& directories,
                                     pool::CreateOptions options) {
  if (!keyring_.content().pool.is_null()) {
    return make_error(ErrorCode::pool_exists, keyring_.content().pool.hex());
  }
  std::vector<pool::DiskPointer> disks;
  for (const std::string& directory : directories) {
    HF_TRY(auto disk, ports_.open_disk(directory));
    disks.push_back(std::move(disk));
  }
  options.box = keyring_.box();
  options.incarnation = keyring_.content().incarnation;
  HF_TRY(const auto lock, ports_.home.lock("locks/pool", ports::LockMode::exclusive, holder()));
  // Where the disks are is noted before they get labels, and the keyring names the pool last: until
  // then home has no pool, and the directories can be emptied and used again.
  HF_TRY(ports::store(ports_.home, kPoolPath, encode_disk_paths(directories)));
  HF_TRY(auto pool,
         pool::Pool::create(std::move(disks), options, settings_.pool, *signer_, ports_.random));
  HF_TRY(ports::store(ports_.home, kLabelPath, pool->label().record_bytes));
  keyring_.content().pool = pool->label().record.pool;
  pool_ = std::move(pool);
  HF_TRY(store_keyring());
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

Result<BusinessName> Box::add_business(
    const std::string& name,
    const std::function<std::string(const BusinessId&)>& write_definition) {
  if (keyring_.find_business(name) != nullptr) {
    return make_error(ErrorCode::business_exists, name);
  }
  HF_TRY(pool::Pool * opened_pool, pool());
  HF_TRY(opened_pool->writable());
  HF_TRY(const auto lock, ports_.home.lock("locks/keyring", ports::LockMode::exclusive, holder()));
  const auto id = ports_.random.id<BusinessId>();
  const std::string definition = write_definition(id);
  HF_TRY(ports::store(ports_.home, definition_path(id), view_of(definition)));
  keys::BusinessKeys business;
  business.id = id;
  business.name = name;
  business.id_key = ports_.random.key();
  keyring_.content().businesses.push_back(std::move(business));
  // The business exists once the keyring names it; its first journal entry is the policy, and a
  // business without one (a cut right here) gets it at its next opening for writing.
  HF_TRY(store_keyring());
  HF_TRY(const auto writer, open_business(name, Access::write));
  HF_TRY(writer->ensure_policy());
  return BusinessName{id, name};
}

}  // namespace holdfast::vault
