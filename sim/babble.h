// What no replica would say, in a peer's name: ballots of somebody else's, slots out of order,
// numbers that no cluster reaches. A node must drop it as it comes: it tells nothing about the
// peer.
#pragma once

#include <cstdint>
#include <optional>

#include "paxos/message.h"
#include "sim/chance.h"
#include "sim/fault.h"

namespace paxos::sim {

class Babble {
 public:
  // That the node `self` hears.
  Babble(const Chance& chance, const FaultClasses& classes, NodeId self);

  // The answer of the peer to whom the node says `envelope`, if it is out of its mind.
  std::optional<Envelope> Answer(const Envelope& envelope);

  void Calm() { is_on_ = false; }

 private:
  bool is_on_;
  NodeId self_;
  std::uint64_t key_;
  std::uint64_t said_ = 0;
};

}  // namespace paxos::sim
