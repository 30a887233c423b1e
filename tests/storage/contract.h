// The contract of paxos/storage.h as a test suite. Run it against a storage of your own:
//
//   class MyDisk {  // one disk; storages come and go over it
//    public:
//     // Opens it; reports go to `events` through `post`, which may be called from any thread and
//     // runs its argument later, on the thread that called Open.
//     std::unique_ptr<paxos::Storage> Open(Post post, paxos::StorageEvents& events);
//     // Ends the storage as a power failure would: what was not synced may be lost, the rest not.
//     void LosePower(std::unique_ptr<paxos::Storage> storage);
//     // From now on every write and sync fails, until power is lost.
//     void FailWrites();
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(MyStorage, StorageContract, MyDisk);
//
// Users get durability wrong more often than Paxos; a storage that only passes this is not proven
// right, but one that does not loses data.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "paxos/storage.h"
#include "storage/memory_storage.h"
#include "tests/storage/event_log.h"
#include "tests/storage/owner_loop.h"

namespace paxos::storage {

using Batch = std::vector<Record>;

inline constexpr NodeId kNode{1};

inline Ballot BallotOf(std::uint64_t round) { return {round, kNode}; }

inline SharedEntry EntryOf(std::string command) {
  return SharedEntry(Entry{BallotOf(1), {}, {std::move(command)}});
}

// Accepts one entry per slot first..last, and marks everything below `first` as chosen.
inline Batch AcceptSlots(std::uint64_t first, std::uint64_t last, std::size_t bytes = 10) {
  Batch batch;
  for (std::uint64_t slot = first; slot <= last; ++slot) {
    std::string command = "command of slot " + std::to_string(slot);
    if (command.size() < bytes) command.resize(bytes, '.');
    batch.push_back(AcceptedRecord{Slot{slot}, BallotOf(1), EntryOf(std::move(command))});
  }
  if (first > 1) batch.push_back(ChosenMarkRecord{Slot{first - 1}});
  return batch;
}

// What a disk holds: all of it, for comparison.
struct Content {
  DurableState state{};
  std::vector<ChosenEntry> chosen{};
  friend bool operator==(const Content&, const Content&) = default;
};

// A MemoryDisk's for what should be there, or a Storage's for what is.
template <class Disk>
Content ReadAll(Disk& disk, const DurableState& state) {
  Content content{state, {}};
  while (content.chosen.size() < state.chosen_prefix.value()) {
    const Slot next{content.chosen.size() + 1};
    const auto part = disk.ReadChosen(next, state.chosen_prefix, 64 * 1024);
    if (!part) {
      ADD_FAILURE() << part.error().ToString();
      break;
    }
    content.chosen.insert(content.chosen.end(), part->begin(), part->end());
  }
  return content;
}

inline Content ExpectedAfter(const std::vector<Batch>& batches, PersistSeq last) {
  MemoryDisk disk;
  for (std::uint64_t i = 0; i < last.value(); ++i) disk.Apply(batches.at(i), PersistSeq{i + 1});
  return ReadAll(disk, disk.Recover());
}

template <class Disk>
class StorageContract : public testing::Test {
 protected:
  StorageContract() { Reopen(); }

  void Reopen() {
    events_ = std::make_unique<EventLog>();
    storage_ = disk_.Open(loop_.post(), *events_);
    ASSERT_NE(storage_, nullptr);
    auto state = storage_->Recover();
    ASSERT_TRUE(state.has_value()) << state.error().ToString();
    recovered_ = *std::move(state);
  }

  void LosePowerAndReopen() {
    disk_.LosePower(std::move(storage_));
    Reopen();
    batches_.resize(recovered_.persisted.value());
  }

  // Hands it over, waits for nothing.
  void Write(Batch batch) {
    batches_.push_back(batch);
    storage_->Write(std::move(batch), PersistSeq{batches_.size()});
  }

  void WaitUntilDurable() {
    const PersistSeq last{batches_.size()};
    ASSERT_TRUE(loop_.RunUntil([&] { return events_->durable() == last || events_->failed(); }));
    ASSERT_FALSE(events_->failed()) << events_->failures.front().ToString();
  }

  void WriteDurably(Batch batch) {
    Write(std::move(batch));
    WaitUntilDurable();
  }

