// Consensus alone, under every fault, with its elections replaced by a coin: safety must not depend
// on who campaigns when.
#include <gtest/gtest.h>

#include "sim/ledger.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

SwarmOptions ShortRuns() {
  SwarmOptions options;
  options.noise_min = seconds{10};
  options.noise_max = seconds{20};
  return options;
}

// No time-out ever comes: nobody campaigns, and no leader steps down, unless the coin says so.
Swarm WithoutTimeouts(Swarm swarm) {
  swarm.replica.election_timeout_min = std::chrono::hours{10};
  swarm.replica.election_timeout_max = std::chrono::hours{20};
  swarm.replica.own_disk_stall_max = std::chrono::hours{10};
  swarm.may_straggle = false;
  return swarm;
}

class SafetyTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SafetyTest, HoldsWhenACoinDecidesWhoCampaigns) {
  const Swarm swarm = WithoutTimeouts(DrawSwarm(GetParam(), ShortRuns()));
  LedgerOptions options;
  options.elections = Elections::kCoinFlips;
  LedgerWorkload workload(options);
  const RunReport report = Simulate(swarm, workload);
  ASSERT_FALSE(report.violation) << report.violation->what;
  EXPECT_GT(workload.chosen(), 0U);
  EXPECT_GT(report.cluster.leader_changes, 1U);
}

TEST_P(SafetyTest, HoldsWithTheElectionsOfTheCore) {
  LedgerWorkload workload({});
  const RunReport report = Simulate(DrawSwarm(GetParam(), ShortRuns()), workload);
  ASSERT_FALSE(report.violation) << report.violation->what;
  EXPECT_GT(workload.chosen(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SafetyTest, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace paxos::sim
