#include "paxos/election.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

constexpr Instant kStart = At(1h);

PreVoteReply Yes(const Ballot& ballot) { return {ballot, {}, PreVoteAnswer::kGranted}; }
PreVoteReply No(const Ballot& ballot) { return {ballot, {}, PreVoteAnswer::kRefused}; }

class ElectionTest : public testing::Test {
 protected:
  ReplicaOptions options_ = NodeOf(n1);
  Election election_{options_, kStart};
};

// ---- waiting for a leader

TEST_F(ElectionTest, IsDueAfterARandomTimeoutWithinItsBounds) {
  std::set<Instant> deadlines;
  for (options_.seed = 0; options_.seed < 50; ++options_.seed) {
    const Election election(options_, kStart);
    EXPECT_GE(election.deadline(), kStart + options_.election_timeout_min);
    EXPECT_LE(election.deadline(), kStart + options_.election_timeout_max);
    deadlines.insert(election.deadline());
  }
  EXPECT_GT(deadlines.size(), 40U);
}

TEST_F(ElectionTest, TheSameSeedWaitsEquallyLong) {
  EXPECT_EQ(election_, Election(options_, kStart));
  EXPECT_FALSE(election_.IsDue(election_.deadline() - 1ns));
  EXPECT_TRUE(election_.IsDue(election_.deadline()));
}

TEST_F(ElectionTest, AHandicapMakesANodeWaitLonger) {
  options_.election_handicap = 1s;
  EXPECT_EQ(Election(options_, kStart).deadline(), election_.deadline() + 1s);
}

TEST_F(ElectionTest, HearingTheLeaderStartsTheWaitAnew) {
  election_.OnLeaderHeard(kStart + 200ms, n2);
  EXPECT_EQ(election_.leader(), n2);
  EXPECT_GE(election_.deadline(), kStart + 200ms + options_.election_timeout_min);
}

TEST_F(ElectionTest, MissesALeaderThatHasBeenSilentForTheShortestTimeout) {
  EXPECT_TRUE(election_.MissesLeader(kStart));
  election_.OnLeaderHeard(kStart, n2);
  EXPECT_FALSE(election_.MissesLeader(kStart + options_.election_timeout_min - 1ns));
  EXPECT_TRUE(election_.MissesLeader(kStart + options_.election_timeout_min));
}

TEST_F(ElectionTest, ABrokenLinkToTheLeaderShortensTheWait) {
  election_.OnLeaderHeard(kStart, n2);
  election_.OnLinkDown(kStart, n2);
  EXPECT_EQ(election_.leader(), std::nullopt);
  EXPECT_LE(election_.deadline(), kStart + options_.election_timeout_min / 4);
}

TEST_F(ElectionTest, ABrokenLinkToAnybodyElseChangesNothing) {
  election_.OnLeaderHeard(kStart, n2);
  const Election before = election_;
  election_.OnLinkDown(kStart, n3);
  EXPECT_EQ(election_, before);
}

// ---- asking around

TEST_F(ElectionTest, AQuorumOfYesLetsACandidateStartOnce) {
  election_.StartPreVote(kStart, B(3, 1));
  EXPECT_FALSE(election_.OnPreVoteReply(n1, Yes(B(3, 1))));
  EXPECT_TRUE(election_.OnPreVoteReply(n2, Yes(B(3, 1))));
  EXPECT_FALSE(election_.OnPreVoteReply(n3, Yes(B(3, 1))));
}

TEST_F(ElectionTest, CountsNoRefusalRepetitionOrStranger) {
  election_.StartPreVote(kStart, B(3, 1));
  EXPECT_FALSE(election_.OnPreVoteReply(n1, Yes(B(3, 1))));
  EXPECT_FALSE(election_.OnPreVoteReply(n1, Yes(B(3, 1))));
  EXPECT_FALSE(election_.OnPreVoteReply(n2, No(B(3, 1))));
  EXPECT_FALSE(election_.OnPreVoteReply(kStranger, Yes(B(3, 1))));
}

