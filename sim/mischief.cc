#include "sim/mischief.h"

#include <utility>

namespace paxos::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How long the same nodes stay out of a slot's quorum.
constexpr Duration kQuorumLasts = milliseconds{300};

enum Kind : std::uint64_t { kQuorums, kMarks, kEchoes };

bool IsForEverybody(const Message& message) {
  return std::holds_alternative<PreVote>(message) || std::holds_alternative<Prepare>(message) ||
         std::holds_alternative<Accept>(message) || std::holds_alternative<Heartbeat>(message);
}

}  // namespace

Mischief::Mischief(const Chance& chance, const FaultClasses& classes, NodeId self,
                   std::size_t nodes)
    : classes_(classes),
      self_(self),
      nodes_(nodes),
      quorums_(chance.KeyOf(Subject::kMischief, self.value(), kQuorums)),
      echoes_(chance.KeyOf(Subject::kMischief, self.value(), kEchoes)) {
  Random marks = chance.Of(Subject::kMischief, self.value(), kMarks);
  marks_late_by_ = LogUniform(marks, milliseconds{1}, milliseconds{500});
}

std::optional<Envelope> Mischief::Alter(Time now, Envelope envelope) {
  auto* accept = std::get_if<Accept>(&envelope.message);
  auto* heartbeat = std::get_if<Heartbeat>(&envelope.message);
  if (accept != nullptr && classes_.Has(FaultClass::kMinimalQuorum) &&
      !IsInMinimalQuorum(now, accept->slot, envelope.to))
    return std::nullopt;
  if (!classes_.Has(FaultClass::kLateMarks)) return envelope;
  if (accept != nullptr)
    accept->chosen_prefix = HoldBack(now, accept->ballot, accept->chosen_prefix);
  if (heartbeat != nullptr)
    heartbeat->chosen_prefix = HoldBack(now, heartbeat->ballot, heartbeat->chosen_prefix);
  return envelope;
}

// The node itself and those of the others that draw lowest.
bool Mischief::IsInMinimalQuorum(Time now, Slot slot, NodeId peer) const {
  const auto epoch = static_cast<std::uint64_t>(now.time_since_epoch() / kQuorumLasts);
  const auto lot = [&](NodeId node) {
    return Mix(Mix(Mix(quorums_, slot.value()), epoch), node.value());
  };
  std::size_t lower = 0;
  for (std::uint64_t i = 1; i <= nodes_; ++i) {
    if (NodeId{i} != self_ && lot(NodeId{i}) < lot(peer)) ++lower;
  }
  return lower < nodes_ / 2;
}

Slot Mischief::HoldBack(Time now, const Ballot& ballot, Slot mark) {
  if (ballot != ballot_) {
    ballot_ = ballot;
    told_ = Slot{};
    later_.clear();
  }
  if (later_.empty() || later_.back().mark < mark) later_.push_back(Said{now, mark});
  while (!later_.empty() && now - later_.front().when >= marks_late_by_) {
    told_ = later_.front().mark;
    later_.pop_front();
  }
  return told_;
}

// One of its copies stands for all.
std::optional<Duration> Mischief::EchoAfter(const Envelope& envelope) {
  if (!classes_.Has(FaultClass::kEcho) || !IsForEverybody(envelope.message)) return std::nullopt;
  const NodeId first_peer = self_ == NodeId{1} ? NodeId{2} : NodeId{1};
  if (envelope.to != first_peer) return std::nullopt;
  Random random(Mix(echoes_, said_to_all_++));
  const bool is_heard_again = random.Chance(1, 4);
  const Duration delay = LogUniform(random, microseconds{1}, seconds{1});
  return is_heard_again ? std::optional(delay) : std::nullopt;
}

}  // namespace paxos::sim
