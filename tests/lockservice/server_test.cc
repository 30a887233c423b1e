#include "lockservice/server.h"

#include "tests/lockservice/server_fixture.h"

namespace lockservice {
namespace {

using paxos::SessionError;
using paxos::SessionId;

class ServerTest : public ServerFixture {
 protected:
  void SetUp() override {
    ServerFixture::SetUp();
    Lead();
  }
};

TEST_F(ServerTest, AnswersACallWhenItIsApplied) {
  const SessionId session = OpenSession(kAnn);
  const RequestId call = Ask(kAnn, AcquireCall(session, 1));
  EXPECT_EQ(ReplyOf(call), OperationReply(Granted{Token(1), 1}));
  EXPECT_EQ(LastResponseTo(call).to, kAnn);
  EXPECT_EQ(server->pending(), 0U);
}

TEST_F(ServerTest, TellsThatACallWaitsAndPushesItsGrant) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Ask(kBob, AcquireCall(bob, 1));
  ResponseTo<Waiting>(waiting);
  Ask(kAnn, ReleaseCall(ann, 2, Token(1)));
  EXPECT_EQ(ReplyOf(waiting), OperationReply(Granted{Token(2), 1}));
  EXPECT_EQ(LastResponseTo(waiting).to, kBob);
}

TEST_F(ServerTest, AGrantInTheSameTurnIsAnsweredOnce) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Send(kBob, AcquireCall(bob, 1));
  Send(kAnn, ReleaseCall(ann, 2, Token(1)));
  Settle();
  EXPECT_EQ(CountResponses(waiting), 1U);
  EXPECT_EQ(ReplyOf(waiting), OperationReply(Granted{Token(2), 1}));
}

TEST_F(ServerTest, X1_ARetryOnAnotherConnectionTakesTheAnswerOver) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId first = Ask(kBob, AcquireCall(bob, 1));
  const ConnectionId again(9);
  const RequestId second = Ask(again, AcquireCall(bob, 1));
  ResponseTo<Waiting>(second);
  server->OnDisconnect(kBob);
  Ask(kAnn, ReleaseCall(ann, 2, Token(1)));
  EXPECT_EQ(LastResponseTo(second).to, again);
  EXPECT_EQ(ReplyOf(second), OperationReply(Granted{Token(2), 1}));
  EXPECT_EQ(CountResponses(first), 1U) << "only that it waits";
}

// What stuck in a connection that its client has left comes late, and the connection's end behind
// it.
TEST_F(ServerTest, X1_ALateRequestOfAnOlderConnectionTakesNoWaitAlong) {
  const SessionId ann = OpenSession(kAnn);
  const ConnectionId left(8);
  const ConnectionId again(9);
  const SessionId bob = OpenSession(left);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId second = Ask(again, AcquireCall(bob, 1));
  ResponseTo<Waiting>(second);
  Ask(left, AcquireCall(bob, 1));
  server->OnDisconnect(left);
  Ask(kAnn, ReleaseCall(ann, 2, Token(1)));
  EXPECT_EQ(ReplyOf(second), OperationReply(Granted{Token(2), 1}));
}

TEST_F(ServerTest, X1_ARetryAfterTheAnswerGetsTheSameAnswer) {
  const SessionId session = OpenSession(kAnn);
  const RequestId first = Ask(kAnn, AcquireCall(session, 1));
  const RequestId second = Ask(kBob, AcquireCall(session, 1));
  EXPECT_EQ(ReplyOf(first), ReplyOf(second));
}

TEST_F(ServerTest, X1_ARetriedOpenIsOneSession) {
  const OpenRequest open{{1, 2}, seconds{10}};
  const RequestId first = Ask(kAnn, open);
  const RequestId second = Ask(kBob, open);
  EXPECT_EQ(ResultOf<paxos::SessionOpened>(first).session,
            ResultOf<paxos::SessionOpened>(second).session);
}

TEST_F(ServerTest, ForgetsWhatAClosedConnectionAsked) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Ask(kBob, AcquireCall(bob, 1));
  server->OnDisconnect(kBob);
  EXPECT_EQ(server->pending(), 0U);
  Ask(kAnn, ReleaseCall(ann, 2, Token(1)));
  EXPECT_EQ(CountResponses(waiting), 1U) << "nobody is told of the grant";
}

// Else a queue longer than its clients' patience fills with copies of what is in it.
TEST_F(ServerTest, X1_ACallWhoseConnectionClosedOnItsWayIsProposedOnce) {
  const SessionId session = OpenSession(kAnn);
  const paxos::CommandIndex before = server->applied();
  const RequestId first = Send(kAnn, AcquireCall(session, 1));
  server->OnDisconnect(kAnn);
  const RequestId second = Send(kBob, AcquireCall(session, 1));
  Settle();
  EXPECT_EQ(server->applied(), before.next());
  EXPECT_EQ(CountResponses(first), 0U);
  EXPECT_EQ(ReplyOf(second), OperationReply(Granted{Token(1), 1}));
}

