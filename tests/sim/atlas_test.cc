// Disks that become unfit: the node finds out and abstains, the others go on; and if too many are
// unfit, the cluster stops.
#include <gtest/gtest.h>

#include "sim/ledger.h"
#include "sim/lock_greeting.h"
#include "sim/lock_world.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

// Three nodes without any other fault, and one of these.
Swarm Quiet(std::uint64_t seed, const std::vector<Fault>& faults) {
  SwarmOptions options;
  options.allowed = {};
  options.nodes = 3;
  options.noise_min = options.noise_max = seconds{20};
  Swarm swarm = DrawSwarm(seed, options);
  swarm.faults = faults;
  return swarm;
}

Fault At(int second, FaultClass what, std::uint64_t choice) {
  return Fault{Time{seconds{second}}, what, choice, seconds{1}};
}

// Counts the processes that found their disk unfit: they end with a code.
class Abstentions final : public Spectator {
 public:
  void OnEvent(const EventView& event) override {
    const auto* code = std::get_if<const Number*>(&event.body);
    if (event.kind == EventKind::kStop && code != nullptr && (*code)->value != 0) ++count_;
  }
  [[nodiscard]] int count() const { return count_; }

 private:
  int count_ = 0;
};

class AtlasTest : public testing::TestWithParam<FaultClass> {};

TEST_P(AtlasTest, ANodeWithAnUnfitDiskAbstainsAndTheOthersGoOn) {
  Abstentions abstentions;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    LedgerWorkload workload({});
    const RunReport report =
        Simulate(Quiet(seed, {At(5, GetParam(), seed)}), workload, {&abstentions});
    ASSERT_FALSE(report.violation) << report.violation->what;
    EXPECT_GT(workload.chosen(), 50U);
  }
  EXPECT_GT(abstentions.count(), 5);
  EXPECT_LE(abstentions.count(), 20) << "a minority of three is one";
}

INSTANTIATE_TEST_SUITE_P(Kinds, AtlasTest,
                         testing::Values(FaultClass::kDamage, FaultClass::kLostDisk,
                                         FaultClass::kRollback));

TEST(AtlasOverflowTest, ManyUnfitDisksStopTheCluster) {
  Abstentions abstentions;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<Fault> faults;
    for (int i = 0; i < 12; ++i)
      faults.push_back(At(5 + i, FaultClass::kDamage, Mix(seed, static_cast<std::uint64_t>(i))));
    Swarm swarm = Quiet(seed, faults);
    swarm.exceeds_atlas = true;
    LedgerWorkload workload({});
    const RunReport report = Simulate(swarm, workload, {&abstentions});
    ASSERT_FALSE(report.violation) << report.violation->what;
  }
  EXPECT_GE(abstentions.count(), 2 * 20);
}

TEST(LockGreetingTest, ADiskThatForgotIsToldSoAndOneThatDidNotIsNot) {
  Greeting greeting{NodeId{1}, 7, PersistSeq{10}, NodeId{2}, PersistSeq{11}, PersistSeq{10}};
  EXPECT_EQ(JudgeGreeting(greeting).code(), ErrorCode::kDamaged);
  greeting.durable_by_now = PersistSeq{11};
  EXPECT_EQ(JudgeGreeting(greeting).code(), ErrorCode::kUnavailable) << "it was greeted late";
  greeting.remembered = PersistSeq{10};
  EXPECT_TRUE(JudgeGreeting(greeting).ok());
}

}  // namespace
}  // namespace paxos::sim
