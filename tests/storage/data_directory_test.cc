#include "storage/data_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "storage/directory_lock.h"
#include "tests/storage/leveldb_disk.h"
#include "tests/storage/owner_loop.h"

namespace paxos::storage {
namespace {

namespace fs = std::filesystem;

class DataDirectoryTest : public testing::Test {
 protected:
  Status Init() { return InitDirectory(directory_, kIdentity, kGroup, QuickFileSystem::Get()); }

  Status OpenAs(ClusterId cluster, NodeId node) {
    const auto storage = OpenStorage(directory_, cluster, node, kGroup, SmallFiles(), loop_.post(),
                                     QuickFileSystem::Get());
    return storage ? Status::Ok() : storage.error();
  }
  Status Open() { return OpenAs(kIdentity.cluster, kIdentity.node); }

  TempDirectory temp_;
  std::string directory_ = temp_ / "node";
  OwnerLoop loop_;
};

// With the real syncs.
TEST_F(DataDirectoryTest, OpensWhatWasInitialised) {
  ASSERT_TRUE(InitDirectory(directory_, kIdentity, kGroup).ok());
  const auto storage =
      OpenStorage(directory_, kIdentity.cluster, kIdentity.node, kGroup, {}, loop_.post());
  ASSERT_TRUE(storage.has_value()) << storage.error().ToString();
  EXPECT_EQ((*storage)->identity(), kIdentity);
  EXPECT_EQ(*(*storage)->Recover(), DurableState{});
  EXPECT_EQ(*ReadIdentity(directory_), kIdentity);
}

TEST_F(DataDirectoryTest, IsForItsOwnerAlone) {
  ASSERT_TRUE(Init().ok());
  struct ::stat status = {};
  ASSERT_EQ(::stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(DataDirectoryTest, TakesAnEmptyDirectory) {
  fs::create_directories(directory_ + "/lost+found");
  ASSERT_TRUE(Init().ok());
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, IsNeverInitialisedTwice) {
  ASSERT_TRUE(Init().ok());
  EXPECT_EQ(Init().code(), ErrorCode::kConflict);
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, LeavesOtherPeoplesFilesAlone) {
  fs::create_directory(directory_);
  std::ofstream(directory_ + "/thesis.txt") << "mine";
  EXPECT_EQ(Init().code(), ErrorCode::kConflict);
  EXPECT_EQ(fs::file_size(directory_ + "/thesis.txt"), 4U);
}

TEST_F(DataDirectoryTest, RefusesAnIdentityOfNobody) {
  const Identity nobody{ClusterId{7}, NodeId{0}, "a"};
  EXPECT_EQ(InitDirectory(directory_, nobody, kGroup).code(), ErrorCode::kInvalidArgument);
  const Identity two_lines{ClusterId{7}, NodeId{1}, "a\nnode 2"};
  EXPECT_EQ(InitDirectory(directory_, two_lines, kGroup).code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(DataDirectoryTest, IsNotMadeByOpening) {
  const Status error = Open();
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_NE(error.message().find(directory_), std::string::npos);
  EXPECT_NE(error.message().find("lockd init"), std::string::npos);
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(DataDirectoryTest, AnEmptyOneWasNeverInitialised) {
  fs::create_directory(directory_);
  EXPECT_EQ(Open().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(DataDirectoryTest, OneWithoutAnIdentityIsDamaged) {
  ASSERT_TRUE(Init().ok());
  fs::remove(directory_ + "/identity");
  EXPECT_EQ(Open().code(), ErrorCode::kDamaged);
}

TEST_F(DataDirectoryTest, NamesBothOwnersWhenItIsForeign) {
  ASSERT_TRUE(Init().ok());
  const Status other_node = OpenAs(kIdentity.cluster, NodeId{2});
  EXPECT_EQ(other_node.code(), ErrorCode::kForeign);
  EXPECT_NE(other_node.message().find(
                "it belongs to node 1 (a) of cluster 7, not to node 2 of cluster 7"),
            std::string::npos)
      << other_node.ToString();
  EXPECT_EQ(OpenAs(ClusterId{8}, kIdentity.node).code(), ErrorCode::kForeign);
}

TEST_F(DataDirectoryTest, IsOpenOnceAtATime) {
  ASSERT_TRUE(Init().ok());
  {
    const auto first = OpenNode(directory_, loop_.post());
    ASSERT_TRUE(first.has_value());
    const Status second = Open();
    EXPECT_EQ(second.code(), ErrorCode::kUnavailable);
    EXPECT_NE(second.message().find(directory_ + " is in use"), std::string::npos);
  }
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, IsClosedToOtherProcesses) {
  ASSERT_TRUE(Init().ok());
  const auto first = OpenNode(directory_, loop_.post());
  ASSERT_TRUE(first.has_value());
  const ::pid_t child = ::fork();
  if (child == 0) {
    const auto lock = DirectoryLock::Take(directory_);
    ::_exit(!lock && lock.error().code() == ErrorCode::kUnavailable ? 0 : 1);
  }
  int outcome = -1;
  ASSERT_EQ(::waitpid(child, &outcome, 0), child);
  EXPECT_EQ(outcome, 0);
}

TEST_F(DataDirectoryTest, IsNotOpenedOnAFullDisk) {
  ASSERT_TRUE(Init().ok());
  StorageOptions options = SmallFiles();
  options.free_bytes_min = ~std::uint64_t{0};
  const auto storage = OpenNode(directory_, loop_.post(), QuickFileSystem::Get(), options);
  ASSERT_FALSE(storage.has_value());
  EXPECT_EQ(storage.error().code(), ErrorCode::kIo);
  EXPECT_NE(storage.error().message().find("MiB are free"), std::string::npos);
}

}  // namespace
}  // namespace paxos::storage
