#include "sim/disk.h"

#include <gtest/gtest.h>

#include <set>

namespace paxos::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SharedEntry EntryOf(const std::string& command) { return SharedEntry(Entry{{}, {}, {command}}); }

AcceptedRecord AcceptedAt(std::uint64_t slot, std::uint64_t round) {
  return AcceptedRecord{Slot{slot}, Ballot{round, NodeId{1}}, EntryOf(std::to_string(slot))};
}

class DiskTest : public testing::Test, protected DiskWatcher, protected StorageEvents {
 protected:
  explicit DiskTest(std::uint64_t seed = 1)
      : disk_(queue_, Random(seed), DiskOptions{}, *this, *this) {}

  void Run() {
    while (queue_.RunNext()) {
    }
  }
  void Write(std::vector<Record> batch) { disk_.Write(std::move(batch), PersistSeq{++written_}); }

  void OnWrite(const std::vector<Record>& /*batch*/, PersistSeq /*seq*/) override {}
  void OnStored(const std::vector<Record>& /*batch*/, PersistSeq seq) override { stored_ = seq; }
  void OnDurable(PersistSeq seq) override {
    EXPECT_LE(seq, stored_);
    if (seq < durable_) ++overtaken_;
    durable_ = std::max(durable_, seq);
  }
  void OnWriteFailed(const Status& why) override { failure_ = why; }

  EventQueue queue_{1};
  Disk disk_;
  std::uint64_t written_ = 0;
  PersistSeq stored_{};
  PersistSeq durable_{};
  std::uint64_t overtaken_ = 0;  // reports that came after a later one
  Status failure_{};
};

TEST_F(DiskTest, ReportsABatchOnceItIsStored) {
  Write({PromisedRecord{Ballot{3, NodeId{1}}}});
  EXPECT_EQ(disk_.image().promised(), Ballot{});
  Run();
  EXPECT_EQ(durable_, PersistSeq{1});
  EXPECT_EQ(disk_.image().promised(), (Ballot{3, NodeId{1}}));
  EXPECT_GT(queue_.now(), Time{});
}

TEST_F(DiskTest, OneSyncTakesAllThatWaits) {
  for (std::uint64_t slot = 1; slot <= 10; ++slot) Write({AcceptedAt(slot, 1)});
  Run();
  EXPECT_EQ(durable_, PersistSeq{10});
  EXPECT_LE(queue_.events_run(), 2U);
}

TEST_F(DiskTest, RecoversWhatWasAcceptedAboveTheChosenPrefixOnly) {
  Write({AcceptedAt(1, 1), AcceptedAt(2, 1), AcceptedAt(4, 2)});
  Write({ChosenMarkRecord{Slot{1}}});
  Run();
  const DurableState state = *disk_.Recover();
  EXPECT_EQ(state.chosen_prefix, Slot{1});
  EXPECT_EQ(state.promised, (Ballot{2, NodeId{1}}));
  EXPECT_EQ(state.persisted, PersistSeq{2});
  ASSERT_EQ(state.accepted.size(), 2U);
  EXPECT_EQ(state.accepted[0].slot, Slot{2});
  EXPECT_EQ(state.accepted[1].slot, Slot{4});
}

TEST_F(DiskTest, ReadsWhatADurableMarkCovers) {
  Write({AcceptedAt(1, 1), ChosenMarkRecord{Slot{1}}, AcceptedAt(3, 1)});
  Run();
  Write({LearnedRecord{Slot{2}, EntryOf("learned")}, ChosenMarkRecord{Slot{2}}});
  EXPECT_EQ(disk_.ReadChosen(Slot{1}, Slot{9}, 1 << 20)->size(), 1U);
  Run();
  const auto chosen = disk_.ReadChosen(Slot{1}, Slot{9}, 1 << 20);
  ASSERT_TRUE(chosen.has_value());
  ASSERT_EQ(chosen->size(), 2U);
  EXPECT_EQ((*chosen)[1].entry, EntryOf("learned"));
  EXPECT_EQ(disk_.ReadChosen(Slot{1}, Slot{9}, 1)->size(), 1U);
  EXPECT_FALSE(disk_.ReadChosen(Slot{3}, Slot{9}, 1).has_value());
}

TEST_F(DiskTest, AFailureIsFinalForThisLife) {
  disk_.FailLater(1);
  Write({AcceptedAt(1, 1)});
  Run();
  EXPECT_FALSE(failure_.ok());
  Write({AcceptedAt(2, 1)});
  Run();
  EXPECT_EQ(durable_, PersistSeq{});
  disk_.Crash();
  written_ = disk_.image().persisted().value();
  Write({AcceptedAt(3, 1)});
  Run();
  EXPECT_EQ(durable_, PersistSeq{written_});
}

TEST_F(DiskTest, AStallHoldsBackTheSyncThatRuns) {
  Write({AcceptedAt(1, 1)});
  disk_.StallUntil(Time{seconds{5}});
  queue_.RunNext(Time{seconds{4}});
  EXPECT_EQ(durable_, PersistSeq{});
  Run();
  EXPECT_EQ(queue_.now(), Time{seconds{5}});
  EXPECT_EQ(durable_, PersistSeq{1});
}