  Content Stored() { return ReadAll(*storage_, recovered_); }
  Content Expected() { return ExpectedAfter(batches_, recovered_.persisted); }

  Disk disk_;
  OwnerLoop loop_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<Storage> storage_;
  DurableState recovered_;
  std::vector<Batch> batches_;  // batch n at n - 1
};

TYPED_TEST_SUITE_P(StorageContract);

TYPED_TEST_P(StorageContract, AFreshDiskRemembersNothing) {
  EXPECT_EQ(this->recovered_, DurableState{});
  EXPECT_FALSE(this->storage_->ReadChosen(Slot{1}, Slot{1}, 1024));
}

TYPED_TEST_P(StorageContract, ReportsNothingFromInsideWrite) {
  this->Write({PromisedRecord{BallotOf(1)}});
  EXPECT_TRUE(this->events_->reports.empty());
  this->WaitUntilDurable();
}

TYPED_TEST_P(StorageContract, EveryBatchIsReportedAtLast) {
  for (std::uint64_t slot = 1; slot <= 200; ++slot) this->Write(AcceptSlots(slot, slot));
  this->WaitUntilDurable();
  EXPECT_LE(this->events_->reports.size(), 200U);
}

TYPED_TEST_P(StorageContract, WhatWasReportedSurvivesPowerLoss) {
  this->Write({BallotUsedRecord{BallotOf(1)}});
  this->Write(AcceptSlots(1, 3));
  this->WriteDurably(AcceptSlots(4, 5));
  this->LosePowerAndReopen();
  EXPECT_EQ(this->recovered_.persisted, PersistSeq{3});
  EXPECT_EQ(this->recovered_.ballot_used, BallotOf(1));
  EXPECT_EQ(this->recovered_.promised, BallotOf(1));
  EXPECT_EQ(this->recovered_.chosen_prefix, Slot{3});
  ASSERT_EQ(this->recovered_.accepted.size(), 2U);
  EXPECT_EQ(this->recovered_.accepted[1].slot, Slot{5});
  EXPECT_EQ(this->recovered_.accepted[1].entry, EntryOf("command of slot 5"));
  EXPECT_EQ(this->Stored(), this->Expected());
}

TYPED_TEST_P(StorageContract, PowerLossKeepsWholeBatchesInOrder) {
  for (std::uint64_t slot = 1; slot < 400; slot += 4) this->Write(AcceptSlots(slot, slot + 3));
  this->loop_.RunUntil([&] { return this->events_->durable() >= PersistSeq{20}; });
  const PersistSeq reported = this->events_->durable();
  this->LosePowerAndReopen();
  EXPECT_GE(this->recovered_.persisted, reported);
  EXPECT_EQ(this->Stored(), this->Expected());
}

TYPED_TEST_P(StorageContract, AnOrderlyEndKeepsWholeBatchesInOrder) {
  for (std::uint64_t slot = 1; slot < 400; slot += 4) this->Write(AcceptSlots(slot, slot + 3));
  this->storage_.reset();
  this->Reopen();
  this->batches_.resize(this->recovered_.persisted.value());
  EXPECT_EQ(this->Stored(), this->Expected());
}

TYPED_TEST_P(StorageContract, AnEndedStorageReportsNothing) {
  this->Write(AcceptSlots(1, 1));
  this->storage_.reset();
  this->loop_.RunWaiting();
  EXPECT_TRUE(this->events_->reports.empty());
  EXPECT_FALSE(this->events_->failed());
}

// A2
TYPED_TEST_P(StorageContract, AcceptingRaisesThePromise) {
  this->Write({PromisedRecord{BallotOf(2)}});
  this->WriteDurably({AcceptedRecord{Slot{1}, BallotOf(5), EntryOf("a")}});
  this->LosePowerAndReopen();
  EXPECT_EQ(this->recovered_.promised, BallotOf(5));
  EXPECT_EQ(this->recovered_.accepted.at(0).ballot, BallotOf(5));
}

TYPED_TEST_P(StorageContract, AHigherBallotReplacesWhatASlotHeld) {
  this->Write({AcceptedRecord{Slot{3}, BallotOf(1), EntryOf("old, and longer")}});
  this->WriteDurably({AcceptedRecord{Slot{3}, BallotOf(2), EntryOf("new")}});
  this->LosePowerAndReopen();
  ASSERT_EQ(this->recovered_.accepted.size(), 1U);
  EXPECT_EQ(this->recovered_.accepted[0], (AcceptedEntry{Slot{3}, BallotOf(2), EntryOf("new")}));
  EXPECT_EQ(this->recovered_.log_bytes, EncodedSizeBound(*EntryOf("new")));
}

TYPED_TEST_P(StorageContract, TheLogsBytesAreThoseOfAllItsEntries) {
  this->Write({AcceptedRecord{Slot{1}, BallotOf(1), EntryOf("chosen")}, ChosenMarkRecord{Slot{1}}});
  this->WriteDurably({AcceptedRecord{Slot{2}, BallotOf(1), EntryOf("open")}});
  this->LosePowerAndReopen();
  EXPECT_EQ(this->recovered_.log_bytes,
            EncodedSizeBound(*EntryOf("chosen")) + EncodedSizeBound(*EntryOf("open")));
}

TYPED_TEST_P(StorageContract, ALearnedEntryReplacesAnAcceptedOne) {
  this->Write({AcceptedRecord{Slot{1}, BallotOf(1), EntryOf("lost")}});
  this->WriteDurably({LearnedRecord{Slot{1}, EntryOf("won")}, ChosenMarkRecord{Slot{1}}});
  this->LosePowerAndReopen();
  EXPECT_TRUE(this->recovered_.accepted.empty());
  EXPECT_EQ(this->Stored().chosen.at(0), (ChosenEntry{Slot{1}, EntryOf("won")}));
}

TYPED_TEST_P(StorageContract, AMarkMayStandBeforeTheEntriesItCovers) {
  this->WriteDurably({ChosenMarkRecord{Slot{1}}, LearnedRecord{Slot{1}, EntryOf("a")}});
  this->LosePowerAndReopen();
  EXPECT_EQ(this->Stored().chosen.at(0), (ChosenEntry{Slot{1}, EntryOf("a")}));
}

// A late leader proposes what is chosen once more; only the promise is news.
TYPED_TEST_P(StorageContract, AChosenSlotMayBeAcceptedAgain) {
  this->Write(AcceptSlots(1, 1));
  this->Write(AcceptSlots(2, 2));
  this->WriteDurably({AcceptedRecord{Slot{1}, BallotOf(7), EntryOf("command of slot 1")}});
  this->LosePowerAndReopen();
  EXPECT_EQ(this->recovered_.promised, BallotOf(7));
  EXPECT_EQ(this->Stored(), this->Expected());
}

TYPED_TEST_P(StorageContract, AcceptedSlotsMayLeaveGaps) {
  this->Write({AcceptedRecord{Slot{9}, BallotOf(1), EntryOf("nine")}});
  this->WriteDurably({AcceptedRecord{Slot{4}, BallotOf(1), EntryOf("four")}});
  this->LosePowerAndReopen();
  ASSERT_EQ(this->recovered_.accepted.size(), 2U);
  EXPECT_EQ(this->recovered_.accepted[0].slot, Slot{4});
  EXPECT_EQ(this->recovered_.accepted[1].slot, Slot{9});
}

TYPED_TEST_P(StorageContract, ReadChosenStopsAtTheGivenSlot) {
  this->Write(AcceptSlots(1, 9));
  this->WriteDurably(AcceptSlots(10, 10));
  const auto read = this->storage_->ReadChosen(Slot{3}, Slot{5}, 1 << 20);
  ASSERT_TRUE(read.has_value()) << read.error().ToString();
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->front(), (ChosenEntry{Slot{3}, EntryOf("command of slot 3")}));
  EXPECT_EQ(read->back().slot, Slot{5});
}

