// The acceptor: the memory of the protocol, and all of its safety together with the proposer's
// choice of value. It promises, accepts, and reports everything it accepted (A1, A2, P3). It knows
// no time and never starts anything.
//
// What it decides is recorded and answered in one step; the answer leaves only after the record is
// durable (D1), which the caller's gate sees to.
#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "paxos/message.h"
#include "paxos/options.h"
#include "paxos/record.h"

namespace paxos {

class Acceptor {
 public:
  Acceptor(const ReplicaOptions& options, const DurableState& durable);

  struct Answer {
    std::optional<Record> record{};  // nothing new to record = a repeated answer
    std::variant<std::monostate, Promise, Accepted, Preempted> reply{};
  };

  // Phase 1b: promises `ballot` unless it promised a higher one. `prefix` is this node's chosen
  // prefix (P3).
  Answer OnPrepare(const Prepare& prepare, Slot prefix);

  // Phase 2b: accepts unless it promised a higher ballot or the slot lies too far beyond the
  // prefix to be reported in one Promise (no reply then: the node has to catch up first). A slot at
  // or below the prefix gets a vote and keeps its entry; that vote attests the chosen mark.
  Answer OnAccept(const Accept& accept, Slot prefix);

  // Would a message in `ballot` be refused?
  [[nodiscard]] bool HasPromisedAbove(const Ballot& ballot) const { return promised_ > ballot; }
  [[nodiscard]] const Ballot& promised() const { return promised_; }

  // What it accepted in a slot above the prefix.
  [[nodiscard]] const AcceptedEntry* Find(Slot slot) const;

  // The prefix moved up: what lies below is chosen and need not be reported any more.
  void DropChosen(Slot prefix);

  friend bool operator==(const Acceptor&, const Acceptor&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Acceptor& a, unsigned /*version*/) {
    ar& Named("promised", a.promised_) & Named("forgotten", a.forgotten_) &
        Named("accepted", a.accepted_) & Named("reach", a.reach_);
  }

 private:
  Ballot promised_;
  Slot forgotten_;
  std::map<Slot, AcceptedEntry> accepted_;  // above the prefix
  // How far beyond its prefix it accepts: 2 alpha. A leader proposes up to alpha beyond its own
  // prefix, and a follower that is no more than alpha behind that need fetch nothing to keep up.
  std::uint64_t reach_ = 0;
};

}  // namespace paxos
