#include "bench/lockcheck_replica.h"

#include <functional>
#include <utility>

#include "storage/data_directory.h"

namespace bench {

using paxos::Result;
using paxos::SharedEntry;
using paxos::Slot;
using paxos::Status;

namespace {

constexpr std::size_t kChunkBytes = std::size_t{4} << 20;

Status ReadChosen(paxos::Storage& storage, Slot prefix, ReplicaLog& log) {
  while (log.prefix() < prefix) {
    auto chunk = storage.ReadChosen(log.prefix().next(), prefix, kChunkBytes);
    if (!chunk) return chunk.error();
    for (paxos::ChosenEntry& chosen : *chunk) {
      if (chosen.slot != log.prefix().next())
        return {paxos::ErrorCode::kDamaged,
                "slot " + ShortText(log.prefix().next()) + " is missing"};
      log.chosen.push_back(std::move(chosen.entry));
    }
  }
  return Status::Ok();
}

}  // namespace

const SharedEntry* ReplicaLog::Find(Slot slot) const {
  if (slot == Slot{}) return nullptr;
  if (slot <= prefix()) return &chosen[slot.value() - 1];
  const auto found = accepted.find(slot);
  return found == accepted.end() ? nullptr : &found->second;
}

Result<ReplicaLog> ReadReplica(const std::string& directory) {
  const auto identity = paxos::storage::ReadIdentity(directory);
  if (!identity) return identity.error();
  const auto nothing_is_written = [](std::function<void()> /*done*/) {};
  auto storage = paxos::storage::OpenStorage(directory, identity->cluster, identity->node,
                                             paxos::GroupId{}, {}, nothing_is_written);
  if (!storage) return storage.error();
  const auto durable = (*storage)->Recover();
  if (!durable) return durable.error().Annotate(directory);
  ReplicaLog log;
  log.name = identity->name;
  for (const paxos::AcceptedEntry& accepted : durable->accepted)
    log.accepted.emplace(accepted.slot, accepted.entry);
  if (Status status = ReadChosen(**storage, durable->chosen_prefix, log); !status.ok())
    return status.Annotate(directory);
  return log;
}

}  // namespace bench
