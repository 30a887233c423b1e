// The disk as a Node sees it. The contract is executable: tests/storage/contract.h runs against any
// implementation, yours too.
//
// Promises asked of an implementation:
//  - a batch is atomic: after a crash it is there whole or not at all;
//  - batches become durable in the order of their seq, without holes; the seq is stored with them;
//  - "durable" means it survives power loss: fsync or better, the directory entries included;
//  - the first failure is final: nothing after it is ever reported durable (rule D2).
#pragma once

#include <functional>
#include <vector>

#include "paxos/record.h"
#include "paxos/result.h"

namespace paxos {

// Told what became of batches, on the node's thread, never from inside a call to the storage.
class StorageEvents {
 public:
  virtual ~StorageEvents() = default;
  // Every batch up to `seq` is durable. Cumulative; may be late, may skip numbers.
  virtual void OnDurable(PersistSeq seq) = 0;
  // A write or sync failed. Terminal: no further call of either kind follows.
  virtual void OnWriteFailed(const Status& why) = 0;
};

class Storage {
 public:
  virtual ~Storage() = default;

  // What the disk holds, read once, before any Write. A disk that contradicts itself is kDamaged
  // (the node must abstain, rule N1); it is never repaired here.
  virtual Result<DurableState> Recover() = 0;

  // Chosen slots from `first` on, at most up to `last` and about `bytes_max` of entries (at least
  // one slot). Only what a durable ChosenMark covers may be read: above it a slot can still hold an
  // entry that was accepted and never chosen, while the chosen one is on its way to the disk.
  // Fails if `first` is forgotten, unknown or unreadable.
  virtual Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last,
                                                      std::size_t bytes_max) = 0;

  // Takes over an atomic batch. Returns at once; the outcome comes through StorageEvents.
  // `seq` grows by one with each call.
  virtual void Write(std::vector<Record> batch, PersistSeq seq) = 0;
};

}  // namespace paxos
