#include "tests/paxos/scenario_disk.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace paxos::scenario {

void Disk::Write(std::vector<Record> batch, PersistSeq seq) {
  const PersistSeq last = waiting_.empty() ? durable() : waiting_.back().seq;
  PAXOS_CHECK("D1", seq == last.next(), seq, last);
  waiting_.push_back(Batch{std::move(batch), seq});
}

void Disk::Sync(std::size_t batches) {
  for (; batches > 0 && !waiting_.empty(); --batches) {
    Apply(waiting_.front());
    waiting_.pop_front();
  }
}

void Disk::Crash(std::size_t kept) {
  Sync(kept);
  waiting_.clear();
}

void Disk::Apply(const Batch& batch) {
  for (const Record& record : batch.records) Put(record);
  state_.persisted = batch.seq;
  for (const Record& record : batch.records) {
    const auto* learned = std::get_if<LearnedRecord>(&record);
    PAXOS_CHECK("P3", learned == nullptr || learned->slot <= state_.chosen_prefix, record);
  }
}

// A store derives the promise from what was accepted, too (A2).
void Disk::Put(const Record& record) {
  if (const auto* promised = std::get_if<PromisedRecord>(&record)) {
    PAXOS_CHECK("A1", promised->ballot >= state_.promised, record, state_.promised);
    state_.promised = promised->ballot;
  } else if (const auto* used = std::get_if<BallotUsedRecord>(&record)) {
    PAXOS_CHECK("P0", used->ballot > state_.ballot_used, record, state_.ballot_used);
    state_.ballot_used = used->ballot;
  } else if (const auto* accepted = std::get_if<AcceptedRecord>(&record)) {
    PAXOS_CHECK("A2", accepted->ballot >= state_.promised, record, state_.promised);
    state_.promised = accepted->ballot;
    slots_[accepted->slot] = AcceptedEntry{accepted->slot, accepted->ballot, accepted->entry};
  } else if (const auto* learned = std::get_if<LearnedRecord>(&record)) {
    slots_[learned->slot] = AcceptedEntry{learned->slot, Ballot{}, learned->entry};
  } else if (const auto* mark = std::get_if<ChosenMarkRecord>(&record)) {
    PAXOS_CHECK("C1", mark->prefix > state_.chosen_prefix, record, state_.chosen_prefix);
    state_.chosen_prefix = mark->prefix;
  }
}

void Disk::Forget(Slot up_to) {
  state_.forgotten = up_to;
  state_.chosen_prefix = std::max(state_.chosen_prefix, up_to);
  slots_.erase(slots_.begin(), slots_.upper_bound(up_to));
}

DurableState Disk::Recover() const {
  DurableState state = state_;
  for (const auto& [slot, stored] : slots_) {
    state.log_bytes += EncodedSizeBound(*stored.entry);
    if (slot > state.chosen_prefix) state.accepted.push_back(stored);
  }
  return state;
}

std::vector<ChosenEntry> Disk::ReadChosen(Slot first, Slot last, std::size_t bytes_max) const {
  std::vector<ChosenEntry> chosen;
  std::size_t bytes = 0;
  for (Slot slot = first; slot <= std::min(last, state_.chosen_prefix); ++slot) {
    const AcceptedEntry* stored = Find(slot);
    PAXOS_CHECK("C1", stored != nullptr, slot, state_.chosen_prefix);
    bytes += EncodedSizeBound(*stored->entry);
    if (bytes > bytes_max && !chosen.empty()) break;
    chosen.push_back(ChosenEntry{slot, stored->entry});
  }
  return chosen;
}

const AcceptedEntry* Disk::Find(Slot slot) const {
  const auto found = slots_.find(slot);
  return found == slots_.end() ? nullptr : &found->second;
}

}  // namespace paxos::scenario
