// Load on a real cluster, and what it makes of it: operations per second, latencies, CPU. Prints
// one JSON line per result, with the keys of bench/peers; what it is doing goes to stderr.
//
//   lockbench --spawn 3                                all workloads on a cluster of its own
//   lockbench --endpoints A,B,C --workload lock --c 64
//   lockbench --spawn 3 --nemesis kill-leader          kills the leader 20 times, checks everything
//
// Exit codes: 0; 64 usage; 69 the cluster does not serve; 70 lockcheck found a violation; 71 the
// servers could not be started.
#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "bench/lockbench_cluster.h"
#include "bench/lockbench_load.h"
#include "bench/lockbench_measurement.h"
#include "bench/lockbench_nemesis.h"
#include "bench/lockbench_result.h"
#include "net/address.h"
#include "net/runtime.h"

namespace bench {
namespace {

using std::chrono::milliseconds;

constexpr int kUsage = 64;
constexpr int kUnreachable = 69;
constexpr int kViolation = 70;
constexpr int kSystem = 71;

// As in bench/peers: enough to keep one lock busy, few enough to see each one's share.
constexpr std::uint32_t kContenders = 8;

struct Flags {
  std::uint32_t spawn = 0;
  std::vector<std::string> endpoints{};
  std::vector<std::string> workloads{"commit", "lock", "contend", "read"};
  std::vector<std::uint32_t> clients{1, 16, 64, 256};
  std::uint32_t conns = 16;
  double warm_up = 2;
  double seconds = 10;
  std::int64_t ttl_ms = 10'000;
  std::uint64_t seed = 0;
  std::uint32_t round = 0;
  std::string directory = "/var/tmp";
  std::string histogram{};
  std::string nemesis{};
  std::uint32_t strikes = 20;
  std::string history{};
  bool keep = false;
};

int g_interrupted_by = 0;  // a signal; set by the loop, not by a signal handler

bool IsInterrupted() { return g_interrupted_by != 0; }

int Fail(int code, const std::string& why) {
  std::cerr << "lockbench: " << why << '\n';
  return code;
}

std::string OwnDirectory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

// ---- workloads ------------------------------------------------------------------------------

// The cluster is null if its processes are not ours to look at.
int RunWorkloads(paxos::net::Runtime& runtime, const Flags& flags, const Cluster* cluster) {
  LoadOptions load;
  load.endpoints = cluster != nullptr ? cluster->endpoints() : flags.endpoints;
  load.conns = flags.conns;
  load.ttl = milliseconds{flags.ttl_ms};
  load.seed = flags.seed;
  MeasurementOptions options{{}, flags.warm_up, flags.seconds, flags.round, cluster, IsInterrupted};
  std::ofstream histogram;
  if (!flags.histogram.empty()) histogram.open(flags.histogram);
  for (const std::string& workload : flags.workloads) {
    const std::vector<std::uint32_t> contenders{kContenders};
    for (const std::uint32_t clients : workload == "contend" ? contenders : flags.clients) {
      std::cerr << "lockbench: " << workload << ", " << clients << " clients\n";
      options.workload = workload;
      load.clients = clients;
      const auto result = Measure(runtime, load, options);
      if (IsInterrupted()) return Fail(128 + g_interrupted_by, "interrupted");
      if (!result) return Fail(kUnreachable, result.error().message());
      std::cout << ToJsonLine(*result) << std::endl;
      histogram << "# " << workload << ' ' << clients << '\n';
      result->figures.latency.WriteTo(histogram);
    }
  }
  return 0;
}

// ---- strikes --------------------------------------------------------------------------------

int RunStrikes(paxos::net::Runtime& runtime, const Flags& flags, Cluster& cluster) {
  NemesisOptions options;
  options.kind =
      flags.nemesis == "kill-leader" ? StrikeKind::kKillLeader : StrikeKind::kPauseLeader;
  options.strikes = flags.strikes;
  options.conns = flags.conns;
  options.ttl = milliseconds{flags.ttl_ms};
  options.seed = flags.seed;
  options.history = flags.history.empty() ? cluster.directory() + "/history" : flags.history;
  options.lockcheck = OwnDirectory() + "/lockcheck";
  options.is_interrupted = IsInterrupted;
  const auto report = RunNemesis(runtime, cluster, options);
  if (IsInterrupted()) return Fail(128 + g_interrupted_by, "interrupted");
  if (!report) return Fail(kUnreachable, report.error().message());
  std::cerr << report->verdict;
  std::cout << ToJsonLine(*report, options) << std::endl;
  if (report->is_sound) return 0;
  cluster.KeepDirectory();
  return Fail(kViolation, "lockcheck found a violation; see " + cluster.directory());
}

// ---- flags ----------------------------------------------------------------------------------

void Define(CLI::App& app, Flags& flags) {
  auto* spawn = app.add_option("--spawn", flags.spawn, "start so many lockd of the same folder")
                    ->check(CLI::Range(1, 9));
  auto* endpoints = app.add_option("--endpoints", flags.endpoints, "use a cluster that runs")
                        ->delimiter(',')
                        ->excludes(spawn);
  app.add_option("--workload", flags.workloads, "commit, lock, contend, read")
      ->delimiter(',')
      ->check(CLI::IsMember({"commit", "lock", "contend", "read"}));
  app.add_option("--c", flags.clients, "closed-loop clients; contend has 8")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000));
  app.add_option("--conns", flags.conns, "most connections, shared by the clients")
      ->check(CLI::Range(1, 1024));
  app.add_option("--warm", flags.warm_up, "warm-up seconds");
  app.add_option("--secs", flags.seconds, "measured seconds");
  app.add_option("--ttl-ms", flags.ttl_ms, "of the sessions");
  app.add_option("--seed", flags.seed, "of everything drawn at random");
  app.add_option("--round", flags.round, "a number for the results");
  app.add_option("--dir", flags.directory, "where --spawn keeps its data; must be on a real disk")
      ->check(CLI::ExistingDirectory);
  app.add_option("--histogram", flags.histogram, "write all latencies to this file");
  app.add_option("--nemesis", flags.nemesis, "kill-leader or pause-leader, instead of workloads")
      ->check(CLI::IsMember({"kill-leader", "pause-leader"}))
      ->needs(spawn)
      ->excludes(endpoints);
  app.add_option("--strikes", flags.strikes, "how often");
  app.add_option("--history", flags.history, "where to keep the history of strikes");
  app.add_flag("--keep", flags.keep, "leave the servers' logs and data behind")->needs(spawn);
}

