#include "paxos/quorum.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

Membership Of(std::uint64_t count) { return NodeOf(n1, count).membership; }

TEST(MembershipTest, ListsItsVotersInOrder) {
  const Membership membership({n3, n1, n2});
  EXPECT_EQ(membership.voters(), (std::vector<NodeId>{n1, n2, n3}));
  EXPECT_TRUE(membership.Lists(n2));
  EXPECT_FALSE(membership.Lists(kStranger));
}

TEST(MembershipTest, TakesMoreThanHalfForAQuorum) {
  const std::vector<std::size_t> expected = {1, 2, 2, 3, 3, 4, 4};
  for (std::uint64_t count = 1; count <= expected.size(); ++count)
    EXPECT_EQ(Of(count).quorum_size(), expected[count - 1]) << count;
}

// What every proof leans on.
TEST(MembershipTest, AnyTwoQuorumsShareAVoter) {
  for (std::uint64_t count = 1; count <= 6; ++count) {
    const auto is_quorum = [&](unsigned voters) {
      return static_cast<std::size_t>(std::popcount(voters)) >= Of(count).quorum_size();
    };
    for (unsigned a = 0; a < 1U << count; ++a)
      for (unsigned b = 0; b < 1U << count; ++b)
        EXPECT_TRUE(!is_quorum(a) || !is_quorum(b) || (a & b) != 0) << a << " " << b;
  }
}

TEST(MembershipDeathTest, RefusesNobodyDoublesAndNodeZero) {
  EXPECT_DEATH(Membership(std::vector<NodeId>{}), "check \\[M1\\]");
  EXPECT_DEATH(Membership({n1, n2, n1}), "check \\[M1\\]");
  EXPECT_DEATH(Membership({n1, NodeId{}}), "check \\[M1\\]");
}

TEST(VotesTest, ARepeatedVoteCountsOnce) {
  const Membership three = Of(3);
  Votes votes;
  EXPECT_TRUE(votes.Add(three, n2));
  EXPECT_TRUE(votes.Add(three, n2));
  EXPECT_EQ(votes.Count(), 1U);
  EXPECT_FALSE(votes.IsQuorum(three));
}

TEST(VotesTest, AStrangersVoteCountsForNothing) {
  const Membership three = Of(3);
  Votes votes;
  EXPECT_FALSE(votes.Add(three, kStranger));
  EXPECT_FALSE(votes.Add(three, NodeId{}));
  EXPECT_EQ(votes.Count(), 0U);
}

TEST(VotesTest, AMajorityIsAQuorumAndHalfIsNot) {
  const Membership four = Of(4);
  Votes votes;
  votes.Add(four, n1);
  votes.Add(four, n4);
  EXPECT_FALSE(votes.IsQuorum(four));
  votes.Add(four, n3);
  EXPECT_TRUE(votes.IsQuorum(four));
}

TEST(VotesTest, TellsWhoHasVoted) {
  const Membership three = Of(3);
  Votes votes;
  votes.Add(three, n3);
  EXPECT_TRUE(votes.Has(three, n3));
  EXPECT_FALSE(votes.Has(three, n1));
  EXPECT_FALSE(votes.Has(three, kStranger));
}

TEST(VotesTest, CountsUpToTheLargestMembership) {
  const Membership largest = Of(kVotersMax);
  Votes votes;
  for (const NodeId voter : largest.voters()) votes.Add(largest, voter);
  EXPECT_EQ(votes.Count(), kVotersMax);
}

}  // namespace
}  // namespace paxos
