// Shrinking, with runs that fail for known reasons; and cases, which it writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/paxsim_case.h"
#include "sim/paxsim_shrink.h"

namespace paxos::sim {
namespace {

Fault FaultAt(int second, FaultClass what) {
  return Fault{Time{seconds{second}}, what, static_cast<std::uint64_t>(second) * 7919,
               milliseconds{5}};
}

// A hundred faults; the run fails at second 60 if it has those of seconds 17 and 42, and drifting
// clocks are allowed.
SeedResult RunThatTakesTwo(const Recipe& recipe, std::vector<Fault>& happened) {
  std::vector<Fault> faults;
  for (int second = 1; second <= 100; ++second)
    faults.push_back(FaultAt(second, second % 2 == 0 ? FaultClass::kCrash : FaultClass::kPause));
  if (recipe.faults) faults = *recipe.faults;
  const auto has = [&](int second) {
    return std::any_of(faults.begin(), faults.end(),
                       [&](const Fault& each) { return each.at == Time{seconds{second}}; });
  };
  const bool fails = has(17) && has(42) && recipe.allowed.Has(FaultClass::kDrift);
  happened = faults;
  std::erase_if(happened, [&](const Fault& each) { return fails && each.at > Time{seconds{60}}; });
  SeedResult result;
  result.tag = fails ? "INV-1" : "";
  result.at = seconds{60};
  return result;
}

// A seed whose run has every class of fault.
Recipe RecipeWithAllClasses() {
  Recipe recipe;
  while (!SwarmOf(recipe).classes.Has(FaultClass::kDrift) ||
         !SwarmOf(recipe).classes.Has(FaultClass::kLoss))
    ++recipe.seed;
  return recipe;
}

TEST(ShrinkTest, LeavesExactlyTheFaultsThatItTakes) {
  ShrinkOptions options;
  options.run = RunThatTakesTwo;
  const std::optional<Shrunk> shrunk = Shrink(RecipeWithAllClasses(), options);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(*shrunk->recipe.faults,
            (std::vector<Fault>{FaultAt(17, FaultClass::kPause), FaultAt(42, FaultClass::kCrash)}));
  EXPECT_TRUE(shrunk->is_minimal);
  EXPECT_EQ(shrunk->faults_before, 60U);
  EXPECT_LT(shrunk->runs, 150U);
}

TEST(ShrinkTest, SwitchesOffTheClassesThatItDoesNotTake) {
  ShrinkOptions options;
  options.run = RunThatTakesTwo;
  const std::optional<Shrunk> shrunk = Shrink(RecipeWithAllClasses(), options);
  ASSERT_TRUE(shrunk);
  EXPECT_TRUE(shrunk->recipe.allowed.Has(FaultClass::kDrift));
  EXPECT_FALSE(shrunk->recipe.allowed.Has(FaultClass::kLoss));
}

TEST(ShrinkTest, AnotherInvariantsFailureIsNotTheSame) {
  ShrinkOptions options;
  options.run = [](const Recipe& recipe, std::vector<Fault>& happened) {
    SeedResult result = RunThatTakesTwo(recipe, happened);
    if (result.tag.empty()) result.tag = "INV-9";
    return result;
  };
  const std::optional<Shrunk> shrunk = Shrink(RecipeWithAllClasses(), options);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(shrunk->result.tag, "INV-1");
  EXPECT_EQ(shrunk->recipe.faults->size(), 2U);
}

TEST(ShrinkTest, ARunThatDoesNotFailHasNothingToShrink) {
  ShrinkOptions options;
  options.run = [](const Recipe&, std::vector<Fault>&) { return SeedResult{}; };
  EXPECT_FALSE(Shrink({}, options));
}

TEST(ShrinkTest, StopsWhenItsTimeIsUp) {
  ShrinkOptions options;
  options.run = RunThatTakesTwo;
  options.time_limit = std::chrono::milliseconds{0};
  const std::optional<Shrunk> shrunk = Shrink(RecipeWithAllClasses(), options);
  ASSERT_TRUE(shrunk);
  EXPECT_FALSE(shrunk->is_minimal);
  EXPECT_LE(shrunk->runs, 2U);
}

// The simulated world itself: its faults, written out, are the same run, and so are they all when
// one that did not matter to anybody is named twice.
TEST(ShrinkTest, TheFaultsThatHappenedAreTheRun) {
  Recipe recipe;
  recipe.seed = 25;
  recipe.workload = "ledger";
  recipe.noise = seconds{10};
  std::vector<Fault> happened;
  const SeedResult result = RunForFaults(recipe, happened);
  ASSERT_TRUE(std::any_of(happened.begin(), happened.end(), HitsOneMessage));
  recipe.faults = happened;
  EXPECT_EQ(RunRecipe(recipe).hash, result.hash);
  recipe.faults->erase(recipe.faults->begin());
  EXPECT_NE(RunRecipe(recipe).hash, result.hash);
}

// ---- cases ----------------------------------------------------------------------------------

TEST(CaseTest, IsReadAsItWasWritten) {
  Recipe recipe{"ledger", 12, FaultClasses::All(), 3, milliseconds{1500}, {}};
  recipe.allowed.Remove(FaultClass::kLoss);
  recipe.faults = {FaultAt(3, FaultClass::kCrash), FaultAt(4, FaultClass::kHarshCrash)};
  std::istringstream in(CaseText(recipe, {"why", "12.3 n1 deliver # {a}"}));
  EXPECT_EQ(*LoadCase(in), recipe);
}

TEST(CaseTest, NoFaultsAtAllIsNotTheSameAsTheSeeds) {
  Recipe recipe;
  std::istringstream seeds(CaseText(recipe, {}));
  EXPECT_EQ(LoadCase(seeds)->faults, std::nullopt);
  recipe.faults.emplace();
  std::istringstream none(CaseText(recipe, {}));
  EXPECT_EQ(LoadCase(none)->faults, std::vector<Fault>{});
}

TEST(CaseTest, ALineThatIsNoneIsNamed) {
  for (const char* line : {"sed 7", "seed x", "fault 3 earthquake 0 1", "without earthquake"}) {
    std::istringstream in(line);
    const Result<Recipe> recipe = LoadCase(in);
    ASSERT_FALSE(recipe.has_value()) << line;
    EXPECT_NE(recipe.error().ToString().find(line), std::string::npos);
  }
}

TEST(CaseTest, TheStoryTellsWhoStartedAndLed) {
  Recipe recipe;
  recipe.workload = "ledger";
  recipe.nodes = 3;
  recipe.noise = seconds{2};
  recipe.faults.emplace();
  const std::vector<std::string> story = StoryOf(recipe);
  const auto tells = [&](const std::string& what) {
    return std::any_of(story.begin(), story.end(), [&](const std::string& line) {
      return line.find(what) != std::string::npos;
    });
  };
  EXPECT_TRUE(tells("n2 start"));
  EXPECT_TRUE(tells(" leads "));
  EXPECT_TRUE(tells("heal"));
}

// What was mended stays mended.
TEST(CaseTest, NoCaseOfTheTreeFails) {
  int cases = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(QUORATE_SOURCE_DIR "/tests/sim/cases")) {
    std::ifstream in(entry.path());
    const Result<Recipe> recipe = LoadCase(in);
    ASSERT_TRUE(recipe.has_value()) << entry.path() << recipe.error().ToString();
    const SeedResult result = RunRecipe(*recipe);
    EXPECT_EQ(result.tag, "") << entry.path() << ": " << FailureLine(result);
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace paxos::sim
