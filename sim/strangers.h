// Nodes outside the membership, which answer whatever a node says to its peers, at once and as it
// would like it: they grant every vote, accept every proposal, report nothing, confirm every read,
// and tell of entries that nobody chose. Some also campaign. Real ones are refused by their hello;
// a node must not count or heed them even if one gets through (INV-21).
#pragma once

#include <cstdint>
#include <optional>

#include "paxos/message.h"
#include "sim/chance.h"
#include "sim/fault.h"
#include "sim/true_time.h"

namespace paxos::sim {

class Strangers {
 public:
  // Around the node `self` of nodes 1..`nodes`; their numbers are higher.
  Strangers(const Chance& chance, const FaultClasses& classes, NodeId self, std::size_t nodes);

  struct Lie {
    Duration delay{};
    Envelope envelope{};
  };
  // What one of them has to say to what the node says to a peer, if anything.
  std::optional<Lie> Answer(const Envelope& envelope);

  void Calm() { are_about_ = false; }

 private:
  bool are_about_;
  NodeId self_;
  std::size_t nodes_;
  std::uint64_t key_;
  std::uint64_t heard_ = 0;
};

}  // namespace paxos::sim
