#include <algorithm>

#include "sim/paxos_marks.h"

namespace paxos::sim {

void TrafficMarks::OnBegin(const Cluster& cluster) {
  PaxosMarkGroup::OnBegin(cluster);
  seen_.resize(cluster.size());
}

void TrafficMarks::OnStart(NodeId node, const DiskImage& image) {
  SeenBy(node) = Seen{image.persisted(), {}, {}, {}};
}

// ---- what arrives ---------------------------------------------------------------------------

void TrafficMarks::OnEvent(const EventView& event) {
  if (event.kind == EventKind::kDeliver) OnDeliver(*event.As<Envelope>());
  if (event.kind == EventKind::kLinkDown)
    HitIf(LeadsIn(event.node).has_value(), PaxosMark::kLeaderLosesLink);
}

// What an earlier life said of its disk is less than what the present one began with.
void TrafficMarks::OnDeliver(const Envelope& envelope) {
  HitIf(envelope.durable < SeenBy(envelope.from).persisted_at_start,
        PaxosMark::kMessageOfEarlierLife);
  const NodeId to = envelope.to;
  if (const auto* heartbeat = std::get_if<Heartbeat>(&envelope.message)) {
    On(to, *heartbeat);
  } else if (const auto* ack = std::get_if<HeartbeatAck>(&envelope.message)) {
    On(to, *ack);
  } else if (const auto* accept = std::get_if<Accept>(&envelope.message)) {
    OnMark(to, accept->ballot, accept->chosen_prefix);
  } else if (const auto* range = std::get_if<ChosenRange>(&envelope.message)) {
    On(to, *range);
  } else if (const auto* index = std::get_if<ReadIndex>(&envelope.message)) {
    HitIf(index->slot > ReplicaOf(to)->learner().prefix(), PaxosMark::kFollowerReadWaits);
  }
}

void TrafficMarks::On(NodeId to, const Heartbeat& heartbeat) {
  const Round round{heartbeat.ballot, heartbeat.round};
  Seen& seen = SeenBy(to);
  HitIf(round < seen.heard, PaxosMark::kHeartbeatOvertaken);
  seen.heard = std::max(seen.heard, round);
  HitIf(ReplicaOf(to)->acceptor().HasPromisedAbove(heartbeat.ballot),
        PaxosMark::kHeartbeatBelowPromise);
  OnMark(to, heartbeat.ballot, heartbeat.chosen_prefix);
}

void TrafficMarks::On(NodeId to, const HeartbeatAck& ack) {
  const std::optional<Ballot> leads_in = LeadsIn(to);
  const Round round{ack.ballot, ack.round};
  HitIf(leads_in == ack.ballot && round < SeenBy(to).begun, PaxosMark::kAckOfEarlierRound);
  HitIf(leads_in && ack.ballot < *leads_in, PaxosMark::kAckOfEarlierBallot);
}

void TrafficMarks::On(NodeId to, const ChosenRange& range) {
  if (range.entries.empty()) return;
  const Slot prefix = ReplicaOf(to)->learner().prefix();
  HitIf(range.entries.back().slot < SeenBy(to).asked_up_to, PaxosMark::kRangeInPieces);
  HitIf(range.entries.back().slot <= prefix, PaxosMark::kRangeTooLate);
  HitIf(range.entries.front().slot > prefix.next(), PaxosMark::kRangeTooEarly);
}

// [C1] A follower may count a slot as chosen only if it accepted it in the ballot of the mark.
void TrafficMarks::OnMark(NodeId to, const Ballot& ballot, Slot mark) {
  const Replica& replica = *ReplicaOf(to);
  const Slot next = replica.learner().prefix().next();
  if (next > mark) return;
  const AcceptedEntry* vote = replica.acceptor().Find(next);
  HitIf(vote == nullptr || vote->ballot != ballot, PaxosMark::kMarkBeyondVotes);
}

// ---- what is sent and stored ----------------------------------------------------------------

void TrafficMarks::OnSend(const Envelope& envelope) {
  Seen& sender = SeenBy(envelope.from);
  if (const auto* heartbeat = std::get_if<Heartbeat>(&envelope.message)) {
    sender.begun = Round{heartbeat->ballot, heartbeat->round};
  } else if (const auto* fetch = std::get_if<FetchChosen>(&envelope.message)) {
    sender.asked_up_to = fetch->last;
    HitIf(fetch->first + 49 <= fetch->last, PaxosMark::kFarBehind);
  } else if (std::holds_alternative<ChosenRange>(envelope.message)) {
    HitIf(!LeadsIn(envelope.from), PaxosMark::kRangeFromFollower);
  } else if (std::holds_alternative<AskReadIndex>(envelope.message)) {
    HitIf(true, PaxosMark::kFollowerReads);
  } else if (const auto* index = std::get_if<ReadIndex>(&envelope.message)) {
    HitIf(!index->slot, PaxosMark::kFollowerReadRefused);
  }
}

void TrafficMarks::OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq /*seq*/) {
  const DiskImage& image = cluster().host(node).disk().image();
  for (const Record& record : batch) {
    const auto* learned = std::get_if<LearnedRecord>(&record);
    const DiskImage::Stored* stored = learned == nullptr ? nullptr : image.Find(learned->slot);
    if (stored == nullptr) continue;
    HitIf(stored->ballot != Ballot{} && !(stored->entry == learned->entry),
          PaxosMark::kLearnedOverVote);
  }
}

}  // namespace paxos::sim
