// The client's promises by their numbers in the specification of locks: S1, S8, S10, S15, S16.
// S14 has a file of its own.
#include "lockservice/client.h"

#include "tests/lockservice/client_fixture.h"

namespace lockservice {
namespace {

using paxos::SessionError;
using paxos::SessionId;

class ClientTest : public ClientFixture {};

// ---- S1: validity ---------------------------------------------------------------------------

TEST_F(ClientTest, S01_ValidityCountsFromTheSendingOfTheOpenNotFromItsAnswer) {
  client.Open(now, kTtl);
  Connect();
  const paxos::Instant sent_at = now;
  Pass(milliseconds{300});
  Answer(LastId(), Result{paxos::SessionOpened{SessionId(5), kTtl}});
  EXPECT_EQ(client.valid_until(), sent_at + kSpan);
}

TEST_F(ClientTest, S01_ARequestSentAgainCountsFromItsFirstSending) {
  OpenSession();
  Pass(seconds{1});
  const CallId call = Acquire();
  const paxos::Instant first_sent = now;
  Disconnect();
  Pass(seconds{2});
  Connect();
  AnswerCall(LastId(), Granted{Token(1)});
  EXPECT_EQ(ResultAs<Granted>(call).token, Token(1));
  EXPECT_EQ(client.valid_until(), first_sent + kSpan);
}

TEST_F(ClientTest, S01_AKeepAliveOnANewConnectionIsANewSending) {
  OpenSession();
  Pass(kTtl / 3);
  ASSERT_EQ(Last<KeepAliveRequest>().session, SessionId(5));
  const RequestId first = LastId();
  Disconnect();
  Connect();
  EXPECT_NE(LastId(), first);
  AnswerKeepAlive(LastId());
  EXPECT_EQ(client.valid_until(), now + kSpan);
}

TEST_F(ClientTest, S01_AnAnswerToAnEarlierRequestNeverLowersValidity) {
  OpenSession();
  Acquire();
  const RequestId early = LastId();
  Pass(milliseconds{500});
  client.Touch(now);
  Take();
  AnswerCall(LastId(), Touched{});
  const paxos::Instant valid_until = client.valid_until();
  EXPECT_EQ(valid_until, now + kSpan);
  AnswerCall(early, Granted{Token(1)});
  EXPECT_EQ(client.valid_until(), valid_until);
}

TEST_F(ClientTest, S01_RefusalsAndErrorsRenewNothing) {
  OpenSession();
  const paxos::Instant valid_until = client.valid_until();
  Pass(milliseconds{500});
  for (const ResponseBody& answer :
       {ResponseBody(RetryReason::kOverloaded), ResponseBody(Refused{"no"}),
        ResponseBody(Result{SessionError::kSeqTooFar}),
        ResponseBody(Result{SessionError::kAnswered})}) {
    client.Touch(now);
    Take();
    Answer(LastId(), answer);
    EXPECT_EQ(client.valid_until(), valid_until);
  }
}

TEST_F(ClientTest, S01_WaitingProvesTheSessionAlive) {
  OpenSession();
  Pass(milliseconds{500});
  Acquire();
  Answer(LastId(), Waiting{});
  EXPECT_EQ(client.valid_until(), now + kSpan);
}

TEST_F(ClientTest, S01_ASessionTakenOverIsNotBelievedBeforeAServerConfirmsIt) {
  client.Adopt(now, SessionId(5), kTtl, 900);
  EXPECT_EQ(client.state(now), SessionState::kJeopardy);
  Connect();
  AnswerKeepAlive(LastId());
  EXPECT_EQ(client.state(now), SessionState::kSafe);
  Acquire();
  EXPECT_EQ(Last<CallRequest>().seq, 900U);
}

TEST_F(ClientTest, KeepsAnIdleSessionAliveEveryThirdOfItsTtl) {
  OpenSession();
  Pass(kTtl / 3 - milliseconds{1});
  EXPECT_TRUE(sent.empty());
  EXPECT_LE(client.next_wakeup(), now + milliseconds{1});
  Pass(milliseconds{1});
  ASSERT_EQ(sent.size(), 1U);
  AnswerKeepAlive(LastId());
  EXPECT_EQ(client.valid_until(), now + kSpan);
}

TEST_F(ClientTest, GoesToAnotherServerWhenAKeepAliveIsNotAnsweredByTheTimeOfTheNext) {
  OpenSession();
  Pass(kTtl / 3);
  Pass(kTtl / 3);
  EXPECT_FALSE(is_connected);
  Connect();
  EXPECT_EQ(Last<KeepAliveRequest>().session, SessionId(5));
}

// A server that hangs would tell nobody of a grant, and keep everyone behind it waiting.
TEST_F(ClientTest, AsksForASignOfLifeWhileACallWaits) {
  client.Open(now, std::chrono::hours{24});
  Connect();
  Answer(LastId(), Result{paxos::SessionOpened{SessionId(5), std::chrono::hours{24}}});
  Acquire();
  Answer(LastId(), Waiting{});
  sent.clear();
  Pass(seconds{10});
  ASSERT_EQ(sent.size(), 1U);
  Last<KeepAliveRequest>();
  Pass(seconds{3});
  EXPECT_FALSE(is_connected) << "nor did it answer that";
}

// The queue of a server may be longer than an answer's time: then leaving it helps nobody.
TEST_F(ClientTest, ACallThatWasLeftUnansweredIsGivenTwiceTheTime) {
  OpenSession();
  client.Touch(now);
  Take();
  for (const seconds patience : {seconds{1}, seconds{2}}) {
    Pass(patience - milliseconds{1});
    EXPECT_TRUE(is_connected);
    Pass(milliseconds{1});
    EXPECT_FALSE(is_connected);
    Connect();
  }
}

// ---- S8: exactly once -----------------------------------------------------------------------

TEST_F(ClientTest, S08_ARetryIsTheSameRequestWhateverWentWrong) {
  OpenSession();
  Acquire();
  const CallRequest original = Last<CallRequest>();
  ASSERT_EQ(original.seq, 1U);

  Disconnect();
  Connect();
  EXPECT_EQ(Last<CallRequest>(), original) << "after a disconnect";

  Pass(TestClientOptions().answer_timeout);
  EXPECT_FALSE(is_connected);
  Connect();
  EXPECT_EQ(Last<CallRequest>(), original) << "after a time-out";

  Answer(LastId(), NotLeader{});
  EXPECT_FALSE(is_connected);
  Connect();
  EXPECT_EQ(Last<CallRequest>(), original) << "after NotLeader";

  for (RetryReason reason :
       {RetryReason::kOverloaded, RetryReason::kOutcomeUnknown, RetryReason::kSuperseded}) {
    Answer(LastId(), reason);
    sent.clear();
    Pass(milliseconds{100});
    ASSERT_EQ(sent.size(), 1U) << paxos::ToText(reason);
    EXPECT_EQ(Last<CallRequest>(), original) << paxos::ToText(reason);
  }
}

TEST_F(ClientTest, S08_AWaitingAcquireIsAskedForAgainOnTheNextConnection) {
  OpenSession();
  const CallId call = Acquire();
  const CallRequest original = Last<CallRequest>();
  Answer(LastId(), Waiting{});
  Pass(seconds{2});
  EXPECT_TRUE(is_connected) << "an acquire that waits is no reason to leave";
  Disconnect();
  sent.clear();
  Connect();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(std::get<CallRequest>(sent.front().body).seq, original.seq);
  EXPECT_EQ(std::get<CallRequest>(sent.front().body).operation, original.operation);
  AnswerCall(sent.front().id, Granted{Token(3)});
  EXPECT_EQ(ResultAs<Granted>(call).token, Token(3));
}

TEST_F(ClientTest, S08_AnsweredBelowIsTheLowestSeqWithoutAnAnswer) {
  OpenSession();
  Acquire();  // 1
  const RequestId first = LastId();
  client.Touch(now);  // 2
  Take();
  AnswerCall(LastId(), Touched{});
  client.Touch(now);  // 3
  Take();
  EXPECT_EQ(Last<CallRequest>().seq, 3U);
  EXPECT_EQ(Last<CallRequest>().answered_below, 1U);
  AnswerCall(first, Granted{Token(1)});
  client.Touch(now);  // 4
  Take();
  EXPECT_EQ(Last<CallRequest>().answered_below, 3U);
}

TEST_F(ClientTest, S08_ACallThatWaitsHoldsNothingUp) {
  OpenSession();
  Acquire();  // 1
  const RequestId waiting = LastId();
  Answer(waiting, Waiting{});
  client.Touch(now);  // 2
  Take();
  EXPECT_EQ(Last<CallRequest>().answered_below, 2U);
  EXPECT_EQ(Last<CallRequest>().unanswered, std::vector<std::uint64_t>{1});
  AnswerCall(LastId(), Touched{});
  AnswerCall(waiting, Granted{Token(1)});
  client.Touch(now);  // 3
  Take();
  EXPECT_EQ(Last<CallRequest>().answered_below, 3U);
  EXPECT_EQ(Last<CallRequest>().unanswered, std::vector<std::uint64_t>{});
}

// Its server has no room to watch it, so it asks again; that must not take the window.
TEST_F(ClientTest, S08_AnUnwatchedWaitHoldsNothingUpAndIsAskedForAgain) {
  OpenSession();
  Acquire();  // 1
  Answer(LastId(), RetryReason::kWaitsUnwatched);
  client.Touch(now);  // 2
  Take();
  EXPECT_EQ(Last<CallRequest>().answered_below, 2U);
  EXPECT_EQ(Last<CallRequest>().unanswered, std::vector<std::uint64_t>{1});
  AnswerCall(LastId(), Touched{});
  Pass(seconds{1});
  EXPECT_EQ(Last<CallRequest>().seq, 1U);
}

// Each asking is a command of the log, and there may be as many unwatched waits as the cluster has
// room for.
TEST_F(ClientTest, S08_AnUnwatchedWaitIsAskedForEverMoreRarely) {
  OpenSession();
  Acquire();
  std::size_t asked = 0;
  for (int second = 0; second < 300; ++second) {
    for (const Request& request : std::exchange(sent, {})) {
      const bool is_keep_alive = std::holds_alternative<KeepAliveRequest>(request.body);
      if (is_keep_alive) {
        AnswerKeepAlive(request.id);
        continue;
      }
      ++asked;
      Answer(request.id, RetryReason::kWaitsUnwatched);
    }
    Pass(seconds{1});
  }
  EXPECT_GT(asked, 25U);
  EXPECT_LT(asked, 80U);
}

// An acquire whose server answers with a reason to ask again.
class ClientRestsTest : public ClientTest {
 protected:
  void SetUp() override {
    OpenSession();
    Acquire();
    acquire = LastId();
  }

