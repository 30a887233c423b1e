#pragma once

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "paxos/record.h"
#include "paxos/result.h"
#include "storage/keys.h"
#include "storage/log_recovery.h"
#include "storage/log_state.h"
#include "storage/storage_options.h"

namespace paxos::storage {

// A batch and its number.
struct NumberedBatch {
  PersistSeq seq{};
  std::vector<Record> records{};
};

// The log of one group in a LevelDB database. Nothing here is ever repaired or created on the way:
// what does not add up is kDamaged (N1).
class LevelDbLog {
 public:
  // Makes an empty database in `directory`, which is there and empty.
  static Status Create(const std::string& directory, leveldb::Env& env, GroupId group);

  // Opens it and checks all of it: every checksum, every slot, the sums over them. `env` must
  // outlive the log.
  static Result<std::unique_ptr<LevelDbLog>> Open(const std::string& directory, leveldb::Env& env,
                                                  GroupId group, const StorageOptions& options);

  // ---- the writer's thread (before it starts: the owner's)

  // The state that the durable batches add up to, and the meta record's seal, which stands for it.
  const LogSummary& summary() const { return state_.summary(); }
  Seal seal() const { return seal_; }
  // What Open found above the chosen prefix; to be taken once.
  std::vector<AcceptedEntry> TakeAccepted() { return std::move(accepted_); }

  // Makes the batches durable, all or none of them. A failure is final: the caller stops (D2).
  Status Commit(const std::vector<NumberedBatch>& group);

  // Bytes handed to Commit, as they are stored.
  std::uint64_t bytes_written() const { return bytes_written_; }

  // ---- any thread

  // As Storage::ReadChosen; it sees what Commit has made durable.
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last, std::size_t bytes_max) const;

 private:
  LevelDbLog(std::unique_ptr<leveldb::DB> db, GroupId group, RecoveredLog recovered);

  void Add(const NumberedBatch& batch);
  void Add(const Record& record);
  void StoreEntry(Slot slot, const Ballot& ballot, const SharedEntry& entry);
  Result<AcceptedEntry> ReadSlot(const leveldb::Iterator& at, Slot slot) const;

  std::unique_ptr<leveldb::DB> db_;
  GroupId group_;
  LogState state_;
  Seal seal_;
  std::vector<AcceptedEntry> accepted_;
  std::atomic<std::uint64_t> readable_;  // the chosen prefix that is durable
  std::uint64_t bytes_written_ = 0;

  // Used again by each Commit.
  leveldb::WriteBatch writes_;
  std::string sealed_;
};

}  // namespace paxos::storage
