// Plays every transcript of tests/scenarios and compares. To write down what is said now:
//
//   QUORATE_REWRITE_SCENARIOS=1 ctest -R ScenarioTest      (then read the diff)
#include "tests/paxos/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "paxos/check.h"

namespace paxos::scenario {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(QUORATE_SOURCE_DIR) / "tests" / "scenarios";

std::vector<std::string> Stories() {
  std::vector<std::string> stories;
  for (const auto& entry : fs::directory_iterator(kFolder))
    if (entry.path().extension() == ".txt") stories.push_back(entry.path().stem().string());
  std::sort(stories.begin(), stories.end());
  return stories;
}

std::string StoryName(const testing::TestParamInfo<std::string>& story) { return story.param; }

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Throw(const CheckFailure& failure) { throw std::runtime_error(failure.ToString()); }

class ScenarioTest : public testing::TestWithParam<std::string> {
 protected:
  ScenarioTest() : before_(SetCheckFailureHandler(Throw)) {}
  ~ScenarioTest() override { SetCheckFailureHandler(before_); }

  static fs::path File() { return kFolder / (GetParam() + ".txt"); }

 private:
  CheckFailureHandler before_;
};

TEST_P(ScenarioTest, GoesAsWritten) {
  const std::string written = ReadFile(File());
  std::string played;
  ASSERT_NO_THROW(played = Play(written));
  if (std::getenv("QUORATE_REWRITE_SCENARIOS") != nullptr) std::ofstream(File()) << played;
  EXPECT_EQ(ReadFile(File()), played);
}

TEST_P(ScenarioTest, OpensWithItsRuleAndItsReference) {
  const std::string written = ReadFile(File());
  const std::string head = written.substr(0, written.find("\n> "));
  EXPECT_NE(head.find("\n# Rule: "), std::string::npos);
  EXPECT_NE(head.find("\n# See: "), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Stories, ScenarioTest, testing::ValuesIn(Stories()), StoryName);

TEST(PlayTest, KeepsCommentsAndReplacesWhatWasSaid) {
  EXPECT_EQ(Play("# a story\n\n> nodes 1\n> show n1\nn1 flies\n"),
            "# a story\n\n> nodes 1\n> show n1\n"
            "n1 follows, promised 0.0, chosen up to 0, disk holds #0\n");
}

TEST(PlayTest, RefusesWhatItDoesNotUnderstand) {
  for (const char* bad :
       {"> campaign n1\n", "> nodes x\n", "> nodes 1\n> fly n1\n", "> nodes 1\n> campaign n2\n",
        "> nodes 1\n> tick n1 5\n", "> nodes 1\n> deliver n1->n1\n", "> nodes 1 wings=2\n"})
    EXPECT_THROW(Play(bad), std::runtime_error) << bad;
}

}  // namespace
}  // namespace paxos::scenario
