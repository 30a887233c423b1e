// S14: a timed wait ends as exactly one of granted, timed out, cancelled; never "timed out but
// secretly held".
#include "tests/lockservice/client_fixture.h"

namespace lockservice {
namespace {

using paxos::SessionError;
using paxos::SessionId;
using paxos::SessionResult;

class ClientTimedWaitTest : public ClientFixture {
 protected:
  // Ends with an acquire (id `acquire`) that waits at the server.
  void WaitInQueue(paxos::Duration timeout) {
    OpenSession();
    call = Acquire(timeout);
    acquire = LastId();
    Answer(acquire, Waiting{});
    sent.clear();
  }

  CallId call;
  RequestId acquire;
};

TEST_F(ClientTimedWaitTest, S14_AsksForCancelAtTheDeadlineAndReturnsOnlyWhenItIsAnswered) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  EXPECT_FALSE(ResultOf(call).has_value());
  EXPECT_EQ(Last<CancelRequest>().target, 1U);
  EXPECT_EQ(Last<CancelRequest>().seq, 2U);
  AnswerCancel(LastId(), SessionError::kCancelled);
  EXPECT_EQ(FailureOf(call), CallFailure::kTimedOut);
  EXPECT_EQ(client.pending(), 0U);
}

TEST_F(ClientTimedWaitTest, S14_TheGrantThatWonTheRaceIsSurfaced) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  AnswerCancel(LastId(), paxos::CallAnswered{paxos::Encode(OperationReply(Granted{Token(8)}))});
  EXPECT_EQ(ResultAs<Granted>(call).token, Token(8));
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(8));
}

TEST_F(ClientTimedWaitTest, S14_TheGrantMayAlsoComeByItself) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  const RequestId cancel = LastId();
  AnswerCall(acquire, Granted{Token(8)});
  EXPECT_EQ(ResultAs<Granted>(call).token, Token(8));
  AnswerCancel(cancel, paxos::CallAnswered{paxos::Encode(OperationReply(Granted{Token(8)}))});
  EXPECT_EQ(client.holdings().begin()->second.count, 1U) << "surfaced once";
  EXPECT_TRUE(ResultOf(call).has_value());
}

TEST_F(ClientTimedWaitTest, S14_TheFinalReplyOfTheWaitMayComeBeforeTheCancels) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  const RequestId cancel = LastId();
  Answer(acquire, Result{SessionError::kCancelled});
  EXPECT_EQ(FailureOf(call), CallFailure::kTimedOut);
  AnswerCancel(cancel, SessionError::kCancelled);
  EXPECT_TRUE(ResultOf(call).has_value());
  EXPECT_EQ(client.pending(), 0U);
}

TEST_F(ClientTimedWaitTest, S14_CancelledByTheUser) {
  WaitInQueue(seconds{60});
  client.Cancel(now, call);
  Take();
  AnswerCancel(LastId(), SessionError::kCancelled);
  EXPECT_EQ(FailureOf(call), CallFailure::kCancelled);
}

TEST_F(ClientTimedWaitTest, S14_OneCancelIsEnough) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  const std::size_t before = sent.size();
  client.Cancel(now, call);
  Take();
  EXPECT_EQ(sent.size(), before);
  AnswerCancel(LastId(), SessionError::kCancelled);
  EXPECT_EQ(FailureOf(call), CallFailure::kTimedOut);
}

TEST_F(ClientTimedWaitTest, S14_WhatWasNeverSentIsDroppedAtTheDeadline) {
  client.Open(now, kTtl);
  call = Acquire(seconds{1});
  Pass(seconds{1});
  EXPECT_EQ(FailureOf(call), CallFailure::kTimedOut);
}

TEST_F(ClientTimedWaitTest, S14_TheCancelIsRetriedLikeAnyCall) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  const CancelRequest original = Last<CancelRequest>();
  Disconnect();
  sent.clear();
  Connect();
  ASSERT_GE(sent.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<CallRequest>(sent[0].body)) << "re-attaches";
  EXPECT_EQ(std::get<CancelRequest>(sent[1].body), original);
}

TEST_F(ClientTimedWaitTest, S14_WithoutAnyAnswerItEndsAsSessionLostAtValidUntil) {
  WaitInQueue(seconds{1});
  Disconnect();
  const paxos::Instant valid_until = client.valid_until();
  Pass(valid_until - now - milliseconds{1});
  EXPECT_FALSE(ResultOf(call).has_value());
  Pass(milliseconds{1});
  EXPECT_EQ(FailureOf(call), CallFailure::kSessionLost);
}

TEST_F(ClientTimedWaitTest, S14_AGrantThatTurnsUpAfterwardsIsGivenBack) {
  WaitInQueue(seconds{1});
  Disconnect();
  Pass(client.valid_until() - now);
  ASSERT_EQ(FailureOf(call), CallFailure::kSessionLost);
  sent.clear();
  Connect();
  AnswerCall(acquire, Granted{Token(8)});
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt);
  const CallRequest& release = Last<CallRequest>();
  EXPECT_EQ(release.operation, Operation(lockservice::Release{"door", kOwner, Token(8)}));
  AnswerCall(LastId(), Released{});
  EXPECT_TRUE(ResultOf(call).has_value()) << "told once";
}

TEST_F(ClientTimedWaitTest, S14_InJeopardyADeadlineEndsTheWaitAtOnce) {
  WaitInQueue(seconds{60});
  Disconnect();
  Pass(seconds{59});
  EXPECT_FALSE(ResultOf(call).has_value());
  Pass(seconds{1});
  EXPECT_EQ(FailureOf(call), CallFailure::kSessionLost);
}

// The cluster keeps it waiting, for the session; this client can neither withdraw it nor give back
// what comes of it.
TEST_F(ClientTimedWaitTest, S14_AWaitWhoseSessionAnotherProcessAdoptedEndsAsUnsure) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  Answer(LastId(), Result{SessionError::kAnswered});
  EXPECT_EQ(FailureOf(call), CallFailure::kUnreachable);
  EXPECT_EQ(client.pending(), 0U);
}

TEST_F(ClientTimedWaitTest, S14_AnEndedSessionEndsTheWait) {
  WaitInQueue(seconds{1});
  Pass(seconds{1});
  Answer(LastId(), Result{SessionError::kExpired});
  EXPECT_EQ(FailureOf(call), CallFailure::kSessionLost);
}

}  // namespace
}  // namespace lockservice
