#pragma once

#include <cstdint>
#include <map>

#include "paxos/archive.h"
#include "paxos/types.h"
#include "storage/seal.h"

namespace paxos::storage {

// What a log adds up to, but for the slots' values; and sums over those values, so that a slot that
// is missing, older than it should be or someone else's shows up at the next start. It is the meta
// record, rewritten with every group of batches.
//
// A value's own checksum cannot tell that: the value a slot held before is well-formed too, and a
// table file or a log file that went missing brings it back.
struct LogSummary {
  static constexpr const char* kName = "LogSummary";
  PersistSeq persisted{};
  Ballot promised{};
  Ballot ballot_used{};
  Slot chosen_prefix{};
  // chain(0) = 0, chain(s) = crc32c(seal of slot s, chain(s - 1)): here chain(chosen_prefix).
  Seal chain = 0;
  // The slots above the prefix: how many are stored, and the sum of their seals. They come and are
  // replaced in any order, so no chain can run through them.
  std::uint64_t above_count = 0;
  std::uint64_t above_sum = 0;
  std::uint64_t log_bytes = 0;  // DurableState's
  friend bool operator==(const LogSummary&, const LogSummary&) = default;
};

template <class Archive>
void serialize(Archive& ar, LogSummary& s, unsigned /*version*/) {
  ar& Named("persisted", s.persisted) & Named("promised", s.promised) &
      Named("ballot_used", s.ballot_used) & Named("prefix", s.chosen_prefix) &
      Named("chain", s.chain) & Named("above_count", s.above_count) &
      Named("above_sum", s.above_sum) & Named("log_bytes", s.log_bytes);
}

Seal ExtendChain(Seal chain, Seal next_slot);

// Keeps a summary in step with the records that are written.
class LogState {
 public:
  // A stored value as the sums see it.
  struct StoredSlot {
    Seal seal = 0;
    std::uint64_t bytes = 0;  // EncodedSizeBound of the entry
  };

  LogState() = default;
  // As a summary and the slots above its prefix say that it is.
  LogState(const LogSummary& summary, std::map<Slot, StoredSlot> above);

  const LogSummary& summary() const { return summary_; }

  // The records of one batch, then EndBatch. Marks come last: they cover the batch's own slots.
  void Promise(const Ballot& ballot);
  void UseBallot(const Ballot& ballot);
  // Whether a record for `slot` changes what is stored. A chosen slot keeps its value (C1), and
  // nobody asks any more in which ballot it was accepted (P3).
  bool Takes(Slot slot) const { return slot > summary_.chosen_prefix; }
  void Store(Slot slot, const StoredSlot& stored);
  void MarkChosen(Slot prefix);
  void EndBatch(PersistSeq seq);

 private:
  LogSummary summary_;
  std::map<Slot, StoredSlot> above_;  // above the prefix; at most 2 alpha (P3)
};

}  // namespace paxos::storage
