// What replicas say to each other, in the papers' words.
//
//   phase 1   Prepare -> Promise            PMS 2.2, PMMC 2
//   phase 2   Accept -> Accepted            one slot, one entry, one ballot
//   either    Preempted                     "I promised a higher ballot"
//   leading   Heartbeat -> HeartbeatAck     leader lives; confirms its ballot for reads (rule R1)
//   learning  FetchChosen -> ChosenRange    values of chosen slots, bounded
//   election  PreVote -> PreVoteReply       liveness only, changes no promise
//   reading   AskReadIndex -> ReadIndex     a follower's linearizable read
//
// The chosen mark ("every slot up to here is chosen") rides on Accept and Heartbeat.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "paxos/types.h"

namespace paxos {

// Would you vote for `ballot`? Asked before a Prepare so that a node that merely lost touch does
// not depose a leader that works.
struct PreVote {
  static constexpr const char* kName = "PreVote";
  Ballot ballot{};
  friend bool operator==(const PreVote&, const PreVote&) = default;
};

enum class PreVoteAnswer : std::uint8_t { kRefused = 0, kGranted = 1 };
bool IsKnown(PreVoteAnswer answer);
std::string ShortText(PreVoteAnswer answer);

struct PreVoteReply {
  static constexpr const char* kName = "PreVoteReply";
  Ballot ballot{};    // the one asked about
  Ballot promised{};  // a refused asker tries above this
  PreVoteAnswer answer = PreVoteAnswer::kRefused;
  friend bool operator==(const PreVoteReply&, const PreVoteReply&) = default;
};

struct Prepare {
  static constexpr const char* kName = "Prepare";
  Ballot ballot{};
  friend bool operator==(const Prepare&, const Prepare&) = default;
};

// Rule P3: the acceptor's chosen prefix, the highest slot it has forgotten, and *every* slot above
// its prefix that it accepted, ascending.
struct Promise {
  static constexpr const char* kName = "Promise";
  Ballot ballot{};
  Slot chosen_prefix{};
  Slot forgotten{};
  std::vector<AcceptedEntry> accepted{};
  friend bool operator==(const Promise&, const Promise&) = default;
};

struct Accept {
  static constexpr const char* kName = "Accept";
  Ballot ballot{};
  Slot slot{};
  Slot chosen_prefix{};  // the leader's mark
  SharedEntry entry{};
  friend bool operator==(const Accept&, const Accept&) = default;
};

struct Accepted {
  static constexpr const char* kName = "Accepted";
  Ballot ballot{};
  Slot slot{};
  friend bool operator==(const Accepted&, const Accepted&) = default;
};

// The refusal of whatever came in `ballot` by an acceptor that promised `promised`.
struct Preempted {
  static constexpr const char* kName = "Preempted";
  Ballot ballot{};
  Ballot promised{};
  friend bool operator==(const Preempted&, const Preempted&) = default;
};

struct Heartbeat {
  static constexpr const char* kName = "Heartbeat";
  Ballot ballot{};
  std::uint64_t round = 0;  // grows within a ballot; reads wait for the acks of one round (R1)
  Slot chosen_prefix{};
  std::map<NodeId, PersistSeq> durable{};  // the highest each node was heard to have (N1)
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

struct HeartbeatAck {
  static constexpr const char* kName = "HeartbeatAck";
  Ballot ballot{};
  std::uint64_t round = 0;
  Slot chosen_prefix{};  // the follower's own
  friend bool operator==(const HeartbeatAck&, const HeartbeatAck&) = default;
};

// Send me the chosen slots first..last, as many as fit one message.
struct FetchChosen {
  static constexpr const char* kName = "FetchChosen";
  Slot first{};
  Slot last{};
  friend bool operator==(const FetchChosen&, const FetchChosen&) = default;
};

// Consecutive chosen slots; the receiver uses those that extend its chosen prefix.
struct ChosenRange {
  static constexpr const char* kName = "ChosenRange";
  std::vector<ChosenEntry> entries{};
  friend bool operator==(const ChosenRange&, const ChosenRange&) = default;
};

// A follower asks its leader at which slot a read that starts now may be served.
struct AskReadIndex {
  static constexpr const char* kName = "AskReadIndex";
  ReadTag read{};
  friend bool operator==(const AskReadIndex&, const AskReadIndex&) = default;
};

// No slot: the asked node does not lead (any more); ask again elsewhere.
struct ReadIndex {
  static constexpr const char* kName = "ReadIndex";
  ReadTag read{};
  std::optional<Slot> slot{};
  friend bool operator==(const ReadIndex&, const ReadIndex&) = default;
};

using Message =
    std::variant<PreVote, PreVoteReply, Prepare, Promise, Accept, Accepted, Preempted, Heartbeat,
                 HeartbeatAck, FetchChosen, ChosenRange, AskReadIndex, ReadIndex>;

// A message on its way. `durable` is what the sender's disk holds as it leaves: receivers remember
// the maximum, so that a disk that comes back with less is known for what it is (N1).
struct Envelope {
  NodeId from{};
  NodeId to{};
  PersistSeq durable{};
  Message message{};
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// What no replica that runs this code would say: a ballot of another node's, slots out of order,
// numbers that no cluster reaches. Dropped on arrival, so that a confused peer crashes nobody.
bool IsWellFormed(NodeId from, const Message& message);

template <class Archive>
void serialize(Archive& ar, PreVote& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot);
}
template <class Archive>
void serialize(Archive& ar, PreVoteReply& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("promised", m.promised) & Named("answer", m.answer);
}
template <class Archive>
void serialize(Archive& ar, Prepare& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot);
}
template <class Archive>
void serialize(Archive& ar, Promise& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("prefix", m.chosen_prefix) &
      Named("forgotten", m.forgotten) & Named("accepted", m.accepted);
}
template <class Archive>
void serialize(Archive& ar, Accept& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("slot", m.slot) & Named("prefix", m.chosen_prefix) &
      Named("entry", m.entry);
}
template <class Archive>
void serialize(Archive& ar, Accepted& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("slot", m.slot);
}
template <class Archive>
void serialize(Archive& ar, Preempted& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("promised", m.promised);
}
template <class Archive>
void serialize(Archive& ar, Heartbeat& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("round", m.round) & Named("prefix", m.chosen_prefix) &
      Named("durable", m.durable);
}
template <class Archive>
void serialize(Archive& ar, HeartbeatAck& m, unsigned /*version*/) {
  ar& Named("ballot", m.ballot) & Named("round", m.round) & Named("prefix", m.chosen_prefix);
}
template <class Archive>
void serialize(Archive& ar, FetchChosen& m, unsigned /*version*/) {
  ar& Named("first", m.first) & Named("last", m.last);
}
template <class Archive>
void serialize(Archive& ar, ChosenRange& m, unsigned /*version*/) {
  ar& Named("entries", m.entries);
}
template <class Archive>
void serialize(Archive& ar, AskReadIndex& m, unsigned /*version*/) {
  ar& Named("read", m.read);
}
template <class Archive>
void serialize(Archive& ar, ReadIndex& m, unsigned /*version*/) {
  ar& Named("read", m.read) & Named("slot", m.slot);
}
template <class Archive>
void serialize(Archive& ar, Envelope& e, unsigned /*version*/) {
  ar& Named("from", e.from) & Named("to", e.to) & Named("durable", e.durable) &
      Named("message", e.message);
}

}  // namespace paxos
