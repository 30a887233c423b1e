// The proposer: takes a ballot, learns what earlier ballots may have chosen, and proposes entries
// slot by slot (P0, P1, P2; PMS 2.2-2.5, PMMC 3).
//
// Read phase 2 first: an entry that a quorum accepted in one ballot is chosen (OnAccepted). Phase 1
// exists so that a later ballot cannot choose otherwise (OnPromise, Lead).
//
//   Idle --Prepare--> Preparing --quorum of promises, prefix learned--> Leading
//     ^                   |                                               |
//     '---- StepDown -----'------------- a higher ballot, no quorum ------'
//
// It knows no clock beyond the instants it is handed and never decides when to campaign.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "paxos/learner.h"
#include "paxos/message.h"
#include "paxos/options.h"
#include "paxos/output.h"

namespace paxos {

struct Idle {
  friend bool operator==(const Idle&, const Idle&) = default;
};

// What one promise said about the past: up to where its sender knows everything chosen, and what of
// that it can no longer tell.
struct KnownChosen {
  Slot prefix{};
  Slot forgotten{};
  friend bool operator==(const KnownChosen&, const KnownChosen&) = default;
};

struct Preparing {
  Ballot ballot{};
  Votes promises{};
  std::map<Slot, AcceptedEntry> recovered{};     // highest ballot reported for each slot [P1]
  std::map<NodeId, KnownChosen> known_chosen{};  // by promising node [P3]
  friend bool operator==(const Preparing&, const Preparing&) = default;
};

// A slot proposed and not yet below the chosen prefix.
struct InFlight {
  SharedEntry entry{};
  Votes votes{};
  Instant sent{};                     // last time its Accept left
  std::uint32_t resent = 0;           // how often it left again
  std::vector<ProposalId> callers{};  // one per command; none for recovered entries and no-ops
  friend bool operator==(const InFlight&, const InFlight&) = default;
};

struct Leading {
  Ballot ballot{};
  Slot first_slot{};      // phase 1 began here: everything below was chosen before
  Slot last_recovered{};  // first_slot .. last_recovered must be proposed again [P1] [R1]
  Slot next_slot{};       // the lowest not yet proposed
  std::map<Slot, SharedEntry> recovered{};  // next_slot .. last_recovered, no-ops in the gaps
  std::map<Slot, InFlight> window{};
  std::size_t window_bytes = 0;
  LogTime log_time_then{};  // [T1] what stamps count from; they stand still until `since` is set:
  std::optional<Instant> since{};  // when an own entry had become part of the chosen prefix
  friend bool operator==(const Leading&, const Leading&) = default;
};

// A command that waits for a slot.
struct Queued {
  ProposalId id{};
  Command command{};
  friend bool operator==(const Queued&, const Queued&) = default;
};

// The callers of one slot, in the order of its commands.
struct SlotCallers {
  Slot slot{};
  std::vector<ProposalId> callers{};
  friend bool operator==(const SlotCallers&, const SlotCallers&) = default;
};

class Proposer {
 public:
  Proposer(const ReplicaOptions& options, const DurableState& durable);

  [[nodiscard]] bool IsIdle() const { return std::holds_alternative<Idle>(role_); }
  [[nodiscard]] const Preparing* preparing() const { return std::get_if<Preparing>(&role_); }
  [[nodiscard]] const Leading* leading() const { return std::get_if<Leading>(&role_); }

  // The ballot StartCampaign would take: above every one seen, and above its own of any life [P0].
  [[nodiscard]] Ballot NextBallot(const Ballot& highest_seen) const;

  // Idle -> Preparing. The record must be durable before the Prepare leaves [P0].
  BallotUsedRecord StartCampaign(const Ballot& highest_seen);

  // Phase 1b, counted. Ignored unless preparing in its ballot.
  void OnPromise(NodeId from, const Promise& promise);

  // A quorum promised.
  [[nodiscard]] bool HasPromiseQuorum() const;

  // The highest prefix that a promise reported; to be learned before leading [P3].
  [[nodiscard]] Slot PrefixToLearn() const;

  // Who of those that promised can tell the slots from `prefix` + 1 on; none if all that know them
  // have forgotten some.
  [[nodiscard]] std::optional<NodeId> WhoKnowsBeyond(Slot prefix) const;

  // Preparing -> Leading, once `prefix` covers PrefixToLearn. `log_time` is the log's there.
  void Lead(Slot prefix, LogTime log_time);

  // The chosen prefix is `prefix`, and the log's time there `log_time`: if it holds an entry of
  // this ballot by now, the clock of the stamps starts. [T1]
  void StartClock(Instant now, Slot prefix, LogTime log_time);

  // Queues a command for the next slot that opens. Only while leading.
  std::optional<Refusal> Propose(ProposalId id, Command command, Urgency urgency = Urgency::kUser);

