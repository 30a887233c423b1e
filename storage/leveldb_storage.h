#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "paxos/storage.h"
#include "storage/anchor.h"
#include "storage/announcer.h"
#include "storage/directory_lock.h"
#include "storage/durable_env.h"
#include "storage/file_system.h"
#include "storage/identity.h"
#include "storage/leveldb_log.h"
#include "storage/persister.h"
#include "storage/post.h"
#include "storage/storage_options.h"

namespace paxos::storage {

// The disk of a node in production: a LevelDB database, and one thread that writes to it. Made by
// OpenStorage (data_directory.h).
//
// Once a write or sync has failed, or free space has run low, nothing is written any more (D2).
// Destroying it writes what was handed over, but tells nobody: shutting down is no promise.
class LevelDbStorage final : public Storage {
 public:
  // What OpenStorage has opened; members are used in their order, destroyed in reverse.
  struct Parts {
    std::string directory{};
    Identity identity{};
    FileSystem* files = nullptr;
    std::unique_ptr<DirectoryLock> lock{};
    std::unique_ptr<AnchorFile> anchor{};
    std::unique_ptr<DurableEnv> env{};
    std::unique_ptr<LevelDbLog> log{};
  };

  LevelDbStorage(Parts parts, const StorageOptions& options, Post post);
  ~LevelDbStorage() override;

  // Who hears what became of batches, on the owner's thread. Before the first Write; `events` must
  // outlive the storage, or at least every function that was posted.
  void Start(StorageEvents& events);

  Result<DurableState> Recover() override;
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last,
                                              std::size_t bytes_max) override;
  void Write(std::vector<Record> batch, PersistSeq seq) override;

  const Identity& identity() const { return parts_.identity; }
  // Syncs of files and directories so far; for measuring.
  std::uint64_t syncs() const { return parts_.env->syncs(); }

 private:
  // The persister's thread.
  Status Commit(const std::vector<NumberedBatch>& group);
  Status CheckSpace();
  Status RememberInAnchor();

  Parts parts_;
  const StorageOptions options_;
  std::optional<DurableState> recovered_;
  PersistSeq handed_over_;
  std::uint64_t space_checked_at_ = 0;  // bytes written
  Announcer announcer_;
  Persister persister_;  // last: its thread uses the rest
};

}  // namespace paxos::storage
