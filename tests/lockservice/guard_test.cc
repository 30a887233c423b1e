// S5: the guard of a resource lets tokens in that are not stale, one operation at a time.
#include "lockservice/guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace lockservice {
namespace {

using paxos::ErrorCode;
using std::chrono::milliseconds;

class GuardTest : public ::testing::Test {
 protected:
  GuardTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "guard-XXXXXX";
    directory = mkdtemp(pattern.data());
    file = directory / "mark";
  }
  ~GuardTest() override { std::filesystem::remove_all(directory); }

  // Enters and leaves at once.
  ErrorCode Try(std::uint64_t token) {
    const auto guard = Guard::Enter(file, Token(token), milliseconds{0});
    return guard.has_value() ? ErrorCode::kOk : guard.error().code();
  }
  std::string Content() const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Overwrite(const std::string& text) { std::ofstream(file) << text; }

  std::filesystem::path directory;
  std::string file;
};

TEST_F(GuardTest, S05_LetsTheSameAndHigherTokensIn) {
  EXPECT_EQ(Try(5), ErrorCode::kOk);
  EXPECT_EQ(Try(5), ErrorCode::kOk);
  EXPECT_EQ(Try(6), ErrorCode::kOk);
}

TEST_F(GuardTest, S05_RefusesALowerTokenAndSaysWhy) {
  ASSERT_EQ(Try(7), ErrorCode::kOk);
  const auto guard = Guard::Enter(file, Token(3));
  ASSERT_FALSE(guard.has_value());
  EXPECT_EQ(guard.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(guard.error().message(),
            "token 3 is stale: " + file + " has been entered with token 7");
}

TEST_F(GuardTest, S05_TheMarkIsInTheFileBeforeTheOperationBegins) {
  const auto guard = Guard::Enter(file, Token(9));
  ASSERT_TRUE(guard.has_value());
  EXPECT_EQ(Content(), GuardFileText(Token(9)));
}

TEST_F(GuardTest, S05_AHigherTokenWaitsForTheOperationInside) {
  {
    const auto inside = Guard::Enter(file, Token(1));
    ASSERT_TRUE(inside.has_value());
    EXPECT_EQ(Try(2), ErrorCode::kTimeout);
  }
  EXPECT_EQ(Try(2), ErrorCode::kOk);
  EXPECT_EQ(Try(1), ErrorCode::kConflict);
}

TEST_F(GuardTest, S05_WhoWaitedForTheOldFileSeesTheNewMark) {
  ASSERT_EQ(Try(1), ErrorCode::kOk);
  auto inside = Guard::Enter(file, Token(1));
  ASSERT_TRUE(inside.has_value());
  ErrorCode low = ErrorCode::kOk;
  ErrorCode high = ErrorCode::kOk;
  std::thread higher([&] {
    const auto guard = Guard::Enter(file, Token(4));
    high = guard.has_value() ? ErrorCode::kOk : guard.error().code();
  });
  std::thread lower([&] {
    // Enters only after the higher one: until then the file's mark is not its own.
    while (Content() != GuardFileText(Token(4))) std::this_thread::yield();
    const auto guard = Guard::Enter(file, Token(3));
    low = guard.has_value() ? ErrorCode::kOk : guard.error().code();
  });
  { const Guard leaving = std::move(*inside); }
  higher.join();
  lower.join();
  EXPECT_EQ(high, ErrorCode::kOk);
  EXPECT_EQ(low, ErrorCode::kConflict);
}

TEST_F(GuardTest, S05_AProgramThatInheritsTheGuardIsInside) {
  auto guard = Guard::Enter(file, Token(1));
  ASSERT_TRUE(guard.has_value());
  ASSERT_TRUE(guard->KeepAcrossExec().ok());
  const pid_t child = fork();
  if (child == 0) {
    execlp("sleep", "sleep", "60", nullptr);
    _exit(127);
  }
  { const Guard leaving = std::move(*guard); }
  EXPECT_EQ(Try(2), ErrorCode::kTimeout);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(Try(2), ErrorCode::kOk);
}

TEST_F(GuardTest, ADamagedFileLetsNobodyIn) {
  for (const std::string& text :
       {std::string(), std::string("7\n"), GuardFileText(Token(7)).substr(0, 20),
        GuardFileText(Token(7)) + "x", GuardFileText(Token(7)).replace(30, 1, "8")}) {
    Overwrite(text);
    EXPECT_EQ(Try(100), ErrorCode::kDamaged) << text;
  }
}

TEST_F(GuardTest, LeavesNothingElseBehind) {
  Try(1);
  Try(2);
  Try(1);
  const std::filesystem::directory_iterator files(directory);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(GuardTest, AMissingDirectoryIsAnError) {
  const auto guard = Guard::Enter(directory / "none" / "mark", Token(1));
  ASSERT_FALSE(guard.has_value());
  EXPECT_EQ(guard.error().code(), ErrorCode::kIo);
}

// A change of these bytes is a change of the format: it needs a new version.
TEST(GuardFileTest, TheTextOfATokenIsPinned) {
  const std::string text = "quorate guard, format 1\ntoken 281474976710657\nchecksum 31b06cf9\n";
  EXPECT_EQ(GuardFileText(Token(281474976710657)), text);
  EXPECT_EQ(*ParseGuardFile(text), Token(281474976710657));
}

}  // namespace
}  // namespace lockservice
