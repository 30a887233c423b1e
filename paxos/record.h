// What a replica writes to its disk, and what it gets back after a restart.
#pragma once

#include <variant>
#include <vector>

#include "paxos/types.h"

namespace paxos {

// The acceptor will refuse every lower ballot from now on (A1).
struct PromisedRecord {
  static constexpr const char* kName = "Promised";
  Ballot ballot{};
  friend bool operator==(const PromisedRecord&, const PromisedRecord&) = default;
};

// The proposer has taken this ballot; no later life of the process uses it or a lower one (P0).
struct BallotUsedRecord {
  static constexpr const char* kName = "BallotUsed";
  Ballot ballot{};
  friend bool operator==(const BallotUsedRecord&, const BallotUsedRecord&) = default;
};

// The acceptor accepted `entry` in `slot` at `ballot` (A2). Replaces what the slot held.
struct AcceptedRecord {
  static constexpr const char* kName = "Accepted";
  Slot slot{};
  Ballot ballot{};
  SharedEntry entry{};
  friend bool operator==(const AcceptedRecord&, const AcceptedRecord&) = default;
};

// The slot's chosen value, learned from a peer. Always in one batch with a ChosenMark that covers
// the slot: it may replace an accepted entry that a Promise would otherwise have to report.
struct LearnedRecord {
  static constexpr const char* kName = "Learned";
  Slot slot{};
  SharedEntry entry{};
  friend bool operator==(const LearnedRecord&, const LearnedRecord&) = default;
};

// Every slot up to `prefix` is chosen, and its entry is stored.
struct ChosenMarkRecord {
  static constexpr const char* kName = "ChosenMark";
  Slot prefix{};
  friend bool operator==(const ChosenMarkRecord&, const ChosenMarkRecord&) = default;
};

using Record =
    std::variant<PromisedRecord, BallotUsedRecord, AcceptedRecord, LearnedRecord, ChosenMarkRecord>;

template <class Archive>
void serialize(Archive& ar, PromisedRecord& r, unsigned /*version*/) {
  ar& Named("ballot", r.ballot);
}
template <class Archive>
void serialize(Archive& ar, BallotUsedRecord& r, unsigned /*version*/) {
  ar& Named("ballot", r.ballot);
}
template <class Archive>
void serialize(Archive& ar, AcceptedRecord& r, unsigned /*version*/) {
  ar& Named("slot", r.slot) & Named("ballot", r.ballot) & Named("entry", r.entry);
}
template <class Archive>
void serialize(Archive& ar, LearnedRecord& r, unsigned /*version*/) {
  ar& Named("slot", r.slot) & Named("entry", r.entry);
}
template <class Archive>
void serialize(Archive& ar, ChosenMarkRecord& r, unsigned /*version*/) {
  ar& Named("prefix", r.prefix);
}

// About what a record takes on its way to the disk.
inline std::size_t RecordBytes(const Record& record) {
  constexpr std::size_t kBesidesTheEntry = 64;
  if (const auto* accepted = std::get_if<AcceptedRecord>(&record))
    return kBesidesTheEntry + EncodedSizeBound(*accepted->entry);
  if (const auto* learned = std::get_if<LearnedRecord>(&record))
    return kBesidesTheEntry + EncodedSizeBound(*learned->entry);
  return kBesidesTheEntry;
}

// Everything a restarted replica needs but the chosen entries themselves, which it replays.
struct DurableState {
  Ballot promised{};
  Ballot ballot_used{};
  Slot chosen_prefix{};
  Slot forgotten{};                       // slots up to here are no longer stored
  std::vector<AcceptedEntry> accepted{};  // above chosen_prefix, ascending, gaps allowed
  PersistSeq persisted{};                 // the seq of the last batch that is stored
  std::uint64_t log_bytes = 0;            // EncodedSizeBound of all stored entries, chosen or not
  friend bool operator==(const DurableState&, const DurableState&) = default;
};

template <class Archive>
void serialize(Archive& ar, DurableState& s, unsigned /*version*/) {
  ar& Named("promised", s.promised) & Named("ballot_used", s.ballot_used) &
      Named("prefix", s.chosen_prefix) & Named("forgotten", s.forgotten) &
      Named("accepted", s.accepted) & Named("persisted", s.persisted) &
      Named("log_bytes", s.log_bytes);
}

}  // namespace paxos