  // Proposes in free slots: first what was recovered, then what is queued, as far as the window
  // allows [M1]. Each slot once per ballot [P2].
  void OpenSlots(Instant now, Slot prefix);

  // A leader to whom nobody has given a command proposes a no-op, since its clock starts with its
  // first entry; without one, nothing would ever expire in an idle log. [T1]
  void BeginIfIdle(Instant now, Slot prefix);

  // Phase 2b: the entry, at the moment a quorum has accepted it in this ballot [C1].
  std::optional<ChosenEntry> OnAccepted(NodeId from, const Accepted& accepted);

  // The chosen prefix moved up: the slots below leave the window.
  std::vector<SlotCallers> Finish(Slot prefix);

  // Sends Accepts again that lack a quorum for a while, to who has not answered.
  void Retransmit(Instant now);
  // The link to `voter` is new: what was sent to it before may be lost.
  void SendAgainTo(NodeId voter);

  // Any role -> Idle. What was in flight, and what never left the queue.
  struct Remains {
    Ballot ballot{};
    std::vector<SlotCallers> proposed{};
    std::vector<ProposalId> queued{};
  };
  Remains StepDown();

  // Accepts that want sending, in order. `to` 0 means every voter, this node included.
  struct Sending {
    NodeId to{};
    Slot slot{};
    SharedEntry entry{};
    friend bool operator==(const Sending&, const Sending&) = default;
    template <class Archive>
    friend void serialize(Archive& ar, Sending& s, unsigned /*version*/) {
      ar& Named("to", s.to) & Named("slot", s.slot) & Named("entry", s.entry);
    }
  };
  std::vector<Sending> TakeSendings();

  // The stamp of an entry proposed at `now`: what the log showed when this ballot's first entry was
  // chosen + what elapsed since on this node's own clock; before that, what it showed at the prefix
  // where phase 1 began [T1]. Only while leading.
  [[nodiscard]] LogTime StampAt(Instant now) const;

  // Encoded bytes that wait or are in flight.
  [[nodiscard]] std::size_t bytes_held() const;

  friend bool operator==(const Proposer&, const Proposer&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Proposer& p, unsigned /*version*/) {
    ar& Named("ballot_used", p.ballot_used_) & Named("role", p.role_) & Named("queue", p.queue_) &
        Named("queue_bytes", p.queue_bytes_) & Named("sendings", p.sendings_);
  }

 private:
  void Open(Instant now, SharedEntry entry, std::vector<ProposalId> callers);
  [[nodiscard]] bool HasRoom(const Leading& leading, Slot prefix) const;
  [[nodiscard]] std::size_t NextBatchBytes() const;
  void OpenNextBatch(Instant now);
  [[nodiscard]] Duration RetransmitWait(const InFlight& flight) const;

  ReplicaOptions options_;
  Ballot ballot_used_;
  std::variant<Idle, Preparing, Leading> role_;
  std::deque<Queued> queue_;
  std::size_t queue_bytes_ = 0;
  std::vector<Sending> sendings_;
};

template <class Archive>
void serialize(Archive& /*ar*/, Idle& /*idle*/, unsigned /*version*/) {}
template <class Archive>
void serialize(Archive& ar, KnownChosen& k, unsigned /*version*/) {
  ar& Named("prefix", k.prefix) & Named("forgotten", k.forgotten);
}
template <class Archive>
void serialize(Archive& ar, Preparing& p, unsigned /*version*/) {
  ar& Named("ballot", p.ballot) & Named("promises", p.promises) & Named("recovered", p.recovered) &
      Named("known_chosen", p.known_chosen);
}
template <class Archive>
void serialize(Archive& ar, InFlight& f, unsigned /*version*/) {
  ar& Named("entry", f.entry) & Named("votes", f.votes) & Named("sent", f.sent) &
      Named("resent", f.resent) & Named("callers", f.callers);
}
template <class Archive>
void serialize(Archive& ar, Leading& l, unsigned /*version*/) {
  ar& Named("ballot", l.ballot) & Named("first_slot", l.first_slot) &
      Named("last_recovered", l.last_recovered) & Named("next_slot", l.next_slot) &
      Named("recovered", l.recovered) & Named("window", l.window) &
      Named("window_bytes", l.window_bytes) & Named("log_time_then", l.log_time_then) &
      Named("since", l.since);
}
template <class Archive>
void serialize(Archive& ar, Queued& q, unsigned /*version*/) {
  ar& Named("id", q.id) & Named("command", q.command);
}
template <class Archive>
void serialize(Archive& ar, SlotCallers& s, unsigned /*version*/) {
  ar& Named("slot", s.slot) & Named("callers", s.callers);
}

}  // namespace paxos
