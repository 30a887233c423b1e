#include "sim/promises.h"

#include <algorithm>

#include "paxos/check.h"

namespace paxos::sim {

Promises::Promises(std::size_t nodes, const Choices& choices) : choices_(choices), used_(nodes) {}

void Promises::OnStart(NodeId node) {
  Used& used = used_[node.value() - 1];
  used.before = std::max(used.before, used.now);
}

void Promises::OnSend(const Envelope& envelope, const DiskImage& image) {
  std::visit([&](const auto& message) { Check(envelope.from, image, message); }, envelope.message);
}

// Its own promise crosses no wire: its disk shows it.
void Promises::OnLead(NodeId node, const Ballot& ballot, const DiskImage& image) {
  std::set<NodeId> granted = granted_[ballot];
  if (image.promised() >= ballot) granted.insert(node);
  PAXOS_CHECK("INV-21", granted.size() * 2 > used_.size(), node, ballot, granted.size());
}

void Promises::CheckOwnership(NodeId from, const Ballot& ballot) {
  Used& used = used_[from.value() - 1];
  PAXOS_CHECK("INV-3", ballot.node == from, from, ballot);
  PAXOS_CHECK("INV-3", ballot.round > used.before, from, ballot, used.before);
  used.now = std::max(used.now, ballot.round);
}

void Promises::Check(NodeId from, const DiskImage& image, const Prepare& prepare) {
  CheckOwnership(from, prepare.ballot);
  PAXOS_CHECK("INV-5", image.ballot_used() >= prepare.ballot, from, prepare, image.ballot_used());
}

void Promises::Check(NodeId from, const DiskImage& image, const Heartbeat& heartbeat) {
  CheckOwnership(from, heartbeat.ballot);
  PAXOS_CHECK("INV-5", image.ballot_used() >= heartbeat.ballot, from, heartbeat);
}

void Promises::Check(NodeId from, const DiskImage& image, const Accept& accept) {
  CheckOwnership(from, accept.ballot);
  PAXOS_CHECK("INV-5", image.ballot_used() >= accept.ballot, from, accept, image.ballot_used());
}

void Promises::Check(NodeId from, const DiskImage& image, const Promise& promise) {
  PAXOS_CHECK("INV-5", image.promised() >= promise.ballot, from, promise, image.promised());
  granted_[promise.ballot].insert(from);
  for (const AcceptedEntry& reported : promise.accepted) {
    PAXOS_CHECK("INV-5", choices_.HasAccepted(from, reported.slot, reported.ballot), from, promise,
                reported);
  }
  for (Slot slot = promise.chosen_prefix.next(); slot <= image.last_slot(); ++slot) {
    CheckReport(from, image, promise, slot);
  }
}

// What the disk holds above the reported prefix was reported, unless it came after the promise: in
// its ballot or a higher one, or as a chosen value.
void Promises::CheckReport(NodeId from, const DiskImage& image, const Promise& promise, Slot slot) {
  const DiskImage::Stored* stored = image.Find(slot);
  const bool is_older =
      stored != nullptr && stored->ballot != Ballot{} && stored->ballot < promise.ballot;
  if (!is_older) return;
  const auto reported =
      std::find_if(promise.accepted.begin(), promise.accepted.end(),
                   [slot](const AcceptedEntry& accepted) { return accepted.slot == slot; });
  PAXOS_CHECK("P3", reported != promise.accepted.end(), from, promise, slot, stored->ballot);
  PAXOS_CHECK("P3", reported->ballot >= stored->ballot, from, promise, slot, stored->ballot);
}

// Of a slot that it knows to be chosen, a node attests the mark.
void Promises::Check(NodeId from, const DiskImage& image, const Accepted& accepted) {
  const bool is_attested = accepted.slot <= image.chosen_prefix() ||
                           choices_.HasAccepted(from, accepted.slot, accepted.ballot);
  PAXOS_CHECK("INV-5", is_attested, from, accepted, image.chosen_prefix());
  PAXOS_CHECK("INV-5", image.promised() >= accepted.ballot, from, accepted, image.promised());
}

void Promises::OnStored(const std::vector<Record>& batch, const DiskImage& image) {
  Ballot promised = image.promised();
  Ballot used = image.ballot_used();
  for (const Record& record : batch) {
    if (const auto* promise = std::get_if<PromisedRecord>(&record)) {
      PAXOS_CHECK("INV-4", promise->ballot >= promised, promise->ballot, promised);
      promised = promise->ballot;
    } else if (const auto* accepted = std::get_if<AcceptedRecord>(&record)) {
      PAXOS_CHECK("INV-4", accepted->ballot >= promised, *accepted, promised);
      promised = accepted->ballot;
    } else if (const auto* taken = std::get_if<BallotUsedRecord>(&record)) {
      PAXOS_CHECK("INV-3", taken->ballot > used, taken->ballot, used);
      used = taken->ballot;
    }
  }
}

}  // namespace paxos::sim