  // Its rests have grown far beyond the first one.
  void RestLong(RetryReason reason) {
    for (int i = 0; i < 7; ++i) {
      Answer(acquire, reason);
      Pass(milliseconds{300});
    }
  }

  void Reconnect() {
    sent.clear();
    Disconnect();
    Connect();
  }

  void ExpectAFirstUnwatchedRest() {
    sent.clear();
    Answer(acquire, RetryReason::kWaitsUnwatched);
    Pass(milliseconds{20});
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(LastId(), acquire);
  }

  RequestId acquire;
};

// What it rested before was for another reason, and says nothing of how long it will wait.
TEST_F(ClientRestsTest, S08_ThoseOfAnUnwatchedWaitBeginAnew) {
  RestLong(RetryReason::kOverloaded);
  ExpectAFirstUnwatchedRest();
}

// A leader dies under load: its successor has no room for requests at first.
TEST_F(ClientRestsTest, S08_ThoseOfAWaitThatWasWatchedBeginAnewToo) {
  Answer(acquire, Waiting{});
  Reconnect();
  RestLong(RetryReason::kOverloaded);
  ExpectAFirstUnwatchedRest();
}

// The next server may have room to watch it, or its grant.
TEST_F(ClientRestsTest, S08_AnUnwatchedWaitIsAskedForAgainOnANewConnection) {
  RestLong(RetryReason::kWaitsUnwatched);
  Answer(acquire, RetryReason::kWaitsUnwatched);
  Reconnect();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().id, acquire);
}

TEST_F(ClientRestsTest, S08_AnOverloadedClusterIsNotAskedSoonerOnANewConnection) {
  Answer(acquire, Waiting{});
  Reconnect();
  RestLong(RetryReason::kOverloaded);
  Answer(acquire, RetryReason::kOverloaded);
  Reconnect();
  EXPECT_TRUE(sent.empty());
}

// W waits would otherwise put W seqs into each command of the session, and W * W at each
// reconnection.
TEST_F(ClientTest, S08_ManyWaitsAreNamedOnlyWhenTheWindowHasToMove) {
  ClientOptions options = TestClientOptions();
  options.window = 64;
  client = Client(options);
  OpenSession();
  for (int i = 0; i < 20; ++i) {  // 1..20
    Acquire();
    Answer(LastId(), Waiting{});
  }
  std::size_t named = 0;
  std::uint64_t told = 0;
  for (int i = 0; i < 200; ++i) {
    client.Touch(now);
    Take();
    const auto& call = Last<CallRequest>();
    EXPECT_LT(call.seq, told + options.window);
    named += call.unanswered.empty() ? 0 : 1;
    EXPECT_TRUE(!call.unanswered.empty() || call.answered_below == 1) << "a wait's reply may go";
    if (!call.unanswered.empty()) told = call.answered_below;
    AnswerCall(LastId(), Touched{});
  }
  EXPECT_LE(named, 200 / 32 + 1U);
}

TEST_F(ClientTest, S08_AWindowThatDidNotMoveIsToldAgain) {
  OpenSession();
  for (int i = 0; i < 20; ++i) {
    Acquire();
    Answer(LastId(), Waiting{});
  }
  client.Touch(now);
  Take();
  EXPECT_TRUE(Last<CallRequest>().unanswered.empty());
  Answer(LastId(), Result{SessionError::kSeqTooFar});
  Pass(seconds{1});
  EXPECT_EQ(Last<CallRequest>().seq, 21U);
  EXPECT_EQ(Last<CallRequest>().unanswered.size(), 20U);
}

TEST_F(ClientTest, S08_AWaitingCallThatIsSentAgainStillKeepsItsReply) {
  OpenSession();
  Acquire();  // 1
  Answer(LastId(), Waiting{});
  client.Touch(now);  // 2
  Take();
  AnswerCall(LastId(), Touched{});
  Disconnect();
  sent.clear();
  Connect();
  const auto& retry = std::get<CallRequest>(sent.front().body);
  EXPECT_EQ(retry.seq, 1U);
  EXPECT_EQ(retry.answered_below, 3U);
  EXPECT_EQ(retry.unanswered, std::vector<std::uint64_t>{1});
}

TEST_F(ClientTest, S08_ARetriedOpenHasTheSameNonce) {
  client.Open(now, kTtl);
  Connect();
  const OpenRequest original = Last<OpenRequest>();
  Disconnect();
  Connect();
  EXPECT_EQ(Last<OpenRequest>(), original);
}

TEST_F(ClientTest, S08_ADuplicateAnswerIsIgnored) {
  OpenSession();
  const CallId call = Acquire();
  AnswerCall(LastId(), Granted{Token(1)});
  AnswerCall(LastId(), Granted{Token(1)});
  EXPECT_TRUE(ResultOf(call).has_value());
  Release(Token(1));
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt) << "it was counted once";
}

