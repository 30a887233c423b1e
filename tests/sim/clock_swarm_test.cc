#include "sim/clock_swarm.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/lock_world.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

constexpr ClockDrift kOnePercent{1, 100};
constexpr Clock::PartsPerMillion kMost = 10'000;

TEST(ClockSwarmTest, AStrobeStaysWithinTheDriftAndReachesItsEdges) {
  int at_an_edge = 0;
  for (std::uint64_t choice = 0; choice < 1000; ++choice) {
    const ClockChange change = DrawStrobe(Fault{{}, {}, choice, {}}, kOnePercent);
    EXPECT_LE(std::abs(change.rate), kMost);
    EXPECT_EQ(change.step, Duration{});
    if (std::abs(change.rate) == kMost) ++at_an_edge;
  }
  EXPECT_GT(at_an_edge, 400);
}

TEST(ClockSwarmTest, ABadClockIsAlwaysBeyondTheDrift) {
  for (std::uint64_t choice = 0; choice < 1000; ++choice) {
    const ClockChange change = DrawBadClock(Fault{{}, {}, choice, {}});
    EXPECT_TRUE(std::abs(change.rate) > kMost || change.step > Duration{});
  }
}

TEST(ClockSwarmTest, ClocksAreCoarseAndDriftOnlyIfTheSeedSaysSo) {
  const ClockOptions plain = DrawClock(Random(1), kOnePercent, {});
  EXPECT_EQ(plain.rate, 0);
  EXPECT_EQ(plain.granule, Duration{1});
  const ClockOptions drawn = DrawClock(Random(1), kOnePercent, FaultClasses::All());
  EXPECT_EQ(drawn.at_start, plain.at_start);
  EXPECT_NE(drawn.rate, 0);
  EXPECT_GT(drawn.granule, Duration{1});
  EXPECT_LE(drawn.granule, kGranuleMax);
}

// The oracle's two tiers: faults of clocks bite, and nothing else than what depends on clocks.
TEST(ClockSwarmTest, ClocksBeyondTheDriftBreakOnlyWhatDependsOnThem) {
  std::uint64_t seeds = 0;
  std::uint64_t breaches = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Swarm swarm = DrawSwarm(seed, {});
    if (!swarm.classes.Has(FaultClass::kBadClock)) continue;
    LockWorld world(swarm);
    const RunReport report = Simulate(swarm, world);
    EXPECT_FALSE(report.violation) << "seed " << seed << ": " << report.violation->what;
    breaches += world.judge().totals().conditional;
    ++seeds;
  }
  EXPECT_GT(seeds, 10U);
  EXPECT_GT(breaches, 0U);
}

TEST(ClockSwarmTest, ClocksWithinTheDriftBreakNothing) {
  FaultClasses clocks;
  for (const FaultClass each : {FaultClass::kDrift, FaultClass::kStrobe, FaultClass::kCoarse,
                                FaultClass::kSuspend, FaultClass::kPause, FaultClass::kClients}) {
    clocks.Add(each);
  }
  SwarmOptions options;
  options.allowed = clocks;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Swarm swarm = DrawSwarm(seed, options);
    LockWorld world(swarm);
    const RunReport report = Simulate(swarm, world);
    EXPECT_FALSE(report.violation) << "seed " << seed << ": " << report.violation->what;
    EXPECT_EQ(world.judge().totals().conditional, 0U);
  }
}

}  // namespace
}  // namespace paxos::sim
