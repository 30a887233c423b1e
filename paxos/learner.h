// The learner: which slots are chosen, and their entries in slot order, each once (C1, C2). It also
// judges what the order decides: which entries are void (V1), what time the log shows (T1), and
// how commands are counted.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "paxos/options.h"
#include "paxos/output.h"
#include "paxos/types.h"

namespace paxos {

// What an entry's standing depends on: everything delivered before it. A value, so that a new
// leader can look ahead over what it recovered without delivering it.
struct LogPosition {
  Ballot last_first_ballot{};  // the highest first ballot so far
  LogTime log_time{};          // the highest stamp of an entry in force
  CommandIndex last_index{};

  // Moves over `entry` and says whether it is in force. [V1] [T1]
  EntryStanding Pass(const Entry& entry);

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, LogPosition& p, unsigned /*version*/) {
    ar& Named("last_first", p.last_first_ballot) & Named("log_time", p.log_time) &
        Named("last_index", p.last_index);
  }
};

class Learner {
 public:
  Learner(const ReplicaOptions& options, const DurableState& durable);

  // Every slot up to here is chosen.
  [[nodiscard]] Slot prefix() const { return prefix_; }
  // Every slot up to here was handed out by TakeDeliveries or Replay. Below `prefix` only during
  // the replay after a restart.
  [[nodiscard]] Slot delivered() const { return delivered_; }
  // Where the log stands after `delivered`.
  [[nodiscard]] const LogPosition& position() const { return position_; }

  // `slot` is chosen with `entry`; slots may come out of order and repeatedly. Returns the entries
  // by which the prefix grew, in order.
  std::vector<ChosenEntry> OnChosen(Slot slot, const SharedEntry& entry);

  // A deposed leader's knowledge of chosen slots above the prefix is dropped: whoever leads now
  // will tell.
  void ForgetAbovePrefix() { above_prefix_.clear(); }

  // After a restart: the next stored chosen entry, delivered + 1.
  Delivery Replay(const ChosenEntry& chosen);

  // What became deliverable since the last call.
  std::vector<Delivery> TakeDeliveries();

  // Chosen slots first..last from memory, bounded by fetch_bytes_max; empty if `first` is no longer
  // (or not yet) there.
  [[nodiscard]] std::vector<ChosenEntry> Tail(Slot first, Slot last) const;
  [[nodiscard]] bool HasInTail(Slot slot) const {
    return slot >= tail_first_ && slot <= prefix_ && !tail_.empty();
  }

  // Encoded bytes of all entries up to the prefix.
  [[nodiscard]] std::uint64_t log_bytes() const { return log_bytes_; }

  friend bool operator==(const Learner&, const Learner&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Learner& l, unsigned /*version*/) {
    ar& Named("prefix", l.prefix_) & Named("delivered", l.delivered_) &
        Named("position", l.position_) & Named("above", l.above_prefix_) &
        Named("tail_first", l.tail_first_) & Named("tail", l.tail_) &
        Named("tail_bytes", l.tail_bytes_) & Named("log_bytes", l.log_bytes_) &
        Named("fetch_bytes_max", l.fetch_bytes_max_) & Named("tail_bytes_max", l.tail_bytes_max_) &
        Named("deliveries", l.deliveries_);
  }

 private:
  Delivery Deliver(Slot slot, const SharedEntry& entry);
  void KeepInTail(const SharedEntry& entry);

  Slot prefix_;
  Slot delivered_;
  LogPosition position_;
  std::map<Slot, SharedEntry> above_prefix_;  // chosen, waiting for the slots below
  std::vector<Delivery> deliveries_;

  Slot tail_first_;               // slot of tail_.front()
  std::deque<SharedEntry> tail_;  // tail_first_ .. prefix_
  std::size_t tail_bytes_ = 0;
  std::uint64_t log_bytes_ = 0;
  std::size_t fetch_bytes_max_ = 0;
  std::size_t tail_bytes_max_ = 0;
};

}  // namespace paxos
