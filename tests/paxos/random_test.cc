#include "paxos/random.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <set>

#include "paxos/archive.h"

namespace paxos {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

// Pinned: a seed that failed last year must fail the same way today.
TEST(RandomTest, GivesTheSameNumbersForeverFromOneSeed) {
  Random random(1);
  EXPECT_EQ(random.Next(), 6791897765849424158U);
  EXPECT_EQ(random.Next(), 17405687883870564846U);
  EXPECT_EQ(random.Below(1000), 752U);
  EXPECT_EQ(Mix(3, 4), 14694836086070225932U);
}

TEST(RandomTest, NeighbouringSeedsShareNoNumbers) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    for (int i = 0; i < 100; ++i) seen.insert(random.Next());
  }
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(RandomTest, BelowReachesEveryValueAboutEquallyOften) {
  Random random(2);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts[random.Below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

// n = 3/4 of 2^64: a plain modulo would give the lower third twice as often.
TEST(RandomTest, BelowHasNoBiasForHugeBounds) {
  Random random(3);
  const std::uint64_t n = 3ULL << 62;
  int lower_third = 0;
  for (int i = 0; i < 30'000; ++i) lower_third += random.Below(n) < (n / 3) ? 1 : 0;
  EXPECT_NEAR(lower_third, 10'000, 500);
}

TEST(RandomTest, BetweenIncludesBothEnds) {
  Random random(4);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.Between(5, 8));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{5, 6, 7, 8}));
  EXPECT_EQ(random.Between(9, 9), 9U);
}

TEST(RandomTest, BetweenSpansTheWholeRange) {
  Random a(5);
  Random b(5);
  EXPECT_EQ(a.Between(0, kMax), b.Next());
}

TEST(RandomTest, ChanceKeepsItsProportion) {
  Random random(6);
  int hits = 0;
  for (int i = 0; i < 40'000; ++i) hits += random.Chance(1, 4) ? 1 : 0;
  EXPECT_NEAR(hits, 10'000, 500);
  EXPECT_FALSE(random.Chance(0, 10));
  EXPECT_TRUE(random.Chance(10, 10));
}

TEST(RandomTest, MixIsTheSequenceOfItsStreamAtAnyPlace) {
  Random random(7);
  for (std::uint64_t counter = 0; counter < 100; ++counter) {
    EXPECT_EQ(Mix(7, counter), random.Next()) << counter;
  }
}

TEST(RandomTest, IsAValueThatContinuesAfterCopyingAndDecoding) {
  Random random(8);
  random.Next();
  Random copy = random;
  Random decoded = *Decode<Random>(Encode(random));
  EXPECT_EQ(random, decoded);
  const std::uint64_t next = random.Next();
  EXPECT_EQ(copy.Next(), next);
  EXPECT_EQ(decoded.Next(), next);
  EXPECT_NE(random, Random(8));
}

TEST(RandomDeathTest, RefusesToDrawFromNothing) {
  EXPECT_DEATH(Random(9).Below(0), "check \\[RANDOM\\] failed: n > 0");
  EXPECT_DEATH(Random(9).Between(2, 1), "lo=2 hi=1");
}

}  // namespace
}  // namespace paxos
