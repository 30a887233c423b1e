#include "sim/chance.h"

#include <gtest/gtest.h>

namespace paxos::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ChanceTest, GivesEachSubjectItsOwnStream) {
  const Chance chance(7);
  EXPECT_EQ(chance.KeyOf(Subject::kLoss, 1, 2), Chance(7).KeyOf(Subject::kLoss, 1, 2));
  EXPECT_NE(chance.KeyOf(Subject::kLoss, 1, 2), chance.KeyOf(Subject::kLoss, 2, 1));
  EXPECT_NE(chance.KeyOf(Subject::kLoss, 1, 2), chance.KeyOf(Subject::kLatency, 1, 2));
  EXPECT_NE(chance.KeyOf(Subject::kLoss, 1, 2), Chance(8).KeyOf(Subject::kLoss, 1, 2));
}

TEST(ChanceTest, HappensAsOftenAsItShould) {
  Random random(1);
  int happened = 0;
  for (int i = 0; i < 100'000; ++i) happened += Happens(random.Next(), 30'000) ? 1 : 0;
  EXPECT_NEAR(happened, 3'000, 250);
  EXPECT_FALSE(Happens(random.Next(), 0));
  EXPECT_TRUE(Happens(random.Next(), 1'000'000));
}

TEST(ChanceTest, ExponentialHasItsMeanAndItsTail) {
  Random random(1);
  Duration sum{};
  int beyond_three_means = 0;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const Duration draw = Exponential(random.Next(), milliseconds{10});
    ASSERT_GE(draw, Duration{0});
    sum += draw;
    beyond_three_means += draw > milliseconds{30} ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(sum.count()) / kDraws, 10e6, 1e5);
  EXPECT_NEAR(beyond_three_means, kDraws * 0.05, kDraws * 0.01);
}

TEST(ChanceTest, ExponentialStandsTheExtremes) {
  EXPECT_LE(Exponential(~std::uint64_t{0}, seconds{1}), milliseconds{1});
  EXPECT_LE(Exponential(0, std::chrono::hours{1}), std::chrono::hours{43});
  EXPECT_GE(Exponential(0, std::chrono::hours{1}), std::chrono::hours{42});
}

TEST(ChanceTest, LogUniformLikesEachOctaveAsMuch) {
  Random random(1);
  int low = 0;
  int high = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t draw = LogUniform(random, 1, 1023);
    ASSERT_GE(draw, 1U);
    ASSERT_LE(draw, 1023U);
    low += draw < 4 ? 1 : 0;
    high += draw >= 256 ? 1 : 0;
  }
  EXPECT_NEAR(low, 2'000, 200);   // the octaves 1 and 2-3 of the ten
  EXPECT_NEAR(high, 2'000, 200);  // 256-511 and 512-1023
  EXPECT_EQ(LogUniform(random, 5, 5), 5U);
}

}  // namespace
}  // namespace paxos::sim