TYPED_TEST_P(StorageContract, ReadChosenStopsAtTheChosenPrefix) {
  this->Write(AcceptSlots(1, 9));
  this->WriteDurably(AcceptSlots(10, 10));
  const auto read = this->storage_->ReadChosen(Slot{8}, Slot{100}, 1 << 20);
  ASSERT_TRUE(read.has_value()) << read.error().ToString();
  EXPECT_EQ(read->back().slot, Slot{9});
}

TYPED_TEST_P(StorageContract, ReadChosenKeepsToItsBytesButGivesOneSlotAtLeast) {
  this->Write(AcceptSlots(1, 9, 1000));
  this->WriteDurably(AcceptSlots(10, 10));
  const auto some = this->storage_->ReadChosen(Slot{1}, Slot{9}, 3500);
  ASSERT_TRUE(some.has_value());
  EXPECT_EQ(some->size(), 3U);
  const auto one = this->storage_->ReadChosen(Slot{1}, Slot{9}, 1);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->size(), 1U);
}

TYPED_TEST_P(StorageContract, ReadChosenRefusesWhatIsNotChosen) {
  this->Write(AcceptSlots(1, 2));
  this->WriteDurably(AcceptSlots(3, 3));
  EXPECT_FALSE(this->storage_->ReadChosen(Slot{0}, Slot{2}, 1024));
  EXPECT_FALSE(this->storage_->ReadChosen(Slot{3}, Slot{3}, 1024));
  EXPECT_FALSE(this->storage_->ReadChosen(Slot{2}, Slot{1}, 1024));
}

