// When to campaign, whom to believe alive, when to give up leading. Liveness only: safety holds if
// every answer here is a coin flip (tests/sim/safety_test does just that).
//
// A follower that hears no leader for a random time-out first asks around (pre-vote): a node that
// merely lost touch gets no quorum of yes and changes nobody's promise. A leader that hears no
// quorum of acks steps down, so that followers it can reach stop waiting for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "paxos/message.h"
#include "paxos/options.h"
#include "paxos/quorum.h"
#include "paxos/random.h"
#include "paxos/time.h"

namespace paxos {

class Election {
 public:
  Election(const ReplicaOptions& options, Instant now);

  // ---- following
  // A message of a leader whose ballot this node respects.
  void OnLeaderHeard(Instant now, NodeId leader);
  // The connection to a peer broke; if it was the leader's, wait no longer than a moment.
  void OnLinkDown(Instant now, NodeId peer);
  // The node heard last as leader, unless it has been silent for a whole time-out.
  [[nodiscard]] std::optional<NodeId> leader() const { return leader_; }
  // Nobody has led within sight for so long that a candidate deserves a chance.
  [[nodiscard]] bool MissesLeader(Instant now) const;

  // ---- campaigning
  // Time to ask for pre-votes (again).
  [[nodiscard]] bool IsDue(Instant now) const { return now >= deadline_; }
  [[nodiscard]] Instant deadline() const { return deadline_; }
  // Asks for `ballot`, and waits another time-out for what comes of it.
  void StartPreVote(Instant now, const Ballot& ballot);
  // True once, when a quorum has said yes to the ballot asked for.
  bool OnPreVoteReply(NodeId from, const PreVoteReply& reply);
  // A node that gave its vote, or whose campaign made progress, waits another time-out.
  void Rearm(Instant now);
  // A candidate's Prepares leave about now: time for the promises, twice as much after each
  // campaign in a row that ran out of it. Disks that need longer for a promise than an election
  // time-out would otherwise never elect anybody.
  void AwaitPromises(Instant now);
  void OnCampaignTimedOut() { ++timed_out_campaigns_; }

  // ---- leading
  void OnLeading(Instant now);
  void OnResigned(Instant now);
  // `from` followed at `when`, the moment the acknowledged heartbeat left.
  void OnAck(Instant when, NodeId from);
  // Fewer than a quorum acknowledged within the longest election time-out.
  [[nodiscard]] bool HasLostQuorum(Instant now) const;

  friend bool operator==(const Election&, const Election&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Election& e, unsigned /*version*/) {
    ar& Named("random", e.random_) & Named("deadline", e.deadline_) & Named("heard", e.heard_) &
        Named("leader", e.leader_) & Named("asked", e.asked_) & Named("yes", e.yes_) &
        Named("acks", e.acks_) & Named("timed_out_campaigns", e.timed_out_campaigns_);
  }

 private:
  Duration RandomTimeout();

  ReplicaOptions options_;
  Random random_;
  Instant deadline_;
  Instant heard_;  // when the leader was heard last
  std::optional<NodeId> leader_;
  std::optional<Ballot> asked_;  // the ballot a pre-vote is out for
  Votes yes_;
  std::map<NodeId, Instant> acks_;         // while leading
  std::uint32_t timed_out_campaigns_ = 0;  // in a row, since somebody led
};

}  // namespace paxos