TEST_F(ClientTest, S08_AnAnswerFromAConnectionThatWasLeftIsIgnored) {
  OpenSession();
  const CallId call = Acquire();
  const LinkId old = link;
  const RequestId id = LastId();
  Disconnect();
  Connect();
  client.OnResponse(now, old, Response{id, Refused{"late"}});
  Take();
  EXPECT_FALSE(ResultOf(call).has_value());
}

TEST_F(ClientTest, CallsBeyondTheWindowWaitInLine) {
  ClientOptions options = TestClientOptions();
  options.window = 2;
  client = Client(options);
  OpenSession();
  for (int i = 0; i < 3; ++i) client.Touch(now);
  Take();
  ASSERT_EQ(sent.size(), 2U);
  AnswerCall(sent[0].id, Touched{});
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(Last<CallRequest>().seq, 3U);
}

TEST_F(ClientTest, CallsMadeWhileTheSessionOpensAreSentOnceItIs) {
  client.Open(now, kTtl);
  Acquire();
  Connect();
  ASSERT_EQ(sent.size(), 1U);
  Answer(LastId(), Result{paxos::SessionOpened{SessionId(5), kTtl}});
  EXPECT_EQ(Last<CallRequest>().session, SessionId(5));
}

TEST_F(ClientTest, TooManyCallsCompleteAtOnce) {
  ClientOptions options = TestClientOptions();
  options.calls_max = 1;
  client = Client(options);
  OpenSession();
  Acquire();
  EXPECT_EQ(FailureOf(Acquire()), CallFailure::kOverloaded);
}

