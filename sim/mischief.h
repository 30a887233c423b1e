// What a transport may do on purpose: everything that a hostile scheduler could arrange with loss,
// delay and repetition, only more often. No node is made to say what it could not have said.
//
//  - accepts reach a minimal quorum only, another one after a while, so that every choice hangs on
//    as few disks as possible;
//  - chosen marks are held back: followers learn late what is chosen;
//  - a node hears its own broadcasts once more, some time later in the same life.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "paxos/message.h"
#include "sim/chance.h"
#include "sim/fault.h"
#include "sim/true_time.h"

namespace paxos::sim {

class Mischief {
 public:
  // Of the node `self` among `nodes`.
  Mischief(const Chance& chance, const FaultClasses& classes, NodeId self, std::size_t nodes);

  // What leaves in place of `envelope`, if anything does.
  std::optional<Envelope> Alter(Time now, Envelope envelope);
  // How much later the node hears what it says to everybody here; none: not again.
  std::optional<Duration> EchoAfter(const Envelope& envelope);

  void Calm() { classes_ = {}; }

 private:
  [[nodiscard]] bool IsInMinimalQuorum(Time now, Slot slot, NodeId peer) const;
  // The newest mark of `ballot` that was said long enough ago.
  Slot HoldBack(Time now, const Ballot& ballot, Slot mark);

  struct Said {
    Time when{};
    Slot mark{};
  };
  FaultClasses classes_;
  NodeId self_;
  std::size_t nodes_;
  std::uint64_t quorums_;
  std::uint64_t echoes_;
  std::uint64_t said_to_all_ = 0;
  Duration marks_late_by_;
  Ballot ballot_;           // whose marks these are
  Slot told_;               // the mark that is told at present
  std::deque<Said> later_;  // those that will be
};

}  // namespace paxos::sim