int RunOnOwnCluster(paxos::net::Runtime& runtime, const Flags& flags) {
  if (IsInMemory(flags.directory))
    std::cerr << "lockbench: " << flags.directory << " is in memory: syncs cost nothing there, and"
              << " the figures mean nothing; use --dir\n";
  auto cluster = Cluster::Start({OwnDirectory() + "/lockd", flags.directory, flags.spawn});
  if (!cluster) return Fail(kSystem, cluster.error().message());
  if (flags.keep) {
    cluster->KeepDirectory();
    std::cerr << "lockbench: files are in " << cluster->directory() << '\n';
  }
  return flags.nemesis.empty() ? RunWorkloads(runtime, flags, &*cluster)
                               : RunStrikes(runtime, flags, *cluster);
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"Load on a real cluster; one JSON line per result."};
  app.option_defaults()->always_capture_default();
  Define(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (flags.spawn == 0 && flags.endpoints.empty())
    return Fail(kUsage, "--spawn or --endpoints is needed; --help says more");
  for (const std::string& endpoint : flags.endpoints)
    if (const auto address = paxos::net::ParseAddress(endpoint); !address)
      return Fail(kUsage, address.error().message());
  paxos::net::Runtime runtime;
  runtime.OnSignals({SIGINT, SIGTERM}, [&](int signal) {
    g_interrupted_by = signal;
    runtime.Stop();
  });
  return flags.spawn > 0 ? RunOnOwnCluster(runtime, flags) : RunWorkloads(runtime, flags, nullptr);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::Main(argc, argv); }
