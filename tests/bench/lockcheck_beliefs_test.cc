#include "bench/lockcheck_beliefs.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

using lockservice::Token;
using paxos::Instant;
using paxos::SessionId;

Instant At(int milliseconds) { return Instant(std::chrono::milliseconds{milliseconds}); }

Belief Held(std::uint32_t client, std::uint64_t token, int begin, int end) {
  return Belief{client, SessionId(client + 1), "jobs/nightly", Token(token), At(begin), At(end)};
}

TEST(LockcheckBeliefsTest, AcceptsOneHolderAfterAnother) {
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 0, 10), Held(2, 8, 10, 20), Held(1, 9, 30, 40)}),
            Violations{});
}

TEST(LockcheckBeliefsTest, AcceptsAValidityThatPassedAndCameBackWithTheSameToken) {
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 0, 10), Held(1, 7, 15, 20)}), Violations{});
}

TEST(LockcheckBeliefsTest, AcceptsTwoLocksHeldAtOnce) {
  Belief other = Held(2, 8, 5, 15);
  other.lock = "jobs/hourly";
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 0, 10), other}), Violations{});
}

TEST(LockcheckBeliefsTest, RejectsTwoHoldersAtOnce) {
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 0, 10), Held(2, 8, 9, 20)}).size(), 1U);
}

TEST(LockcheckBeliefsTest, RejectsAHolderWithinAMuchLongerBelief) {
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 0, 100), Held(1, 8, 10, 11), Held(2, 9, 50, 60)}).size(), 2U);
}

TEST(LockcheckBeliefsTest, RejectsATokenThatGoesBack) {
  EXPECT_EQ(CheckBeliefs({Held(1, 8, 0, 10), Held(2, 7, 10, 20)}).size(), 1U);
}

TEST(LockcheckBeliefsTest, RejectsOneTokenForTwoClients) {
  EXPECT_FALSE(CheckBeliefs({Held(1, 7, 0, 10), Held(2, 7, 10, 20)}).empty());
}

TEST(LockcheckBeliefsTest, RejectsOneTokenForTwoLocks) {
  Belief other = Held(1, 7, 20, 30);
  other.lock = "jobs/hourly";
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 0, 10), other}).size(), 1U);
}

TEST(LockcheckBeliefsTest, RejectsABeliefThatEndsBeforeItBegins) {
  EXPECT_EQ(CheckBeliefs({Held(1, 7, 10, 9)}).size(), 1U);
}

}  // namespace
}  // namespace bench
