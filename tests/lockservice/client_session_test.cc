#include "lockservice/client_session.h"

#include <gtest/gtest.h>

#include <chrono>

namespace lockservice {
namespace {

class ClientSessionTest : public testing::Test {
 protected:
  ClientSessionTest() { session.Begin(paxos::SessionId(5), std::chrono::seconds{10}); }

  ClientSession session{paxos::ClockDrift{}, paxos::Duration{0}};
  const HoldingKey door{"door", OwnerId(1)};
};

TEST_F(ClientSessionTest, S10_AGrantOfTheSameTokenIsOneAcquireMore) {
  session.OnGranted(door, Token(7));
  session.OnGranted(door, Token(7));
  EXPECT_EQ(session.holdings().at(door), (Holding{Token(7), 2}));
}

TEST_F(ClientSessionTest, S04_AHigherTokenEndsTheGrantBefore) {
  session.OnGranted(door, Token(7));
  session.OnGranted(door, Token(7));
  session.OnGranted(door, Token(9));
  EXPECT_EQ(session.holdings().at(door), (Holding{Token(9), 1}));
}

TEST_F(ClientSessionTest, S04_ALateGrantOfALowerTokenChangesNothing) {
  session.OnGranted(door, Token(9));
  session.OnGranted(door, Token(7));
  EXPECT_EQ(session.holdings().at(door), (Holding{Token(9), 1}));
}

}  // namespace
}  // namespace lockservice