TEST_F(ServerTest, ACallThatNobodyComesBackForIsForgottenWithItsOutcome) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  const RequestId granted = Send(kAnn, AcquireCall(ann, 1));
  const RequestId waits = Send(kBob, AcquireCall(bob, 1));
  server->OnDisconnect(kAnn);
  server->OnDisconnect(kBob);
  EXPECT_EQ(server->pending(), 2U);
  Settle();
  EXPECT_EQ(server->pending(), 0U);
  EXPECT_EQ(CountResponses(granted) + CountResponses(waits), 0U);
}

TEST_F(ServerTest, S14_ACancelAnswersTheWaitAsWell) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Ask(kBob, AcquireCall(bob, 1));
  const RequestId cancel = Ask(kBob, CancelRequest{bob, 2, 1, 1});
  EXPECT_EQ(ResultOf<SessionError>(waiting), SessionError::kCancelled);
  EXPECT_EQ(
      *paxos::Decode<paxos::SessionResult>(ResultOf<paxos::CallCancelled>(cancel).target_reply),
      paxos::SessionResult(SessionError::kCancelled));
}

TEST_F(ServerTest, S03_AKeepAliveIsAnsweredOnceItsRenewIsApplied) {
  const SessionId session = OpenSession(kAnn);
  Pass(seconds{2});
  const auto deadline = server->sessions().deadline(session);
  const RequestId first = Ask(kAnn, KeepAliveRequest{session});
  EXPECT_EQ(ResultOf<paxos::SessionsRenewed>(first).alive, std::vector{session});
  EXPECT_GT(server->sessions().deadline(session), deadline);
}

TEST_F(ServerTest, S03_KeepAlivesAreGathered) {
  const SessionId session = OpenSession(kAnn);
  Ask(kAnn, KeepAliveRequest{session});
  const paxos::CommandIndex before = server->applied();
  std::vector<RequestId> asked;
  for (int i = 0; i < 10; ++i) asked.push_back(Ask(kAnn, KeepAliveRequest{session}));
  Pass(seconds{2});
  for (RequestId id : asked) ResultOf<paxos::SessionsRenewed>(id);
  EXPECT_LE(server->applied() - before, 2U);
}

TEST_F(ServerTest, AKeepAliveOfAnEndedSessionIsToldSo) {
  const SessionId session = OpenSession(kAnn);
  Ask(kAnn, CloseRequest{session});
  const RequestId id = Ask(kAnn, KeepAliveRequest{session});
  Pass(seconds{2});
  EXPECT_EQ(ResultOf<SessionError>(id), SessionError::kExpired);
}

TEST_F(ServerTest, S07_ASessionThatStopsRenewingEndsAndItsLockGoesOn) {
  const SessionId ann = OpenSession(kAnn);
  Ask(kAnn, AcquireCall(ann, 1));
  Pass(seconds{5});
  const SessionId bob = OpenSession(kBob);
  const RequestId waiting = Ask(kBob, AcquireCall(bob, 1));
  Pass(seconds{5});
  EXPECT_TRUE(server->sessions().IsAlive(ann));
  EXPECT_EQ(CountResponses(waiting), 1U);
  Pass(seconds{1});
  EXPECT_FALSE(server->sessions().IsAlive(ann));
  EXPECT_EQ(ReplyOf(waiting), OperationReply(Granted{Token(2), 1}));
}

TEST_F(ServerTest, AnswersQueriesFromTheAppliedState) {
  const SessionId session = OpenSession(kAnn);
  Ask(kAnn, AcquireCall(session, 1));
  Send(kAnn, ReadRequest{Check{"door", Token(1)}});
  Pass(milliseconds{100});
  const auto check = ResponseTo<ReadResult>(last_request);
  EXPECT_EQ(check.reply, QueryReply(TokenStanding::kValid));
  EXPECT_EQ(check.index, server->applied());

  Send(kAnn, ReadRequest{GetSession{session}});
  Pass(milliseconds{100});
  EXPECT_TRUE(std::get<SessionView>(ResponseTo<ReadResult>(last_request).reply).alive);

  Send(kAnn, ReadRequest{GetTotals{}});
  Pass(milliseconds{100});
  EXPECT_EQ(std::get<Totals>(ResponseTo<ReadResult>(last_request).reply).sessions, 1U);
}

