// One figure: a workload with so many clients for so long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/lockbench_cluster.h"
#include "bench/lockbench_load.h"
#include "net/runtime.h"
#include "paxos/result.h"
#include "paxos/time.h"

namespace bench {

struct MeasurementOptions {
  std::string workload{};  // commit, lock, contend or read
  double warm_up_s = 2;
  double measured_s = 10;
  std::uint32_t round = 0;           // for the result line
  const Cluster* cluster = nullptr;  // null: the servers are not ours to look at
  std::function<bool()> is_interrupted = [] { return false; };
};

// What the servers used while it was measured.
struct ServerUse {
  double cpu_s = 0;
  std::vector<double> resident_mb{};  // by server, at the end
};

struct LoadResult {
  std::string workload{};
  std::uint32_t conns = 0;
  std::uint32_t round = 0;
  paxos::Duration wall{0};
  double client_cpu_s = 0;
  std::optional<ServerUse> servers{};  // none if they are not ours to look at
  LoadFigures figures{};
};

// kUnavailable: the cluster did not serve; the message says how, with the ends of its logs.
paxos::Result<LoadResult> Measure(paxos::net::Runtime& runtime, const LoadOptions& load,
                                  const MeasurementOptions& options);

}  // namespace bench
