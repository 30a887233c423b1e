#include "paxos/replica.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace paxos {

Replica::Replica(const ReplicaOptions& options, const DurableState& durable, Instant now)
    : options_(options),
      acceptor_(options, durable),
      proposer_(options, durable),
      learner_(options, durable),
      election_(options, now),
      reads_(options),
      highest_seen_(std::max(durable.promised, durable.ballot_used)),
      issued_(durable.persisted),
      durable_(durable.persisted),
      disk_busy_since_(kNever),
      vote_batch_(durable.persisted),
      marked_(durable.chosen_prefix),
      next_heartbeat_(kNever),
      next_give_up_(kNever),
      now_(now) {}

// ---- inputs ---------------------------------------------------------------------------------

void Replica::Receive(Instant now, const Envelope& envelope) {
  Advance(now);
  if (!options_.membership.Lists(envelope.from)) return;  // [N1]
  if (!IsWellFormed(envelope.from, envelope.message)) return;
  PersistSeq& heard = heard_durable_[envelope.from];
  heard = std::max(heard, envelope.durable);
  std::visit([&](const auto& message) { On(envelope.from, message); }, envelope.message);
}

void Replica::OnTime(Instant now) {
  Advance(now);
  GiveUpStale();
  if (IsLeading() && MustGiveUpLeading()) StepDown();
  if (IsLeading() && now_ >= next_heartbeat_) {
    Beat();
    proposer_.BeginIfIdle(now_, learner_.prefix());
    proposer_.Retransmit(now_);
  }
  if (!IsLeading() && now_ >= NextElection()) AskForVotes();
}

void Replica::Propose(Instant now, ProposalId id, Command command, Urgency urgency) {
  Advance(now);
  if (!IsLeading()) return RefuseProposal(id, Refusal::kNotLeader);
  const std::uint64_t reserve = urgency == Urgency::kUser ? 0 : options_.log_bytes_max / 16;
  const std::uint64_t bytes = learner_.log_bytes() + proposer_.bytes_held() + command.size();
  if (bytes > options_.log_bytes_max + reserve) return RefuseProposal(id, Refusal::kOverloaded);
  if (const auto refusal = proposer_.Propose(id, std::move(command), urgency))
    RefuseProposal(id, *refusal);
}

void Replica::Read(Instant now, ReadId id) {
  Advance(now);
  const ReadAsked read{options_.self, ReadTag{options_.life, id}};
  if (IsLeading()) {
    if (const auto refusal = reads_.Ask(read)) RefuseRead(read, *refusal);
    return;
  }
  const auto leader = leader_hint();
  if (!leader) return RefuseRead(read, Refusal::kNotLeader);
  if (remote_reads_.size() >= options_.reads_max) return RefuseRead(read, Refusal::kOverloaded);
  remote_reads_[id] = RemoteRead{GiveUpAfterTimeout(), {}};
  Send(*leader, AskReadIndex{read.tag});
}

void Replica::OnDurable(Instant now, PersistSeq seq) {
  Advance(now);
  PAXOS_CHECK("D1", seq <= issued_, seq, issued_);
  if (seq <= durable_) return;
  const bool was_on_its_way = durable_ < vote_batch_;
  durable_ = seq;
  for (; !unfinished_.empty() && unfinished_.front().seq <= seq; unfinished_.pop_front())
    unfinished_bytes_ -= unfinished_.front().bytes;
  disk_busy_since_ = durable_ == issued_ ? kNever : now_;
  if (was_on_its_way && durable_ >= vote_batch_) OnVoteDurable();
}

// A peer that is back may be behind, or may be a leader that waits for acks: its own messages say.
void Replica::OnLinkUp(Instant now, NodeId peer) {
  Advance(now);
  proposer_.SendAgainTo(peer);
}

void Replica::OnLinkDown(Instant now, NodeId peer) {
  Advance(now);
  if (!IsLeading()) election_.OnLinkDown(now_, peer);
}

void Replica::Campaign(Instant now) {
  Advance(now);
  if (!proposer_.IsIdle()) StepDown();
  PAXOS_CHECK("A1", acceptor_.promised() <= highest_seen_, acceptor_.promised(), highest_seen_);
  Persist(proposer_.StartCampaign(highest_seen_));
  vote_batch_ = kNewestBatch;
  election_.AwaitPromises(now_);
  const Prepare prepare{proposer_.preparing()->ballot};
  for (const NodeId voter : options_.membership.voters()) SendDurably(voter, prepare);  // [P0]
}

