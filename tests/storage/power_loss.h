// Power loss, for every moment of a run: a file system that records each call, and what a disk may
// hold if power is lost after the first k of them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/wrapped_file_system.h"

namespace paxos::storage {

struct RecordedCall {
  Call call = Call::kSync;
  std::string path{};
  std::string to{};
  int file = 0;
  std::uint64_t offset = 0;
  std::string bytes{};
};

class RecordingFileSystem final : public WrappedFileSystem {
 public:
  explicit RecordingFileSystem(FileSystem& target) : WrappedFileSystem(&target) {}

  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }
  std::vector<RecordedCall> TakeCalls() {
    const std::lock_guard lock(mutex_);
    return std::move(calls_);
  }

 private:
  // Under the lock, so that the record has the order in which things happened.
  Status Around(const Intent& intent, const std::function<Status()>& act) override {
    const std::lock_guard lock(mutex_);
    Status status = act();
    if (status.ok()) {
      calls_.push_back({intent.call, intent.path, intent.to, intent.file, intent.offset,
                        std::string(intent.bytes)});
    }
    return status;
  }

  std::mutex mutex_;
  std::vector<RecordedCall> calls_;
};

// What becomes of what was not synced. Sectors have 512 bytes and are written whole or not at all.
enum class Unsynced {
  kLost,           // all of it, names too
  kKept,           // all is there
  kTorn,           // of the last write to each file the first half of the sectors, names are there
  kReordered,      // ... the second half, and nothing of the writes before it
  kGarbage,        // its bytes are there, but wrong
  kNamesOnly,      // names are there, the content is lost
  kRemovalsFirst,  // all of it, new names too; but what was removed is gone
};

inline constexpr Unsynced kEveryLoss[] = {
    Unsynced::kLost,    Unsynced::kKept,      Unsynced::kTorn,         Unsynced::kReordered,
    Unsynced::kGarbage, Unsynced::kNamesOnly, Unsynced::kRemovalsFirst};

// A disk on which calls are carried out, one by one.
class SimulatedDisk {
 public:
  void Apply(const RecordedCall& call);

  // Power is lost; what is left is all there is from now on.
  void LosePower(Unsynced unsynced);

  // Writes the files that are left under `root` into the directory `copy`.
  void WriteImage(Unsynced unsynced, const std::string& root, const std::string& copy) const;

 private:
  struct Inode {
    std::string synced{};
    std::vector<std::pair<std::uint64_t, std::string>> unsynced{};  // offset, bytes
  };
  struct Names {
    std::map<std::string, int> inodes{};
    std::set<std::string> directories{};
  };

  static std::string ContentOf(const Inode& inode, Unsynced unsynced);
  Names NamesAfter(Unsynced unsynced) const;
  void SyncDirectory(const std::string& path);

  std::map<int, Inode> inodes_;
  std::map<int, int> inode_of_file_;
  Names names_;
  Names synced_names_;
};

}  // namespace paxos::storage
