#include "sim/choices.h"

#include <algorithm>
#include <bit>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

std::uint64_t BitOf(NodeId node) { return std::uint64_t{1} << node.value(); }

}  // namespace

Choices::History& Choices::HistoryOf(Slot slot) {
  if (slots_.size() < slot.value()) slots_.resize(slot.value());
  return slots_[slot.value() - 1];
}

Choices::Proposed* Choices::Find(History& history, const Ballot& ballot) {
  const auto found =
      std::find_if(history.proposed.rbegin(), history.proposed.rend(),
                   [&](const Proposed& proposed) { return proposed.ballot == ballot; });
  return found == history.proposed.rend() ? nullptr : &*found;
}

void Choices::OnProposed(const Stamped& stamped, Slot slot, const Ballot& ballot,
                         const SharedEntry& entry) {
  History& history = HistoryOf(slot);
  if (const Proposed* known = Find(history, ballot)) {
    PAXOS_CHECK("INV-2", known->entry == entry, slot, ballot, known->entry, entry);
    return;
  }
  const Chosen& chosen = history.chosen;
  const bool must_carry_it = history.is_chosen && ballot > chosen.ballot;
  PAXOS_CHECK("INV-6", !must_carry_it || chosen.entry == entry, slot, ballot, entry, chosen.ballot,
              chosen.entry);
  history.proposed.push_back(Proposed{ballot, entry, stamped, 0});
}

void Choices::OnAccepted(NodeId node, Slot slot, const Ballot& ballot, const SharedEntry& entry) {
  History& history = HistoryOf(slot);
  Proposed* proposed = Find(history, ballot);
  PAXOS_CHECK("INV-2", proposed != nullptr, node, slot, ballot, entry);
  PAXOS_CHECK("INV-2", proposed->entry == entry, node, slot, ballot, proposed->entry, entry);
  proposed->durable_at |= BitOf(node);
  if (IsQuorum(proposed->durable_at)) Choose(slot, history, *proposed);
}

bool Choices::IsQuorum(std::uint64_t nodes) const {
  return static_cast<std::size_t>(std::popcount(nodes)) * 2 > nodes_;
}

void Choices::Choose(Slot slot, History& history, const Proposed& proposed) {
  Chosen& chosen = history.chosen;
  if (history.is_chosen) {
    PAXOS_CHECK("INV-1", chosen.entry == proposed.entry, slot, chosen.ballot, chosen.entry,
                proposed.ballot, proposed.entry);
    if (chosen.ballot <= proposed.ballot) return;
  }
  for (const Proposed& other : history.proposed) {
    const bool must_carry_it = other.ballot > proposed.ballot;
    PAXOS_CHECK("INV-6", !must_carry_it || other.entry == proposed.entry, slot, proposed.ballot,
                proposed.entry, other.ballot, other.entry);
  }
  const Proposed* first = Find(history, proposed.entry->first_ballot);
  PAXOS_CHECK("INV-7", first != nullptr, slot, proposed.entry);
  history.is_chosen = true;
  chosen = Chosen{proposed.entry, proposed.ballot, first->stamped};
}

bool Choices::HasAccepted(NodeId node, Slot slot, const Ballot& ballot) const {
  if (slot.value() > slots_.size()) return false;
  for (const Proposed& proposed : slots_[slot.value() - 1].proposed) {
    if (proposed.ballot == ballot) return (proposed.durable_at & BitOf(node)) != 0;
  }
  return false;
}

const Choices::Chosen* Choices::Find(Slot slot) const {
  if (slot == Slot{} || slot.value() > slots_.size()) return nullptr;
  const History& history = slots_[slot.value() - 1];
  return history.is_chosen ? &history.chosen : nullptr;
}

}  // namespace paxos::sim
