#include "storage/log_end.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "paxos/crc32c.h"
#include "storage/durable_env.h"
#include "tests/storage/temp_directory.h"
#include "tests/storage/wrapped_file_system.h"

namespace paxos::storage {
namespace {

enum Type : char { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::string Fragment(Type type, const std::string& payload) {
  const std::string typed = std::string(1, type) + payload;
  const std::uint32_t crc = Crc32c(typed);
  const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(masked >> shift);
  out += static_cast<char>(payload.size());
  out += static_cast<char>(payload.size() >> 8);
  return out + typed;
}

// A WriteBatch as LevelDB begins one; what follows does not matter here.
std::string Batch(std::uint64_t sequence, std::uint32_t count, const std::string& rest) {
  std::string out;
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(sequence >> shift);
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(count >> shift);
  return out + rest;
}

class LogEndTest : public testing::Test {
 protected:
  Result<std::uint64_t> EndOf(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return FindLogEnd(path_, LogKind::kWriteBatches);
  }

  void ExpectEnd(const std::string& content, std::size_t end) {
    const auto found = EndOf(content);
    ASSERT_TRUE(found.has_value()) << found.error().ToString();
    EXPECT_EQ(*found, end);
  }

  void ExpectDamage(const std::string& content) {
    const auto found = EndOf(content);
    ASSERT_FALSE(found.has_value()) << *found;
    EXPECT_EQ(found.error().code(), ErrorCode::kDamaged);
  }

  TempDirectory temp_;
  std::string path_ = temp_ / "000001.log";
  const std::string one_ = Fragment(kFull, Batch(100, 1, "one"));
  const std::string two_ = Fragment(kFull, Batch(101, 2, "two, and longer"));
  const std::string zeros_ = std::string(100'000, '\0');
};

TEST_F(LogEndTest, IsBehindTheLastRecord) {
  ExpectEnd("", 0);
  ExpectEnd(one_ + two_, one_.size() + two_.size());
}

TEST_F(LogEndTest, IsInFrontOfZeros) {
  ExpectEnd(zeros_, 0);
  ExpectEnd(one_ + two_ + zeros_, one_.size() + two_.size());
}

TEST_F(LogEndTest, IsInFrontOfATornRecord) {
  for (std::size_t kept = 0; kept < two_.size(); ++kept) {
    ExpectEnd(one_ + two_.substr(0, kept), one_.size());
    ExpectEnd(one_ + two_.substr(0, kept) + zeros_, one_.size());
  }
}

TEST_F(LogEndTest, IsInFrontOfATornRecordOfManyPieces) {
  const std::string first = Fragment(kFirst, Batch(100, 1, std::string(32768 - 7 - 12, 'a')));
  const std::string middle = Fragment(kMiddle, std::string(32768 - 7, 'b'));
  const std::string last = Fragment(kLast, "c");
  ExpectEnd(first + middle + last, first.size() + middle.size() + last.size());
  ExpectEnd(first + middle + zeros_, 0);
  ExpectEnd(first + middle.substr(0, 20000) + zeros_, 0);
  // The pieces reached the disk in another order.
  ExpectEnd(first + std::string(middle.size(), '\0') + last + zeros_, 0);
  ExpectEnd(std::string(first.size(), '\0') + middle + last + zeros_, 0);
}

TEST_F(LogEndTest, IsNotFoundWhereARecordFollowsABadOne) {
  std::string flipped = one_;
  flipped[20] = 'O';
  ExpectDamage(flipped + two_);
  ExpectDamage(std::string(one_.size(), '\0') + two_);
  ExpectDamage(one_.substr(0, 5) + two_);
  // Blocks later.
  ExpectDamage(flipped + std::string(3 * 32768 - flipped.size(), '\0') + two_);
}

// A holder's note is written by a client, and ends up in a record.
TEST_F(LogEndTest, IsNotMovedByWhatAClientPutIntoATornRecord) {
  const std::string forged = Fragment(kFull, "");
  for (const std::string& note :
       {forged, Fragment(kFirst, ""), Fragment(kFull, Batch(99, 1, "")),
        Fragment(kFull, Batch(101, 0, "")), Fragment(kFull, Batch(1'000'000, 1, ""))}) {
    const std::string record = Fragment(kFull, Batch(101, 1, "note: " + note + note));
    std::string torn = record;
    torn.replace(7, 16, std::string(16, '\0'));  // an earlier sector did not reach the disk
    ExpectEnd(one_ + torn + zeros_, one_.size());
  }
}

TEST_F(LogEndTest, IsNotFoundWhereAManifestsRecordFollowsABadOne) {
  std::string flipped = one_;
  flipped[20] = 'O';
  std::ofstream(path_, std::ios::binary) << flipped + Fragment(kFull, "an edit");
  const auto found = FindLogEnd(path_, LogKind::kManifest);
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code(), ErrorCode::kDamaged);
}

// LevelDB alone would end the log here without a word.
TEST_F(LogEndTest, IsNotFoundWhereALengthPointsPastTheFile) {
  std::string lengthened = one_;
  lengthened[5] = '\x10';
  ExpectDamage(lengthened + two_);
}

TEST_F(LogEndTest, IsNotFoundWhereARecordIsLeftUnfinished) {
  ExpectDamage(Fragment(kFirst, "half of a record") + two_);
}

TEST_F(LogEndTest, IsWhereLevelDbStopped) {
  const std::string directory = temp_ / "db";
  ASSERT_TRUE(FileSystem::Posix().CreateDirectory(directory).ok());
  DurableEnv env(QuickFileSystem::Get(), FileGrowth{64 * 1024});
  leveldb::Options options;
  options.env = &env;
  options.create_if_missing = true;
  leveldb::DB* opened = nullptr;
  ASSERT_TRUE(leveldb::DB::Open(options, directory, &opened).ok());
  const std::unique_ptr<leveldb::DB> db(opened);
  leveldb::WriteOptions synced;
  synced.sync = true;
  const std::string log = directory + "/000003.log";
  std::uint64_t end = 0;
  for (const std::size_t bytes : {10U, 100U, 32768U, 40000U, 7U, 100000U, 1U}) {
    ASSERT_TRUE(db->Put(synced, "key", std::string(bytes, 'v')).ok());
    const auto found = FindLogEnd(log, LogKind::kWriteBatches);
    ASSERT_TRUE(found.has_value()) << found.error().ToString();
    EXPECT_GT(*found, end + bytes);
    EXPECT_LT(*found, end + bytes + 100);
    end = *found;
  }
  EXPECT_EQ(std::filesystem::file_size(log) % (64 * 1024), 0U);
}

}  // namespace
}  // namespace paxos::storage
