#include "paxos/learner.h"

#include <utility>

#include "paxos/check.h"

namespace paxos {

EntryStanding LogPosition::Pass(const Entry& entry) {
  if (entry.first_ballot < last_first_ballot) return EntryStanding::kVoid;  // [V1]
  last_first_ballot = entry.first_ballot;
  log_time = std::max(log_time, entry.log_time);  // [T1] the running maximum
  last_index = last_index + entry.commands.size();
  return EntryStanding::kInForce;
}

Learner::Learner(const ReplicaOptions& options, const DurableState& durable)
    : prefix_(durable.chosen_prefix),
      delivered_(durable.forgotten),
      tail_first_(durable.chosen_prefix.next()),
      log_bytes_(durable.log_bytes),
      fetch_bytes_max_(options.fetch_bytes_max),
      tail_bytes_max_(options.tail_bytes_max) {
  for (const AcceptedEntry& above : durable.accepted) {
    const std::size_t bytes = EncodedSizeBound(*above.entry);
    PAXOS_CHECK("STORAGE", bytes <= log_bytes_, above.slot, bytes, log_bytes_);
    log_bytes_ -= bytes;  // counted when it is chosen
  }
}

std::vector<ChosenEntry> Learner::OnChosen(Slot slot, const SharedEntry& entry) {
  if (slot <= prefix_) return {};
  const auto [known, is_new] = above_prefix_.emplace(slot, entry);
  PAXOS_CHECK("C1", is_new || known->second == entry, slot, known->second, entry);
  std::vector<ChosenEntry> grown;
  for (auto next = above_prefix_.begin();
       next != above_prefix_.end() && next->first == prefix_.next();
       next = above_prefix_.erase(next)) {
    prefix_ = next->first;
    log_bytes_ += EncodedSizeBound(*next->second);
    KeepInTail(next->second);
    deliveries_.push_back(Deliver(prefix_, next->second));
    grown.push_back(ChosenEntry{prefix_, next->second});
  }
  return grown;
}

Delivery Learner::Replay(const ChosenEntry& chosen) {
  PAXOS_CHECK("C2", chosen.slot <= prefix_, chosen.slot, prefix_);
  return Deliver(chosen.slot, chosen.entry);
}

std::vector<Delivery> Learner::TakeDeliveries() { return std::exchange(deliveries_, {}); }

Delivery Learner::Deliver(Slot slot, const SharedEntry& entry) {
  PAXOS_CHECK("C2", slot == delivered_.next(), slot, delivered_);
  delivered_ = slot;
  const CommandIndex first = position_.last_index.next();
  const EntryStanding standing = position_.Pass(*entry);
  return Delivery{slot, first, position_.log_time, standing, entry};
}

void Learner::KeepInTail(const SharedEntry& entry) {
  tail_.push_back(entry);
  tail_bytes_ += EncodedSizeBound(*entry);
  while (tail_bytes_ > tail_bytes_max_ && tail_.size() > 1) {
    tail_bytes_ -= EncodedSizeBound(*tail_.front());
    tail_.pop_front();
    ++tail_first_;
  }
}

std::vector<ChosenEntry> Learner::Tail(Slot first, Slot last) const {
  std::vector<ChosenEntry> found;
  if (!HasInTail(first)) return found;
  std::size_t bytes = 0;
  for (Slot slot = first; slot <= std::min(last, prefix_); ++slot) {
    const SharedEntry& entry = tail_[slot - tail_first_];
    bytes += EncodedSizeBound(*entry);
    if (bytes > fetch_bytes_max_ && !found.empty()) break;
    found.push_back(ChosenEntry{slot, entry});
  }
  return found;
}

}  // namespace paxos
