#include "paxos/reads.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

const ReadAsked r1{n1, ReadTag{7, ReadId{1}}};
const ReadAsked r2{n2, ReadTag{8, ReadId{1}}};
using Asked = std::vector<ReadAsked>;

constexpr bool kMayServe = true;

class ReadsTest : public testing::Test {
 protected:
  ReplicaOptions options_ = NodeOf(n1);
  Reads reads_{options_};
};

TEST_F(ReadsTest, AQuorumConfirmsTheReadsOfItsRound) {
  reads_.Ask(r1);
  const auto round = reads_.BeginRound();
  reads_.OnAck(n1, round);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{});
  reads_.OnAck(n3, round);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{r1});
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{});
}

TEST_F(ReadsTest, ARoundThatBeganBeforeTheReadConfirmsNothing) {
  const auto earlier = reads_.BeginRound();
  reads_.Ask(r1);
  reads_.BeginRound();
  for (const NodeId voter : {n1, n2, n3}) reads_.OnAck(voter, earlier);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{});
}

TEST_F(ReadsTest, ALaterRoundConfirmsAsWell) {
  reads_.Ask(r1);
  reads_.BeginRound();
  const auto later = reads_.BeginRound();
  reads_.OnAck(n1, later);
  reads_.OnAck(n2, later);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{r1});
}

TEST_F(ReadsTest, OneRoundServesEveryReadThatWaitedForIt) {
  reads_.Ask(r1);
  reads_.Ask(r2);
  const auto round = reads_.BeginRound();
  reads_.OnAck(n1, round);
  reads_.OnAck(n2, round);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), (Asked{r1, r2}));
}

TEST_F(ReadsTest, ServesNothingBeforeThePrefixCoversWhatWasRecovered) {
  reads_.Ask(r1);
  const auto round = reads_.BeginRound();
  reads_.OnAck(n1, round);
  reads_.OnAck(n2, round);
  EXPECT_EQ(reads_.TakeConfirmed(!kMayServe), Asked{});
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{r1});
}

TEST_F(ReadsTest, CountsNoAckOfAStrangerTwiceOrAhead) {
  reads_.Ask(r1);
  const auto round = reads_.BeginRound();
  reads_.OnAck(n2, round);
  reads_.OnAck(n2, round);
  reads_.OnAck(kStranger, round);
  reads_.OnAck(n3, round + 1);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{});
}

TEST_F(ReadsTest, AnOldAckTakesNothingBack) {
  const auto first = reads_.BeginRound();
  reads_.Ask(r1);
  const auto second = reads_.BeginRound();
  reads_.OnAck(n1, second);
  reads_.OnAck(n2, second);
  reads_.OnAck(n2, first);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{r1});
}

TEST_F(ReadsTest, WantsOneRoundAtATime) {
  EXPECT_FALSE(reads_.WantsRound());
  reads_.Ask(r1);
  EXPECT_TRUE(reads_.WantsRound());
  const auto round = reads_.BeginRound();
  reads_.Ask(r2);
  EXPECT_FALSE(reads_.WantsRound());
  reads_.OnAck(n1, round);
  reads_.OnAck(n2, round);
  EXPECT_TRUE(reads_.WantsRound());
}

TEST_F(ReadsTest, RefusesMoreThanItsBound) {
  options_.reads_max = 1;
  Reads one(options_);
  EXPECT_EQ(one.Ask(r1), std::nullopt);
  EXPECT_EQ(one.Ask(r2), Refusal::kOverloaded);
}

TEST_F(ReadsTest, GivesUpAllThatWaitWhenLeadershipEnds) {
  reads_.Ask(r1);
  const auto round = reads_.BeginRound();
  reads_.Ask(r2);
  EXPECT_EQ(reads_.Abandon(), (Asked{r1, r2}));
  EXPECT_FALSE(reads_.WantsRound());
  reads_.OnAck(n1, round);
  reads_.OnAck(n2, round);
  EXPECT_EQ(reads_.TakeConfirmed(kMayServe), Asked{});
}

TEST_F(ReadsTest, AsksAgainWithinItsBoundAfterGivingUp) {
  options_.reads_max = 1;
  Reads one(options_);
  one.Ask(r1);
  one.Abandon();
  EXPECT_EQ(one.Ask(r2), std::nullopt);
}

}  // namespace
}  // namespace paxos