// ---- S10: owners and counts -----------------------------------------------------------------

TEST_F(ClientTest, S10_AReentryNeedsAReleaseOfItsOwn) {
  OpenSession();
  for (std::uint32_t count : {1U, 2U}) {
    Acquire();
    AnswerCall(LastId(), Granted{Token(4), count});
  }
  Release(Token(4));
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(4));
  Release(Token(4));
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt);
}

// The second release could only free what the acquire on its way enters again.
TEST_F(ClientTest, S10_AReleaseMoreThanThereWereAcquiresIsRefused) {
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  Acquire();
  const RequestId again = LastId();
  Release(Token(4));
  sent.clear();
  EXPECT_EQ(FailureOf(Release(Token(4))), CallFailure::kRefused);
  EXPECT_TRUE(sent.empty());
  AnswerCall(again, Granted{Token(4), 2});
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(4));
}

TEST_F(ClientTest, S10_AGrantThatIsOverIsForTheServersToRefuse) {
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  Release(Token(4));
  AnswerCall(LastId(), Released{});
  Release(Token(4));
  EXPECT_EQ(std::get<lockservice::Release>(Last<CallRequest>().operation).token, Token(4));
}

// A process that took the session over may give back what another acquired.
TEST_F(ClientTest, S10_InAnAdoptedSessionOnlyTheServersCount) {
  client.Adopt(now, SessionId(5), kTtl, 100);
  Connect();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4), 2});
  Release(Token(4));
  sent.clear();
  Release(Token(4));
  EXPECT_EQ(std::get<lockservice::Release>(Last<CallRequest>().operation).token, Token(4));
}

