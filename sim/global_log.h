// G, the sequence of chosen entries, as one who sees all disks knows it; and what each node makes
// of it. Judges void entries (V1), log time (T1) and command numbers by itself.
//
// INV-8 what nodes apply is a prefix of G. INV-9 equal replies after each command. INV-10 each node
// applies one command after the other, none that is not chosen. INV-18 void entries have no effect;
// log time never falls, stands still while nobody leads, and never gains on its leader's clock,
// nor, over any change of leaders, on true time by more than a clock within its bound may.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "paxos/state_machine.h"
#include "sim/choices.h"
#include "sim/clock.h"
#include "sim/observer.h"

namespace paxos::sim {

class GlobalLog {
 public:
  // `drift_max`: how much faster than true time a node's clock may run; none: by anything.
  GlobalLog(std::size_t nodes, std::optional<Clock::PartsPerMillion> drift_max,
            const Choices& choices, const NodeViews& views);

  // A command of G.
  struct Numbered {
    Slot slot{};
    LogTime log_time{};
    SharedEntry entry{};
    std::size_t position = 0;  // within the entry
    [[nodiscard]] const Command& command() const { return entry->commands[position]; }
  };
  // Told of each command as it becomes part of G, in order.
  using CommandListener = std::function<void(CommandIndex, const Numbered&)>;
  void SetListener(CommandListener listener) { listener_ = std::move(listener); }

  void OnBallotTaken(const Ballot& ballot);
  // More slots may be chosen.
  void Grow();
  void OnStart(NodeId node);
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied);

  // Every slot up to here is chosen.
  [[nodiscard]] Slot prefix() const { return prefix_; }
  [[nodiscard]] CommandIndex last_index() const { return CommandIndex{commands_.size()}; }
  [[nodiscard]] LogTime log_time() const { return log_time_; }
  // index from 1 to last_index().
  [[nodiscard]] const Numbered& Find(CommandIndex index) const;
  // The highest index that any node has applied, and that one node has in this life.
  [[nodiscard]] CommandIndex most_applied() const { return most_applied_; }
  [[nodiscard]] CommandIndex applied(NodeId node) const { return applied_[node.value() - 1]; }
  [[nodiscard]] std::uint64_t void_entries() const { return voids_.size(); }
  // Void commands stand between this command and the one before: had they an effect, it would show
  // here.
  [[nodiscard]] bool FollowsVoid(CommandIndex index) const;

 private:
  struct Leadership {
    Ballot ballot{};
    Instant taken{};
  };

  void Append(Slot slot, const Choices::Chosen& chosen);
  void CheckStamp(const Choices::Chosen& chosen);
  void CheckPace(const Choices::Chosen& chosen);
  [[nodiscard]] Instant WhenTaken(const Ballot& ballot) const;

  std::optional<Clock::PartsPerMillion> drift_max_;
  const Choices& choices_;
  const NodeViews& views_;
  CommandListener listener_;

  Slot prefix_;
  Ballot last_first_ballot_;
  LogTime log_time_{};
  std::vector<Numbered> commands_;      // index 1 first
  std::vector<std::uint64_t> digests_;  // of what the first node to apply it replied
  std::vector<CommandIndex> voids_;     // the last command before each void entry

  std::vector<Leadership> leaderships_;  // in the order taken
  // The highest stamp of the ballot, and when its leader's clock showed it was made; at first the
  // log time and the moment from which that leader may count.
  LogTime stamp_then_{};
  Instant then_{};
  Time raised_at_{};  // the earliest moment at which log_time_ can have been stamped

  CommandIndex most_applied_;
  std::vector<CommandIndex> applied_;  // [node - 1]
};

}  // namespace paxos::sim