TEST_F(ElectionTest, CountsNoAnswerToAnEarlierQuestion) {
  election_.StartPreVote(kStart, B(3, 1));
  election_.OnPreVoteReply(n1, Yes(B(3, 1)));
  election_.StartPreVote(kStart, B(4, 1));
  EXPECT_FALSE(election_.OnPreVoteReply(n2, Yes(B(3, 1))));
  EXPECT_FALSE(election_.OnPreVoteReply(n2, Yes(B(4, 1))));
}

TEST_F(ElectionTest, HearingALeaderEndsTheQuestion) {
  election_.StartPreVote(kStart, B(3, 1));
  election_.OnPreVoteReply(n1, Yes(B(3, 1)));
  election_.OnLeaderHeard(kStart, n3);
  EXPECT_FALSE(election_.OnPreVoteReply(n2, Yes(B(3, 1))));
}

TEST_F(ElectionTest, AsksAgainLaterWhenNobodyAnswers) {
  const Instant due = election_.deadline();
  election_.StartPreVote(due, B(1, 1));
  EXPECT_FALSE(election_.IsDue(due));
  EXPECT_TRUE(election_.IsDue(due + options_.election_timeout_max));
}

// ---- campaigning

TEST_F(ElectionTest, ACandidateWaitsTwiceAsLongAfterEachCampaignThatRanOutOfTime) {
  for (const int doubled : {1, 2, 4}) {
    election_.AwaitPromises(kStart);
    EXPECT_GE(election_.deadline(), kStart + doubled * options_.election_timeout_min);
    EXPECT_LE(election_.deadline(), kStart + doubled * options_.election_timeout_max);
    election_.OnCampaignTimedOut();
  }
}

TEST_F(ElectionTest, NoCandidateWaitsMuchLongerThanADiskMayTake) {
  for (int i = 0; i < 100; ++i) election_.OnCampaignTimedOut();
  election_.AwaitPromises(kStart);
  EXPECT_LE(election_.deadline(), kStart + 2 * options_.own_disk_stall_max);
}

TEST_F(ElectionTest, ALeaderMakesCandidatesImpatientAgain) {
  for (int i = 0; i < 3; ++i) election_.OnCampaignTimedOut();
  election_.OnLeaderHeard(kStart, n2);
  election_.AwaitPromises(kStart);
  EXPECT_LE(election_.deadline(), kStart + options_.election_timeout_max);
}

// ---- leading

TEST_F(ElectionTest, ALeaderKnowsItselfAndForgetsItselfWhenItResigns) {
  election_.OnLeading(kStart);
  EXPECT_EQ(election_.leader(), n1);
  election_.OnResigned(kStart + 1s);
  EXPECT_EQ(election_.leader(), std::nullopt);
  EXPECT_GE(election_.deadline(), kStart + 1s + options_.election_timeout_min);
}

TEST_F(ElectionTest, LosesItsQuorumWhenTooFewAcknowledgedLately) {
  election_.OnLeading(kStart);
  const Instant later = kStart + options_.election_timeout_max;
  EXPECT_FALSE(election_.HasLostQuorum(later));
  election_.OnAck(later, n1);
  EXPECT_TRUE(election_.HasLostQuorum(later + 1ns));
  election_.OnAck(later, n3);
  EXPECT_FALSE(election_.HasLostQuorum(later + 1ns));
}

TEST_F(ElectionTest, AStrangersAckKeepsNobodyInOffice) {
  election_.OnLeading(kStart);
  const Instant later = kStart + 2 * options_.election_timeout_max;
  election_.OnAck(later, n1);
  election_.OnAck(later, kStranger);
  EXPECT_TRUE(election_.HasLostQuorum(later));
}

}  // namespace
}  // namespace paxos