TEST_F(ClientTest, S10_AReleaseThatTheClientHasNoRoomForChangesNoBelief) {
  ClientOptions options = TestClientOptions();
  options.calls_max = 1;
  client = Client(options);
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  client.Read(now, GetTotals{});
  EXPECT_EQ(FailureOf(Release(Token(4))), CallFailure::kOverloaded);
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(4));
}

TEST_F(ClientTest, BeliefEndsAsTheReleaseLeaves) {
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  ASSERT_EQ(client.Holds("door", kOwner, now), Token(4));
  const CallId call = Release(Token(4));
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt);
  AnswerCall(LastId(), Released{});
  EXPECT_EQ(ResultAs<Released>(call).count, 0U);
}

TEST_F(ClientTest, S09_AReleaseWithAnotherTokenChangesNoBelief) {
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  const CallId call = Release(Token(3));
  AnswerCall(LastId(), LockError::kStaleToken);
  EXPECT_EQ(ResultAs<LockError>(call), LockError::kStaleToken);
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(4));
}

// ---- S15: states ----------------------------------------------------------------------------

TEST_F(ClientTest, S15_JeopardyWhenValidityPassesThenSafeWithTheSameToken) {
  OpenSession();
  const paxos::Instant valid_until = client.valid_until();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  Disconnect();

  Pass(valid_until - now - milliseconds{1});
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(4));
  EXPECT_LE(client.next_wakeup(), valid_until);
  states.clear();
  Pass(milliseconds{1});
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0], (StateChange{SessionId(5), SessionState::kSafe, SessionState::kJeopardy}));
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt);

  Connect();
  AnswerKeepAlive(LastId());
  EXPECT_EQ(states.back().to, SessionState::kSafe);
  EXPECT_EQ(client.Holds("door", kOwner, now), Token(4));
}

