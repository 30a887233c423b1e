// The nouns of the protocol: who (NodeId), where (Slot), in whose name (Ballot), what (Entry).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "paxos/archive.h"
#include "paxos/strong_id.h"
#include "paxos/time.h"

namespace paxos {

// Names a *disk*, drawn at random once and never reused (rule N1): a vote is only worth what the
// disk behind it remembers. 0 is no node.
using NodeId = StrongId<struct NodeTag>;

// A position in the log. The first is 1; 0 stands for "before the log".
using Slot = StrongId<struct SlotTag>;

// Counts applied commands (not slots) from 1; a command of a void entry has no index.
using CommandIndex = StrongId<struct CommandIndexTag>;

// Numbers the batches a replica hands to its disk; cumulative, never reused, never falls.
using PersistSeq = StrongId<struct PersistTag>;

// One of several replicated logs that share a disk and a port.
using GroupId = StrongId<struct GroupTag, std::uint32_t>;

// Names one cluster, drawn at genesis; frames and disks of another cluster are refused.
using ClusterId = StrongId<struct ClusterTag>;

// Names a proposal or a read among those of one process; chosen by the caller, echoed in `done`.
using ProposalId = StrongId<struct ProposalTag>;
using ReadId = StrongId<struct ReadIdTag>;

// Names a read across nodes: the life is a random number per start of a process, so that an answer
// to an earlier life's question is never taken for an answer to this one's.
struct ReadTag {
  std::uint64_t life = 0;
  ReadId id{};

  friend constexpr auto operator<=>(const ReadTag&, const ReadTag&) = default;
};

template <class Archive>
void serialize(Archive& ar, ReadTag& r, unsigned /*version*/) {
  ar& Named("life", r.life) & Named("id", r.id);
}

// A ballot orders attempts to lead; ties between nodes are broken by the node. Round 0 is below
// every ballot that is ever used ("nothing promised yet"). PMS 2.2 calls it the proposal number.
struct Ballot {
  std::uint64_t round = 0;
  NodeId node{};

  friend constexpr auto operator<=>(const Ballot&, const Ballot&) = default;
};

template <class Archive>
void serialize(Archive& ar, Ballot& b, unsigned /*version*/) {
  ar& Named("round", b.round) & Named("node", b.node);
}

// "5.2": round 5 of node 2.
std::string ShortText(const Ballot& ballot);

// Opaque to consensus; SessionTable and the user's state machine give it a meaning.
using Command = std::string;

// The value of one slot: a batch of commands, the ballot it was *first* proposed in (rule V1) and
// the log time its first proposer stamped on it (rule T1). No commands = a no-op.
struct Entry {
  Ballot first_ballot{};
  LogTime log_time{};
  std::vector<Command> commands{};

  friend bool operator==(const Entry&, const Entry&) = default;
};

template <class Archive>
void serialize(Archive& ar, Entry& e, unsigned /*version*/) {
  ar& Named("first", e.first_ballot) & Named("log_time", e.log_time) &
      Named("commands", e.commands);
}

// Bytes an entry takes on disk and wire, never less than the encoding (used for windows and caps).
std::size_t EncodedSizeBound(const Entry& entry);

// An Entry never changes once proposed, so a message, the window, the disk batch and the learner
// share one. Copies are cheap; comparison is by value. Never empty.
class SharedEntry {
 public:
  SharedEntry();
  explicit SharedEntry(Entry entry);

  const Entry& operator*() const { return *entry_; }
  const Entry* operator->() const { return entry_.get(); }

  friend bool operator==(const SharedEntry& a, const SharedEntry& b) {
    return a.entry_ == b.entry_ || *a.entry_ == *b.entry_;
  }

  template <class Archive>
  friend void serialize(Archive& ar, SharedEntry& e, unsigned version) {
    if constexpr (Archive::is_loading::value) {
      Entry entry;
      serialize(ar, entry, version);
      e = SharedEntry(std::move(entry));
    } else {
      serialize(ar, const_cast<Entry&>(*e.entry_), version);
    }
  }

 private:
  std::shared_ptr<const Entry> entry_;
};

// What an acceptor accepted in a slot: the entry and the ballot it accepted it in. Apart from the
// promise (rule A2).
struct AcceptedEntry {
  Slot slot{};
  Ballot ballot{};
  SharedEntry entry{};

  friend bool operator==(const AcceptedEntry&, const AcceptedEntry&) = default;
};

template <class Archive>
void serialize(Archive& ar, AcceptedEntry& a, unsigned /*version*/) {
  ar& Named("slot", a.slot) & Named("ballot", a.ballot) & Named("entry", a.entry);
}

// A slot known to be chosen, with its value.
struct ChosenEntry {
  Slot slot{};
  SharedEntry entry{};

  friend bool operator==(const ChosenEntry&, const ChosenEntry&) = default;
};

template <class Archive>
void serialize(Archive& ar, ChosenEntry& c, unsigned /*version*/) {
  ar& Named("slot", c.slot) & Named("entry", c.entry);
}

}  // namespace paxos
