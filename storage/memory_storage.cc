#include "storage/memory_storage.h"

#include <algorithm>

#include "paxos/check.h"

namespace paxos::storage {

// ---- the disk -----------------------------------------------------------------------------------

void MemoryDisk::Apply(const std::vector<Record>& batch, PersistSeq seq) {
  PAXOS_CHECK("D1", seq == persisted_.next(), seq, persisted_);
  for (const Record& record : batch) {
    if (const auto* promised = std::get_if<PromisedRecord>(&record)) {
      promised_ = std::max(promised_, promised->ballot);
    } else if (const auto* used = std::get_if<BallotUsedRecord>(&record)) {
      ballot_used_ = std::max(ballot_used_, used->ballot);
    } else if (const auto* accepted = std::get_if<AcceptedRecord>(&record)) {
      promised_ = std::max(promised_, accepted->ballot);  // [A2] accepting is promising
      Store(accepted->slot, accepted->ballot, accepted->entry);
    } else if (const auto* learned = std::get_if<LearnedRecord>(&record)) {
      Store(learned->slot, Ballot{}, learned->entry);
    } else if (const auto* chosen = std::get_if<ChosenMarkRecord>(&record)) {
      chosen_prefix_ = std::max(chosen_prefix_, chosen->prefix);
    }
  }
  persisted_ = seq;
}

void MemoryDisk::Store(Slot slot, const Ballot& ballot, const SharedEntry& entry) {
  const auto [kept, is_new] = slots_.try_emplace(slot);
  if (!is_new) log_bytes_ -= EncodedSizeBound(*kept->second.entry);
  log_bytes_ += EncodedSizeBound(*entry);
  kept->second = AcceptedEntry{slot, ballot, entry};
}

DurableState MemoryDisk::Recover() const {
  DurableState state;
  state.promised = promised_;
  state.ballot_used = ballot_used_;
  state.chosen_prefix = chosen_prefix_;
  state.persisted = persisted_;
  state.log_bytes = log_bytes_;
  for (auto at = slots_.upper_bound(chosen_prefix_); at != slots_.end(); ++at) {
    state.accepted.push_back(at->second);
  }
  return state;
}

Result<std::vector<ChosenEntry>> MemoryDisk::ReadChosen(Slot first, Slot last,
                                                        std::size_t bytes_max) const {
  const Slot end = std::min(last, chosen_prefix_);
  if (first == Slot{} || first > end) {
    return Status(ErrorCode::kNotFound,
                  "slot " + ShortText(first) + "; the disk has 1.." + ShortText(chosen_prefix_));
  }
  std::vector<ChosenEntry> chosen;
  std::size_t bytes = 0;
  for (auto at = slots_.find(first); at != slots_.end() && at->first <= end; ++at) {
    bytes += EncodedSizeBound(*at->second.entry);
    if (bytes > bytes_max && !chosen.empty()) break;
    chosen.push_back({at->first, at->second.entry});
  }
  return chosen;
}

// ---- the storage --------------------------------------------------------------------------------

MemoryStorage::MemoryStorage(std::shared_ptr<MemoryDisk> disk, Post post)
    : disk_(std::move(disk)),
      post_(std::move(post)),
      handed_over_(disk_->Recover().persisted),
      self_(std::make_shared<MemoryStorage*>(this)) {}

Result<DurableState> MemoryStorage::Recover() { return disk_->Recover(); }

Result<std::vector<ChosenEntry>> MemoryStorage::ReadChosen(Slot first, Slot last,
                                                           std::size_t bytes_max) {
  return disk_->ReadChosen(first, last, bytes_max);
}

void MemoryStorage::Write(std::vector<Record> batch, PersistSeq seq) {
  PAXOS_CHECK("STORAGE", events_ != nullptr);
  PAXOS_CHECK("D1", seq == handed_over_.next(), seq, handed_over_);
  handed_over_ = seq;
  if (has_failed_) return;
  waiting_.emplace_back(seq, std::move(batch));
  if (waiting_.size() > 1) return;
  post_([self = std::weak_ptr<MemoryStorage*>(self_)] {
    if (const auto storage = self.lock()) (*storage)->WriteOut();
  });
}

void MemoryStorage::WriteOut() {
  if (!disk_->failure().ok()) {
    has_failed_ = true;
    return events_->OnWriteFailed(disk_->failure());
  }
  // Taken out first: the listener may write again.
  const auto written = std::exchange(waiting_, {});
  for (const auto& [seq, batch] : written) disk_->Apply(batch, seq);
  events_->OnDurable(written.back().first);
}

}  // namespace paxos::storage
