// How the log grows: phase 2, and learning what is chosen, from a leader's marks or from others
// that know it (A2, C1, C2).
#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "paxos/replica.h"

namespace paxos {

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

}  // namespace paxos
