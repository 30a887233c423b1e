// The entropy lint: nothing in the simulated code may depend on anything but the seed.
#include "tests/entropy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace entropy {
namespace {

namespace fs = std::filesystem;

TEST(EntropyLintTest, FindsEachKindOfLeak) {
  for (const char* code : {
           "auto now = std::chrono::system_clock::now();",
           "std::uint64_t now = std::time(nullptr);",
           "std::random_device device;",
           "int x = rand();",
           "#include <random>",
           "std::uniform_int_distribution<int> die(1, 6);",
           "std::mt19937 engine(seed);",
           "double share = 0.5;",
           "std::unordered_map<int, int> m;",
           "std::map<Host*, int> m;",
           "std::set<const sim::Host *> s;",
           "std::map<std::shared_ptr<Host>, int> m;",
           "auto n = reinterpret_cast<std::uintptr_t>(host);",
           "std::hash<std::string>()(name);",
           "std::thread t(work);",
           "getenv(\"SEED\");",
       }) {
    EXPECT_FALSE(Leaks(code).empty()) << code;
  }
}

TEST(EntropyLintTest, LeavesWhatIsHarmlessAlone) {
  for (const char* code : {
           "// a double, from rand() and unordered_map\nint x;",
           "std::map<NodeId, Host*> hosts;",
           "std::vector<Host*> hosts;",
           "Random random(seed); random.Below(3);",
           "std::uint64_t doubled = 0; int operand(3);",
           "std::set<std::pair<Time, int>> times;",
       }) {
    EXPECT_TRUE(Leaks(code).empty()) << code << ": " << Leaks(code).front();
  }
}

TEST(EntropyLintTest, KnowsWhatRunsInsideSimulations) {
  for (const char* path : {"paxos/node.cc", "sim/network.h", "sim/lock_user.cc",
                           "lockservice/lock_table.cc", "lockservice/client_calls.h"}) {
    EXPECT_TRUE(MustBeDeterministic(path)) << path;
  }
  for (const char* path : {"sim/paxsim_fuzz.cc", "net/runtime.cc", "lockservice/client_io.cc",
                           "lockservice/lockd.cc", "sim/README.md"}) {
    EXPECT_FALSE(MustBeDeterministic(path)) << path;
  }
}

TEST(EntropyLintTest, TheTreeHasNoLeak) {
  const fs::path root = QUORATE_SOURCE_DIR;
  int files = 0;
  for (const char* folder : {"paxos", "lockservice", "sim"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string path = fs::relative(entry.path(), root).generic_string();
      if (!entry.is_regular_file() || !MustBeDeterministic(path)) continue;
      ++files;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (const std::string& leak : Leaks(text)) ADD_FAILURE() << path << ": " << leak;
    }
  }
  EXPECT_GT(files, 100) << "the walk did not find the tree";
}

}  // namespace
}  // namespace entropy
