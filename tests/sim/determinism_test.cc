#include <gtest/gtest.h>

#include <set>

#include "sim/ledger.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

RunReport RunShortly(std::uint64_t seed) {
  SwarmOptions options;
  options.noise_min = options.noise_max = seconds{3};
  LedgerWorkload workload({});
  return Simulate(DrawSwarm(seed, options), workload);
}

TEST(DeterminismTest, OneSeedIsOneRun) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RunReport first = RunShortly(seed);
    const RunReport second = RunShortly(seed);
    EXPECT_EQ(first.hash, second.hash) << "seed " << seed;
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
  }
}

TEST(DeterminismTest, TwoHundredSeedsAreTwoHundredRuns) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) hashes.insert(RunShortly(seed).hash);
  EXPECT_EQ(hashes.size(), 200U);
}

TEST(DeterminismTest, WhoeverListensChangesNothing) {
  class Listener final : public Spectator {
   public:
    void OnEvent(const EventView& event) override { bytes_ += Encode(event.ToEvent()).size(); }
    std::size_t bytes_ = 0;
  } listener;
  SwarmOptions options;
  options.noise_min = options.noise_max = seconds{3};
  LedgerWorkload workload({});
  const RunReport report = Simulate(DrawSwarm(5, options), workload, {&listener});
  EXPECT_EQ(report.hash, RunShortly(5).hash);
  EXPECT_GT(listener.bytes_, 0U);
}

// Which faults a seed has does not depend on which of them are allowed.
TEST(DeterminismTest, AForbiddenFaultClassLeavesTheOthersWhereTheyWere) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Swarm all = DrawSwarm(seed, {});
    SwarmOptions options;
    options.allowed.Remove(FaultClass::kPause);
    const Swarm fewer = DrawSwarm(seed, options);
    std::vector<Fault> expected;
    for (const Fault& fault : all.faults) {
      if (fault.what != FaultClass::kPause) expected.push_back(fault);
    }
    EXPECT_EQ(fewer.faults, expected) << "seed " << seed;
    EXPECT_EQ(fewer.network.link.loss, all.network.link.loss) << "seed " << seed;
  }
}

}  // namespace
}  // namespace paxos::sim
