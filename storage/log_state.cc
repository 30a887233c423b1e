#include "storage/log_state.h"

#include <array>
#include <utility>

#include "paxos/check.h"
#include "paxos/crc32c.h"

namespace paxos::storage {

Seal ExtendChain(Seal chain, Seal next_slot) {
  std::array<char, sizeof(Seal)> bytes;
  for (char& byte : bytes) {
    byte = static_cast<char>(next_slot);
    next_slot >>= 8;
  }
  return Crc32c({bytes.data(), bytes.size()}, chain);
}

LogState::LogState(const LogSummary& summary, std::map<Slot, StoredSlot> above)
    : summary_(summary), above_(std::move(above)) {}

void LogState::Promise(const Ballot& ballot) {
  PAXOS_CHECK("A1", ballot >= summary_.promised, ballot, summary_.promised);
  summary_.promised = ballot;
}

void LogState::UseBallot(const Ballot& ballot) {
  PAXOS_CHECK("P0", ballot >= summary_.ballot_used, ballot, summary_.ballot_used);
  summary_.ballot_used = ballot;
}

void LogState::Store(Slot slot, const StoredSlot& stored) {
  PAXOS_CHECK("C1", Takes(slot), slot, summary_.chosen_prefix);
  const auto [kept, is_new] = above_.try_emplace(slot);
  if (is_new) {
    ++summary_.above_count;
  } else {
    summary_.above_sum -= kept->second.seal;
    summary_.log_bytes -= kept->second.bytes;
  }
  summary_.above_sum += stored.seal;
  summary_.log_bytes += stored.bytes;
  kept->second = stored;
}

void LogState::MarkChosen(Slot prefix) {
  while (summary_.chosen_prefix < prefix) {
    const Slot next = summary_.chosen_prefix.next();
    const auto stored = above_.find(next);
    PAXOS_CHECK("C1", stored != above_.end(), next, prefix);
    summary_.chain = ExtendChain(summary_.chain, stored->second.seal);
    summary_.above_sum -= stored->second.seal;
    --summary_.above_count;
    summary_.chosen_prefix = next;
    above_.erase(stored);
  }
}

void LogState::EndBatch(PersistSeq seq) {
  PAXOS_CHECK("D1", seq == summary_.persisted.next(), seq, summary_.persisted);
  summary_.persisted = seq;
}

}  // namespace paxos::storage
