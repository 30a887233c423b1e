// The file of results: appended to, read again, gone on with.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "sim/paxsim_progress.h"
#include "sim/paxsim_results.h"

namespace paxos::sim {
namespace {

SeedResult ResultOf(std::uint64_t seed, const std::string& tag = "") {
  SeedResult result;
  result.seed = seed;
  result.hash = 0xabc;
  result.faults = "loss \"quoted\"";
  result.simulated = milliseconds{2500};
  result.marks.Hit(seed % 7);
  result.tag = tag;
  return result;
}

class FuzzResultsTest : public testing::Test {
 protected:
  FuzzResultsTest() { std::filesystem::remove(name_); }
  ~FuzzResultsTest() override { std::filesystem::remove(name_); }

  void Append(const std::vector<SeedResult>& results) {
    ResultsFile file(name_, recipe_, {});
    for (const SeedResult& each : results) file.Add(each);
  }
  [[nodiscard]] EarlierResults Load() const { return *LoadResults(name_, recipe_); }

  std::string name_ = testing::TempDir() + "quorate_results_" +
                      testing::UnitTest::GetInstance()->current_test_info()->name();
  Recipe recipe_;
};

TEST_F(FuzzResultsTest, AFileThatIsNotThereIsEmpty) { EXPECT_TRUE(Load().seeds.empty()); }

TEST_F(FuzzResultsTest, RunsAddUp) {
  Append({ResultOf(1), ResultOf(2, "INV-1")});
  Append({ResultOf(4)});
  const EarlierResults earlier = Load();
  EXPECT_EQ(earlier.seeds, (std::set<std::uint64_t>{1, 2, 4}));
  EXPECT_EQ(earlier.failures, 1U);
  EXPECT_EQ(earlier.marks.size(), 3U);
  EXPECT_FALSE(earlier.is_of_another_build);
}

TEST_F(FuzzResultsTest, AnotherRecipesSeedsDoNotCount) {
  Append({ResultOf(1)});
  recipe_.workload = "ledger";
  EXPECT_TRUE(Load().seeds.empty());
  Append({ResultOf(2)});
  EXPECT_EQ(Load().seeds, std::set<std::uint64_t>{2});
}

TEST_F(FuzzResultsTest, ALineThatWasCutShortIsDroppedAndItsSeedRunsAgain) {
  Append({ResultOf(1), ResultOf(2)});
  std::filesystem::resize_file(name_, std::filesystem::file_size(name_) - 5);
  EXPECT_EQ(Load().seeds, std::set<std::uint64_t>{1});
  Append({ResultOf(3)});
  EXPECT_EQ(Load().seeds, (std::set<std::uint64_t>{1, 3}));
}

TEST_F(FuzzResultsTest, ADamagedFileIsRefused) {
  std::ofstream(name_) << "{\"world\": 1}\nnot json\n";
  EXPECT_FALSE(LoadResults(name_, recipe_).has_value());
}

TEST_F(FuzzResultsTest, AMarkIsNewOnce) {
  Append({ResultOf(7), ResultOf(14)});
  std::ifstream file(name_);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string name = "\"" + std::string(AllMarks()[0].name) + "\"";
  const std::size_t found = text.find(name);
  ASSERT_NE(found, std::string::npos);
  EXPECT_EQ(text.find(name, found + 1), std::string::npos);
}

TEST_F(FuzzResultsTest, AFolderThatIsNotThereIsSaid) {
  EXPECT_FALSE(ResultsFile("/nowhere/results", recipe_, {}).good());
}

TEST(ProgressTest, SaysWhereARunIs) {
  FuzzTotals totals;
  totals.Add(ResultOf(1));
  totals.Add(ResultOf(2, "INV-1"));
  EXPECT_EQ(ProgressText(totals, 10, 4.0),
            "   4 s: 2 of 10 seeds, 0.5/s, 0.0 simulated hours, 2 of " +
                std::to_string(AllMarks().size()) + " marks, 1 violations");
}

}  // namespace
}  // namespace paxos::sim
