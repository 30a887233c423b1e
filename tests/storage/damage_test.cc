// N1 for the real disk code: a disk that has lost or changed something says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/storage/contract.h"
#include "tests/storage/leveldb_disk.h"

namespace paxos::storage {
namespace {

namespace fs = std::filesystem;

class DamageTest : public testing::Test {
 protected:
  DamageTest() {
    EXPECT_TRUE(InitDirectory(directory_, kIdentity, kGroup, QuickFileSystem::Get()).ok());
  }

  void Live(std::size_t batches, std::size_t entry_bytes,
            const StorageOptions& options = SmallFiles()) {
    auto storage = OpenNode(directory_, loop_.post(), QuickFileSystem::Get(), options);
    ASSERT_TRUE(storage.has_value()) << storage.error().ToString();
    EventLog events;
    (*storage)->Start(events);
    for (std::size_t i = 0; i < batches; ++i) {
      const std::uint64_t slot = batches_.size() + 1;
      batches_.push_back(AcceptSlots(slot, slot, entry_bytes));
      const PersistSeq seq{slot};
      (*storage)->Write(batches_.back(), seq);
      ASSERT_TRUE(loop_.RunUntil([&] { return events.durable() == seq; }));
    }
  }

  // As `cp -r` gives it; the original stays for the next damage.
  std::string Copy() {
    const std::string copy = temp_ / "copy";
    fs::remove_all(copy);
    fs::copy(directory_, copy, fs::copy_options::recursive);
    return copy;
  }

  // The open says "damaged", or everything is there: part of a file may be unused.
  void ExpectDamagedOrComplete(const std::string& copy, const std::string& what) {
    const auto storage = OpenNode(copy, loop_.post());
    if (!storage) {
      EXPECT_EQ(storage.error().code(), ErrorCode::kDamaged) << what << storage.error().ToString();
      ++damaged_;
      return;
    }
    const auto state = (*storage)->Recover();
    EXPECT_EQ(ReadAll(**storage, *state), ExpectedAfter(batches_, PersistSeq{batches_.size()}))
        << what;
  }

  Status OpenError(const std::string& copy) {
    const auto storage = OpenNode(copy, loop_.post());
    return storage ? Status::Ok() : storage.error();
  }

  static std::vector<fs::path> FilesOf(const std::string& directory) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && name != "LOCK" && !name.starts_with("LOG")) {
        files.push_back(fs::relative(entry.path(), directory));
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static void FlipBit(const fs::path& file, std::uint64_t byte) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(byte));
    const int was = stream.get();
    stream.seekp(static_cast<std::streamoff>(byte));
    stream.put(static_cast<char>(was ^ (1 << (byte % 8))));
  }

  static void Remove(const std::string& directory, const std::string& suffix) {
    for (const fs::path& file : FilesOf(directory)) {
      if (file.string().ends_with(suffix)) fs::remove(directory / file);
    }
  }

  TempDirectory temp_;
  std::string directory_ = temp_ / "node";
  OwnerLoop loop_;
  std::vector<Batch> batches_;
  int damaged_ = 0;
};

TEST_F(DamageTest, AFlippedBitAnywhereIsToldOrDoesNoHarm) {
  Live(60, 2000);
  Live(10, 100);
  for (const fs::path& file : FilesOf(directory_)) {
    const std::uint64_t size = fs::file_size(directory_ / file);
    const std::uint64_t step = std::max<std::uint64_t>(1, size / 40);
    for (std::uint64_t byte = 0; byte < size; byte += step) {
      const std::string copy = Copy();
      FlipBit(copy / file, byte);
      ExpectDamagedOrComplete(copy, file.string() + " byte " + std::to_string(byte));
    }
  }
  EXPECT_GT(damaged_, 100);
}

TEST_F(DamageTest, AMissingFileIsToldOrDoesNoHarm) {
  Live(60, 2000);
  Live(10, 100);
  for (const fs::path& file : FilesOf(directory_)) {
    const std::string copy = Copy();
    fs::remove(copy / file);
    ExpectDamagedOrComplete(copy, file.string());
  }
  EXPECT_GT(damaged_, 4);
}

TEST_F(DamageTest, AMissingLogFileIsNoEmptyLog) {
  Live(5, 100);
  Remove(directory_, ".log");
  const Status error = OpenError(directory_);
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_NE(error.message().find("lost acknowledged data: the log ends at batch 0, the anchor "
                                 "remembers 5"),
            std::string::npos)
      << error.ToString();
}

TEST_F(DamageTest, AMissingCurrentIsNoEmptyDatabase) {
  Live(5, 100);
  fs::remove(directory_ + "/db/CURRENT");
  EXPECT_EQ(OpenError(directory_).code(), ErrorCode::kDamaged);
  EXPECT_FALSE(fs::exists(directory_ + "/db/CURRENT"));
}

TEST_F(DamageTest, AMissingDatabaseIsNotMadeAnew) {
  Live(5, 100);
  fs::remove_all(directory_ + "/db");
  EXPECT_EQ(OpenError(directory_).code(), ErrorCode::kDamaged);
  EXPECT_FALSE(fs::exists(directory_ + "/db"));
}