void Replica::Resign(Instant now) {
  Advance(now);
  if (!proposer_.IsIdle()) StepDown();
}

// ---- what is given up with time -----------------------------------------------------------------

Instant Replica::GiveUpAfterTimeout() {
  const Instant when = now_ + options_.election_timeout_max;
  next_give_up_ = std::min(next_give_up_, when);
  return when;
}

void Replica::GiveUpStale() {
  if (now_ < next_give_up_) return;
  next_give_up_ = kNever;
  for (auto it = orphans_.begin(); it != orphans_.end();) {
    if (it->second.give_up > now_) {
      next_give_up_ = std::min(next_give_up_, (it++)->second.give_up);
      continue;
    }
    for (const ProposalId id : it->second.callers) output_.done.push_back(OutcomeUnknown{id});
    it = orphans_.erase(it);
  }
  for (auto it = remote_reads_.begin(); it != remote_reads_.end();) {
    if (it->second.give_up > now_) {
      next_give_up_ = std::min(next_give_up_, (it++)->second.give_up);
      continue;
    }
    output_.done.push_back(ReadRefused{it->first, Refusal::kNotLeader, leader_hint()});
    ForgetRemoteRead(it++);
  }
}

// ---- output ---------------------------------------------------------------------------------

void Replica::Send(NodeId to, Message message) {
  output_.send.push_back(Outgoing{to, PersistSeq{}, std::move(message)});
}

void Replica::SendDurably(NodeId to, Message message) {
  output_.send.push_back(Outgoing{to, kNewestBatch, std::move(message)});
}

// Peers first: their disks work while this node's does.
void Replica::SendToVoters(const Message& message) {
  for (const NodeId voter : options_.membership.voters())
    if (voter != options_.self) Send(voter, message);
  if (options_.membership.Lists(options_.self)) Send(options_.self, message);
}

void Replica::RefuseProposal(ProposalId id, Refusal why) {
  output_.done.push_back(NeverProposed{id, why, leader_hint()});
}

// The mark is lazy: it rides on whatever batch comes next. It has to be in *this* batch, or in one
// of its own, where something relies on it: a vote for a slot that is chosen here (which attests
// the mark in place of the entry), a read from the disk, and an entry that was learned, which is
// always in one batch with a mark that covers it.
void Replica::PersistMark() {
  if (learner_.prefix() == marked_) return;
  marked_ = learner_.prefix();
  Persist(ChosenMarkRecord{marked_});
}

// Numbers the batch and the messages that wait for it. [D1] A repeated answer has no record of its
// own; it waits for the newest batch, since the one that recorded it may still be on its way.
void Replica::NumberBatch() {
  if (!output_.persist.empty()) {
    PersistMark();
    ++issued_;
    output_.persist_seq = issued_;
    unfinished_.push_back(UnfinishedBatch{issued_, 0});
    for (const Record& record : output_.persist) unfinished_.back().bytes += RecordBytes(record);
    unfinished_bytes_ += unfinished_.back().bytes;
    if (disk_busy_since_ == kNever) disk_busy_since_ = now_;
  }
  if (vote_batch_ == kNewestBatch) vote_batch_ = issued_;
  for (Outgoing& outgoing : output_.send)
    if (outgoing.after == kNewestBatch) outgoing.after = issued_;
}

Output Replica::TakeOutput() {
  proposer_.OpenSlots(now_, learner_.prefix());
  SendAccepts();
  if (IsLeading() && reads_.WantsRound()) SendHeartbeat({});
  FetchIfBehind();
  NumberBatch();
  return std::exchange(output_, {});
}

Instant Replica::next_wakeup() const {
  Instant next = IsLeading() ? next_heartbeat_ : NextElection();
  next = std::min(next, next_give_up_);
  if (IsDiskFarBehind()) return next;  // nothing is fetched before OnDurable
  return std::min(next, catch_up_.next_retry(learner_.prefix(), options_.retransmit_interval));
}

std::optional<LogTime> Replica::LeaderLogTime(Instant now) const {
  if (!IsLeading()) return std::nullopt;
  return proposer_.StampAt(std::max(now, now_));
}

PersistSeq Replica::RememberedDurable(NodeId node) const {
  const auto found = heard_durable_.find(node);
  return found == heard_durable_.end() ? PersistSeq{} : found->second;
}

}  // namespace paxos
