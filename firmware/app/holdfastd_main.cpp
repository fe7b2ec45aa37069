// SPDX-License-Identifier: Apache-2.0
// holdfastd: the box by itself, on this machine.
#include "firmware/app/appliance_daemon.h"
#include "hal/linux/bell.h"
#include "hal/linux/clock.h"
#include "hal/linux/console.h"
#include "hal/linux/disk.h"
#include "hal/linux/files.h"
#include "hal/linux/http/certificate.h"
#include "hal/linux/http/server.h"
#include "hal/linux/limits.h"
#include "hal/linux/mounts.h"
#include "hal/linux/process.h"
#include "hal/linux/program.h"
#include "hal/linux/random.h"
#include "hal/linux/service_manager.h"
#include "hal/linux/sql/client.h"
#include "hal/linux/watch.h"
#include "hal/linux/workers.h"

int main(int argc, char** argv) {
  using namespace holdfast;
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  linux::raise_open_files_limit();
  linux::SystemClock clock;
  linux::SystemRandom random;
  linux::ThreadWorkers workers;
  linux::PosixFiles files;
  linux::SqlClients sql;
  linux::ProcessConsole console;
  linux::EventBell bell;
  linux::PosixProcesses processes;
  linux::KernelMounts mounts;
  linux::InotifyWatches watches;
  linux::ServiceManager manager;
  linux::HttpServer server;
  linux::OpenSslCertificates certificates;
  const auto make_bell = [] { return std::make_unique<linux::EventBell>(); };
  const auto open_disk = [](const std::string& path) -> Result<pool::DiskPointer> {
    HF_TRY(auto disk, linux::PosixDisk::open_root(path));
    return pool::DiskPointer(std::move(disk));
  };
  const auto tell_manager = [&manager](std::string_view state) { manager.tell(state); };
  const app::DaemonPorts ports{{clock, random, workers, files, sql, console, open_disk, processes,
                                mounts, linux::program_beside("holdfast-audio")},
                               bell,
                               processes,
                               watches,
                               {server, certificates, make_bell},
                               linux::program_beside("holdfast"),
                               tell_manager,
                               manager.watchdog_ns(),
                               linux::memory_bytes()};
  return app::run_daemon(ports, app::read_environment(), arguments, app::take_signals(bell));
}