// LevelDB alone would take the zeros for a clean end.
TEST_F(DamageTest, AZeroedRecordInFrontOfGoodOnesIsDamage) {
  StorageOptions without_anchor = SmallFiles();
  Live(1, 100, without_anchor);
  Live(20, 100, without_anchor);
  for (const fs::path& file : FilesOf(directory_)) {
    if (file.extension() != ".log") continue;
    std::fstream log(directory_ / file, std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(512);
    log << std::string(512, '\0');
  }
  const Status error = OpenError(directory_);
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_NE(error.message().find("a bad record in front of good ones"), std::string::npos)
      << error.ToString();
}

TEST_F(DamageTest, ATornLastWriteThatNobodyWasToldOfIsNoDamage) {
  Live(20, 100);
  // The end of a run that was cut off: the anchor is as old as the first batch.
  const std::string copy = Copy();
  Live(5, 100);
  fs::copy(copy + "/anchor", directory_ + "/anchor", fs::copy_options::overwrite_existing);
  for (const fs::path& file : FilesOf(directory_)) {
    if (file.extension() == ".log") fs::resize_file(directory_ / file, 700);
  }
  const auto storage = OpenNode(directory_, loop_.post());
  ASSERT_TRUE(storage.has_value()) << storage.error().ToString();
  const auto state = (*storage)->Recover();
  EXPECT_GE(state->persisted, PersistSeq{20});
  EXPECT_LT(state->persisted, PersistSeq{25});
  EXPECT_EQ(ReadAll(**storage, *state), ExpectedAfter(batches_, state->persisted));
}

TEST_F(DamageTest, AnOlderDatabaseUnderANewerAnchorIsDamage) {
  Live(10, 100);
  const std::string copy = Copy();
  Live(10, 100);
  fs::remove_all(directory_ + "/db");
  fs::copy(copy + "/db", directory_ + "/db", fs::copy_options::recursive);
  EXPECT_EQ(OpenError(directory_).code(), ErrorCode::kDamaged);
}

TEST_F(DamageTest, AnotherHistoryOfTheSameLengthIsDamage) {
  const std::string copy = Copy();
  Live(10, 100);
  const std::string anchor = temp_ / "anchor";
  fs::copy(directory_ + "/anchor", anchor);
  fs::remove_all(directory_);
  fs::rename(copy, directory_);
  batches_.clear();
  Live(10, 101);
  fs::copy(anchor, directory_ + "/anchor", fs::copy_options::overwrite_existing);
  const Status error = OpenError(directory_);
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_NE(error.message().find("is not the one the anchor remembers"), std::string::npos);
}

// A log that goes on from an old copy may be longer than the one that was lost; promises do not
// fall.
TEST_F(DamageTest, ALostPromiseIsDamageHoweverLongTheLogIs) {
  const std::string copy = Copy();
  {
    auto storage = OpenNode(directory_, loop_.post());
    ASSERT_TRUE(storage.has_value());
    EventLog events;
    (*storage)->Start(events);
    (*storage)->Write({PromisedRecord{Ballot{9, NodeId{2}}}}, PersistSeq{1});
    ASSERT_TRUE(loop_.RunUntil([&] { return events.durable() == PersistSeq{1}; }));
  }
  const std::string anchor = temp_ / "anchor";
  fs::copy(directory_ + "/anchor", anchor);
  fs::remove_all(directory_);
  fs::rename(copy, directory_);
  Live(3, 100);
  fs::copy(anchor, directory_ + "/anchor", fs::copy_options::overwrite_existing);
  const Status error = OpenError(directory_);
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_NE(error.message().find("lost a promise"), std::string::npos) << error.ToString();
}

TEST_F(DamageTest, AnAnchorOfAnotherNodeIsDamage) {
  const Identity other{kIdentity.cluster, NodeId{2}, "b"};
  const std::string elsewhere = temp_ / "other";
  ASSERT_TRUE(InitDirectory(elsewhere, other, kGroup, QuickFileSystem::Get()).ok());
  fs::copy(elsewhere + "/anchor", directory_ + "/anchor", fs::copy_options::overwrite_existing);
  EXPECT_EQ(OpenError(directory_).code(), ErrorCode::kDamaged);
}

TEST_F(DamageTest, EitherPlaceOfTheAnchorWillDo) {
  StorageOptions options = SmallFiles();
  options.anchor_interval = std::chrono::milliseconds(0);
  Live(2, 100, options);
  for (const std::uint64_t byte : {10U, 4096U + 10U}) {
    const std::string copy = Copy();
    FlipBit(copy + "/anchor", byte);
    EXPECT_TRUE(OpenError(copy).ok()) << byte;
  }
  FlipBit(directory_ + "/anchor", 10);
  FlipBit(directory_ + "/anchor", 4096 + 10);
  EXPECT_EQ(OpenError(directory_).code(), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace paxos::storage