TYPED_TEST_P(StorageContract, BigEntriesComeBackWhole) {
  this->Write(AcceptSlots(1, 3, 300 * 1024));
  this->WriteDurably(AcceptSlots(4, 4, 1 << 20));
  this->LosePowerAndReopen();
  EXPECT_EQ(this->Stored(), this->Expected());
}

TYPED_TEST_P(StorageContract, ThousandsOfSlotsComeBackInOrder) {
  for (std::uint64_t slot = 1; slot < 5000; slot += 10) this->Write(AcceptSlots(slot, slot + 9));
  this->WaitUntilDurable();
  this->LosePowerAndReopen();
  EXPECT_EQ(this->recovered_.chosen_prefix, Slot{4990});
  EXPECT_EQ(this->Stored(), this->Expected());
}

TYPED_TEST_P(StorageContract, NumbersGoOnAfterEachRestart) {
  for (std::uint64_t life = 0; life < 3; ++life) {
    EXPECT_EQ(this->recovered_.persisted, PersistSeq{2 * life});
    this->Write(AcceptSlots(2 * life + 1, 2 * life + 1));
    this->WriteDurably(AcceptSlots(2 * life + 2, 2 * life + 2));
    this->LosePowerAndReopen();
  }
  EXPECT_EQ(this->Stored(), this->Expected());
}

// D2
TYPED_TEST_P(StorageContract, AFailedWriteIsFinal) {
  this->WriteDurably(AcceptSlots(1, 1));
  this->disk_.FailWrites();
  this->Write(AcceptSlots(2, 2));
  ASSERT_TRUE(this->loop_.RunUntil([&] { return this->events_->failed(); }));
  this->Write(AcceptSlots(3, 3));
  this->Write(AcceptSlots(4, 4));
  this->loop_.RunWaiting();
  EXPECT_EQ(this->events_->durable(), PersistSeq{1});
  this->LosePowerAndReopen();
  EXPECT_GE(this->recovered_.persisted, PersistSeq{1});
  EXPECT_EQ(this->Stored(), this->Expected());
}

REGISTER_TYPED_TEST_SUITE_P(
    StorageContract, AFreshDiskRemembersNothing, ReportsNothingFromInsideWrite,
    EveryBatchIsReportedAtLast, WhatWasReportedSurvivesPowerLoss, PowerLossKeepsWholeBatchesInOrder,
    AnOrderlyEndKeepsWholeBatchesInOrder, AnEndedStorageReportsNothing, AcceptingRaisesThePromise,
    AHigherBallotReplacesWhatASlotHeld, TheLogsBytesAreThoseOfAllItsEntries,
    ALearnedEntryReplacesAnAcceptedOne, AMarkMayStandBeforeTheEntriesItCovers,
    AChosenSlotMayBeAcceptedAgain, AcceptedSlotsMayLeaveGaps, ReadChosenStopsAtTheGivenSlot,
    ReadChosenStopsAtTheChosenPrefix, ReadChosenKeepsToItsBytesButGivesOneSlotAtLeast,
    ReadChosenRefusesWhatIsNotChosen, BigEntriesComeBackWhole, ThousandsOfSlotsComeBackInOrder,
    NumbersGoOnAfterEachRestart, AFailedWriteIsFinal);

}  // namespace paxos::storage
