#include "sim/disk_image.h"

#include <algorithm>

#include "paxos/check.h"

namespace paxos::sim {

void DiskImage::Apply(const std::vector<Record>& batch, PersistSeq seq) {
  PAXOS_CHECK("DISK", seq == persisted_.next(), seq, persisted_);
  for (const Record& record : batch) {
    std::visit([this](const auto& each) { Apply(each); }, record);
  }
  persisted_ = seq;
}

void DiskImage::Apply(const PromisedRecord& record) { promised_ = record.ballot; }
void DiskImage::Apply(const BallotUsedRecord& record) { ballot_used_ = record.ballot; }

// Accepting is promising (A2): the store derives the promise from both kinds of record.
void DiskImage::Apply(const AcceptedRecord& record) {
  promised_ = std::max(promised_, record.ballot);
  Store(record.slot, record.ballot, record.entry);
}
void DiskImage::Apply(const LearnedRecord& record) { Store(record.slot, Ballot{}, record.entry); }
void DiskImage::Apply(const ChosenMarkRecord& record) {
  chosen_prefix_ = std::max(chosen_prefix_, record.prefix);
}

void DiskImage::Store(Slot slot, const Ballot& ballot, const SharedEntry& entry) {
  if (slots_.size() < slot.value()) slots_.resize(slot.value());
  Stored& stored = slots_[slot.value() - 1];
  if (stored.is_there) log_bytes_ -= EncodedSizeBound(*stored.entry);
  log_bytes_ += EncodedSizeBound(*entry);
  stored = Stored{ballot, entry, true};
}

const DiskImage::Stored* DiskImage::Find(Slot slot) const {
  if (slot == Slot{} || slot.value() > slots_.size()) return nullptr;
  const Stored& stored = slots_[slot.value() - 1];
  return stored.is_there ? &stored : nullptr;
}

DurableState DiskImage::ToDurableState() const {
  DurableState state;
  state.promised = promised_;
  state.ballot_used = ballot_used_;
  state.chosen_prefix = chosen_prefix_;
  state.persisted = persisted_;
  state.log_bytes = log_bytes_;
  for (Slot slot = chosen_prefix_.next(); slot <= last_slot(); ++slot) {
    const Stored* stored = Find(slot);
    if (stored != nullptr && stored->ballot != Ballot{}) {
      state.accepted.push_back(AcceptedEntry{slot, stored->ballot, stored->entry});
    }
  }
  return state;
}

}  // namespace paxos::sim
