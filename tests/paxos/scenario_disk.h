// The disk of one node, in the hands of a test: batches wait until the test says that they are
// durable, and a crash keeps as many of those that wait as the test says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "paxos/record.h"

namespace paxos::scenario {

class Disk {
 public:
  void Write(std::vector<Record> batch, PersistSeq seq);

  // The oldest batches that wait become durable.
  void Sync(std::size_t batches);
  // The `kept` oldest batches that wait survive although nobody was told; the others are lost.
  void Crash(std::size_t kept);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] PersistSeq durable() const { return state_.persisted; }

  // What a restart finds.
  [[nodiscard]] DurableState Recover() const;
  // Chosen slots first..last as they are stored, about `bytes_max` of them.
  [[nodiscard]] std::vector<ChosenEntry> ReadChosen(Slot first, Slot last,
                                                    std::size_t bytes_max = SIZE_MAX) const;
  // What is stored for a slot, and the ballot it was accepted in (round 0 = learned).
  [[nodiscard]] const AcceptedEntry* Find(Slot slot) const;

  // A past that the test invents. Before the replica starts.
  void Put(const Record& record);
  void Forget(Slot up_to);

 private:
  struct Batch {
    std::vector<Record> records{};
    PersistSeq seq{};
  };
  void Apply(const Batch& batch);

  DurableState state_;  // `accepted` is in slots_
  std::map<Slot, AcceptedEntry> slots_;
  std::deque<Batch> waiting_;
};

}  // namespace paxos::scenario
