#include <algorithm>
#include <utility>

#include "sim/paxos_marks.h"

namespace paxos::sim {

VoteMarks::SlotSeen& VoteMarks::SeenOf(Slot slot) {
  if (slots_.size() < slot.value()) slots_.resize(slot.value());
  return slots_[slot.value() - 1];
}

void VoteMarks::OnBegin(const Cluster& cluster) {
  PaxosMarkGroup::OnBegin(cluster);
  first_of_life_.resize(cluster.size());
}

void VoteMarks::OnStart(NodeId node, const DiskImage& /*image*/) {
  first_of_life_[node.value() - 1].reset();
}

// ---- what is proposed -----------------------------------------------------------------------

void VoteMarks::OnSend(const Envelope& envelope) {
  const auto* accept = std::get_if<Accept>(&envelope.message);
  if (accept == nullptr) return;
  OnProposed(accept->slot, accept->ballot, accept->entry);
  const std::uint64_t open = accept->slot - std::min(accept->chosen_prefix, accept->slot);
  const std::uint64_t alpha = cluster().swarm().replica.alpha;
  HitIf(alpha > 1 && open >= alpha, PaxosMark::kWindowFull);
  HitIf(open >= 16, PaxosMark::kWideWindow);
}

void VoteMarks::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq /*seq*/) {
  for (const Record& record : batch) {
    const auto* vote = std::get_if<AcceptedRecord>(&record);
    if (vote != nullptr && vote->ballot.node == node)
      OnProposed(vote->slot, vote->ballot, vote->entry);
    const auto* used = std::get_if<BallotUsedRecord>(&record);
    std::optional<Ballot>& first = first_of_life_[node.value() - 1];
    if (used != nullptr && !first) first = used->ballot;
  }
}

void VoteMarks::OnProposed(Slot slot, const Ballot& ballot, const SharedEntry& entry) {
  SlotSeen& seen = SeenOf(slot);
  if (std::find(seen.ballots.begin(), seen.ballots.end(), ballot) != seen.ballots.end()) return;
  seen.ballots.push_back(ballot);
  HitIf(seen.ballots.size() >= 3, PaxosMark::kThirdBallotOfASlot);
  if (std::find(seen.values.begin(), seen.values.end(), entry) == seen.values.end())
    seen.values.push_back(entry);
  HitIf(seen.values.size() >= 2, PaxosMark::kTwoValuesOfASlot);
  HitIf(seen.values.size() >= 3, PaxosMark::kThreeValuesOfASlot);
  const bool is_own = entry->first_ballot == ballot;
  HitIf(!is_own, PaxosMark::kRecoveredEntry);
  if (is_own && entry->commands.empty()) no_op_ = {ballot, slot};
  const bool is_above_own_no_op = no_op_ && no_op_->first == ballot && no_op_->second < slot;
  HitIf(!is_own && is_above_own_no_op, PaxosMark::kGapFilled);
}

// ---- what arrives ---------------------------------------------------------------------------

void VoteMarks::OnEvent(const EventView& event) {
  if (event.kind != EventKind::kDeliver) return;
  const auto& envelope = *event.As<Envelope>();
  if (const auto* accept = std::get_if<Accept>(&envelope.message)) OnAccept(envelope.to, *accept);
  if (const auto* accepted = std::get_if<Accepted>(&envelope.message))
    OnAccepted(envelope.to, *accepted);
}

