// A Server that is a cluster of its own: one voter, a disk in memory, no network. The test speaks
// for its clients.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lockservice/server.h"
#include "paxos/archive.h"
#include "storage/memory_storage.h"

namespace lockservice {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NoNetwork final : public paxos::Transport {
 public:
  void Send(paxos::Envelope /*envelope*/) override {}
};

class ServerFixture : public ::testing::Test {
 protected:
  static constexpr ConnectionId kAnn{1};
  static constexpr ConnectionId kBob{2};
  static constexpr OwnerId kOwner{1};

  static ServerOptions Options() {
    ServerOptions options;
    options.replica.self = paxos::NodeId(1);
    options.replica.life = 1;
    options.replica.membership = paxos::Membership({paxos::NodeId(1)});
    options.nodes = {{paxos::NodeId(1), {"n1", "host1:7201"}},
                     {paxos::NodeId(2), {"n2", "host2:7201"}}};
    return options;
  }

  void SetUp() override { StartServer(Options()); }

  void StartServer(const ServerOptions& options) {
    storage.emplace(
        disk, [this](std::function<void()> function) { posted.push_back(std::move(function)); });
    server = std::make_unique<Server>(options, *storage, network);
    storage->Start(server->node());
    ASSERT_TRUE(server->Start(now).ok());
    Settle();
  }

  // Turns, until nothing is left to do at `now`.
  void Settle() {
    do {
      for (; !posted.empty(); posted.pop_front()) posted.front()();
      if (server->next_wakeup() <= now) server->OnTime(now);
      server->Drain(now);
      for (AddressedResponse& response : server->TakeResponses())
        responses.push_back(std::move(response));
    } while (!posted.empty());
  }

  // Time goes on in steps of a heartbeat.
  void Pass(paxos::Duration time) {
    for (const paxos::Instant until = now + time; now < until;) {
      now = std::min(now + paxos::Duration(milliseconds{10}), until);
      Settle();
    }
  }

  void Lead() {
    while (!server->node().replica().IsLeading()) Pass(milliseconds{10});
  }

  RequestId Send(ConnectionId from, RequestBody body) {
    const RequestId id = ++last_request;
    server->OnRequest(now, from, Request{id, std::move(body)});
    return id;
  }
  // And what came back in the same turn.
  RequestId Ask(ConnectionId from, RequestBody body) {
    const RequestId id = Send(from, std::move(body));
    Settle();
    return id;
  }

  // The only response to a request so far, or a failure.
  template <class T>
  T ResponseTo(RequestId id) {
    const T* found = nullptr;
    for (const AddressedResponse& response : responses) {
      if (response.response.id == id) found = std::get_if<T>(&response.response.body);
    }
    if (found == nullptr) {
      ADD_FAILURE() << "request " << paxos::ToText(id) << " has no such response";
      return T{};
    }
    return *found;
  }
  std::size_t CountResponses(RequestId id) {
    return static_cast<std::size_t>(
        std::count_if(responses.begin(), responses.end(),
                      [&](const AddressedResponse& r) { return r.response.id == id; }));
  }
  // The newest response to a request, and to whom.
  AddressedResponse LastResponseTo(RequestId id) {
    AddressedResponse last;
    for (const AddressedResponse& response : responses) {
      if (response.response.id == id) last = response;
    }
    return last;
  }
  template <class T>
  T ResultOf(RequestId id) {
    const auto result = ResponseTo<Result>(id).result;
    EXPECT_TRUE(std::holds_alternative<T>(result)) << paxos::ToText(result);
    return std::holds_alternative<T>(result) ? std::get<T>(result) : T{};
  }
  OperationReply ReplyOf(RequestId id) {
    return *paxos::Decode<OperationReply>(ResultOf<paxos::CallAnswered>(id).payload);
  }

  paxos::SessionId OpenSession(ConnectionId from) {
    const RequestId id = Ask(from, OpenRequest{{7, ++last_nonce}, seconds{10}});
    return ResultOf<paxos::SessionOpened>(id).session;
  }
  static CallRequest AcquireCall(paxos::SessionId session, std::uint64_t seq,
                                 const std::string& name = "door") {
    return CallRequest{session, seq, 1, Acquire{name, kOwner, AcquireMode::kWait, ""}};
  }
  static CallRequest ReleaseCall(paxos::SessionId session, std::uint64_t seq, Token token) {
    return CallRequest{session, seq, 1, Release{"door", kOwner, token}};
  }

  paxos::Instant now{seconds{1000}};
  NoNetwork network;
  std::deque<std::function<void()>> posted;
  std::shared_ptr<paxos::storage::MemoryDisk> disk = std::make_shared<paxos::storage::MemoryDisk>();
  std::optional<paxos::storage::MemoryStorage> storage;
  std::unique_ptr<Server> server;
  std::vector<AddressedResponse> responses;
  RequestId last_request;
  std::uint64_t last_nonce = 0;
};

}  // namespace lockservice
