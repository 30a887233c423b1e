#include "paxos/election.h"

#include <algorithm>

namespace paxos {

Election::Election(const ReplicaOptions& options, Instant now)
    : options_(options), random_(options.seed), heard_(now) {
  Rearm(now);
}

Duration Election::RandomTimeout() {
  const auto spread = static_cast<std::uint64_t>(
      (options_.election_timeout_max - options_.election_timeout_min).count());
  const Duration extra{static_cast<std::int64_t>(random_.Below(spread + 1))};
  return options_.election_timeout_min + extra + options_.election_handicap;
}

void Election::Rearm(Instant now) {
  asked_.reset();
  deadline_ = now + RandomTimeout();
}

void Election::AwaitPromises(Instant now) {
  Duration patience = RandomTimeout();
  for (std::uint32_t i = 0; i < timed_out_campaigns_; ++i) {
    if (patience >= options_.own_disk_stall_max) break;  // such a disk disqualifies its node
    patience *= 2;
  }
  asked_.reset();
  deadline_ = now + patience;
}

void Election::OnLeaderHeard(Instant now, NodeId leader) {
  leader_ = leader;
  heard_ = now;
  timed_out_campaigns_ = 0;
  Rearm(now);
}

// A leader whose process died closes its connections at once. The short random wait keeps the
// followers from asking all at the same moment.
void Election::OnLinkDown(Instant now, NodeId peer) {
  if (leader_ != peer) return;
  leader_.reset();
  const auto most = static_cast<std::uint64_t>(options_.election_timeout_min.count() / 4);
  const Duration wait{static_cast<std::int64_t>(random_.Below(most + 1))};
  deadline_ = std::min(deadline_, now + wait + options_.election_handicap);
}

bool Election::MissesLeader(Instant now) const {
  return !leader_ || now - heard_ >= options_.election_timeout_min;
}

void Election::StartPreVote(Instant now, const Ballot& ballot) {
  if (MissesLeader(now)) leader_.reset();
  Rearm(now);
  asked_ = ballot;
  yes_ = Votes{};
}

bool Election::OnPreVoteReply(NodeId from, const PreVoteReply& reply) {
  if (asked_ != reply.ballot || reply.answer != PreVoteAnswer::kGranted) return false;
  yes_.Add(options_.membership, from);
  if (!yes_.IsQuorum(options_.membership)) return false;
  asked_.reset();
  return true;
}

void Election::OnLeading(Instant now) {
  acks_.clear();
  for (const NodeId voter : options_.membership.voters()) acks_[voter] = now;
  leader_ = options_.self;
  heard_ = now;
  timed_out_campaigns_ = 0;
}

void Election::OnResigned(Instant now) {
  acks_.clear();
  if (leader_ == options_.self) leader_.reset();
  Rearm(now);
}

void Election::OnAck(Instant when, NodeId from) {
  const auto found = acks_.find(from);
  if (found != acks_.end()) found->second = std::max(found->second, when);
}

bool Election::HasLostQuorum(Instant now) const {
  const auto is_fresh = [&](const auto& ack) {
    return now - ack.second <= options_.election_timeout_max;
  };
  const auto fresh = std::count_if(acks_.begin(), acks_.end(), is_fresh);
  return static_cast<std::size_t>(fresh) < options_.membership.quorum_size();
}

}  // namespace paxos
