// Pins the client protocol: each kind of request and response in its frame, byte for byte. What
// the files are and how to write them anew is said in tests/net/golden.h.
#include <gtest/gtest.h>

#include <string>

#include "lockservice/protocol.h"
#include "tests/net/golden.h"

namespace lockservice {
namespace {

using paxos::FrameType;
using paxos::SessionId;
using std::chrono::milliseconds;

constexpr RequestId kId{300};
constexpr SessionId kSession{0x51};
constexpr OwnerId kOwner{7};
constexpr Token kToken{(std::uint64_t{1} << 48) + 5};

Holder SampleHolder() {
  return {.session = kSession,
          .owner = kOwner,
          .token = kToken,
          .count = 2,
          .since = paxos::LogTime(milliseconds(1500)),
          .note = "why"};
}

LockView SampleLock() { return {.name = "jobs/nightly", .holder = SampleHolder(), .waiting = 3}; }

void ExpectRequestPinned(const std::string& name, const RequestBody& body) {
  golden::ExpectPinned("lockservice", "Request." + name, FrameType::kClientRequest,
                       Request{kId, body});
}

void ExpectResponsePinned(const std::string& name, const ResponseBody& body) {
  golden::ExpectPinned("lockservice", "Response." + name, FrameType::kClientResponse,
                       Response{kId, body});
}

void ExpectResultPinned(const std::string& name, const paxos::SessionResult& result) {
  ExpectResponsePinned("Result." + name, Result{result, paxos::CommandIndex(99)});
}

void ExpectReplyPinned(const std::string& name, const OperationReply& reply) {
  ExpectResultPinned(name, paxos::CallAnswered{paxos::Encode(reply)});
}

void ExpectReadPinned(const std::string& name, const QueryReply& reply) {
  ExpectResponsePinned("Read." + name, ReadResult{reply, paxos::CommandIndex(99)});
}

TEST(ProtocolGoldenTest, SessionRequests) {
  ExpectRequestPinned("Open", OpenRequest{{0x11, 0x22}, milliseconds(10'000)});
  ExpectRequestPinned("KeepAlive", KeepAliveRequest{kSession});
  ExpectRequestPinned("Cancel", CancelRequest{kSession, 10, 6, 7});
  ExpectRequestPinned("Close", CloseRequest{kSession});
  ExpectRequestPinned("Status", StatusRequest{});
}

TEST(ProtocolGoldenTest, Calls) {
  ExpectRequestPinned(
      "Call.Acquire.try",
      CallRequest{kSession, 7, 6, Acquire{"jobs/nightly", kOwner, AcquireMode::kTry, "why"}});
  ExpectRequestPinned(
      "Call.Acquire.wait",
      CallRequest{kSession, 7, 6, Acquire{"jobs/nightly", kOwner, AcquireMode::kWait, ""}});
  ExpectRequestPinned("Call.Release",
                      CallRequest{kSession, 8, 7, Release{"jobs/nightly", kOwner, kToken}});
  ExpectRequestPinned("Call.Touch", CallRequest{kSession, 9, 8, Touch{}});
}

TEST(ProtocolGoldenTest, Reads) {
  ExpectRequestPinned("Read.Check", ReadRequest{Check{"jobs/nightly", kToken}});
  ExpectRequestPinned("Read.Get", ReadRequest{GetLock{"jobs/nightly"}});
  ExpectRequestPinned("Read.List", ReadRequest{ListLocks{"jobs/", "jobs/a", 10}});
  ExpectRequestPinned("Read.Queue", ReadRequest{GetQueue{"jobs/nightly"}});
  ExpectRequestPinned("Read.Session", ReadRequest{GetSession{kSession}});
  ExpectRequestPinned("Read.Totals", ReadRequest{GetTotals{}});
}

TEST(ProtocolGoldenTest, Responses) {
  ExpectResponsePinned("Waiting", Waiting{});
  ExpectResponsePinned("NotLeader.hint", NotLeader{paxos::NodeId(3), "10.0.0.3:7201"});
  ExpectResponsePinned("NotLeader", NotLeader{});
  ExpectResponsePinned("Retry", RetryReason::kSuperseded);
  ExpectResponsePinned("Refused", Refused{"the lock name is empty"});
  ExpectResponsePinned("Status", StatusResult{.node = paxos::NodeId(1),
                                              .name = "n1",
                                              .role = "leader",
                                              .leader = paxos::NodeId(1),
                                              .leader_address = "127.0.0.1:7201",
                                              .promised = paxos::Ballot{5, paxos::NodeId(1)},
                                              .chosen_prefix = paxos::Slot(20),
                                              .applied = paxos::CommandIndex(99),
                                              .durable = paxos::PersistSeq(77),
                                              .log_bytes = 4096,
                                              .log_time = paxos::LogTime(milliseconds(1500)),
                                              .sessions = 2,
                                              .connections = 3});
}

TEST(ProtocolGoldenTest, Results) {
  ExpectResultPinned("Opened", paxos::SessionOpened{kSession, milliseconds(10'000)});
  ExpectResultPinned("Renewed", paxos::SessionsRenewed{{kSession, SessionId(0x52)}});
  ExpectResultPinned("Closed", paxos::SessionClosed{});
  ExpectResultPinned(
      "Cancelled",
      paxos::CallCancelled{paxos::Encode(paxos::SessionResult(paxos::SessionError::kCancelled))});
  ExpectResultPinned("Expired", paxos::SessionError::kExpired);
}

TEST(ProtocolGoldenTest, Replies) {
  ExpectReplyPinned("Granted", Granted{.token = kToken, .count = 1});
  ExpectReplyPinned("Busy", Busy{.holder = SampleHolder(), .waiting = 3});
  ExpectReplyPinned("Released", Released{.count = 1});
  ExpectReplyPinned("Touched", Touched{});
  ExpectReplyPinned("LockError", LockError::kStaleToken);
}

TEST(ProtocolGoldenTest, ReadAnswers) {
  ExpectReadPinned("Check", TokenStanding::kStale);
  ExpectReadPinned("Lock", SampleLock());
  ExpectReadPinned("Locks", LockViews{.locks = {SampleLock(), LockView{}}, .more = true});
  ExpectReadPinned("Queue", QueueView{.holder = SampleHolder(),
                                      .waiters = {Waiter{.session = SessionId(0x52),
                                                         .seq = 4,
                                                         .owner = kOwner,
                                                         .since = paxos::LogTime(milliseconds(9)),
                                                         .note = "next"}},
                                      .waiting = 1});
  ExpectReadPinned("Session", SessionView{.alive = true, .holds = {SampleLock()}, .more = false});
  ExpectReadPinned("Totals",
                   Totals{.sessions = 2, .locks_held = 1, .waiting = 3, .last_token = kToken});
}

}  // namespace
}  // namespace lockservice
