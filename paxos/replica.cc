#include "paxos/replica.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace paxos {
namespace {

// Stands for "the batch of this output, or the last one before it" until TakeOutput numbers it.
constexpr PersistSeq kNewestBatch{~std::uint64_t{0}};

}  // namespace

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
  highest_seen_ = std::max(highest_seen_, acceptor_.promised());
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

// ---- election -------------------------------------------------------------------------------

void Replica::AskForVotes() {
  if (!options_.membership.Lists(options_.self)) return election_.Rearm(now_);
  if (!proposer_.IsIdle()) {
    StepDown();
    election_.OnCampaignTimedOut();
  }
  if (!MayVote()) return election_.Rearm(now_);
  const Ballot wanted = proposer_.NextBallot(std::max(highest_seen_, acceptor_.promised()));
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

// ---- phase 2 --------------------------------------------------------------------------------

void Replica::On(NodeId from, const Accept& message) {
  if (IsDiskFarBehind() || IgnoresBallot(message.ballot)) return;
  Acceptor::Answer answer = acceptor_.OnAccept(message, learner_.prefix());
  const bool is_refused = acceptor_.HasPromisedAbove(message.ballot);
  if (message.slot <= learner_.prefix()) PersistMark();
  Answer(from, std::move(answer));
  if (is_refused) return;
  YieldTo(message.ballot);
  election_.OnLeaderHeard(now_, from);
  OnMark(message.ballot, message.chosen_prefix, from);
}

// A vote repeated while the disk stands still would only wait behind the first one, and the next
// behind it; the leader asks again.
void Replica::Answer(NodeId to, Acceptor::Answer answer) {
  const bool is_repeated_in_vain = !answer.record && IsOwnDiskStuck();
  if (answer.record) Persist(std::move(*answer.record));
  if (auto* promise = std::get_if<Promise>(&answer.reply)) SendDurably(to, std::move(*promise));
  if (auto* accepted = std::get_if<Accepted>(&answer.reply); accepted && !is_repeated_in_vain)
    SendDurably(to, *accepted);
  if (auto* preempted = std::get_if<Preempted>(&answer.reply)) Send(to, *preempted);
}

void Replica::On(NodeId from, const Accepted& message) {
  if (const auto chosen = proposer_.OnAccepted(from, message)) Learn(chosen->slot, chosen->entry);
}

void Replica::On(NodeId /*from*/, const Preempted& message) {
  highest_seen_ = std::max(highest_seen_, message.promised);
  const Leading* leading = proposer_.leading();
  const Preparing* preparing = proposer_.preparing();
  const bool is_mine = (leading != nullptr && leading->ballot == message.ballot) ||
                       (preparing != nullptr && preparing->ballot == message.ballot);
  if (is_mine && message.promised > message.ballot) StepDown();
}

void Replica::YieldTo(const Ballot& ballot) {
  highest_seen_ = std::max(highest_seen_, ballot);
  const Leading* leading = proposer_.leading();
  const Preparing* preparing = proposer_.preparing();
  const bool is_deposed = (leading != nullptr && leading->ballot < ballot) ||
                          (preparing != nullptr && preparing->ballot < ballot);
  if (is_deposed) StepDown();
}

// This node leads or prepares a higher ballot, or led this one itself and no longer does. Its own
// acceptor may not have heard of that yet; following the old leader's marks meanwhile would move
// the prefix under the new one's feet [C1].
bool Replica::IgnoresBallot(const Ballot& ballot) const {
  const Leading* leading = proposer_.leading();
  const Preparing* preparing = proposer_.preparing();
  if (ballot.node == options_.self) return leading == nullptr || leading->ballot != ballot;
  return (leading != nullptr && leading->ballot > ballot) ||
         (preparing != nullptr && preparing->ballot > ballot);
}

void Replica::SendAccepts() {
  for (Proposer::Sending& sending : proposer_.TakeSendings()) {
    const Ballot ballot = proposer_.leading()->ballot;
    const Accept accept{ballot, sending.slot, learner_.prefix(), std::move(sending.entry)};
    if (sending.to == NodeId{})
      SendToVoters(accept);
    else
      Send(sending.to, accept);
  }
}

// ---- learning -------------------------------------------------------------------------------

// [C1] A mark speaks of the leader's own ballot: only what was accepted in that ballot is known to
// be what was chosen. The rest is fetched.
void Replica::OnMark(const Ballot& ballot, Slot mark, NodeId leader) {
  while (learner_.prefix() < mark) {
    const AcceptedEntry* accepted = acceptor_.Find(learner_.prefix().next());
    if (accepted == nullptr || accepted->ballot != ballot) break;
    Learn(accepted->slot, SharedEntry(accepted->entry));
  }
  if (learner_.prefix() < mark) catch_up_.Want(mark, leader);
}

void Replica::Learn(Slot slot, const SharedEntry& entry) {
  for (const ChosenEntry& grown : learner_.OnChosen(slot, entry)) {
    const AcceptedEntry* accepted = acceptor_.Find(grown.slot);
    const bool is_stored = accepted != nullptr && accepted->entry == grown.entry;
    if (!is_stored) Persist(LearnedRecord{grown.slot, grown.entry});
  }
  acceptor_.DropChosen(learner_.prefix());
  proposer_.StartClock(now_, learner_.prefix(), learner_.position().log_time);
  std::vector<SlotCallers> finished = proposer_.Finish(learner_.prefix());
  auto callers = finished.begin();
  for (Delivery& delivery : learner_.TakeDeliveries()) {
    if (callers != finished.end() && callers->slot == delivery.slot)
      Settle(delivery, (callers++)->callers);
    SettleOrphans(delivery);
    output_.apply.push_back(std::move(delivery));
  }
  SettleRemoteReads();
  AnswerReads();
}

// Callers of a sitting leader's own entry: it cannot be void (V1). Whatever stands below it was
// chosen before its phase 1, or was proposed by this leader, as recovered or as its own: none of it
// is of a higher ballot. A slot that another ballot decided would have deposed it (C1).
void Replica::Settle(const Delivery& delivery, const std::vector<ProposalId>& callers) {
  std::uint64_t nth = 0;
  for (const ProposalId id : callers)
    output_.done.push_back(ProposalChosen{id, delivery.slot, delivery.first_index + nth++});
}

// A deposed leader's entry was chosen after all if the slot holds the one of its ballot (P2: there
// is only one) and it is in force.
void Replica::SettleOrphans(const Delivery& delivery) {
  auto orphans = orphans_.extract(delivery.slot);
  if (orphans.empty()) return;
  const bool is_same = delivery.entry->first_ballot == orphans.mapped().ballot;
  if (is_same && delivery.standing == EntryStanding::kInForce)
    return Settle(delivery, orphans.mapped().callers);
  for (const ProposalId id : orphans.mapped().callers) output_.done.push_back(Superseded{id});
}

void Replica::On(NodeId from, const FetchChosen& message) {
  if (message.first > learner_.prefix()) return;
  const Slot last = std::min(message.last, learner_.prefix());
  if (learner_.HasInTail(message.first))
    return Send(from, ChosenRange{learner_.Tail(message.first, last)});
  PersistMark();  // the disk tells nothing above its mark; an idle cluster has no batch to bring it
  output_.serve.push_back(ServeChosen{from, message.first, last});
}

void Replica::On(NodeId /*from*/, const ChosenRange& message) {
  const Slot before = learner_.prefix();
  for (const ChosenEntry& chosen : message.entries) {
    if (chosen.slot != learner_.prefix().next()) continue;
    if (IsLeading()) StepDown();  // [C1] another ballot chose above where this one began
    Learn(chosen.slot, chosen.entry);
  }
  if (learner_.prefix() == before) return;
  if (proposer_.preparing() != nullptr) election_.Rearm(now_);
  LeadIfReady();
}

void Replica::FetchIfBehind() {
  if (!catch_up_.IsBehind(learner_.prefix()) || catch_up_.at() == options_.self) return;
  if (IsDiskFarBehind()) return;
  const auto fetch = catch_up_.NextFetch(now_, learner_.prefix(), options_.retransmit_interval);
  if (fetch) Send(catch_up_.Whom(options_.membership.voters(), options_.self), *fetch);
}

// ---- leading --------------------------------------------------------------------------------

void Replica::Beat() {
  next_heartbeat_ = now_ + options_.heartbeat_interval;
  heard_durable_[options_.self] = durable_;
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

// ---- reads ----------------------------------------------------------------------------------

void Replica::AnswerReads() {
  const Leading* leading = proposer_.leading();
  if (leading == nullptr) return;
  const Slot prefix = learner_.prefix();
  const bool may_serve = prefix >= leading->last_recovered;  // [R1]
  for (const ReadAsked& read : reads_.TakeConfirmed(may_serve)) AnswerRead(read, prefix);
}

void Replica::AnswerRead(const ReadAsked& read, Slot slot) {
  if (read.by == options_.self)
    output_.done.push_back(ReadReady{read.tag.id, slot});
  else
    Send(read.by, ReadIndex{read.tag, slot});
}

void Replica::RefuseRead(const ReadAsked& read, Refusal why) {
  if (read.by == options_.self)
    output_.done.push_back(ReadRefused{read.tag.id, why, leader_hint()});
  else
    Send(read.by, ReadIndex{read.tag, std::nullopt});
}

void Replica::On(NodeId from, const AskReadIndex& message) {
  const ReadAsked read{from, message.read};
  if (!IsLeading()) return RefuseRead(read, Refusal::kNotLeader);
  if (const auto refusal = reads_.Ask(read)) RefuseRead(read, *refusal);
}

void Replica::On(NodeId from, const ReadIndex& message) {
  if (message.read.life != options_.life) return;  // asked by an earlier life of this node
  const auto found = remote_reads_.find(message.read.id);
  if (found == remote_reads_.end()) return;
  if (!message.slot) {
    output_.done.push_back(ReadRefused{found->first, Refusal::kNotLeader, leader_hint()});
    return ForgetRemoteRead(found);
  }
  if (found->second.slot) return;  // a repeated answer
  found->second.slot = message.slot;
  indexed_reads_.emplace(*message.slot, found->first);
  if (*message.slot > learner_.prefix() && !IsLeading()) catch_up_.Want(*message.slot, from);
  SettleRemoteReads();
}

void Replica::SettleRemoteReads() {
  while (!indexed_reads_.empty() && indexed_reads_.begin()->first <= learner_.delivered()) {
    const auto [slot, id] = *indexed_reads_.begin();
    output_.done.push_back(ReadReady{id, slot});
    ForgetRemoteRead(remote_reads_.find(id));
  }
}

void Replica::ForgetRemoteRead(std::map<ReadId, RemoteRead>::iterator read) {
  if (read->second.slot) indexed_reads_.erase({*read->second.slot, read->first});
  remote_reads_.erase(read);
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
