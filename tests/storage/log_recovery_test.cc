// What only the sums of the meta record can tell: values that are well-formed and sealed under
// their own keys, but are not the ones that were written last.
#include "storage/log_recovery.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <functional>
#include <memory>
#include <string>

#include "storage/leveldb_terms.h"
#include "tests/storage/contract.h"
#include "tests/storage/leveldb_disk.h"

namespace paxos::storage {
namespace {

class LogRecoveryTest : public testing::Test {
 protected:
  // Slots 1..5 are chosen, 6 and 8 accepted in ballot 2.
  LogRecoveryTest() {
    EXPECT_TRUE(InitDirectory(directory_, kIdentity, kGroup, QuickFileSystem::Get()).ok());
    auto storage = OpenNode(directory_, loop_.post());
    EventLog events;
    (*storage)->Start(events);
    (*storage)->Write(AcceptSlots(1, 5), PersistSeq{1});
    (*storage)->Write(
        {AcceptedRecord{Slot{6}, BallotOf(2), EntryOf("six")},
         AcceptedRecord{Slot{8}, BallotOf(2), EntryOf("eight")}, ChosenMarkRecord{Slot{5}}},
        PersistSeq{2});
  }

  // Changes the database behind the storage's back; what opening it says then.
  std::string ErrorAfter(const std::function<void(leveldb::DB&)>& change) {
    {
      leveldb::DB* opened = nullptr;
      EXPECT_TRUE(leveldb::DB::Open({}, directory_ + "/db", &opened).ok());
      const std::unique_ptr<leveldb::DB> db(opened);
      change(*db);
    }
    const auto storage = OpenNode(directory_, loop_.post());
    if (storage) return "opened";
    EXPECT_EQ(storage.error().code(), ErrorCode::kDamaged);
    return storage.error().message();
  }

  static void Put(leveldb::DB& db, Slot slot, std::uint64_t round, const std::string& command) {
    const Key key = Key::OfSlot(kGroup, slot);
    std::string sealed;
    SealTo(key.view(), AcceptedEntry{slot, BallotOf(round), EntryOf(command)}, &sealed);
    ASSERT_TRUE(db.Put({}, SliceOf(key.view()), sealed).ok());
  }
  static void Delete(leveldb::DB& db, const Key& key) {
    ASSERT_TRUE(db.Delete({}, SliceOf(key.view())).ok());
  }

  TempDirectory temp_;
  std::string directory_ = temp_ / "node";
  OwnerLoop loop_;
};

TEST_F(LogRecoveryTest, OpensWhatNobodyTouched) {
  EXPECT_EQ(ErrorAfter([](leveldb::DB&) {}), "opened");
}

TEST_F(LogRecoveryTest, NoticesAnOlderValueOfAChosenSlot) {
  const std::string error = ErrorAfter([](leveldb::DB& db) { Put(db, Slot{3}, 1, "older"); });
  EXPECT_NE(error.find("chosen slots are not the ones that were written"), std::string::npos)
      << error;
}

TEST_F(LogRecoveryTest, NoticesAnOlderValueOfAnAcceptedSlot) {
  const std::string error = ErrorAfter([](leveldb::DB& db) { Put(db, Slot{6}, 1, "older"); });
  EXPECT_NE(error.find("accepted slots are not the ones that were written"), std::string::npos)
      << error;
}

TEST_F(LogRecoveryTest, NoticesALostAcceptedSlot) {
  const std::string error =
      ErrorAfter([](leveldb::DB& db) { Delete(db, Key::OfSlot(kGroup, Slot{8})); });
  EXPECT_NE(error.find("1 found, 2 expected"), std::string::npos) << error;
}

TEST_F(LogRecoveryTest, NamesALostChosenSlot) {
  const std::string error =
      ErrorAfter([](leveldb::DB& db) { Delete(db, Key::OfSlot(kGroup, Slot{4})); });
  EXPECT_NE(error.find("slot 4 is missing; slots up to 5 are chosen"), std::string::npos) << error;
}

TEST_F(LogRecoveryTest, NamesALostLastChosenSlot) {
  const std::string error = ErrorAfter([](leveldb::DB& db) {
    for (const std::uint64_t slot : {5U, 6U, 8U}) Delete(db, Key::OfSlot(kGroup, Slot{slot}));
  });
  EXPECT_NE(error.find("slot 5 is missing"), std::string::npos) << error;
}

// A2
TEST_F(LogRecoveryTest, NoticesAnAcceptedBallotAboveThePromise) {
  const std::string error = ErrorAfter([](leveldb::DB& db) { Put(db, Slot{6}, 9, "six"); });
  EXPECT_NE(error.find("slot 6: accepted in 9.1 above the promise 2.1"), std::string::npos)
      << error;
}

TEST_F(LogRecoveryTest, NoticesAValueUnderAnothersKey) {
  const std::string error = ErrorAfter([](leveldb::DB& db) {
    std::string value;
    ASSERT_TRUE(db.Get({}, SliceOf(Key::OfSlot(kGroup, Slot{2}).view()), &value).ok());
    ASSERT_TRUE(db.Put({}, SliceOf(Key::OfSlot(kGroup, Slot{3}).view()), value).ok());
  });
  EXPECT_NE(error.find("slot 3: checksum mismatch"), std::string::npos) << error;
}

TEST_F(LogRecoveryTest, NoticesAStrangeKeyAmongTheSlots) {
  const std::string error = ErrorAfter(
      [](leveldb::DB& db) { ASSERT_TRUE(db.Put({}, std::string("\0\0\0\1\1\1", 6), "").ok()); });
  EXPECT_NE(error.find("a key of 6 bytes"), std::string::npos) << error;
}

TEST_F(LogRecoveryTest, NoticesALostMetaRecord) {
  const std::string error = ErrorAfter([](leveldb::DB& db) { Delete(db, Key::OfMeta(kGroup)); });
  EXPECT_NE(error.find("no meta record"), std::string::npos) << error;
}

}  // namespace
}  // namespace paxos::storage
