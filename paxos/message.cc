#include "paxos/message.h"

namespace paxos {
namespace {

// No honest cluster gets here: at a thousand ballots a second it takes 10^8 years.
constexpr std::uint64_t kRoundMax = std::uint64_t{1} << 62;
constexpr Slot kSlotMax{std::uint64_t{1} << 62};

bool IsBallot(const Ballot& b) { return b.round >= 1 && b.round <= kRoundMax; }
bool IsSlot(Slot slot) { return slot >= Slot{1} && slot <= kSlotMax; }
bool IsOwn(NodeId from, const Ballot& b) { return IsBallot(b) && b.node == from; }

struct WellFormed {
  NodeId from{};

  bool operator()(const PreVote& m) const { return IsOwn(from, m.ballot); }
  bool operator()(const PreVoteReply& m) const {
    return IsBallot(m.ballot) && m.promised.round <= kRoundMax;
  }
  bool operator()(const Prepare& m) const { return IsOwn(from, m.ballot); }
  bool operator()(const Promise& m) const {
    Slot last = m.chosen_prefix;
    for (const AcceptedEntry& a : m.accepted) {
      if (a.slot <= last || !IsSlot(a.slot)) return false;
      if (!IsBallot(a.ballot) || a.ballot > m.ballot) return false;
      if (a.entry->first_ballot > a.ballot) return false;
      last = a.slot;
    }
    return IsBallot(m.ballot) && m.chosen_prefix <= kSlotMax && m.forgotten <= m.chosen_prefix;
  }
  bool operator()(const Accept& m) const {
    return IsOwn(from, m.ballot) && IsSlot(m.slot) && m.chosen_prefix <= kSlotMax &&
           m.entry->first_ballot <= m.ballot;
  }
  bool operator()(const Accepted& m) const { return IsBallot(m.ballot) && IsSlot(m.slot); }
  bool operator()(const Preempted& m) const { return IsBallot(m.ballot) && IsBallot(m.promised); }
  bool operator()(const Heartbeat& m) const {
    return IsOwn(from, m.ballot) && m.chosen_prefix <= kSlotMax;
  }
  bool operator()(const HeartbeatAck& m) const { return IsBallot(m.ballot); }
  bool operator()(const FetchChosen& m) const {
    return IsSlot(m.first) && IsSlot(m.last) && m.first <= m.last;
  }
  bool operator()(const ChosenRange& m) const {
    for (std::size_t i = 0; i < m.entries.size(); ++i) {
      const bool follows = i == 0 || m.entries[i].slot == m.entries[i - 1].slot.next();
      if (!IsSlot(m.entries[i].slot) || !follows) return false;
    }
    return true;
  }
  bool operator()(const AskReadIndex& /*m*/) const { return true; }
  bool operator()(const ReadIndex& m) const { return !m.slot || *m.slot <= kSlotMax; }
};

}  // namespace

bool IsKnown(PreVoteAnswer answer) { return answer <= PreVoteAnswer::kGranted; }

std::string ShortText(PreVoteAnswer answer) {
  return answer == PreVoteAnswer::kGranted ? "granted" : "refused";
}

bool IsWellFormed(NodeId from, const Message& message) {
  return std::visit(WellFormed{from}, message);
}

}  // namespace paxos
