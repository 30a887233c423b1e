#include "sim/strangers.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/babble.h"
#include "sim/ledger.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

constexpr NodeId kSelf{2};
constexpr std::size_t kNodes = 3;
const Ballot kBallot{4, kSelf};

FaultClasses Only(FaultClass what) {
  FaultClasses classes;
  classes.Add(what);
  return classes;
}

Envelope To(NodeId peer, Message message) { return Envelope{kSelf, peer, {}, std::move(message)}; }

TEST(StrangersTest, VoteForEverythingInNamesThatNobodyHas) {
  Strangers strangers(Chance(1), Only(FaultClass::kStrangers), kSelf, kNodes);
  std::set<NodeId> names;
  for (int i = 0; i < 400; ++i) {
    const auto lie = strangers.Answer(To(NodeId{1}, Accept{kBallot, Slot{7}, {}, {}}));
    if (!lie) continue;
    names.insert(lie->envelope.from);
    EXPECT_EQ(std::get<Accepted>(lie->envelope.message), (Accepted{kBallot, Slot{7}}));
    EXPECT_EQ(lie->envelope.to, kSelf);
  }
  EXPECT_EQ(names, (std::set<NodeId>{NodeId{4}, NodeId{5}, NodeId{6}}));
}

TEST(StrangersTest, WhatTheySayWouldBeBelievedOfAMember) {
  Strangers strangers(Chance(1), Only(FaultClass::kStrangers), kSelf, kNodes);
  const std::vector<Message> said = {PreVote{kBallot},
                                     Prepare{kBallot},
                                     Promise{kBallot, {}, {}, {}},
                                     Accepted{kBallot, Slot{1}},
                                     HeartbeatAck{kBallot, 1, {}},
                                     FetchChosen{Slot{1}, Slot{1}}};
  for (int i = 0; i < 400; ++i) {
    const Message& message = said[static_cast<std::size_t>(i) % said.size()];
    const auto lie = strangers.Answer(To(NodeId{1}, message));
    if (lie) {
      EXPECT_TRUE(IsWellFormed(lie->envelope.from, lie->envelope.message));
    }
  }
}

TEST(BabbleTest, IsNeverWhatAReplicaWouldSay) {
  Babble babble(Chance(1), Only(FaultClass::kBabble), kSelf);
  std::set<std::size_t> kinds;
  for (int i = 0; i < 20'000; ++i) {
    const auto nonsense = babble.Answer(To(NodeId{1}, Prepare{kBallot}));
    if (!nonsense) continue;
    EXPECT_FALSE(IsWellFormed(nonsense->from, nonsense->message)) << nonsense->message.index();
    kinds.insert(nonsense->message.index());
  }
  EXPECT_EQ(kinds.size(), 12U) << "of every kind that can be broken";
}

TEST(StrangersTest, ChangeNothingThatIsChosen) {
  for (const FaultClass what : {FaultClass::kStrangers, FaultClass::kBabble}) {
    SwarmOptions options;
    options.allowed = Only(what);
    options.nodes = kNodes;
    options.noise_min = options.noise_max = seconds{20};
    Swarm swarm = DrawSwarm(1, options);
    swarm.classes = Only(what);
    LedgerWorkload workload({});
    const RunReport report = Simulate(swarm, workload, {});
    ASSERT_FALSE(report.violation) << report.violation->what;
    EXPECT_GT(workload.chosen(), 50U);
  }
}

}  // namespace
}  // namespace paxos::sim
