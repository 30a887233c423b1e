// What a cluster owes once faults are over, or never were.
#include <gtest/gtest.h>

#include <set>

#include "sim/ledger.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

SwarmOptions Only(const FaultClasses& classes, std::size_t nodes) {
  SwarmOptions options;
  options.allowed = classes;
  options.nodes = nodes;
  options.noise_min = options.noise_max = seconds{20};
  return options;
}

TEST(LivenessTest, AQuietClusterElectsOnceAndAnswersEverything) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    LedgerWorkload workload({});
    const RunReport report = Simulate(DrawSwarm(seed, Only({}, 3)), workload);
    ASSERT_FALSE(report.violation) << report.violation->what;
    // The heal at the end kills a minority, perhaps the leader; a later one may resign.
    EXPECT_LE(report.cluster.leader_changes, 4U) << "seed " << seed;
    EXPECT_GT(workload.chosen(), 150U) << "seed " << seed;
    EXPECT_GT(workload.reads(), 50U) << "seed " << seed;
  }
}

TEST(LivenessTest, ComesBackAfterEveryKindOfTrouble) {
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    FaultClasses classes;
    classes.Add(static_cast<FaultClass>(i));
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      LedgerWorkload workload({});
      const RunReport report = Simulate(DrawSwarm(seed, Only(classes, 5)), workload);
      ASSERT_FALSE(report.violation) << ShortText(classes) << ": " << report.violation->what;
    }
  }
}

// A leader may go on with a disk that takes up to own_disk_stall_max for a sync, so one must be
// elected with such disks too.
TEST(LivenessTest, ElectsALeaderThoughEverySyncTakesLongerThanAnElectionTimeout) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    LedgerWorkload workload({});
    Swarm swarm = DrawSwarm(seed, Only({}, 3));
    swarm.disk.sync_min = swarm.replica.election_timeout_max;
    swarm.replica.own_disk_stall_max = 3 * swarm.disk.sync_min;
    swarm.healing_max = 60 * swarm.replica.election_timeout_max;
    const RunReport report = Simulate(swarm, workload);
    ASSERT_FALSE(report.violation) << "seed " << seed << ": " << report.violation->what;
    EXPECT_LE(report.cluster.leader_changes, 5U) << "seed " << seed;
    EXPECT_GT(workload.chosen(), 20U) << "seed " << seed;
  }
}

TEST(LivenessTest, ASingleNodeLeadsItself) {
  LedgerWorkload workload({});
  const RunReport report = Simulate(DrawSwarm(7, Only(FaultClasses::All(), 1)), workload);
  ASSERT_FALSE(report.violation) << report.violation->what;
  EXPECT_GT(workload.chosen(), 10U);
}

}  // namespace
}  // namespace paxos::sim
