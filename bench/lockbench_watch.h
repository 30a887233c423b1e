// Watches the servers of a run: who leads, and how far each has come.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/lockbench_load.h"
#include "lockservice/protocol.h"
#include "net/runtime.h"
#include "paxos/time.h"

namespace bench {

// What a server said of itself, and when.
struct Sighting {
  paxos::Instant at{};
  lockservice::StatusResult status{};
};

class ClusterWatch {
 public:
  // Asks each of the servers every few milliseconds from now on.
  ClusterWatch(paxos::net::Runtime& runtime, const std::vector<std::string>& endpoints,
               std::uint64_t seed);

  // Run the loop until it is so, at most for `at_most`.
  std::optional<std::size_t> WaitForLeader(paxos::Duration at_most);
  // `node` has applied everything that the cluster had chosen when this was called.
  bool WaitUntilCaughtUp(std::size_t node, paxos::Duration at_most);
  // All have applied the same.
  bool WaitUntilEqual(paxos::Duration at_most);

 private:
  [[nodiscard]] std::optional<std::size_t> LeaderSeenSince(paxos::Instant since) const;

  paxos::net::Runtime& runtime_;
  std::vector<Sighting> sightings_;
  std::vector<std::unique_ptr<Load>> askers_;
};

}  // namespace bench