void VoteMarks::OnAccept(NodeId to, const Accept& accept) {
  const Replica& replica = *ReplicaOf(to);
  const Acceptor& acceptor = replica.acceptor();
  HitIf(acceptor.HasPromisedAbove(accept.ballot), PaxosMark::kAcceptBelowPromise);
  HitIf(accept.slot <= replica.learner().prefix(), PaxosMark::kAcceptForChosenSlot);
  if (acceptor.HasPromisedAbove(accept.ballot)) return;
  HitIf(accept.ballot > acceptor.promised(), PaxosMark::kAcceptRaisesPromise);
  const AcceptedEntry* vote = acceptor.Find(accept.slot);
  const bool is_repeated = vote != nullptr && vote->ballot == accept.ballot;
  HitIf(is_repeated, PaxosMark::kRepeatedAccept);
  const Choices& choices = cluster().invariants().choices();
  HitIf(is_repeated && !choices.HasAccepted(to, accept.slot, accept.ballot),
        PaxosMark::kRepeatedAcceptAwaitsSync);
  HitIf(vote != nullptr && !(vote->entry == accept.entry), PaxosMark::kVoteReplaced);
  const Slot before = accept.slot.prev();
  const AcceptedEntry* previous = acceptor.Find(before);
  HitIf(before > replica.learner().prefix() && before > accept.chosen_prefix &&
            (previous == nullptr || previous->ballot != accept.ballot),
        PaxosMark::kAcceptOutOfOrder);
}

void VoteMarks::OnAccepted(NodeId to, const Accepted& accepted) {
  const std::optional<Ballot> leads_in = LeadsIn(to);
  HitIf(leads_in && accepted.ballot < *leads_in, PaxosMark::kVoteForEarlierBallot);
  const std::optional<Ballot>& first = first_of_life_[to.value() - 1];
  const bool is_of_this_life = first && accepted.ballot >= *first;
  HitIf(!is_of_this_life, PaxosMark::kVoteForEarlierLife);
}

// ---- what is chosen -------------------------------------------------------------------------

void VoteMarks::OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq /*seq*/) {
  bool has_votes = false;
  for (const Record& record : batch) {
    const auto* vote = std::get_if<AcceptedRecord>(&record);
    if (vote == nullptr) continue;
    OnVoteStored(node, *vote);
    has_votes = true;
  }
  if (has_votes) FollowLog();
}

void VoteMarks::OnVoteStored(NodeId node, const AcceptedRecord& vote) {
  const Choices::Chosen* chosen = cluster().invariants().choices().Find(vote.slot);
  if (chosen == nullptr) return;
  SlotSeen& seen = SeenOf(vote.slot);
  HitIf(seen.is_chosen && vote.ballot > chosen->ballot, PaxosMark::kChosenAgain);
  if (!std::exchange(seen.is_chosen, true)) OnChosen(node, vote.slot, *chosen);
}

void VoteMarks::OnChosen(NodeId node, Slot slot, const Choices::Chosen& chosen) {
  const Ballot& ballot = chosen.ballot;
  const Choices& choices = cluster().invariants().choices();
  HitIf(!choices.HasAccepted(ballot.node, slot, ballot), PaxosMark::kChosenWithoutLeader);
  HitIf(LeadsIn(ballot.node) != ballot, PaxosMark::kChosenAfterLeadership);
  const auto leads_above = [&](NodeId other) { return LeadsIn(other) > ballot; };
  HitIf(AnyOther(NodeId{}, leads_above), PaxosMark::kChosenUnderHigherBallot);
  HitIf(slot > Slot{1} && choices.Find(slot.prev()) == nullptr, PaxosMark::kChosenAboveHole);
  HitIf(chosen.entry->commands.empty(), PaxosMark::kChosenNoOp);
  HitIf(chosen.entry->commands.size() >= 8, PaxosMark::kChosenBatch);
  HitIf(!cluster().IsUp(node), PaxosMark::kChosenByCrash);
}

// [V1] [T1] An entry is void if an earlier slot's was first proposed in a higher ballot.
void VoteMarks::FollowLog() {
  const Choices& choices = cluster().invariants().choices();
  while (const Choices::Chosen* chosen = choices.Find(followed_.next())) {
    ++followed_;
    const Entry& entry = *chosen->entry;
    const bool is_void = entry.first_ballot < last_first_ballot_;
    HitIf(is_void && !entry.commands.empty(), PaxosMark::kVoidCommands);
    if (is_void) continue;
    HitIf(entry.log_time < log_time_, PaxosMark::kStampBelowLogTime);
    last_first_ballot_ = entry.first_ballot;
    log_time_ = std::max(log_time_, entry.log_time);
  }
}

}  // namespace paxos::sim