TEST_F(ServerTest, TellsAboutItself) {
  server->set_connections(3);
  const auto status = ResponseTo<StatusResult>(Ask(kAnn, StatusRequest{}));
  EXPECT_EQ(status.name, "n1");
  EXPECT_EQ(status.role, "leader");
  EXPECT_EQ(status.leader, paxos::NodeId(1));
  EXPECT_EQ(status.leader_address, "host1:7201");
  EXPECT_EQ(status.connections, 3U);
}

// ---- losing leadership ----------------------------------------------------------------------

TEST_F(ServerTest, ALeaderThatLosesItsRoleAnswersEverythingAtOnce) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Ask(kBob, AcquireCall(bob, 1));
  const RequestId touch = Send(kAnn, CallRequest{ann, 2, 1, Touch{}});
  const RequestId keep_alive = Send(kAnn, KeepAliveRequest{ann});
  const RequestId read = Send(kAnn, ReadRequest{GetTotals{}});
  server->node().Resign(now);
  Settle();
  for (RequestId id : {waiting, touch, keep_alive, read})
    EXPECT_TRUE(std::holds_alternative<NotLeader>(LastResponseTo(id).response.body));
  EXPECT_EQ(server->pending(), 0U);
}

TEST_F(ServerTest, ANodeThatDoesNotLeadSaysSo) {
  server->node().Resign(now);
  Settle();
  const RequestId call = Ask(kAnn, OpenRequest{{1, 1}, seconds{10}});
  ResponseTo<NotLeader>(call);
  const RequestId keep_alive = Ask(kAnn, KeepAliveRequest{SessionId(1)});
  ResponseTo<NotLeader>(keep_alive);
  EXPECT_EQ(ResponseTo<StatusResult>(Ask(kAnn, StatusRequest{})).role, "follower");
}

TEST_F(ServerTest, AFailedDiskEndsItsService) {
  const RequestId open = Send(kAnn, OpenRequest{{1, 1}, seconds{10}});
  disk->FailWrites({paxos::ErrorCode::kIo, "no space left"});
  Settle();
  EXPECT_EQ(ResponseTo<NotLeader>(open), NotLeader{}) << "it leads no more, whatever it hears";
  const RequestId later = Ask(kAnn, OpenRequest{{1, 2}, seconds{10}});
  ResponseTo<NotLeader>(later);
  EXPECT_EQ(ResponseTo<StatusResult>(Ask(kAnn, StatusRequest{})).role, "failed");
}

TEST_F(ServerTest, ARestartedServerKnowsWhatWasGranted) {
  const SessionId session = OpenSession(kAnn);
  Ask(kAnn, AcquireCall(session, 1));
  server.reset();
  posted.clear();
  StartServer(Options());
  Lead();
  const RequestId retry = Ask(kBob, AcquireCall(session, 1));
  EXPECT_EQ(ReplyOf(retry), OperationReply(Granted{Token(1), 1}));
}

// ---- limits ---------------------------------------------------------------------------------

// What they wait for may be in the hands of those that they would keep out; nor may they keep out
// those who come back to hear of their grant.
TEST_F(ServerTest, WaitsLeaveRoomForReleases) {
  ServerOptions options = Options();
  options.requests.requests_max = 4;
  server.reset();
  StartServer(options);
  Lead();
  const SessionId ann = OpenSession(kAnn);
  Ask(kAnn, AcquireCall(ann, 1, "gate"));
  Ask(kAnn, AcquireCall(ann, 2, "door"));
  for (int i = 0; i < 3; ++i)
    ResponseTo<Waiting>(Ask(kBob, AcquireCall(OpenSession(kBob), 1, "gate")));
  const SessionId late = OpenSession(kBob);
  const RequestId unwatched = Ask(kBob, AcquireCall(late, 1, "door"));
  EXPECT_EQ(ResponseTo<RetryReason>(unwatched), RetryReason::kWaitsUnwatched);
  EXPECT_EQ(ReplyOf(Ask(kAnn, ReleaseCall(ann, 3, Token(2)))), OperationReply(Released{0}));
  EXPECT_EQ(ReplyOf(Ask(kBob, AcquireCall(late, 1, "door"))), OperationReply(Granted{Token(3), 1}));
}

