// What a replica wants done. Taken once, consumed by Node::Drain() alone:
// persist, then send, then apply, then report.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "paxos/message.h"
#include "paxos/record.h"
#include "paxos/types.h"

namespace paxos {

// A message and the batch it waits for: it may leave once everything up to `after` is durable
// (rule D1). 0 = at once.
struct Outgoing {
  NodeId to{};
  PersistSeq after{};
  Message message{};
  friend bool operator==(const Outgoing&, const Outgoing&) = default;
};

// Void entries (V1) are delivered too, so that observers see them; they have no effect.
enum class EntryStanding : std::uint8_t { kInForce, kVoid };
bool IsKnown(EntryStanding standing);
std::string ShortText(EntryStanding standing);

// The next slot of the log, in order. `first_index` numbers its first command; `log_time` is the
// log's time once it is applied.
struct Delivery {
  Slot slot{};
  CommandIndex first_index{};
  LogTime log_time{};
  EntryStanding standing = EntryStanding::kInForce;
  SharedEntry entry{};
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// A peer asked for chosen slots that are only on disk by now; the driver reads and sends them.
struct ServeChosen {
  NodeId to{};
  Slot first{};
  Slot last{};
  friend bool operator==(const ServeChosen&, const ServeChosen&) = default;
};

enum class Refusal : std::uint8_t {
  kNotLeader,   // ask the hinted node
  kOverloaded,  // a queue, the window or the log is full: try later
  kTooLarge,    // this command can never fit a batch
};
bool IsKnown(Refusal refusal);
std::string ShortText(Refusal refusal);

// Who may be refused for lack of room. What gives back (releases, ends of sessions) may use the
// reserve of a full log. So may a duty, which is the leader's own (renewals of sessions, ticks);
// the bounds of the queue are not for it either, or an overloaded cluster would end the very
// sessions that load it. Its proposer keeps few of them in flight.
enum class Urgency : std::uint8_t { kUser, kGivesBack, kDuty };

// The command is chosen, applied at `index`, and every slot before it is chosen too.
struct ProposalChosen {
  static constexpr const char* kName = "Chosen";
  ProposalId id{};
  Slot slot{};
  CommandIndex index{};
  friend bool operator==(const ProposalChosen&, const ProposalChosen&) = default;
};
// Certainly without effect, now and later: it never left this replica.
struct NeverProposed {
  static constexpr const char* kName = "NeverProposed";
  ProposalId id{};
  Refusal why = Refusal::kNotLeader;
  std::optional<NodeId> leader_hint{};
  friend bool operator==(const NeverProposed&, const NeverProposed&) = default;
};
// Certainly without effect: its slot was chosen without it, or it is void.
struct Superseded {
  static constexpr const char* kName = "Superseded";
  ProposalId id{};
  friend bool operator==(const Superseded&, const Superseded&) = default;
};
// May take effect yet; only a command with a session may be tried again.
struct OutcomeUnknown {
  static constexpr const char* kName = "Unknown";
  ProposalId id{};
  friend bool operator==(const OutcomeUnknown&, const OutcomeUnknown&) = default;
};
// State applied up to `slot` or later answers the read (R1). Everything up to there has been
// delivered.
struct ReadReady {
  static constexpr const char* kName = "ReadReady";
  ReadId id{};
  Slot slot{};
  friend bool operator==(const ReadReady&, const ReadReady&) = default;
};
struct ReadRefused {
  static constexpr const char* kName = "ReadRefused";
  ReadId id{};
  Refusal why = Refusal::kNotLeader;
  std::optional<NodeId> leader_hint{};
  friend bool operator==(const ReadRefused&, const ReadRefused&) = default;
};

using Done =
    std::variant<ProposalChosen, NeverProposed, Superseded, OutcomeUnknown, ReadReady, ReadRefused>;

struct Output {
  std::vector<Record> persist{};  // one atomic batch
  PersistSeq persist_seq{};       // its number; meaningless if `persist` is empty
  std::vector<Outgoing> send{};   // in order
  std::vector<ServeChosen> serve{};
  std::vector<Delivery> apply{};
  std::vector<Done> done{};  // after `apply`
  friend bool operator==(const Output&, const Output&) = default;

  [[nodiscard]] bool empty() const {
    return persist.empty() && send.empty() && serve.empty() && apply.empty() && done.empty();
  }
};

template <class Archive>
void serialize(Archive& ar, Outgoing& o, unsigned /*version*/) {
  ar& Named("to", o.to) & Named("after", o.after) & Named("message", o.message);
}
template <class Archive>
void serialize(Archive& ar, Delivery& d, unsigned /*version*/) {
  ar& Named("slot", d.slot) & Named("index", d.first_index) & Named("log_time", d.log_time) &
      Named("standing", d.standing) & Named("entry", d.entry);
}
template <class Archive>
void serialize(Archive& ar, ServeChosen& s, unsigned /*version*/) {
  ar& Named("to", s.to) & Named("first", s.first) & Named("last", s.last);
}
template <class Archive>
void serialize(Archive& ar, ProposalChosen& d, unsigned /*version*/) {
  ar& Named("id", d.id) & Named("slot", d.slot) & Named("index", d.index);
}
template <class Archive>
void serialize(Archive& ar, NeverProposed& d, unsigned /*version*/) {
  ar& Named("id", d.id) & Named("why", d.why) & Named("hint", d.leader_hint);
}
template <class Archive>
void serialize(Archive& ar, Superseded& d, unsigned /*version*/) {
  ar& Named("id", d.id);
}
template <class Archive>
void serialize(Archive& ar, OutcomeUnknown& d, unsigned /*version*/) {
  ar& Named("id", d.id);
}
template <class Archive>
void serialize(Archive& ar, ReadReady& d, unsigned /*version*/) {
  ar& Named("id", d.id) & Named("slot", d.slot);
}
template <class Archive>
void serialize(Archive& ar, ReadRefused& d, unsigned /*version*/) {
  ar& Named("id", d.id) & Named("why", d.why) & Named("hint", d.leader_hint);
}
template <class Archive>
void serialize(Archive& ar, Output& o, unsigned /*version*/) {
  ar& Named("persist", o.persist) & Named("seq", o.persist_seq) & Named("send", o.send) &
      Named("serve", o.serve) & Named("apply", o.apply) & Named("done", o.done);
}

}  // namespace paxos
