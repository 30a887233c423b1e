// Who leads: pre-votes, phase 1, heartbeats, and when a leader gives up (A1, P0, P3; liveness).
#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "paxos/replica.h"

namespace paxos {

// ---- election -------------------------------------------------------------------------------

void Replica::AskForVotes() {
  if (!options_.membership.Lists(options_.self)) return election_.Rearm(now_);
  if (!proposer_.IsIdle()) {
    StepDown();
    election_.OnCampaignTimedOut();
  }
  if (!MayVote()) return election_.Rearm(now_);
  const Ballot wanted = proposer_.NextBallot(highest_seen_);
  election_.StartPreVote(now_, wanted);
  SendToVoters(PreVote{wanted});
}

// The disk may need longer for a vote than an election time-out. Until it is done, nothing that
// this node could start would get ahead of it: the time-out begins only then.
bool Replica::IsVoteOnItsWay() const { return vote_batch_ > durable_; }

void Replica::OnVoteDurable() {
  if (proposer_.preparing() != nullptr) return election_.AwaitPromises(now_);
  if (!IsLeading()) election_.Rearm(now_);
}

Instant Replica::NextElection() const {
  if (!IsVoteOnItsWay() || disk_busy_since_ == kNever) return election_.deadline();
  const Instant stuck = disk_busy_since_ + options_.own_disk_stall_max + Duration{1};
  return std::max(election_.deadline(), stuck);
}

void Replica::On(NodeId from, const PreVote& message) {
  const bool may_win = MayVote() && !acceptor_.HasPromisedAbove(message.ballot);
  const bool yes = may_win && election_.MissesLeader(now_);
  Send(from, PreVoteReply{message.ballot, acceptor_.promised(),
                          yes ? PreVoteAnswer::kGranted : PreVoteAnswer::kRefused});
}

void Replica::On(NodeId from, const PreVoteReply& message) {
  highest_seen_ = std::max(highest_seen_, message.promised);
  if (!proposer_.IsIdle()) return;
  if (election_.OnPreVoteReply(from, message)) Campaign(now_);
}

// ---- phase 1 --------------------------------------------------------------------------------

void Replica::On(NodeId from, const Prepare& message) {
  if (!MayVote()) return;
  if (!acceptor_.HasPromisedAbove(message.ballot)) {
    YieldTo(message.ballot);
    if (proposer_.IsIdle()) election_.Rearm(now_);
    vote_batch_ = kNewestBatch;
  }
  Answer(from, acceptor_.OnPrepare(message, learner_.prefix()));
}

void Replica::On(NodeId from, const Promise& message) {
  const Slot farthest = message.chosen_prefix + std::uint64_t{2} * options_.alpha;
  if (!message.accepted.empty() && message.accepted.back().slot > farthest) return;  // [P3]
  proposer_.OnPromise(from, message);
  LeadIfReady();
}

void Replica::LeadIfReady() {
  if (!proposer_.HasPromiseQuorum()) return;
  const Slot target = proposer_.PrefixToLearn();
  if (learner_.prefix() < target) {  // [P3] first learn what is chosen, then propose above it
    if (const auto source = proposer_.WhoKnowsBeyond(learner_.prefix()))
      catch_up_.Want(target, *source);
    return;
  }
  PAXOS_CHECK("C2", learner_.delivered() == learner_.prefix(), learner_.delivered());
  proposer_.Lead(learner_.prefix(), learner_.position().log_time);
  election_.OnLeading(now_);
  catch_up_ = CatchUp{};  // what it lacks it proposes again; a late answer would depose it (C1)
  Beat();
}

// ---- leading --------------------------------------------------------------------------------

void Replica::Beat() {
  next_heartbeat_ = now_ + options_.heartbeat_interval;
  beats_.push_back(SentBeat{SendHeartbeat(heard_durable_), now_});
  while (now_ - beats_.front().when > 2 * options_.election_timeout_max) beats_.pop_front();
}

// Rounds begun for reads in between count as the timed one before them.
Instant Replica::WhenSent(std::uint64_t round) const {
  Instant when = Instant::min();
  for (const SentBeat& beat : beats_)
    if (beat.round <= round) when = beat.when;
  return when;
}

// A heartbeat is three things: a sign of life, a round that acks confirm for reads (R1), and, when
// it is a timed one, the gossip of what disks hold (N1). Rounds for reads in between carry none:
// they can be thousands a second, and it has not changed much.
std::uint64_t Replica::SendHeartbeat(std::map<NodeId, PersistSeq> gossip) {
  const std::uint64_t round = reads_.BeginRound();
  SendToVoters(Heartbeat{proposer_.leading()->ballot, round, learner_.prefix(), std::move(gossip)});
  return round;
}

void Replica::On(NodeId from, const Heartbeat& message) {
  if (IgnoresBallot(message.ballot)) return;
  if (acceptor_.HasPromisedAbove(message.ballot))
    return Send(from, Preempted{message.ballot, acceptor_.promised()});
  YieldTo(message.ballot);
  election_.OnLeaderHeard(now_, from);
  for (const auto& [node, seq] : message.durable) {
    if (!options_.membership.Lists(node)) continue;
    PersistSeq& heard = heard_durable_[node];
    heard = std::max(heard, seq);
  }
  OnMark(message.ballot, message.chosen_prefix, from);
  Send(from, HeartbeatAck{message.ballot, message.round, learner_.prefix()});
}

void Replica::On(NodeId from, const HeartbeatAck& message) {
  const Leading* leading = proposer_.leading();
  if (leading == nullptr || leading->ballot != message.ballot) return;
  election_.OnAck(WhenSent(message.round), from);
  reads_.OnAck(from, message.round);
  AnswerReads();
}

bool Replica::MustGiveUpLeading() const {
  return election_.HasLostQuorum(now_) || IsOwnDiskStuck();
}

bool Replica::IsOwnDiskStuck() const {
  return disk_busy_since_ != kNever && now_ - disk_busy_since_ > options_.own_disk_stall_max;
}

// The others may be a quorum without this disk: what they choose meanwhile must not pile up here.
bool Replica::IsDiskFarBehind() const {
  return unfinished_.size() >= options_.disk_batches_max ||
         unfinished_bytes_ >= options_.disk_bytes_max;
}

// A vote of a disk that does not answer is worth nothing, and candidates go on asking for it: each
// Promise would wait here, with all that it reports.
bool Replica::MayVote() const { return !IsOwnDiskStuck() && !IsDiskFarBehind(); }

void Replica::StepDown() {
  Proposer::Remains remains = proposer_.StepDown();
  learner_.ForgetAbovePrefix();
  election_.OnResigned(now_);
  next_heartbeat_ = kNever;
  beats_.clear();
  for (const ProposalId id : remains.queued) RefuseProposal(id, Refusal::kNotLeader);
  for (SlotCallers& slot : remains.proposed) {
    if (slot.callers.empty()) continue;
    Orphans& orphans = orphans_[slot.slot];
    for (const ProposalId id : orphans.callers) output_.done.push_back(OutcomeUnknown{id});
    orphans = Orphans{remains.ballot, std::move(slot.callers), GiveUpAfterTimeout()};
  }
  for (const ReadAsked& read : reads_.Abandon()) RefuseRead(read, Refusal::kNotLeader);
}

}  // namespace paxos
