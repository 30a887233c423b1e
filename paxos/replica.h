// One replica: acceptor, proposer, learner and election put together. A deterministic value: the
// same options and the same inputs give the same outputs, byte for byte. No clock, no I/O, no
// thread; every bit of its state passes through serialize.
//
// Inputs are the public functions below; TakeOutput says what is to be done about them. A replica
// talks to itself by message: its own promise and its own acceptance wait for its disk like
// anyone's, so its vote never counts before it is durable (D1).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "paxos/acceptor.h"
#include "paxos/catch_up.h"
#include "paxos/election.h"
#include "paxos/learner.h"
#include "paxos/message.h"
#include "paxos/options.h"
#include "paxos/output.h"
#include "paxos/proposer.h"
#include "paxos/reads.h"
#include "paxos/record.h"

namespace paxos {

class Replica {
 public:
  // `options` must be valid. After a restart, Replay every chosen slot before any other input.
  Replica(const ReplicaOptions& options, const DurableState& durable, Instant now);

  // The stored chosen entry of slot delivered() + 1.
  Delivery Replay(const ChosenEntry& chosen) { return learner_.Replay(chosen); }

  // ---- inputs. `now` never falls (a lower one is read as the last).
  void Receive(Instant now, const Envelope& envelope);
  void OnTime(Instant now);
  void Propose(Instant now, ProposalId id, Command command, Urgency urgency = Urgency::kUser);
  void Read(Instant now, ReadId id);
  // Batches up to `seq` are durable.
  void OnDurable(Instant now, PersistSeq seq);
  void OnLinkUp(Instant now, NodeId peer);
  void OnLinkDown(Instant now, NodeId peer);
  // Campaigns at once, without asking around; gives up leading or preparing.
  void Campaign(Instant now);
  void Resign(Instant now);

  // What to do, once: later calls return only what came since.
  Output TakeOutput();

  // When OnTime wants to be called. Earlier calls do no harm.
  [[nodiscard]] Instant next_wakeup() const;

  // ---- what it is like
  [[nodiscard]] bool IsLeading() const { return proposer_.leading() != nullptr; }
  [[nodiscard]] std::optional<NodeId> leader_hint() const { return election_.leader(); }
  // The log's time as this leader would stamp it now (T1); nothing unless leading.
  [[nodiscard]] std::optional<LogTime> LeaderLogTime(Instant now) const;
  // The highest durable seq heard of a node (N1); 0 if never heard.
  [[nodiscard]] PersistSeq RememberedDurable(NodeId node) const;
  [[nodiscard]] const Acceptor& acceptor() const { return acceptor_; }
  [[nodiscard]] const Proposer& proposer() const { return proposer_; }
  [[nodiscard]] const Learner& learner() const { return learner_; }
  [[nodiscard]] const Election& election() const { return election_; }
  [[nodiscard]] const ReplicaOptions& options() const { return options_; }

  friend bool operator==(const Replica&, const Replica&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Replica& r, unsigned /*version*/) {
    ar& Named("acceptor", r.acceptor_) & Named("proposer", r.proposer_) &
        Named("learner", r.learner_) & Named("election", r.election_) & Named("reads", r.reads_) &
        Named("catch_up", r.catch_up_) & Named("orphans", r.orphans_) &
        Named("remote_reads", r.remote_reads_) & Named("indexed_reads", r.indexed_reads_) &
        Named("heard_durable", r.heard_durable_) & Named("highest_seen", r.highest_seen_) &
        Named("issued", r.issued_) & Named("durable", r.durable_) &
        Named("disk_busy_since", r.disk_busy_since_) & Named("unfinished", r.unfinished_) &
        Named("unfinished_bytes", r.unfinished_bytes_) & Named("vote_batch", r.vote_batch_) &
        Named("marked", r.marked_) & Named("next_heartbeat", r.next_heartbeat_) &
        Named("beats", r.beats_) & Named("next_give_up", r.next_give_up_) & Named("now", r.now_) &
        Named("output", r.output_);
  }

 private:
  // A deposed leader's proposals of one slot: their outcome is the slot's.
  struct Orphans {
    Ballot ballot{};
    std::vector<ProposalId> callers{};
    Instant give_up{};
    friend bool operator==(const Orphans&, const Orphans&) = default;
    template <class Archive>
    friend void serialize(Archive& ar, Orphans& o, unsigned /*version*/) {
      ar& Named("ballot", o.ballot) & Named("callers", o.callers) & Named("give_up", o.give_up);
    }
  };
  // A batch that the disk has not finished.
  struct UnfinishedBatch {
    PersistSeq seq{};
    std::size_t bytes = 0;
    friend bool operator==(const UnfinishedBatch&, const UnfinishedBatch&) = default;
    template <class Archive>
    friend void serialize(Archive& ar, UnfinishedBatch& b, unsigned /*version*/) {
      ar& Named("seq", b.seq) & Named("bytes", b.bytes);
    }
  };
  // When a round of heartbeats left. An ack speaks of that moment, not of its own arrival: after a
  // stop of the whole cluster, old acks must not keep a leader in office.
  struct SentBeat {
    std::uint64_t round = 0;
    Instant when{};
    friend bool operator==(const SentBeat&, const SentBeat&) = default;
    template <class Archive>
    friend void serialize(Archive& ar, SentBeat& b, unsigned /*version*/) {
      ar& Named("round", b.round) & Named("when", b.when);
    }
  };
  // A follower's read: asked of the leader, then waiting for the slot it named.
  struct RemoteRead {
    Instant give_up{};
    std::optional<Slot> slot{};
    friend bool operator==(const RemoteRead&, const RemoteRead&) = default;
    template <class Archive>
    friend void serialize(Archive& ar, RemoteRead& r, unsigned /*version*/) {
      ar& Named("give_up", r.give_up) & Named("slot", r.slot);
    }
  };

