#include "sim/paxos_marks.h"

namespace paxos::sim {

const Replica* PaxosMarkGroup::ReplicaOf(NodeId node) const {
  const Program* program = cluster_->host(node).program();
  return program == nullptr ? nullptr : &program->node().replica();
}

std::optional<Ballot> PaxosMarkGroup::LeadsIn(NodeId node) const {
  const Replica* replica = ReplicaOf(node);
  const Leading* leading = replica == nullptr ? nullptr : replica->proposer().leading();
  return leading == nullptr ? std::nullopt : std::optional(leading->ballot);
}

bool PaxosMarkGroup::IsPreparing(NodeId node) const {
  const Replica* replica = ReplicaOf(node);
  return replica != nullptr && replica->proposer().preparing() != nullptr;
}

void ElectionMarks::OnBegin(const Cluster& cluster) {
  PaxosMarkGroup::OnBegin(cluster);
  seen_.resize(cluster.size());
}

// ---- what happens ---------------------------------------------------------------------------

void ElectionMarks::OnEvent(const EventView& event) {
  const auto leads = [this](NodeId node) { return LeadsIn(node).has_value(); };
  switch (event.kind) {
    case EventKind::kDeliver:
      return OnDeliver(*event.As<Envelope>());
    case EventKind::kCampaign:
      return HitIf(AnyOther(event.node, leads), PaxosMark::kCampaignAgainstLeader);
    case EventKind::kResign: {
      SeenBy(event.node).is_told = true;
      if (!leads(event.node)) return;
      const Leading& leading = *ReplicaOf(event.node)->proposer().leading();
      return HitIf(!leading.window.empty(), PaxosMark::kResignsWithOpenSlots);
    }
    case EventKind::kHeal:
      return HitIf(!AnyOther(NodeId{}, leads), PaxosMark::kLeaderlessAtHealing);
    case EventKind::kCrash:
      return HitIf(cluster().host(event.node).IsRetired() && leads(event.node),
                   PaxosMark::kLeaderRetires);
    default:
      return;
  }
}

void ElectionMarks::OnDeliver(const Envelope& envelope) {
  const std::optional<Ballot> leads_in = LeadsIn(envelope.to);
  const auto hears_of = [&](const Ballot& ballot) {
    if (leads_in && ballot > *leads_in) SeenBy(envelope.to).is_told = true;
  };
  if (const auto* prepare = std::get_if<Prepare>(&envelope.message)) {
    hears_of(prepare->ballot);
    HitIf(leads_in && prepare->ballot > *leads_in, PaxosMark::kLeaderMeetsPrepare);
  } else if (const auto* preempted = std::get_if<Preempted>(&envelope.message)) {
    hears_of(preempted->promised);
    HitIf(leads_in && preempted->promised > *leads_in, PaxosMark::kLeaderPreempted);
    HitIf(IsPreparing(envelope.to), PaxosMark::kCandidatePreempted);
  } else if (const auto* accept = std::get_if<Accept>(&envelope.message)) {
    hears_of(accept->ballot);
  } else if (const auto* heartbeat = std::get_if<Heartbeat>(&envelope.message)) {
    hears_of(heartbeat->ballot);
  } else if (const auto* promise = std::get_if<Promise>(&envelope.message)) {
    OnPromise(envelope.to, *promise);
  }
}

void ElectionMarks::OnPromise(NodeId to, const Promise& promise) {
  const Replica* replica = ReplicaOf(to);
  const Preparing* preparing = replica->proposer().preparing();
  HitIf(LeadsIn(to) == promise.ballot, PaxosMark::kLatePromise);
  const bool is_awaited = preparing != nullptr && preparing->ballot == promise.ballot;
  HitIf(!is_awaited && LeadsIn(to) != promise.ballot, PaxosMark::kStalePromise);
  if (!is_awaited) return;
  HitIf(promise.chosen_prefix > replica->learner().prefix(), PaxosMark::kCandidateLearnsFirst);
  HitIf(!promise.accepted.empty(), PaxosMark::kPromiseReportsVotes);
  Campaign& campaign = SeenBy(to).campaign;
  if (campaign.ballot != promise.ballot) campaign = Campaign{promise.ballot, {}};
  CompareReports(campaign, promise);
}

void ElectionMarks::CompareReports(Campaign& campaign, const Promise& promise) {
  for (const AcceptedEntry& now : promise.accepted) {
    for (const AcceptedEntry& before : campaign.reported) {
      if (before.slot != now.slot || before.ballot == now.ballot) continue;
      HitIf(true, PaxosMark::kPromisesDifferInBallot);
      HitIf(!(before.entry == now.entry), PaxosMark::kPromisesDifferInValue);
    }
  }
  campaign.reported.insert(campaign.reported.end(), promise.accepted.begin(),
                           promise.accepted.end());
}

void ElectionMarks::OnSend(const Envelope& envelope) {
  if (std::holds_alternative<Prepare>(envelope.message)) {
    const auto prepares = [this](NodeId node) { return IsPreparing(node); };
    HitIf(AnyOther(envelope.from, prepares), PaxosMark::kDuellingProposers);
  }
  const auto* reply = std::get_if<PreVoteReply>(&envelope.message);
  if (reply != nullptr) HitIf(reply->answer == PreVoteAnswer::kRefused, PaxosMark::kPreVoteRefused);
}

// ---- leadership -----------------------------------------------------------------------------

void ElectionMarks::OnLead(NodeId node, const Ballot& /*ballot*/) {
  SeenBy(node).is_told = false;
  const auto leads = [this](NodeId other) { return LeadsIn(other).has_value(); };
  HitIf(AnyOther(node, leads), PaxosMark::kTwoLeaders);
  HitIf(last_leader_ == node, PaxosMark::kReElected);
  last_leader_ = node;
}

void ElectionMarks::OnStepDown(NodeId node) {
  const Seen& seen = SeenBy(node);
  HitIf(!seen.is_told, PaxosMark::kLeaderStepsDownUntold);
  const Duration stall_max = cluster().swarm().replica.own_disk_stall_max;
  HitIf(!seen.is_told && seen.disk_busy_since && now() - *seen.disk_busy_since >= stall_max,
        PaxosMark::kLeaderWithStuckDisk);
}

void ElectionMarks::OnWrite(NodeId node, const std::vector<Record>& /*batch*/, PersistSeq seq) {
  Seen& seen = SeenBy(node);
  seen.written = seq;
  if (!seen.disk_busy_since) seen.disk_busy_since = now();
}

void ElectionMarks::OnStored(NodeId node, const std::vector<Record>& /*batch*/, PersistSeq seq) {
  Seen& seen = SeenBy(node);
  seen.disk_busy_since = seq == seen.written ? std::nullopt : std::optional(now());
}

}  // namespace paxos::sim
