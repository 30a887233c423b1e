// INV-24 for the real disk code: whenever power is lost, what was reported durable is there, and
// what is there is a row of whole batches.
#include "tests/storage/power_loss.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/storage/contract.h"
#include "tests/storage/leveldb_disk.h"

namespace paxos::storage {
namespace {

// Reports with the number of calls that had been made when they came.
class TimedEvents final : public StorageEvents {
 public:
  explicit TimedEvents(RecordingFileSystem& files) : files_(files) {}
  void OnDurable(PersistSeq seq) override {
    durable_ = seq;
    durable_after_[files_.count()] = seq;
  }
  void OnWriteFailed(const Status& why) override { ADD_FAILURE() << why.ToString(); }

  PersistSeq durable() const { return durable_; }
  // What had been reported when `calls` calls had been made.
  PersistSeq DurableAfter(std::size_t calls) const {
    const auto later = durable_after_.upper_bound(calls);
    return later == durable_after_.begin() ? PersistSeq{} : std::prev(later)->second;
  }

 private:
  RecordingFileSystem& files_;
  PersistSeq durable_;
  std::map<std::size_t, PersistSeq> durable_after_;
};

class PowerLossTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(InitDirectory(directory_, kIdentity, kGroup, files_).ok());
    calls_of_init_ = files_.count();
  }

  // One life of the storage: some batches awaited, some not.
  void Live(std::size_t batches, std::size_t entry_bytes, const StorageOptions& options) {
    auto storage = OpenNode(directory_, loop_.post(), files_, options);
    ASSERT_TRUE(storage.has_value()) << storage.error().ToString();
    (*storage)->Start(events_);
    for (std::size_t i = 0; i < batches; ++i) {
      const std::uint64_t slot = 2 * batches_.size() + 1;
      batches_.push_back(AcceptSlots(slot, slot + 1, entry_bytes));
      const PersistSeq seq{batches_.size()};
      (*storage)->Write(batches_.back(), seq);
      if (i % 3 == 2) {
        ASSERT_TRUE(loop_.RunUntil([&] { return events_.durable() == seq; }));
      }
    }
  }

  // Cuts the power after each call of the run and opens what may be left.
  void LosePowerEverywhere() {
    for (std::size_t n = 0; n <= batches_.size(); ++n) {
      expected_.push_back(ExpectedAfter(batches_, PersistSeq{n}));
    }
    const std::vector<RecordedCall> calls = files_.TakeCalls();
    SimulatedDisk disk;
    for (std::size_t k = 0; k < calls.size(); ++k) {
      disk.Apply(calls[k]);
      if (k + 1 < calls_of_init_) continue;
      for (const Unsynced unsynced : kEveryLoss) {
        Check(disk, unsynced, events_.DurableAfter(k + 1),
              "after call " + std::to_string(k + 1) + " on " + calls[k].path + ", loss " +
                  std::to_string(static_cast<int>(unsynced)));
        if (HasFailure()) return;
      }
    }
    EXPECT_EQ(furthest_, PersistSeq{batches_.size()});
  }

  void Check(const SimulatedDisk& disk, Unsynced unsynced, PersistSeq reported,
             const std::string& moment) {
    const std::string copy = temp_ / "copy";
    std::filesystem::remove_all(copy);
    disk.WriteImage(unsynced, directory_, copy);
    const auto storage = OpenNode(copy, loop_.post());
    ASSERT_TRUE(storage.has_value()) << moment << ": " << storage.error().ToString();
    const auto state = (*storage)->Recover();
    ASSERT_GE(state->persisted, reported) << moment;
    ASSERT_EQ(ReadAll(**storage, *state), expected_.at(state->persisted.value())) << moment;
    furthest_ = std::max(furthest_, state->persisted);
  }

  TempDirectory temp_;
  std::string directory_ = temp_ / "node";
  RecordingFileSystem files_{QuickFileSystem::Get()};
  TimedEvents events_{files_};
  OwnerLoop loop_;
  std::size_t calls_of_init_ = 0;
  std::vector<Batch> batches_;
  std::vector<Content> expected_;  // after n batches
  PersistSeq furthest_;
};

TEST_F(PowerLossTest, LosesNothingReportedInOneLogFile) {
  Live(30, 100, SmallFiles());
  LosePowerEverywhere();
}

// Entries larger than a block of the log file: one record is written in several pieces.
TEST_F(PowerLossTest, LosesNothingReportedOfBigEntries) {
  StorageOptions options = SmallFiles();
  options.write_buffer_bytes = 1 << 20;
  Live(5, 100 * 1000, options);
  LosePowerEverywhere();
}

// New log files, tables, their merging, an orderly end, a restart, and the anchor at every step.
TEST_F(PowerLossTest, LosesNothingReportedOverLogFilesTablesAndRestarts) {
  StorageOptions options = SmallFiles();
  options.anchor_interval = std::chrono::milliseconds(0);
  Live(14, 6000, options);
  Live(14, 6000, options);
  Live(4, 100, options);
  LosePowerEverywhere();
}

TEST_F(PowerLossTest, LosesNothingReportedWithoutZeroedLogFiles) {
  StorageOptions options = SmallFiles();
  options.log_step_bytes = 0;
  Live(20, 100, options);
  LosePowerEverywhere();
}

// Half-made is not made: such a directory never opens as an empty log.
TEST_F(PowerLossTest, AnInterruptedInitialisationIsNoDisk) {
  const std::vector<RecordedCall> calls = files_.TakeCalls();
  SimulatedDisk disk;
  for (std::size_t k = 0; k + 1 < calls_of_init_; ++k) {
    disk.Apply(calls[k]);
    for (const Unsynced unsynced : {Unsynced::kLost, Unsynced::kNamesOnly, Unsynced::kGarbage}) {
      const std::string copy = temp_ / "copy";
      std::filesystem::remove_all(copy);
      disk.WriteImage(unsynced, directory_, copy);
      const auto storage = OpenNode(copy, loop_.post());
      const bool is_renamed = calls[k].call == Call::kRename && calls[k].to.ends_with("identity");
      EXPECT_EQ(storage.has_value(), is_renamed && unsynced != Unsynced::kLost) << k;
    }
  }
}

}  // namespace
}  // namespace paxos::storage
