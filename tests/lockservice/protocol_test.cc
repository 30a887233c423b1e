// The client protocol: every message survives the wire. Its bytes: protocol_golden_test.cc.
#include "lockservice/protocol.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "paxos/archive.h"

namespace lockservice {
namespace {

using paxos::SessionId;
using std::chrono::milliseconds;

std::vector<RequestBody> EveryRequest() {
  return {
      OpenRequest{{1, 2}, milliseconds{10'000}},
      CallRequest{SessionId(5), 7, 6, Acquire{"door", OwnerId(1), AcquireMode::kTry, "why"}},
      CallRequest{SessionId(5), 8, 6, Release{"door", OwnerId(1), Token(9)}},
      CallRequest{SessionId(5), 9, 6, Touch{}, {2, 5}},
      CancelRequest{SessionId(5), 10, 6, 7, {3, 4}},
      KeepAliveRequest{SessionId(5)},
      CloseRequest{SessionId(5)},
      ReadRequest{ListLocks{"jobs/", "jobs/a", 10}},
      StatusRequest{},
  };
}

std::vector<ResponseBody> EveryResponse() {
  return {
      Result{paxos::SessionOpened{SessionId(5), milliseconds{10'000}}, paxos::CommandIndex(5)},
      Waiting{},
      NotLeader{paxos::NodeId(3), "10.0.0.3:7201"},
      RetryReason::kSuperseded,
      Refused{"the lock name is empty"},
      ReadResult{LockView{"door", Holder{}, 2}, paxos::CommandIndex(9)},
      StatusResult{},
  };
}

TEST(ProtocolTest, EveryRequestSurvivesTheWire) {
  for (const RequestBody& body : EveryRequest()) {
    const Request request{RequestId(300), body};
    const auto decoded = paxos::Decode<Request>(paxos::Encode(request));
    ASSERT_TRUE(decoded.has_value()) << paxos::ToText(request) << decoded.error().ToString();
    EXPECT_EQ(*decoded, request);
  }
}

TEST(ProtocolTest, EveryResponseSurvivesTheWire) {
  for (const ResponseBody& body : EveryResponse()) {
    const Response response{RequestId(300), body};
    const auto decoded = paxos::Decode<Response>(paxos::Encode(response));
    ASSERT_TRUE(decoded.has_value()) << paxos::ToText(response) << decoded.error().ToString();
    EXPECT_EQ(*decoded, response);
  }
}

TEST(ProtocolTest, AnyCutOrLongerMessageIsDamaged) {
  for (const RequestBody& body : EveryRequest()) {
    const std::string bytes = paxos::Encode(Request{RequestId(300), body});
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(paxos::Decode<Request>(bytes.substr(0, size)).has_value());
    EXPECT_FALSE(paxos::Decode<Request>(bytes + '\0').has_value());
  }
}

TEST(ProtocolTest, AnUnknownRetryReasonIsDamaged) {
  std::string bytes = paxos::Encode(Response{RequestId(1), RetryReason::kSuperseded});
  bytes.back() = 5;
  EXPECT_FALSE(paxos::Decode<Response>(bytes).has_value());
}

}  // namespace
}  // namespace lockservice
