// What is on a disk: the state that all batches up to some seq add up to. The simulator keeps one
// per node for what is synced (D_i of the invariants): what survives any crash.
#pragma once

#include <optional>
#include <vector>

#include "paxos/record.h"
#include "paxos/result.h"

namespace paxos::sim {

class DiskImage {
 public:
  // A slot as it is stored: accepted in `ballot`, or learned (round 0).
  struct Stored {
    Ballot ballot{};
    SharedEntry entry{};
    bool is_there = false;
  };

  // Batches come in the order of their seq.
  void Apply(const std::vector<Record>& batch, PersistSeq seq);

  [[nodiscard]] const Ballot& promised() const { return promised_; }
  [[nodiscard]] const Ballot& ballot_used() const { return ballot_used_; }
  [[nodiscard]] Slot chosen_prefix() const { return chosen_prefix_; }
  [[nodiscard]] PersistSeq persisted() const { return persisted_; }
  [[nodiscard]] Slot last_slot() const { return Slot{slots_.size()}; }

  // Null if nothing is stored for the slot.
  [[nodiscard]] const Stored* Find(Slot slot) const;

  [[nodiscard]] DurableState ToDurableState() const;

 private:
  void Apply(const PromisedRecord& record);
  void Apply(const BallotUsedRecord& record);
  void Apply(const AcceptedRecord& record);
  void Apply(const LearnedRecord& record);
  void Apply(const ChosenMarkRecord& record);
  void Store(Slot slot, const Ballot& ballot, const SharedEntry& entry);

  Ballot promised_;
  Ballot ballot_used_;
  Slot chosen_prefix_;
  PersistSeq persisted_;
  std::uint64_t log_bytes_ = 0;
  std::vector<Stored> slots_;  // slot 1 first
};

}  // namespace paxos::sim
