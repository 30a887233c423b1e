#include "paxos/types.h"

namespace paxos {

std::string ShortText(const Ballot& ballot) {
  return std::to_string(ballot.round) + "." + std::to_string(ballot.node.value());
}

std::size_t EncodedSizeBound(const Entry& entry) {
  constexpr std::size_t kVarintMax = 10;
  std::size_t bytes = 4 * kVarintMax;  // ballot, time, count
  for (const Command& command : entry.commands) bytes += command.size() + kVarintMax / 2;
  return bytes;
}

namespace {

// All empty entries are one; a default-constructed SharedEntry costs no allocation.
const std::shared_ptr<const Entry>& EmptyEntry() {
  static const auto* const empty = new std::shared_ptr<const Entry>(new Entry);
  return *empty;
}

}  // namespace

SharedEntry::SharedEntry() : entry_(EmptyEntry()) {}
SharedEntry::SharedEntry(Entry entry) : entry_(std::make_shared<const Entry>(std::move(entry))) {}

}  // namespace paxos