TEST_F(DiskTest, ReportsMayBeLateAndAreOvertakenThen) {
  DiskOptions options;
  options.late_report_max = seconds{2};
  Disk disk(queue_, Random(1), options, *this, *this);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    queue_.At(Time{seq * milliseconds{10}},
              [&disk, seq] { disk.Write({AcceptedAt(seq, 1)}, PersistSeq{seq}); });
  }
  Run();
  EXPECT_GT(overtaken_, 0U);
  EXPECT_LT(overtaken_, 30U);
  EXPECT_EQ(durable_, PersistSeq{100});
}

// Calls one to six are write, sync, write, sync, write, sync.
TEST_F(DiskTest, AnyCallCanFail) {
  for (std::uint64_t call = 1; call <= 6; ++call) {
    disk_.Crash();
    failure_ = Status::Ok();
    durable_ = PersistSeq{};
    written_ = disk_.image().persisted().value();
    const std::uint64_t before = written_;
    disk_.FailLater(call);
    for (int i = 0; i < 3; ++i) {
      Write({AcceptedAt(1, 1)});
      Run();
    }
    EXPECT_FALSE(failure_.ok()) << call;
    const std::uint64_t synced = (call - 1) / 2;
    EXPECT_EQ(durable_, PersistSeq{synced == 0 ? 0 : before + synced}) << call;
    EXPECT_GE(disk_.image().persisted(), durable_) << call;
  }
}

TEST_F(DiskTest, AFullDiskFailsEveryLifeUntilThereIsSpace) {
  disk_.FillUntil(Time{seconds{5}});
  for (int life = 0; life < 3; ++life) {
    failure_ = Status::Ok();
    written_ = disk_.image().persisted().value();
    Write({AcceptedAt(1, 1)});
    Run();
    EXPECT_FALSE(failure_.ok()) << life;
    disk_.Crash();
  }
  queue_.At(Time{seconds{5}}, [] {});
  Run();
  failure_ = Status::Ok();
  written_ = disk_.image().persisted().value();
  Write({AcceptedAt(1, 1)});
  Run();
  EXPECT_TRUE(failure_.ok());
  EXPECT_EQ(durable_, PersistSeq{written_});
}

TEST_F(DiskTest, ARestartDoesNotMendAStuckDisk) {
  disk_.StallUntil(Time{seconds{5}});
  disk_.Crash();
  Write({AcceptedAt(1, 1)});
  Run();
  EXPECT_EQ(queue_.now(), Time{seconds{5}});
}

TEST_F(DiskTest, ARecordThatChangedIsFoundWhenItIsRead) {
  Write({AcceptedAt(1, 1), AcceptedAt(2, 1), AcceptedAt(3, 1), ChosenMarkRecord{Slot{3}}});
  Run();
  disk_.Damage(1);
  EXPECT_FALSE(disk_.IsSound());
  const bool is_found_at_once = !disk_.Recover().has_value();
  const auto read = disk_.ReadChosen(Slot{1}, Slot{3}, 1 << 20);
  const bool is_found_by_reading = !read.has_value() || read->size() < 3;
  EXPECT_TRUE(is_found_at_once || is_found_by_reading);
}

TEST_F(DiskTest, ALostDirectoryIsNotFound) {
  Write({AcceptedAt(1, 1)});
  Run();
  disk_.Lose();
  EXPECT_EQ(disk_.Recover().error().code(), ErrorCode::kNotFound);
}

TEST_F(DiskTest, AnOldCopyLooksSoundAndHasForgotten) {
  Write({AcceptedAt(1, 1)});
  Run();
  disk_.Copy();
  Write({AcceptedAt(2, 1)});
  Run();
  disk_.Crash();
  disk_.RestoreCopy();
  EXPECT_TRUE(disk_.IsSound());
  EXPECT_TRUE(disk_.IsRolledBack());
  EXPECT_EQ(disk_.Recover()->persisted, PersistSeq{1});
}

class DiskCrashTest : public DiskTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  DiskCrashTest() : DiskTest(GetParam()) {}
};

TEST_P(DiskCrashTest, KeepsWhatIsSyncedAndAPrefixOfTheRest) {
  Write({AcceptedAt(1, 1)});
  Run();
  for (std::uint64_t slot = 2; slot <= 6; ++slot) Write({AcceptedAt(slot, 1)});
  disk_.Crash();
  const std::uint64_t kept = disk_.image().persisted().value();
  EXPECT_GE(kept, 1U);
  EXPECT_LE(kept, 6U);
  EXPECT_EQ(disk_.image().last_slot(), Slot{kept});
  EXPECT_EQ(stored_, PersistSeq{kept});
  Run();
  EXPECT_EQ(durable_, PersistSeq{1}) << "what an earlier life wrote is not reported to this one";
}

INSTANTIATE_TEST_SUITE_P(Seeds, DiskCrashTest, testing::Range<std::uint64_t>(1, 20));

}  // namespace
}  // namespace paxos::sim
