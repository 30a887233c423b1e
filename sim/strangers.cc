#include "sim/strangers.h"

#include <utility>

namespace paxos::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t kStrangers = 3;

// What a stranger says to a message of the node's.
struct Tongue {
  NodeId stranger{};

  Message operator()(const PreVote& m) const {
    return PreVoteReply{m.ballot, Ballot{}, PreVoteAnswer::kGranted};
  }
  Message operator()(const Prepare& m) const { return Promise{m.ballot, {}, {}, {}}; }
  Message operator()(const Accept& m) const { return Accepted{m.ballot, m.slot}; }
  Message operator()(const Heartbeat& m) const {
    return HeartbeatAck{m.ballot, m.round, m.chosen_prefix};
  }
  Message operator()(const AskReadIndex& m) const { return ReadIndex{m.read, Slot{}}; }
  Message operator()(const FetchChosen& m) const {
    const SharedEntry invented(Entry{Ballot{1, stranger}, LogTime{}, {"invented"}});
    return ChosenRange{{ChosenEntry{m.first, invented}}};
  }
  Message operator()(const Promise& m) const { return Prepare{Above(m.ballot)}; }
  Message operator()(const PreVoteReply& m) const { return PreVote{Above(m.ballot)}; }
  Message operator()(const Preempted& m) const { return Preempted{m.ballot, Above(m.promised)}; }
  Message operator()(const Accepted& m) const {
    const Ballot ballot = Above(m.ballot);
    return Accept{ballot, m.slot, m.slot, SharedEntry(Entry{ballot, LogTime{}, {"invented"}})};
  }
  Message operator()(const HeartbeatAck& m) const {
    return Heartbeat{Above(m.ballot), m.round, m.chosen_prefix.next(), {}};
  }
  Message operator()(const ChosenRange& /*m*/) const { return FetchChosen{Slot{1}, Slot{1}}; }
  Message operator()(const ReadIndex& m) const { return AskReadIndex{m.read}; }

  [[nodiscard]] Ballot Above(const Ballot& ballot) const { return {ballot.round + 1, stranger}; }
};

}  // namespace

Strangers::Strangers(const Chance& chance, const FaultClasses& classes, NodeId self,
                     std::size_t nodes)
    : are_about_(classes.Has(FaultClass::kStrangers)),
      self_(self),
      nodes_(nodes),
      key_(chance.KeyOf(Subject::kStrangers, self.value())) {}

std::optional<Strangers::Lie> Strangers::Answer(const Envelope& envelope) {
  if (!are_about_) return std::nullopt;
  Random random(Mix(key_, heard_++));
  if (!random.Chance(1, 8)) return std::nullopt;
  const NodeId stranger{nodes_ + random.Between(1, kStrangers)};
  const Duration delay = LogUniform(random, microseconds{1}, milliseconds{10});
  return Lie{delay, Envelope{stranger, self_, PersistSeq{1},
                             std::visit(Tongue{stranger}, envelope.message)}};
}

}  // namespace paxos::sim
