#include "sim/babble.h"

#include <utility>
#include <vector>

namespace paxos::sim {
namespace {

constexpr Slot kNoSlot{};
constexpr Slot kFar{(std::uint64_t{1} << 62) + 1};
constexpr std::uint64_t kFarRound = (std::uint64_t{1} << 62) + 1;

// Each list breaks one rule of message.cc after the other. `b` is a ballot of the listener's.
std::vector<Message> BrokenBallots(const Ballot& b, NodeId peer) {
  const Ballot zero{0, peer};
  const Ballot far{kFarRound, peer};
  const SharedEntry entry(Entry{b, LogTime{}, {}});
  return {PreVote{b},
          PreVote{zero},
          Prepare{b},
          Prepare{far},
          PreVoteReply{zero, b, PreVoteAnswer::kGranted},
          PreVoteReply{b, far, PreVoteAnswer::kGranted},
          Accept{b, Slot{1}, {}, entry},
          Heartbeat{b, 1, {}, {}},
          Heartbeat{zero, 1, {}, {}},
          HeartbeatAck{zero, 1, {}},
          Preempted{zero, b},
          Preempted{b, far},
          Accepted{zero, Slot{1}},
          Promise{zero, {}, {}, {}}};
}

std::vector<Message> BrokenSlots(const Ballot& b, NodeId peer) {
  const Ballot own{b.round, peer};
  const SharedEntry entry(Entry{own, LogTime{}, {}});
  return {Accept{own, kNoSlot, {}, entry},
          Accept{own, kFar, {}, entry},
          Accept{own, Slot{1}, kFar, entry},
          Accept{own, Slot{1}, {}, SharedEntry(Entry{{b.round + 1, peer}, LogTime{}, {}})},
          Accepted{b, kNoSlot},
          Accepted{b, kFar},
          Heartbeat{own, 1, kFar, {}},
          FetchChosen{kNoSlot, Slot{1}},
          FetchChosen{Slot{1}, kFar},
          FetchChosen{Slot{2}, Slot{1}},
          ChosenRange{{{kNoSlot, entry}}},
          ChosenRange{{{Slot{1}, entry}, {Slot{3}, entry}}},
          ReadIndex{{}, kFar}};
}

std::vector<Message> BrokenPromises(const Ballot& b) {
  const SharedEntry entry(Entry{{1, b.node}, LogTime{}, {}});
  const SharedEntry later(Entry{{b.round + 1, b.node}, LogTime{}, {}});
  const Ballot above{b.round + 1, b.node};
  return {Promise{b, kFar, {}, {}},
          Promise{b, {}, Slot{1}, {}},
          Promise{b, Slot{1}, {}, {{Slot{1}, b, entry}}},
          Promise{b, {}, {}, {{kFar, b, entry}}},
          Promise{b, {}, {}, {{Slot{2}, b, entry}, {Slot{1}, b, entry}}},
          Promise{b, {}, {}, {{Slot{1}, {0, b.node}, entry}}},
          Promise{b, {}, {}, {{Slot{1}, above, entry}}},
          Promise{b, {}, {}, {{Slot{1}, b, later}}}};
}

// The ballot that a message of a candidate's or a leader's is said in.
std::optional<Ballot> BallotOf(const Message& message) {
  if (const auto* m = std::get_if<PreVote>(&message)) return m->ballot;
  if (const auto* m = std::get_if<Prepare>(&message)) return m->ballot;
  if (const auto* m = std::get_if<Accept>(&message)) return m->ballot;
  if (const auto* m = std::get_if<Heartbeat>(&message)) return m->ballot;
  return std::nullopt;
}

}  // namespace

Babble::Babble(const Chance& chance, const FaultClasses& classes, NodeId self)
    : is_on_(classes.Has(FaultClass::kBabble)),
      self_(self),
      key_(chance.KeyOf(Subject::kBabble, self.value())) {}

std::optional<Envelope> Babble::Answer(const Envelope& envelope) {
  const std::optional<Ballot> ballot = BallotOf(envelope.message);
  if (!is_on_ || !ballot) return std::nullopt;
  Random random(Mix(key_, said_++));
  if (!random.Chance(1, 32)) return std::nullopt;
  std::vector<Message> broken = BrokenBallots(*ballot, envelope.to);
  for (Message& each : BrokenSlots(*ballot, envelope.to)) broken.push_back(std::move(each));
  for (Message& each : BrokenPromises(*ballot)) broken.push_back(std::move(each));
  constexpr PersistSeq kNonsense{~std::uint64_t{0}};
  return Envelope{envelope.to, self_, kNonsense, broken[random.Below(broken.size())]};
}

}  // namespace paxos::sim
