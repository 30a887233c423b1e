// A Client with a scripted server: the test connects it, reads what it sends and answers by hand.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lockservice/client.h"
#include "paxos/archive.h"

namespace lockservice {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline ClientOptions TestClientOptions() {
  ClientOptions options;
  options.endpoints = {"n1"};
  options.seed = 7;
  return options;
}

class ClientFixture : public ::testing::Test {
 protected:
  static constexpr milliseconds kTtl{10'000};
  // TTL (1 - rho) - epsilon, with the default options.
  static constexpr milliseconds kSpan{9'890};
  static constexpr OwnerId kOwner{1};

  // Takes what the client wants done into the members below.
  void Take() {
    ClientOutput output = client.TakeOutput();
    if (output.disconnect) {
      is_connected = false;
      wish.reset();
    }
    if (output.connect) wish = output.connect;
    for (Request& request : output.send) sent.push_back(std::move(request));
    for (StateChange& change : output.states) states.push_back(change);
    for (Completion& completion : output.done) done.push_back(std::move(completion));
  }

  void Pass(paxos::Duration time) {
    now += time;
    client.OnTime(now);
    Take();
  }

  // Carries out the pending wish for a connection, letting the back-off pass.
  void Connect() {
    Take();
    while (!wish) Pass(milliseconds{10});
    link = std::exchange(wish, std::nullopt)->link;
    is_connected = true;
    client.OnConnected(now, link);
    Take();
  }

  void Disconnect() {
    is_connected = false;
    client.OnDisconnected(now, link);
    Take();
  }

  void Answer(RequestId id, ResponseBody body) {
    client.OnResponse(now, link, Response{id, std::move(body)});
    Take();
  }
  void AnswerCall(RequestId id, const OperationReply& reply) {
    Answer(id, Result{paxos::CallAnswered{paxos::Encode(reply)}});
  }
  void AnswerCancel(RequestId id, const paxos::SessionResult& target_reply) {
    Answer(id, Result{paxos::CallCancelled{paxos::Encode(target_reply)}});
  }
  void AnswerKeepAlive(RequestId id) {
    Answer(id, Result{paxos::SessionsRenewed{{paxos::SessionId(5)}}});
  }

  // The newest request of type Body on its way, or a failure.
  template <class Body>
  const Body& Last() {
    const Body* body = std::get_if<Body>(&sent.back().body);
    EXPECT_NE(body, nullptr) << paxos::ToText(sent.back());
    return *body;
  }
  RequestId LastId() { return sent.back().id; }

  // Ends with an open session 5, sent for at `now`, nothing pending.
  void OpenSession() {
    client.Open(now, kTtl);
    Connect();
    Answer(LastId(), Result{paxos::SessionOpened{paxos::SessionId(5), kTtl}});
    sent.clear();
    done.clear();
    states.clear();
  }

  CallId Acquire(std::optional<paxos::Duration> timeout = std::nullopt) {
    AcquireOptions acquire;
    acquire.name = "door";
    acquire.owner = kOwner;
    acquire.timeout = timeout;
    const CallId id = client.Acquire(now, acquire);
    Take();
    return id;
  }
  CallId Release(Token token) {
    const CallId id = client.Release(now, ReleaseOptions{"door", kOwner, token, std::nullopt});
    Take();
    return id;
  }

  std::optional<CallResult> ResultOf(CallId id) {
    std::optional<CallResult> result;
    for (const Completion& completion : done) {
      if (completion.call != id) continue;
      EXPECT_FALSE(result.has_value()) << "completed twice";
      result = completion.result;
    }
    return result;
  }
  template <class T>
  T ResultAs(CallId id) {
    const std::optional<CallResult> result = ResultOf(id);
    if (!result || !std::holds_alternative<T>(*result)) {
      ADD_FAILURE() << "the call has no such result: " << paxos::ToText(done);
      return T{};
    }
    return std::get<T>(*result);
  }
  CallFailure FailureOf(CallId id) { return ResultAs<CallError>(id).why; }

  paxos::Instant now{seconds{1000}};
  Client client{TestClientOptions()};
  std::optional<lockservice::Connect> wish;
  LinkId link;
  bool is_connected = false;
  std::vector<Request> sent;
  std::vector<StateChange> states;
  std::vector<Completion> done;
};

}  // namespace lockservice
