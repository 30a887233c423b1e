#include "tests/layering.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace layering {
namespace {

namespace fs = std::filesystem;

bool Passes(std::string_view path, std::string_view text) { return Violations(path, text).empty(); }

TEST(WithoutCommentsTest, BlanksBothKindsAndKeepsLines) {
  EXPECT_EQ(WithoutComments("a // b\nc /* d\ne */ f"), "a     \nc     \n     f");
}

TEST(WithoutCommentsTest, LeavesCommentMarksInsideLiteralsAlone) {
  for (const std::string text : {R"(f("//x", '"', "\"/*");)", "g(R\"-(\"//)-\", 1'000);"}) {
    EXPECT_EQ(WithoutComments(text), text);
  }
}

TEST(WithoutCommentsTest, DoesNotTakeADigitSeparatorForAQuote) {
  EXPECT_EQ(WithoutComments("1'000; // x'"), "1'000;      ");
}

TEST(LayeringTest, IncludesPointInward) {
  EXPECT_TRUE(Passes("paxos/node.h", "#include \"paxos/replica.h\"\n#include <vector>\n"));
  EXPECT_TRUE(Passes("storage/keys.h", "#include \"paxos/types.h\"\n#include <leveldb/env.h>"));
  EXPECT_TRUE(Passes("net/wire.cc", "#include <boost/asio/ip/tcp.hpp>\n#include <sys/timerfd.h>"));
  EXPECT_TRUE(Passes("lockservice/server_io.h", "#include \"net/tcp_transport.h\""));
  EXPECT_TRUE(Passes("sim/disk.h", "#include <boost/serialization/access.hpp>"));
}

TEST(LayeringTest, RefusesIncludesThatPointOutward) {
  EXPECT_FALSE(Passes("paxos/node.h", "#include \"storage/keys.h\""));
  EXPECT_FALSE(Passes("storage/keys.h", "#include \"net/wire.h\""));
  EXPECT_FALSE(Passes("net/wire.h", "#include \"storage/keys.h\""));
  EXPECT_FALSE(Passes("net/wire.h", "#include \"lockservice/server.h\""));
  EXPECT_FALSE(Passes("lockservice/lock_table.h", "#include \"net/wire.h\""));
  EXPECT_FALSE(Passes("lockservice/server_requests.cc", "#include \"net/wire.h\""));
  EXPECT_FALSE(Passes("lockservice/lockd.cc", "#include \"sim/cluster.h\""));
  EXPECT_FALSE(Passes("sim/cluster.h", "#include \"tests/layering.h\""));
}

TEST(LayeringTest, RefusesAnIncludeWithUnusualSpacing) {
  EXPECT_FALSE(Passes("paxos/node.h", "int x;\n  #  include\t\"net/wire.h\"\n"));
}

TEST(LayeringTest, IgnoresAnIncludeInAComment) {
  EXPECT_TRUE(Passes("paxos/node.h", "// as in\n// #include \"net/wire.h\"\n"));
}

TEST(LayeringTest, KeepsThirdPartiesInTheirFolders) {
  EXPECT_FALSE(Passes("paxos/archive.h", "#include <boost/crc.hpp>"));
  EXPECT_FALSE(Passes("storage/keys.h", "#include <boost/crc.hpp>"));
  EXPECT_FALSE(Passes("net/wire.h", "#include <leveldb/slice.h>"));
  EXPECT_FALSE(Passes("lockservice/lockd.cc", "#include <leveldb/db.h>"));
  EXPECT_FALSE(Passes("sim/network.h", "#include <boost/asio/ip/tcp.hpp>"));
}

TEST(LayeringTest, WantsTheHeaderOfAFilesNameFirst) {
  EXPECT_TRUE(Passes("paxos/node.cc", "#include \"paxos/node.h\"\n#include <vector>\n"));
  EXPECT_FALSE(Passes("paxos/node.cc", "#include <vector>\n#include \"paxos/node.h\"\n"));
  EXPECT_TRUE(Passes("paxos/replica_log.cc", "#include <vector>\n#include \"paxos/replica.h\""));
}

TEST(LayeringTest, AllowsFmtInOneFileOfTheCore) {
  EXPECT_TRUE(Passes("paxos/format.h", "#include <fmt/format.h>"));
  EXPECT_TRUE(Passes("paxos/format.cc", "#include <fmt/format.h>"));
  EXPECT_FALSE(Passes("paxos/node.h", "#include <fmt/format.h>"));
}

TEST(LayeringTest, AllowsTheCoreIntrinsics) {
  EXPECT_TRUE(Passes("paxos/crc32c.cc", "#include <nmmintrin.h>"));
}

TEST(LayeringTest, JoinsSimulatorAndLockServiceInTheProgramOnly) {
  EXPECT_TRUE(Passes("sim/paxsim.cc", "#include \"lockservice/server.h\""));
  EXPECT_TRUE(Passes("sim/lock_world.h", "#include \"lockservice/server.h\""));
  EXPECT_FALSE(Passes("sim/cluster.h", "#include \"lockservice/server.h\""));
  EXPECT_TRUE(Passes("sim/lock_greeting.cc", "#include \"net/hello.h\""));
  EXPECT_FALSE(Passes("sim/lock_greeting.cc", "#include \"net/runtime.h\""));
  EXPECT_FALSE(Passes("sim/cluster.cc", "#include \"net/hello.h\""));
}

TEST(LayeringTest, KeepsThreadsAndFilesOutOfTheCore) {
  EXPECT_FALSE(Passes("paxos/node.h", "#include <mutex>"));
  EXPECT_FALSE(Passes("paxos/node.h", "#include <fstream>"));
  EXPECT_FALSE(Passes("paxos/node.h", "#include <unistd.h>"));
  EXPECT_TRUE(Passes("storage/leveldb_storage.h", "#include <mutex>"));
}

TEST(LayeringTest, RefusesBannedWordsInCode) {
  for (const char* code :
       {"std::chrono::system_clock::now();", "int x = rand();", "std::this_thread::sleep_for(x);",
        "std::unordered_map<int, int> m;", "std::mutex m;"}) {
    EXPECT_FALSE(Passes("paxos/node.cc", code)) << code;
    EXPECT_FALSE(Passes("sim/cluster.cc", code)) << code;
    EXPECT_TRUE(Passes("tests/net/runtime_test.cc", code)) << code;
  }
}

TEST(LayeringTest, MatchesWholeWordsOnly) {
  EXPECT_TRUE(Passes("paxos/node.cc", "auto s = make_strand(x); Draw(operand(3));"));
  EXPECT_TRUE(Passes("paxos/node.cc", "int mutexes = 0; bool is_unordered = false;"));
}

TEST(LayeringTest, AllowsBannedWordsInComments) {
  EXPECT_TRUE(Passes("paxos/node.cc", "// no mutex: one thread\nint x; /* no rand() */\n"));
}

TEST(LayeringTest, LetsDocumentsNameBannedWords) {
  EXPECT_TRUE(Passes("paxos/README.md", "The core knows no thread and no mutex."));
}

TEST(LayeringTest, RefusesWorkLeftForLaterEvenInComments) {
  EXPECT_FALSE(Passes("tests/paxos/node_test.cc",
                      "// TO"
                      "DO: more\n"));
  EXPECT_FALSE(Passes("dev",
                      "# FIX"
                      "ME\n"));
  EXPECT_TRUE(Passes("net/wire.cc", "int METHODO = 1;\n"));
}

TEST(LayeringTest, RefusesUmbrellaHeadersEverywhere) {
  EXPECT_FALSE(Passes("net/runtime.h", "#include <boost/asio.hpp>"));
  EXPECT_FALSE(Passes("tests/net/runtime_test.cc", "#include <boost/beast.hpp>"));
}

TEST(LayeringTest, RefusesHeadersNamedLikeSystemOnes) {
  EXPECT_FALSE(Passes("net/if.h", "#pragma once\n"));
  EXPECT_TRUE(Passes("net/wire.h", "#pragma once\n"));
}

bool IsText(const fs::path& path) {
  for (const char* extension : {".h", ".cc", ".txt", ".md", ".json", ".sh", ".py", ".patch", ""}) {
    if (path.extension() == extension) return true;
  }
  return false;
}

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int CountViolations(const fs::path& root, const fs::path& file) {
  const std::string path = fs::relative(file, root).generic_string();
  const std::vector<std::string> violations = Violations(path, Read(file));
  for (const std::string& violation : violations) ADD_FAILURE() << path << ": " << violation;
  return static_cast<int>(violations.size());
}

// Without this nothing would compile the header alone.
void ExpectOwnHeaderIncluded(const fs::path& root, const fs::path& file) {
  fs::path header = file;
  if (file.extension() != ".cc" || !fs::exists(header.replace_extension(".h"))) return;
  const std::string include = "#include \"" + fs::relative(header, root).generic_string() + '"';
  EXPECT_NE(Read(file).find(include), std::string::npos) << file << " has no " << include;
}

TEST(LayeringTest, EveryFileOfTheTreeKeepsTheRules) {
  const fs::path root = QUORATE_SOURCE_DIR;
  int files = 0;
  for (const char* folder :
       {"paxos", "storage", "net", "lockservice", "sim", "tests", "bench", ".ci"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !IsText(entry.path())) continue;
      CountViolations(root, entry.path());
      ExpectOwnHeaderIncluded(root, entry.path());
      ++files;
    }
  }
  for (const char* name : {"CMakeLists.txt", "CMakePresets.json", "dev", "README.md"}) {
    if (fs::exists(root / name)) CountViolations(root, root / name);
  }
  EXPECT_GT(files, 20) << "the walk did not find the tree";
}

}  // namespace
}  // namespace layering
