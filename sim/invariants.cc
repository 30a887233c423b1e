#include "sim/invariants.h"

#include "paxos/check.h"

namespace paxos::sim {

Invariants::Invariants(const Options& options, const NodeViews& views)
    : alpha_(options.alpha),
      views_(views),
      choices_(options.nodes),
      promises_(options.nodes, choices_),
      log_(options.nodes, options.drift_max, choices_, views),
      written_(options.nodes) {}

void Invariants::Written::Store(Slot slot, const SharedEntry& entry) {
  if (slots.size() < slot.value()) slots.resize(slot.value());
  slots[slot.value() - 1] = entry;
}

void Invariants::OnStart(NodeId node, const DiskImage& image) {
  promises_.OnStart(node);
  log_.OnStart(node);
  Written& written = written_[node.value() - 1];
  written.marked = image.chosen_prefix();
  for (Slot slot = written.marked.next(); slot <= image.last_slot(); ++slot) {
    if (const DiskImage::Stored* stored = image.Find(slot)) written.Store(slot, stored->entry);
  }
}

Choices::Stamped Invariants::StampedBy(NodeId node) const {
  const Told told = views_.told_before(node);
  return Choices::Stamped{told.local, views_.clock(node), told.when, views_.now()};
}

void Invariants::OnSend(const Envelope& envelope) {
  PAXOS_CHECK("INV-21", envelope.to.value() <= written_.size(), envelope);
  promises_.OnSend(envelope, views_.image(envelope.from));
  std::visit([&](const auto& message) { CheckSaid(envelope.from, message); }, envelope.message);
  if (const auto* accept = std::get_if<Accept>(&envelope.message)) {
    PAXOS_CHECK("INV-23", accept->slot <= accept->chosen_prefix + alpha_, envelope.from, *accept);
    choices_.OnProposed(StampedBy(envelope.from), accept->slot, accept->ballot, accept->entry);
  }
}

void Invariants::OnLead(NodeId node, const Ballot& ballot) {
  promises_.OnLead(node, ballot, views_.image(node));
}

// A mark that runs ahead makes whoever believes it apply what is still open [C1].
void Invariants::CheckMark(NodeId from, Slot mark) const {
  PAXOS_CHECK("INV-7", mark <= log_.prefix(), from, mark, log_.prefix());
}

void Invariants::CheckSaid(NodeId from, const Promise& promise) const {
  CheckMark(from, promise.chosen_prefix);
  const bool is_in_reach = promise.accepted.empty() ||
                           promise.accepted.back().slot <= promise.chosen_prefix + 2 * alpha_;
  PAXOS_CHECK("INV-23", is_in_reach, from, promise, alpha_);
}
void Invariants::CheckSaid(NodeId from, const Accept& accept) const {
  CheckMark(from, accept.chosen_prefix);
}
void Invariants::CheckSaid(NodeId from, const Heartbeat& heartbeat) const {
  CheckMark(from, heartbeat.chosen_prefix);
}
void Invariants::CheckSaid(NodeId from, const HeartbeatAck& ack) const {
  CheckMark(from, ack.chosen_prefix);
}
void Invariants::CheckSaid(NodeId from, const ReadIndex& read) const {
  if (read.slot) CheckMark(from, *read.slot);
}
void Invariants::CheckSaid(NodeId from, const ChosenRange& range) const {
  for (const ChosenEntry& told : range.entries) {
    const Choices::Chosen* chosen = choices_.Find(told.slot);
    const bool is_true = chosen != nullptr && chosen->entry == told.entry;
    PAXOS_CHECK("INV-7", is_true, from, told);
  }
}

void Invariants::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq /*seq*/) {
  for (const Record& record : batch) {
    std::visit([&](const auto& each) { Write(node, each); }, record);
  }
}

void Invariants::Write(NodeId node, const BallotUsedRecord& record) {
  PAXOS_CHECK("INV-3", record.ballot.node == node, node, record.ballot);
  log_.OnBallotTaken(record.ballot);
}

void Invariants::Write(NodeId node, const AcceptedRecord& record) {
  if (record.ballot.node == node)
    choices_.OnProposed(StampedBy(node), record.slot, record.ballot, record.entry);
  Written& written = written_[node.value() - 1];
  if (record.slot <= written.marked) {
    const SharedEntry& chosen = choices_.Find(record.slot)->entry;
    PAXOS_CHECK("INV-7", record.entry == chosen, node, record, chosen);
  }
  written.Store(record.slot, record.entry);
}

void Invariants::Write(NodeId node, const LearnedRecord& record) {
  const Choices::Chosen* chosen = choices_.Find(record.slot);
  PAXOS_CHECK("INV-7", chosen != nullptr, node, record);
  PAXOS_CHECK("INV-7", chosen->entry == record.entry, node, record, chosen->entry);
  written_[node.value() - 1].Store(record.slot, record.entry);
}

void Invariants::Write(NodeId node, const ChosenMarkRecord& record) {
  Written& written = written_[node.value() - 1];
  PAXOS_CHECK("INV-7", record.prefix >= written.marked, node, record, written.marked);
  while (written.marked < record.prefix) {
    ++written.marked;
    const Slot slot = written.marked;
    const Choices::Chosen* chosen = choices_.Find(slot);
    PAXOS_CHECK("INV-7", chosen != nullptr, node, slot, record);
    PAXOS_CHECK("INV-7", slot.value() <= written.slots.size(), node, slot, record);
    const SharedEntry& stored = written.slots[slot.value() - 1];
    PAXOS_CHECK("INV-7", stored == chosen->entry, node, slot, stored, chosen->entry);
  }
}

void Invariants::OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq /*seq*/) {
  promises_.OnStored(batch, views_.image(node));
  bool has_accepted = false;
  for (const Record& record : batch) {
    const auto* accepted = std::get_if<AcceptedRecord>(&record);
    if (accepted == nullptr) continue;
    choices_.OnAccepted(node, accepted->slot, accepted->ballot, accepted->entry);
    has_accepted = true;
  }
  if (has_accepted) log_.Grow();
}

void Invariants::OnApply(NodeId node, const ApplyContext& context, const Applied& applied) {
  log_.OnApply(node, context, applied);
}

}  // namespace paxos::sim
