#include "storage/leveldb_storage.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "tests/storage/contract.h"
#include "tests/storage/leveldb_disk.h"

namespace paxos::storage {
namespace {

// Holds back the syncs of log files, as a slow disk does, until it is let go.
class SlowFileSystem final : public WrappedFileSystem {
 public:
  SlowFileSystem() : WrappedFileSystem(&QuickFileSystem::Get()) {}

  void Stick() {
    const std::lock_guard lock(mutex_);
    is_stuck_ = true;
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    is_stuck_ = false;
    changed_.notify_all();
  }
  bool WaitUntilStuckInSync() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return is_in_sync_; });
  }

 private:
  Status Around(const Intent& intent, const std::function<Status()>& act) override {
    if (intent.call == Call::kSync && intent.path.ends_with(".log")) {
      std::unique_lock lock(mutex_);
      is_in_sync_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !is_stuck_; });
      is_in_sync_ = false;
    }
    return act();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stuck_ = false;
  bool is_in_sync_ = false;
};

// Says how much is free.
class FillingFileSystem final : public WrappedFileSystem {
 public:
  FillingFileSystem() : WrappedFileSystem(&QuickFileSystem::Get()) {}
  void SetFree(std::uint64_t bytes) { free_ = bytes; }
  Result<std::uint64_t> FreeBytes(const std::string& /*path*/) override { return free_.load(); }

 private:
  Status Around(const Intent& /*intent*/, const std::function<Status()>& act) override {
    return act();
  }
  std::atomic<std::uint64_t> free_{std::uint64_t{1} << 40};
};

class LevelDbStorageTest : public testing::Test {
 protected:
  LevelDbStorageTest() {
    EXPECT_TRUE(InitDirectory(directory_, kIdentity, kGroup, QuickFileSystem::Get()).ok());
  }

  std::unique_ptr<LevelDbStorage> Open(FileSystem& files,
                                       const StorageOptions& options = SmallFiles()) {
    auto storage = OpenNode(directory_, loop_.post(), files, options);
    EXPECT_TRUE(storage.has_value()) << storage.error().ToString();
    (*storage)->Start(events_);
    return *std::move(storage);
  }

  void WaitFor(PersistSeq seq) {
    ASSERT_TRUE(loop_.RunUntil([&] { return events_.durable() >= seq || events_.failed(); }));
  }

  TempDirectory temp_;
  std::string directory_ = temp_ / "node";
  OwnerLoop loop_;
  EventLog events_;
};

TEST_F(LevelDbStorageTest, BatchesThatGatherDuringASyncShareTheNext) {
  SlowFileSystem files;
  const auto storage = Open(files);
  storage->Write(AcceptSlots(1, 1), PersistSeq{1});  // makes the log file and the first anchor
  WaitFor(PersistSeq{1});
  files.Stick();
  storage->Write(AcceptSlots(2, 2), PersistSeq{2});
  ASSERT_TRUE(files.WaitUntilStuckInSync());
  const std::uint64_t syncs = storage->syncs();
  for (std::uint64_t n = 3; n <= 50; ++n) storage->Write(AcceptSlots(n, n), PersistSeq{n});
  files.LetGo();
  WaitFor(PersistSeq{50});
  EXPECT_EQ(storage->syncs(), syncs + 1);
}

TEST_F(LevelDbStorageTest, SaysWhichBatchesFailedAndWhy) {
  FailingFileSystem files(QuickFileSystem::Get());
  const auto storage = Open(files);
  storage->Write(AcceptSlots(1, 1), PersistSeq{1});
  WaitFor(PersistSeq{1});
  storage->Write(AcceptSlots(2, 2), PersistSeq{2});  // begins after the first anchor was written
  WaitFor(PersistSeq{2});
  files.FailAll();
  storage->Write(AcceptSlots(3, 3), PersistSeq{3});
  WaitFor(PersistSeq{3});
  ASSERT_TRUE(events_.failed());
  EXPECT_EQ(events_.failures[0].code(), ErrorCode::kIo);
  EXPECT_EQ(events_.failures[0].message().find("write batch 3: IO error: "), 0U)
      << events_.failures[0].message();
}

TEST_F(LevelDbStorageTest, StopsBeforeTheDiskIsFull) {
  FillingFileSystem files;
  StorageOptions options;
  const auto storage = Open(files, options);
  files.SetFree(options.free_bytes_min - 1);
  std::uint64_t slot = 1;
  for (; !events_.failed() && slot < 100; ++slot) {
    storage->Write(AcceptSlots(slot, slot, 1 << 20), PersistSeq{slot});
    WaitFor(PersistSeq{slot});
  }
  ASSERT_TRUE(events_.failed());
  EXPECT_GT(slot, 8U);  // looked at every 8 MiB
  EXPECT_LT(slot, 12U);
  EXPECT_NE(events_.failures[0].message().find("only 63 MiB are free"), std::string::npos)
      << events_.failures[0].message();
}

TEST_F(LevelDbStorageTest, TheEndWritesWhatWasHandedOverAndAnchorsIt) {
  {
    const auto storage = Open(QuickFileSystem::Get());
    for (std::uint64_t n = 1; n <= 50; ++n) storage->Write(AcceptSlots(n, n), PersistSeq{n});
  }
  const auto storage = Open(QuickFileSystem::Get());
  EXPECT_EQ(storage->Recover()->persisted, PersistSeq{50});
  const auto anchor = AnchorFile::Open(QuickFileSystem::Get(), directory_ + "/anchor");
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ((*anchor)->newest().persisted, PersistSeq{50});
}

TEST_F(LevelDbStorageTest, TheFirstBatchIsAnchoredAtOnce) {
  const auto storage = Open(QuickFileSystem::Get());
  storage->Write(AcceptSlots(1, 1), PersistSeq{1});
  WaitFor(PersistSeq{1});
  storage->Write(AcceptSlots(2, 2), PersistSeq{2});  // begins after the anchor was written
  WaitFor(PersistSeq{2});
  const auto anchor = AnchorFile::Open(QuickFileSystem::Get(), directory_ + "/anchor");
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ((*anchor)->newest().persisted, PersistSeq{1});
}

using LevelDbStorageDeathTest = LevelDbStorageTest;

TEST_F(LevelDbStorageDeathTest, ASkippedNumberIsABug) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto storage = Open(QuickFileSystem::Get());
  EXPECT_DEATH(storage->Write(AcceptSlots(1, 1), PersistSeq{2}), "check \\[D1\\] failed");
}

}  // namespace
}  // namespace paxos::storage
