#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "storage/data_directory.h"
#include "tests/storage/failing_file_system.h"
#include "tests/storage/power_loss.h"
#include "tests/storage/temp_directory.h"

namespace paxos::storage {

inline const Identity kIdentity{ClusterId{7}, NodeId{1}, "a", GenesisDigest{7}};
inline constexpr GroupId kGroup{1};

// Small, so that a short run sees new log files, tables and their merging; without a clock.
inline StorageOptions SmallFiles() {
  StorageOptions options;
  options.free_bytes_min = 0;
  options.write_buffer_bytes = 64 * 1024;
  options.log_step_bytes = 32 * 1024;
  options.anchor_interval = std::chrono::hours(1);
  return options;
}

inline Result<std::unique_ptr<LevelDbStorage>> OpenNode(
    const std::string& directory, Post post, FileSystem& files = QuickFileSystem::Get(),
    const StorageOptions& options = SmallFiles()) {
  return OpenStorage(directory, kIdentity.cluster, kIdentity.node, kGroup, options, std::move(post),
                     files);
}

// A data directory on a disk that can lose power and fail; the contract's MyDisk.
class LevelDbDisk {
 public:
  LevelDbDisk() {
    const Status made = InitDirectory(directory(), kIdentity, kGroup, files_);
    EXPECT_TRUE(made.ok()) << made.ToString();
  }

  std::unique_ptr<LevelDbStorage> Open(Post post, StorageEvents& events) {
    auto storage = OpenNode(directory(), std::move(post), files_);
    EXPECT_TRUE(storage.has_value()) << storage.error().ToString();
    if (!storage) return nullptr;
    (*storage)->Start(events);
    return *std::move(storage);
  }

  // At this moment: what the storage does in its end comes too late.
  void LosePower(std::unique_ptr<Storage> storage) {
    const std::size_t calls = files_.count();
    storage.reset();
    const std::vector<RecordedCall> recorded = files_.TakeCalls();
    for (std::size_t i = 0; i < calls; ++i) disk_.Apply(recorded[i]);
    disk_.LosePower(Unsynced::kLost);
    std::filesystem::remove_all(directory());
    disk_.WriteImage(Unsynced::kKept, directory(), directory());
    failing_.Heal();
  }

  void FailWrites() { failing_.FailAll(); }

  std::string directory() const { return temp_ / "node"; }

 private:
  TempDirectory temp_;
  FailingFileSystem failing_{QuickFileSystem::Get()};
  RecordingFileSystem files_{failing_};
  SimulatedDisk disk_;
};

}  // namespace paxos::storage
