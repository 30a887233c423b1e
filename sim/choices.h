// Which values were proposed, accepted and chosen, judged from outside: from what was sent and from
// what disks ever held. Counts quorums by itself and shares no code with the core.
//
//   chosen(s, v) = some ballot b and a quorum have *ever* had (s, b, v) durable (FAULTS 2)
//
// INV-1 one chosen value per slot. INV-2 one value per (slot, ballot). INV-6 a proposal in a higher
// ballot than one that chose carries the chosen value, whichever of the two comes first.
#pragma once

#include <cstdint>
#include <vector>

#include "paxos/types.h"
#include "sim/true_time.h"

namespace paxos::sim {

class Choices {
 public:
  // Nodes 1..`nodes` vote.
  explicit Choices(std::size_t nodes) : nodes_(nodes) {}

  // When a proposer may have stamped its entry: by its own clock, and truly.
  struct Stamped {
    Instant earliest{};
    Instant latest{};
    Time from{};
    Time until{};
  };

  // `entry` is proposed for `slot` in `ballot`: sent, or accepted by its own proposer.
  void OnProposed(const Stamped& stamped, Slot slot, const Ballot& ballot,
                  const SharedEntry& entry);
  // The acceptance is durable at `node`.
  void OnAccepted(NodeId node, Slot slot, const Ballot& ballot, const SharedEntry& entry);

  [[nodiscard]] bool HasAccepted(NodeId node, Slot slot, const Ballot& ballot) const;

  // A chosen slot's value. Null: not chosen (yet).
  struct Chosen {
    SharedEntry entry{};
    Ballot ballot{};    // the lowest that chose it
    Stamped stamped{};  // when it was first proposed
  };
  [[nodiscard]] const Chosen* Find(Slot slot) const;

 private:
  struct Proposed {
    Ballot ballot{};
    SharedEntry entry{};
    Stamped stamped{};
    std::uint64_t durable_at = 0;  // bit i = node i
  };
  struct History {
    std::vector<Proposed> proposed{};  // one per ballot
    bool is_chosen = false;
    Chosen chosen{};
  };

  History& HistoryOf(Slot slot);
  static Proposed* Find(History& history, const Ballot& ballot);
  [[nodiscard]] bool IsQuorum(std::uint64_t nodes) const;
  static void Choose(Slot slot, History& history, const Proposed& proposed);

  std::size_t nodes_;
  std::vector<History> slots_;  // slot 1 first
};

}  // namespace paxos::sim
