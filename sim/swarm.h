// What a seed makes of a run. Every class of fault is on in about half of the seeds, each as mild
// or as harsh as the seed says (on a logarithmic scale), limits are tiny in half of them: two rare
// things meet only if each is common somewhere (swarm testing, Groce et al., ISSTA 2012).
#pragma once

#include <optional>
#include <vector>

#include "paxos/options.h"
#include "sim/chance.h"
#include "sim/clock_swarm.h"
#include "sim/disk.h"
#include "sim/fault.h"
#include "sim/network.h"
#include "sim/sockets.h"

namespace paxos::sim {

struct Swarm {
  std::uint64_t seed = 0;
  FaultClasses classes{};
  std::size_t nodes = 3;
  ReplicaOptions replica{};  // self, membership, seed and life are each node's own
  NetworkOptions network{};
  SocketOptions sockets{};
  DiskOptions disk{};
  ClockDrift drift{};                  // what is assumed of clocks
  std::vector<ClockOptions> clocks{};  // one per node
  Duration turn_max{};                 // how long a turn may take
  Duration timer_late_max{};           // how late a timer may be
  Duration noise{};                    // faults end here, and the cluster is healed
  Duration healing_max{};              // within which consensus must work again then
  // After the healing one node may be deaf, or come back late, as long as time-outs end that.
  bool may_straggle = true;
  std::vector<Fault> faults{};  // in order of time
  // Unfit disks may be a majority: then the cluster must stop.
  bool exceeds_atlas = false;
  // Of the faults that hit single messages only these happen; none: as chance has it.
  std::optional<std::vector<Fault>> strikes{};
};

struct SwarmOptions {
  FaultClasses allowed = FaultClasses::All();
  Duration noise_min = seconds{40};
  Duration noise_max = seconds{80};
  std::optional<std::size_t> nodes{};  // none: 1 to 7
  ClockDrift drift{};
};

Swarm DrawSwarm(std::uint64_t seed, const SwarmOptions& options);

}  // namespace paxos::sim
