// A storage without a disk: for tests, and for programs that try the library out. It keeps the
// contract, so a test can crash a node (destroy it with its MemoryStorage) and start it again over
// the same MemoryDisk.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "paxos/storage.h"
#include "storage/post.h"

namespace paxos::storage {

// What is durable. Outlives the storages that use it, one at a time.
class MemoryDisk {
 public:
  // Batches come in the order of their seq, each whole.
  void Apply(const std::vector<Record>& batch, PersistSeq seq);

  // From now on every write fails, for this reason.
  void FailWrites(Status why) { failure_ = std::move(why); }
  const Status& failure() const { return failure_; }

  DurableState Recover() const;
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last, std::size_t bytes_max) const;

 private:
  void Store(Slot slot, const Ballot& ballot, const SharedEntry& entry);

  Ballot promised_;
  Ballot ballot_used_;
  Slot chosen_prefix_;
  PersistSeq persisted_;
  std::uint64_t log_bytes_ = 0;
  std::map<Slot, AcceptedEntry> slots_;
  Status failure_;
};

// A batch becomes durable when the function that Write posts runs; one that is destroyed before
// loses it, as a crash would. One thread.
class MemoryStorage final : public Storage {
 public:
  MemoryStorage(std::shared_ptr<MemoryDisk> disk, Post post);

  // Who hears what became of batches. Before the first Write; must outlive the storage.
  void Start(StorageEvents& events) { events_ = &events; }

  Result<DurableState> Recover() override;
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last,
                                              std::size_t bytes_max) override;
  void Write(std::vector<Record> batch, PersistSeq seq) override;

 private:
  void WriteOut();

  std::shared_ptr<MemoryDisk> disk_;
  Post post_;
  StorageEvents* events_ = nullptr;
  PersistSeq handed_over_;
  std::vector<std::pair<PersistSeq, std::vector<Record>>> waiting_;
  bool has_failed_ = false;
  // Posted functions hold it weakly: gone with the storage.
  std::shared_ptr<MemoryStorage*> self_;
};

}  // namespace paxos::storage