  void Advance(Instant now) { now_ = std::max(now_, now); }
  void Persist(Record record) { output_.persist.push_back(std::move(record)); }
  void Send(NodeId to, Message message);
  void SendDurably(NodeId to, Message message);  // [D1]
  void SendToVoters(const Message& message);

  void On(NodeId from, const PreVote& message);
  void On(NodeId from, const PreVoteReply& message);
  void On(NodeId from, const Prepare& message);
  void On(NodeId from, const Promise& message);
  void On(NodeId from, const Accept& message);
  void On(NodeId from, const Accepted& message);
  void On(NodeId from, const Preempted& message);
  void On(NodeId from, const Heartbeat& message);
  void On(NodeId from, const HeartbeatAck& message);
  void On(NodeId from, const FetchChosen& message);
  void On(NodeId from, const ChosenRange& message);
  void On(NodeId from, const AskReadIndex& message);
  void On(NodeId from, const ReadIndex& message);

  // ---- who leads (replica_election.cc)
  void AskForVotes();
  void OnVoteDurable();
  [[nodiscard]] bool IsVoteOnItsWay() const;
  [[nodiscard]] Instant NextElection() const;
  void LeadIfReady();
  void Beat();
  // Begins a round of heartbeats, and says which.
  std::uint64_t SendHeartbeat(std::map<NodeId, PersistSeq> gossip);
  [[nodiscard]] Instant WhenSent(std::uint64_t round) const;
  [[nodiscard]] bool MustGiveUpLeading() const;
  [[nodiscard]] bool IsOwnDiskStuck() const;
  [[nodiscard]] bool IsDiskFarBehind() const;
  [[nodiscard]] bool MayVote() const;
  void StepDown();

  // ---- the log (replica_log.cc)
  // Acceptor's answer: record, then reply through the gate.
  void Answer(NodeId to, Acceptor::Answer answer);
  // This node now respects `ballot`; a lower one of its own is over.
  void YieldTo(const Ballot& ballot);
  // What is said in `ballot` is of no use here any more.
  [[nodiscard]] bool IgnoresBallot(const Ballot& ballot) const;
  void SendAccepts();
  // A leader's word that everything up to `mark` is chosen [C1].
  void OnMark(const Ballot& ballot, Slot mark, NodeId leader);
  void Learn(Slot slot, const SharedEntry& entry);
  void Settle(const Delivery& delivery, const std::vector<ProposalId>& callers);
  void SettleOrphans(const Delivery& delivery);
  void FetchIfBehind();

  // ---- reads (replica_reads.cc)
  void AnswerReads();
  void AnswerRead(const ReadAsked& read, Slot slot);
  void RefuseRead(const ReadAsked& read, Refusal why);
  void SettleRemoteReads();
  void ForgetRemoteRead(std::map<ReadId, RemoteRead>::iterator read);

  // ---- time and output (replica.cc)
  // Arms the timer of GiveUpStale.
  Instant GiveUpAfterTimeout();
  void GiveUpStale();
  void RefuseProposal(ProposalId id, Refusal why);
  void PersistMark();
  void NumberBatch();

  // Stands for "the batch of this output, or the last one before it" until TakeOutput numbers it.
  static constexpr PersistSeq kNewestBatch{~std::uint64_t{0}};

  ReplicaOptions options_;
  Acceptor acceptor_;
  Proposer proposer_;
  Learner learner_;
  Election election_;
  Reads reads_;
  CatchUp catch_up_;
  std::map<Slot, Orphans> orphans_;
  std::map<ReadId, RemoteRead> remote_reads_;
  std::set<std::pair<Slot, ReadId>> indexed_reads_;  // those of remote_reads_ that have their slot
  std::map<NodeId, PersistSeq> heard_durable_;
  // Of those that this node yielded to, promised (in an earlier life, too) or was refused for: the
  // next own ballot must exceed it to win.
  Ballot highest_seen_;
  PersistSeq issued_;        // the newest batch handed out
  PersistSeq durable_;       // the newest known durable
  Instant disk_busy_since_;  // since when the disk has made no progress; kNever = idle
  std::deque<UnfinishedBatch> unfinished_;
  std::size_t unfinished_bytes_ = 0;
  PersistSeq vote_batch_;       // holds the newest ballot that this node took or promised
  Slot marked_;                 // the newest ChosenMark handed out
  Instant next_heartbeat_;      // while leading
  std::deque<SentBeat> beats_;  // the timed ones that an ack may still answer
  Instant next_give_up_;        // the earliest among orphans and remote reads; kNever = none
  Instant now_;
  Output output_;
};

}  // namespace paxos