TEST_F(ClientTest, S15_LostWhenAServerSaysSoAndForEver) {
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  const CallId waiting = Acquire();
  Answer(LastId(), Waiting{});
  Pass(kTtl / 3);
  Answer(LastId(), Result{SessionError::kExpired});
  EXPECT_EQ(states.back().to, SessionState::kLost);
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt);
  EXPECT_EQ(FailureOf(waiting), CallFailure::kSessionLost);
  EXPECT_EQ(FailureOf(Acquire()), CallFailure::kSessionLost);
  EXPECT_EQ(client.state(now), SessionState::kLost);
}

TEST_F(ClientTest, S15_AnotherSessionMayBeOpenedAfterTheLoss) {
  OpenSession();
  client.Touch(now);
  Take();
  Answer(LastId(), Result{SessionError::kExpired});
  client.Open(now, kTtl);
  Take();
  Answer(LastId(), Result{paxos::SessionOpened{SessionId(6), kTtl}});
  EXPECT_EQ(client.state(now), SessionState::kSafe);
  Acquire();
  EXPECT_EQ(Last<CallRequest>().session, SessionId(6));
  EXPECT_EQ(Last<CallRequest>().seq, 1U);
}

TEST_F(ClientTest, S15_ANewCallInJeopardyBlocksUntilAServerAnswers) {
  OpenSession();
  Disconnect();
  Pass(kTtl);
  ASSERT_EQ(client.state(now), SessionState::kJeopardy);
  const CallId call = Acquire();
  EXPECT_FALSE(ResultOf(call).has_value());
  Connect();
  for (const Request& request : sent) {
    if (std::holds_alternative<CallRequest>(request.body))
      AnswerCall(request.id, Granted{Token(9)});
  }
  EXPECT_EQ(ResultAs<Granted>(call).token, Token(9));
  EXPECT_EQ(client.state(now), SessionState::kSafe);
}

TEST_F(ClientTest, ClosingEndsEveryBeliefAtOnce) {
  OpenSession();
  Acquire();
  AnswerCall(LastId(), Granted{Token(4)});
  const CallId waiting = Acquire();
  const CallId close = client.Close(now);
  EXPECT_EQ(client.Holds("door", kOwner, now), std::nullopt);
  Take();
  EXPECT_EQ(FailureOf(waiting), CallFailure::kNoSession);
  EXPECT_EQ(Last<CloseRequest>().session, SessionId(5));
  Answer(LastId(), Result{paxos::SessionClosed{}});
  ResultAs<paxos::SessionClosed>(close);
}

// ---- S16 ------------------------------------------------------------------------------------

TEST_F(ClientTest, S16_EnsureReturnsAtOnceIfEnoughValidityIsLeft) {
  OpenSession();
  const CallId call = client.Ensure(now, seconds{5});
  Take();
  EXPECT_EQ(ResultAs<Ensured>(call).valid_until, client.valid_until());
  EXPECT_TRUE(sent.empty());
}

TEST_F(ClientTest, S16_EnsureRenewsIfNeeded) {
  OpenSession();
  Pass(seconds{3});
  const CallId call = client.Ensure(now, seconds{8});
  Take();
  EXPECT_FALSE(ResultOf(call).has_value());
  AnswerCall(LastId(), Touched{});
  EXPECT_EQ(ResultAs<Ensured>(call).valid_until, now + kSpan);
}

// lockctl renew: the process that opened the session goes on making calls in it.
TEST_F(ClientTest, S16_EnsureWithoutASeqOfItsOwnKeepsAlive) {
  client.Adopt(now, SessionId(5), kTtl, std::nullopt);
  const CallId call = client.Ensure(now, seconds{1});
  Connect();
  ASSERT_EQ(sent.size(), 1U);
  AnswerKeepAlive(LastId());
  EXPECT_EQ(ResultAs<Ensured>(call).valid_until, now + kSpan);
  EXPECT_EQ(FailureOf(Acquire()), CallFailure::kRefused);
}

