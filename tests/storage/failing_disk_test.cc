// D2 for the real disk code: one fixed scenario, in which the k-th call fails, for every k.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/storage/contract.h"
#include "tests/storage/failing_file_system.h"
#include "tests/storage/leveldb_disk.h"

namespace paxos::storage {
namespace {

class FailingDiskTest : public testing::TestWithParam<Fault> {
 protected:
  FailingDiskTest() {
    EXPECT_TRUE(InitDirectory(fresh_, kIdentity, kGroup, QuickFileSystem::Get()).ok());
    for (std::uint64_t slot = 1; slot <= 40; slot += 2) {
      batches_.push_back(AcceptSlots(slot, slot + 1, 4000));
    }
    for (std::size_t n = 0; n <= batches_.size(); ++n) {
      expected_.push_back(ExpectedAfter(batches_, PersistSeq{n}));
    }
  }

  void StartAfresh() {
    std::filesystem::remove_all(directory_);
    std::filesystem::copy(fresh_, directory_, std::filesystem::copy_options::recursive);
  }

  // Writes until the end or a failure; what was reported durable.
  PersistSeq WriteAll(FileSystem& files) {
    StorageOptions options = SmallFiles();
    options.anchor_interval = std::chrono::milliseconds(0);
    auto storage = OpenNode(directory_, loop_.post(), files, options);
    if (!storage) {
      EXPECT_EQ(storage.error().code(), ErrorCode::kIo) << storage.error().ToString();
      ++failures_;
      return PersistSeq{};
    }
    EventLog events;
    (*storage)->Start(events);
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      (*storage)->Write(batches_[i], PersistSeq{i + 1});
      const PersistSeq awaited{i};  // one behind: batches overlap with syncs
      EXPECT_TRUE(loop_.RunUntil([&] { return events.durable() >= awaited || events.failed(); }));
    }
    const PersistSeq last{batches_.size()};
    EXPECT_TRUE(loop_.RunUntil([&] { return events.durable() == last || events.failed(); }));
    if (events.failed()) ++failures_;
    storage->reset();
    loop_.RunWaiting();
    return events.durable();
  }

  void ExpectNothingLost(PersistSeq reported, const std::string& moment) {
    const auto storage = OpenNode(directory_, loop_.post());
    ASSERT_TRUE(storage.has_value()) << moment << ": " << storage.error().ToString();
    const auto state = (*storage)->Recover();
    ASSERT_GE(state->persisted, reported) << moment;
    ASSERT_EQ(ReadAll(**storage, *state), expected_.at(state->persisted.value())) << moment;
  }

  TempDirectory temp_;
  std::string fresh_ = temp_ / "fresh";
  std::string directory_ = temp_ / "node";
  OwnerLoop loop_;
  std::vector<Batch> batches_;
  std::vector<Content> expected_;
  int failures_ = 0;
};

TEST_P(FailingDiskTest, NothingReportedIsLostWhicheverCallFails) {
  bool was_reached = true;
  int call = 0;
  while (was_reached && !HasFailure()) {
    StartAfresh();
    FailingFileSystem files(QuickFileSystem::Get());
    files.Fail(++call, GetParam());
    const int failures_before = failures_;
    const PersistSeq reported = WriteAll(files);
    const std::string moment = "call " + std::to_string(call) + " on " + files.failed_path();
    ExpectNothingLost(reported, moment);
    was_reached = files.has_failed();
    const bool is_log_lost =
        files.failed_path().ends_with(".log") && files.failed_call() != Call::kRemove;
    EXPECT_TRUE(!is_log_lost || failures_ > failures_before) << moment;
  }
  EXPECT_GT(call, 60);
  EXPECT_GT(failures_, 30);
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingDiskTest,
                         testing::Values(Fault::kError, Fault::kDiskFull, Fault::kShortWrite));

TEST(FailingInitTest, AFailedInitialisationIsToldWhicheverCallFails) {
  const TempDirectory temp;
  bool was_reached = true;
  for (int call = 1; was_reached; ++call) {
    const std::string directory = temp / std::to_string(call);
    FailingFileSystem files(QuickFileSystem::Get());
    files.Fail(call, Fault::kError);
    const Status made = InitDirectory(directory, kIdentity, kGroup, files);
    was_reached = files.has_failed();
    // What could not be removed is in nobody's way.
    const bool does_no_harm = was_reached && files.failed_call() == Call::kRemove;
    EXPECT_EQ(made.ok(), !was_reached || does_no_harm) << call;
    EXPECT_TRUE(was_reached || call > 15) << call;
  }
}

}  // namespace
}  // namespace paxos::storage
