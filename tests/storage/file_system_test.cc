#include "storage/file_system.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/storage/temp_directory.h"

namespace paxos::storage {
namespace {

TEST(FileSystemTest, WritesWhereItIsToldTo) {
  const TempDirectory temp;
  const std::string path = temp / "file";
  {
    const auto file = FileSystem::Posix().Create(path);
    ASSERT_TRUE(file.has_value()) << file.error().ToString();
    ASSERT_TRUE((*file)->WriteAt(0, "hello world").ok());
    ASSERT_TRUE((*file)->WriteAt(6, "there").ok());
    ASSERT_TRUE((*file)->Sync().ok());
  }
  {
    const auto file = FileSystem::Posix().OpenExisting(path);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE((*file)->WriteAt(11, "!").ok());
  }
  EXPECT_EQ(*ReadFile(path), "hello there!");
}

TEST(FileSystemTest, NamesCallPathAndReason) {
  const auto full = FileSystem::Posix().OpenExisting("/dev/full");
  ASSERT_TRUE(full.has_value());
  const Status status = (*full)->WriteAt(0, "x");
  EXPECT_EQ(status.code(), ErrorCode::kIo);
  EXPECT_EQ(status.message(), "write /dev/full: No space left on device");
}

TEST(FileSystemTest, TellsWhatIsMissingFromWhatFails) {
  const TempDirectory temp;
  EXPECT_EQ(ReadFile(temp / "nothing").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(FileSystem::Posix().OpenExisting(temp / "nothing").error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(FileSystem::Posix().CreateDirectory("/dev").code(), ErrorCode::kIo);
  EXPECT_EQ(FileSystem::Posix().SyncDirectory("/dev/full").code(), ErrorCode::kIo);
}

TEST(FileSystemTest, KnowsTheDirectoryOfAPath) {
  EXPECT_EQ(DirectoryOf("a/b/c"), "a/b");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(DirectoryOf("a"), ".");
}

}  // namespace
}  // namespace paxos::storage