TEST_F(ClientTest, S16_EnsureOutlivesAnAdoptionByAnotherProcess) {
  OpenSession();
  Pass(seconds{3});
  const CallId call = client.Ensure(now, seconds{8});
  Take();
  Answer(LastId(), Result{SessionError::kAnswered});
  EXPECT_FALSE(ResultOf(call).has_value());
  AnswerKeepAlive(LastId());
  EXPECT_EQ(ResultAs<Ensured>(call).valid_until, now + kSpan);
}

TEST_F(ClientTest, X1_ACutOffCallThatWasSentOnceWasNotExecuted) {
  OpenSession();
  const CallId once = Release(Token(1));
  Answer(LastId(), Result{SessionError::kAnswered});
  EXPECT_EQ(FailureOf(once), CallFailure::kRefused);
}

// Its first sending may have been, and the answer been dropped since.
TEST_F(ClientTest, X1_ACutOffCallThatWasSentTwiceMayHaveBeenExecuted) {
  OpenSession();
  const CallId twice = Release(Token(1));
  Disconnect();
  Connect();
  Answer(LastId(), Result{SessionError::kAnswered});
  EXPECT_EQ(FailureOf(twice), CallFailure::kUnreachable);
}

TEST_F(ClientTest, S16_EnsureOfMoreThanTheTtlGivesIsRefused) {
  OpenSession();
  const CallId call = client.Ensure(now, kTtl);
  Take();
  EXPECT_EQ(FailureOf(call), CallFailure::kRefused);
}

// ---- calls without a session, and giving up -------------------------------------------------

TEST_F(ClientTest, WithoutASessionACallFailsAtOnce) {
  EXPECT_EQ(FailureOf(Acquire()), CallFailure::kNoSession);
}

TEST_F(ClientTest, AReadIsGivenUpAtItsDeadline) {
  const CallId call = client.Read(now, GetTotals{}, seconds{3});
  Take();
  Pass(seconds{3});
  EXPECT_EQ(FailureOf(call), CallFailure::kUnreachable);
  EXPECT_EQ(client.pending(), 0U);
}

TEST_F(ClientTest, AReleaseWithoutAnswerGoesOnAfterItsDeadline) {
  OpenSession();
  const CallId call =
      client.Release(now, ReleaseOptions{"door", kOwner, Token(4), milliseconds{200}});
  Take();
  const RequestId id = LastId();
  Pass(milliseconds{200});
  EXPECT_EQ(FailureOf(call), CallFailure::kUnreachable);
  Disconnect();
  sent.clear();
  Connect();
  EXPECT_EQ(sent.front().id, id) << "the lock must not stay held for that";
}

TEST_F(ClientTest, AnOpenThatFailsTakesTheCallsThatWaitedForItWithIt) {
  const CallId open = client.Open(now, kTtl, seconds{2});
  const CallId acquire = Acquire();
  Pass(seconds{2});
  EXPECT_EQ(FailureOf(open), CallFailure::kUnreachable);
  EXPECT_EQ(FailureOf(acquire), CallFailure::kNoSession);
  EXPECT_EQ(client.state(now), SessionState::kNone);
}

// What a client with `seed` does while no server can be reached.
std::string TraceOf(std::uint64_t seed) {
  ClientOptions options = TestClientOptions();
  options.seed = seed;
  Client client(options);
  paxos::Instant now{seconds{1}};
  client.Open(now, seconds{10});
  std::string trace;
  for (int i = 0; i < 50; ++i) {
    const ClientOutput output = client.TakeOutput();
    if (output.connect) client.OnDisconnected(now, output.connect->link);
    trace += paxos::ToText(client.next_wakeup()) + paxos::ToText(output.done);
    now += milliseconds{37};
    client.OnTime(now);
  }
  return trace;
}

TEST(ClientDeterminismTest, SameSeedAndInputsGiveTheSameOutputs) {
  EXPECT_EQ(TraceOf(1), TraceOf(1));
  EXPECT_NE(TraceOf(1), TraceOf(2));
}

}  // namespace
}  // namespace lockservice
