#include "sim/marks.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/ledger.h"
#include "sim/paxos_marks.h"
#include "sim/paxsim_marks.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

MarkSet SetOf(const std::vector<std::size_t>& marks) {
  MarkSet set;
  for (const std::size_t mark : marks) set.Hit(mark);
  return set;
}

SeedResult ResultOf(std::uint64_t seed, const std::vector<std::size_t>& marks) {
  SeedResult result;
  result.seed = seed;
  result.marks = SetOf(marks);
  return result;
}

TEST(MarkSetTest, KeepsWhatWasHit) {
  const MarkSet set = SetOf({0, 63, 64, 200});
  EXPECT_TRUE(set.Has(64));
  EXPECT_FALSE(set.Has(65));
  EXPECT_EQ(set.size(), 4U);
  EXPECT_EQ(set.Without(SetOf({63, 1})), SetOf({0, 64, 200}));
}

TEST(MarkSetTest, PutsAGroupBehindAnother) {
  MarkSet set = SetOf({1});
  set.AddBehind(60, SetOf({0, 10}));
  EXPECT_EQ(set, SetOf({1, 60, 70}));
}

TEST(MarkSetTest, CrossesAPipe) {
  const MarkSet set = SetOf({3, 130});
  EXPECT_EQ(*Decode<MarkSet>(Encode(set)), set);
}

TEST(MarkTableTest, HasSixtyMarksAndMoreEachWithItsOwnNameAndAMeaning) {
  std::set<std::string_view> names;
  for (const Mark& mark : AllMarks()) {
    EXPECT_TRUE(names.insert(mark.name).second) << mark.name;
    EXPECT_EQ(mark.name.find(' '), std::string_view::npos) << mark.name;
    EXPECT_FALSE(mark.meaning.empty()) << mark.name;
  }
  EXPECT_GE(names.size(), 60U);
  EXPECT_LE(names.size(), MarkSet::kMarksMax);
}

// Of the ledger under a swarm without faults, and with all of them.
MarkSet MarksOfShortRuns(const FaultClasses& allowed) {
  SwarmOptions options;
  options.allowed = allowed;
  options.nodes = 3;
  options.noise_min = options.noise_max = seconds{20};
  MarkSet all;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    LedgerWorkload workload({});
    PaxosMarks marks;
    Simulate(DrawSwarm(seed, options), workload, marks.spectators());
    all.Add(marks.hits());
  }
  return all;
}

bool Has(const MarkSet& set, PaxosMark mark) { return set.Has(static_cast<std::size_t>(mark)); }

// But for what the healing itself does to those it leaves behind: leaders among them crash.
TEST(PaxosMarksTest, WithoutFaultsNothingRareHappens) {
  const MarkSet marks = MarksOfShortRuns(FaultClasses{});
  for (const PaxosMark mark :
       {PaxosMark::kTwoLeaders, PaxosMark::kVoidCommands, PaxosMark::kSyncFails,
        PaxosMark::kVoteForgotten, PaxosMark::kAwakesDeposed, PaxosMark::kMessageOfEarlierLife,
        PaxosMark::kThirdBallotOfASlot}) {
    EXPECT_FALSE(Has(marks, mark)) << PaxosMarkTable()[static_cast<std::size_t>(mark)].name;
  }
}

TEST(PaxosMarksTest, FaultsHitTheirMarks) {
  const MarkSet marks = MarksOfShortRuns(FaultClasses::All());
  for (const PaxosMark mark :
       {PaxosMark::kTwoLeaders, PaxosMark::kLeaderCrashes, PaxosMark::kRecoveredEntry,
        PaxosMark::kVoteReplaced, PaxosMark::kVoteForgotten, PaxosMark::kLeaderMeetsPrepare,
        PaxosMark::kLearnedOverVote, PaxosMark::kFollowerReads}) {
    EXPECT_TRUE(Has(marks, mark)) << PaxosMarkTable()[static_cast<std::size_t>(mark)].name;
  }
}

// ---- over many seeds ------------------------------------------------------------------------

TEST(MarkTotalsTest, NamesTheLowestSeedOfEachMarkAndWhatIsMissing) {
  MarkTotals totals;
  totals.Add(ResultOf(9, {0, 1}));
  totals.Add(ResultOf(4, {1}));
  EXPECT_EQ(totals.seeds(1), 2U);
  EXPECT_EQ(totals.hit(), SetOf({0, 1}));
  const std::string first = std::string(AllMarks()[0].name) + " (1, seed 9)";
  EXPECT_NE(totals.Summary().find(first), std::string::npos) << totals.Summary();
  EXPECT_NE(totals.Summary().find("not hit: " + std::string(AllMarks()[2].name)), std::string::npos)
      << totals.Summary();
}

TEST(CorpusTest, PicksFewSeedsForAllRareMarks) {
  CorpusPicker picker;
  for (std::uint64_t seed = 100; seed < 200; ++seed) picker.Add(ResultOf(seed, {0}));
  picker.Add(ResultOf(1, {0, 1}));
  picker.Add(ResultOf(2, {0, 2, 3}));
  picker.Add(ResultOf(3, {0, 1, 2, 3}));
  const Corpus corpus = picker.Pick(20);
  ASSERT_EQ(corpus.seeds.size(), 1U);
  EXPECT_EQ(corpus.seeds[0].seed, 3U);
  EXPECT_EQ(corpus.seeds[0].marks.size(), 3U);
  EXPECT_EQ(corpus.seeds[0].marks[0], AllMarks()[1].name);
}

TEST(CorpusTest, IsReadAsItWasWritten) {
  Corpus corpus{"0123456789abcdef", {{7, {"two-leaders", "fenced"}}, {12, {"flaps"}}}};
  std::istringstream in(ToText(corpus));
  EXPECT_EQ(*LoadCorpus(in), corpus);
}

TEST(CorpusTest, ALineThatIsNoneIsNamed) {
  std::istringstream in("world 1\nsed 12\n");
  const Result<Corpus> corpus = LoadCorpus(in);
  ASSERT_FALSE(corpus.has_value());
  EXPECT_NE(corpus.error().ToString().find("sed 12"), std::string::npos);
}

TEST(CorpusTest, TheOneInTheTreeIsReadable) {
  const Result<Corpus> corpus = LoadCorpus(QUORATE_SOURCE_DIR "/sim/corpus/rare_marks.txt");
  ASSERT_TRUE(corpus.has_value()) << corpus.error().ToString();
  EXPECT_FALSE(corpus->seeds.empty());
  EXPECT_FALSE(corpus->world.empty());
  for (const Corpus::Seed& seed : corpus->seeds) {
    for (const std::string& mark : seed.marks) EXPECT_TRUE(FindMark(mark)) << mark;
  }
}

TEST(CorpusTest, SaysWhichMarksAreMissing) {
  const Corpus corpus{"1", {{7, {std::string(AllMarks()[0].name), "gone"}}}};
  EXPECT_EQ(MissingMarks(corpus, SetOf({0})), std::vector<std::string>{"gone"});
}

}  // namespace
}  // namespace paxos::sim
