#include "sim/mischief.h"

#include <gtest/gtest.h>

#include <set>

namespace paxos::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NodeId kSelf{2};
constexpr std::size_t kNodes = 5;
const Ballot kBallot{4, kSelf};

FaultClasses Only(FaultClass what) {
  FaultClasses classes;
  classes.Add(what);
  return classes;
}

Envelope AcceptTo(NodeId to, std::uint64_t slot, std::uint64_t mark) {
  return Envelope{kSelf, to, {}, Accept{kBallot, Slot{slot}, Slot{mark}, {}}};
}
Envelope HeartbeatTo(NodeId to, std::uint64_t mark) {
  return Envelope{kSelf, to, {}, Heartbeat{kBallot, 1, Slot{mark}, {}}};
}
std::uint64_t MarkOf(const std::optional<Envelope>& envelope) {
  return std::get<Heartbeat>(envelope->message).chosen_prefix.value();
}

TEST(MischiefTest, AcceptsReachAMinimalQuorumWhichChanges) {
  Mischief mischief(Chance(1), Only(FaultClass::kMinimalQuorum), kSelf, kNodes);
  std::set<std::set<std::uint64_t>> quorums;
  for (int second = 0; second < 30; ++second) {
    std::set<std::uint64_t> reached;
    for (const std::uint64_t peer : {1U, 3U, 4U, 5U}) {
      if (mischief.Alter(Time{seconds{second}}, AcceptTo(NodeId{peer}, 7, 3))) reached.insert(peer);
    }
    EXPECT_EQ(reached.size(), kNodes / 2);
    quorums.insert(reached);
  }
  EXPECT_GT(quorums.size(), 3U);
  EXPECT_TRUE(mischief.Alter({}, HeartbeatTo(NodeId{1}, 3))) << "only accepts are held back";
}

TEST(MischiefTest, MarksComeLateAndInOrder) {
  Mischief mischief(Chance(1), Only(FaultClass::kLateMarks), kSelf, kNodes);
  EXPECT_EQ(MarkOf(mischief.Alter(Time{seconds{1}}, HeartbeatTo(NodeId{1}, 5))), 0U);
  EXPECT_EQ(MarkOf(mischief.Alter(Time{seconds{2}}, HeartbeatTo(NodeId{1}, 9))), 5U);
  EXPECT_EQ(MarkOf(mischief.Alter(Time{seconds{3}}, HeartbeatTo(NodeId{1}, 9))), 9U);
}

TEST(MischiefTest, AMarkOfAnotherBallotIsNotTold) {
  Mischief mischief(Chance(1), Only(FaultClass::kLateMarks), kSelf, kNodes);
  mischief.Alter(Time{seconds{1}}, HeartbeatTo(NodeId{1}, 5));
  Envelope next = HeartbeatTo(NodeId{1}, 6);
  std::get<Heartbeat>(next.message).ballot.round = 9;
  EXPECT_EQ(MarkOf(mischief.Alter(Time{seconds{2}}, next)), 0U);
}

TEST(MischiefTest, OwnBroadcastsAreHeardAgainAndAnswersAreNot) {
  Mischief mischief(Chance(1), Only(FaultClass::kEcho), kSelf, kNodes);
  int heard = 0;
  for (int i = 0; i < 400; ++i) {
    if (mischief.EchoAfter(HeartbeatTo(NodeId{1}, 1))) ++heard;
    EXPECT_FALSE(mischief.EchoAfter(HeartbeatTo(NodeId{3}, 1))) << "one copy stands for all";
    EXPECT_FALSE(mischief.EchoAfter(Envelope{kSelf, NodeId{1}, {}, Accepted{kBallot, Slot{1}}}));
  }
  EXPECT_NEAR(heard, 100, 30);
}

TEST(MischiefTest, EndsWhenItIsCalm) {
  Mischief mischief(Chance(1), FaultClasses::All(), kSelf, kNodes);
  mischief.Calm();
  EXPECT_EQ(MarkOf(mischief.Alter(Time{seconds{1}}, HeartbeatTo(NodeId{1}, 5))), 5U);
  EXPECT_FALSE(mischief.EchoAfter(HeartbeatTo(NodeId{1}, 1)));
}

}  // namespace
}  // namespace paxos::sim
