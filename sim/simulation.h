// One run from one seed: noise, healing, judgement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster.h"
#include "sim/spectator.h"
#include "sim/swarm.h"
#include "sim/violation.h"

namespace paxos::sim {

struct RunReport {
  Swarm swarm{};
  std::uint64_t hash = 0;    // of the trace
  std::uint64_t events = 0;  // run by the queue
  Time end{};
  std::uint64_t commands = 0;  // in G
  std::uint64_t void_entries = 0;
  Cluster::Totals cluster{};
  Network::Totals network{};
  std::vector<Fault> faults{};  // that happened
  std::optional<Violation> violation{};
};

// Runs `swarm` under `workload`, which must be fresh.
RunReport Simulate(const Swarm& swarm, Workload& workload,
                   const std::vector<Spectator*>& spectators = {});

}  // namespace paxos::sim