TEST_F(ServerTest, RefusesWhatNoHonestClientSendsWithoutProposingIt) {
  const SessionId session = OpenSession(kAnn);
  const paxos::CommandIndex before = server->applied();
  const std::string long_name(kNameBytesMax + 1, 'x');
  const Acquire too_long_a_note{"door", kOwner, AcquireMode::kTry,
                                std::string(kNoteBytesMax + 1, 'x')};
  const std::vector<RequestBody> bodies = {
      AcquireCall(session, 1, ""),
      AcquireCall(session, 1, long_name),
      CallRequest{session, 1, 1, too_long_a_note},
      AcquireCall(session, 0),
      CancelRequest{session, 0, 1, 1},
      ReadRequest{GetLock{long_name}},
      ReadRequest{ListLocks{long_name, "", 1}},
      OpenRequest{{1, 9}, seconds{0}},
  };
  for (const RequestBody& body : bodies) {
    const RequestId id = Ask(kAnn, body);
    EXPECT_FALSE(ResponseTo<Refused>(id).why.empty());
  }
  EXPECT_EQ(server->applied(), before);
  EXPECT_EQ(server->pending(), 0U);
}

TEST_F(ServerTest, S25_ANameOf512BytesIsFine) {
  const SessionId session = OpenSession(kAnn);
  const RequestId id = Ask(kAnn, AcquireCall(session, 1, std::string(kNameBytesMax, 'x')));
  EXPECT_EQ(ReplyOf(id), OperationReply(Granted{Token(1), 1}));
}

class CrampedServerTest : public ServerFixture {
 protected:
  void SetUp() override {
    ServerOptions options = Options();
    options.requests.requests_max = 3;
    options.requests.requests_per_connection_max = 2;
    StartServer(options);
    Lead();
  }
};

TEST_F(CrampedServerTest, TooManyRequestsAreToldToComeBack) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  for (std::uint64_t seq = 1; seq <= 2; ++seq) Send(kAnn, CallRequest{ann, seq, 1, Touch{}});
  const RequestId beyond_connection = Send(kAnn, CallRequest{ann, 3, 1, Touch{}});
  Send(kBob, CallRequest{bob, 1, 1, Touch{}});
  const RequestId beyond_all = Send(kBob, CallRequest{bob, 2, 1, Touch{}});
  Settle();
  EXPECT_EQ(ResponseTo<RetryReason>(beyond_connection), RetryReason::kOverloaded);
  EXPECT_EQ(ResponseTo<RetryReason>(beyond_all), RetryReason::kOverloaded);
  EXPECT_EQ(server->pending(), 0U);
}

TEST_F(CrampedServerTest, AWaitMovesToNoConnectionThatIsFull) {
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Ask(kAnn, AcquireCall(bob, 1));
  for (std::uint64_t seq = 2; seq <= 3; ++seq) Send(kBob, CallRequest{bob, seq, 1, Touch{}});
  const RequestId moved = Send(kBob, AcquireCall(bob, 1));
  Settle();
  EXPECT_EQ(ResponseTo<RetryReason>(moved), RetryReason::kOverloaded);
  Ask(kAnn, ReleaseCall(ann, 2, Token(1)));
  EXPECT_EQ(ReplyOf(waiting), OperationReply(Granted{Token(2), 1}));
}

// [S8] Or nobody could give back what fills it.
TEST_F(ServerTest, AFullLogTakesReleasesAndCancels) {
  ServerOptions options = Options();
  options.replica.log_bytes_max = 4096;
  StartServer(options);
  Lead();
  const SessionId ann = OpenSession(kAnn);
  const SessionId bob = OpenSession(kBob);
  Ask(kAnn, AcquireCall(ann, 1));
  const RequestId waiting = Ask(kBob, AcquireCall(bob, 1));
  const auto is_refused = [&](RequestId id) {
    return std::holds_alternative<RetryReason>(LastResponseTo(id).response.body);
  };
  std::uint64_t seq = 2;
  while (seq < 1000 && !is_refused(Ask(kAnn, CallRequest{ann, seq, 1, Touch{}}))) ++seq;
  ASSERT_LT(seq, 1000U);
  const RequestId cancel = Ask(kBob, CancelRequest{bob, 2, 1, 1});
  ResultOf<paxos::CallCancelled>(cancel);
  EXPECT_EQ(ResultOf<SessionError>(waiting), SessionError::kCancelled);
  const RequestId release = Ask(kAnn, ReleaseCall(ann, seq + 1, Token(1)));
  EXPECT_EQ(ReplyOf(release), OperationReply(Released{0}));
}

TEST(ServerOptionsTest, ANodeMustBeAmongTheNodes) {
  ServerOptions options;
  options.replica.self = paxos::NodeId(1);
  options.replica.life = 1;
  options.replica.membership = paxos::Membership({paxos::NodeId(1)});
  EXPECT_FALSE(options.Validate().ok());
  options.nodes[paxos::NodeId(1)] = {"n1", "host1:7201"};
  EXPECT_TRUE(options.Validate().ok()) << options.Validate().ToString();
}

}  // namespace
}  // namespace lockservice
