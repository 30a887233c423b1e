#include "bench/lockbench_client.h"

#include <algorithm>
#include <utility>

#include "net/runtime.h"

namespace bench {

using lockservice::CallError;
using lockservice::CallResult;
using lockservice::ClientOutput;
using lockservice::Completion;
using lockservice::SessionState;
using paxos::Instant;
using paxos::net::Now;

namespace {

// A call that fails at once must not make a busy loop.
constexpr paxos::Duration kRestAfterFailure = std::chrono::milliseconds{1};

}  // namespace

LoadClient::LoadClient(const Options& options, std::unique_ptr<Script> script,
                       SharedConnections& connections, LoadEvents& events)
    : options_(options),
      script_(std::move(script)),
      connections_(connections),
      events_(events),
      client_(options.client) {}

LoadClient::~LoadClient() { connections_.Leave(options_.number); }

// ---- what it is told to do ------------------------------------------------------------------

void LoadClient::Open() {
  const Instant now = Now();
  if (script_->needs_session()) client_.Open(now, options_.ttl);
  CarryOut(now);
}

bool LoadClient::IsReady() const {
  return !script_->needs_session() || client_.session().has_value();
}

void LoadClient::Run() {
  const Instant now = Now();
  is_running_ = true;
  if (!operation_begin_ && rest_until_ == paxos::kNever) BeginOperation(now);
  CarryOut(now);
}

void LoadClient::Close() {
  const Instant now = Now();
  if (script_->needs_session()) client_.Close(now);
  CarryOut(now);
}

void LoadClient::OnTime() {
  const Instant now = Now();
  client_.OnTime(now);
  if (now >= rest_until_) OnRested(now);
  CarryOut(now);
}

// ---- from the network -----------------------------------------------------------------------

void LoadClient::OnConnected() {
  const Instant now = Now();
  connected_at_ = now;
  client_.OnConnected(now, link_);
  CarryOut(now);
}

void LoadClient::OnDisconnected() {
  const Instant now = Now();
  client_.OnDisconnected(now, link_);
  CarryOut(now);
}

void LoadClient::OnResponse(const lockservice::Response& response) {
  const Instant now = Now();
  if (options_.observer != nullptr) options_.observer->OnResponse(*this, response);
  client_.OnResponse(now, link_, response);
  CarryOut(now);
}

// ---- the end of every input -----------------------------------------------------------------

void LoadClient::CarryOut(Instant now) {
  for (ClientOutput output = client_.TakeOutput(); !output.empty(); output = client_.TakeOutput()) {
    if (output.disconnect) connections_.Leave(options_.number);
    if (output.connect) {
      link_ = output.connect->link;
      connections_.Join(options_.number, *this, output.connect->endpoint);
    }
    for (const lockservice::Request& request : output.send) {
      if (options_.observer != nullptr) options_.observer->OnRequest(*this, request);
      connections_.Send(options_.number, request);
    }
    if (options_.observer != nullptr) Report(output);
    for (const Completion& completion : output.done) OnCompletion(now, completion);
  }
  if (options_.observer != nullptr) options_.observer->OnStep(*this, now);
  events_.WakeAt(*this, std::min(client_.next_wakeup(), rest_until_));
}

void LoadClient::Report(const ClientOutput& output) const {
  for (const lockservice::StateChange& change : output.states)
    options_.observer->OnState(*this, change);
  for (const Completion& completion : output.done)
    options_.observer->OnCompletion(*this, completion);
}

void LoadClient::OnCompletion(Instant now, const Completion& completion) {
  if (operation_begin_)
    return OnNext(now, script_->OnCompletion(now, client_, completion), completion.result);
  if (std::holds_alternative<CallError>(completion.result))
    events_.OnFailure(*this, completion.result);
  if (is_running_) Rest(now);
}

void LoadClient::OnNext(Instant now, const Next& next, const CallResult& result) {
  switch (next.kind) {
    case Next::Kind::kGoOn:
      return;
    case Next::Kind::kRest:
      return Rest(now + next.rest);
    case Next::Kind::kDone:
      events_.OnOperation(*this, *operation_begin_, now);
      return EndOperation(now);
    case Next::Kind::kFailed:
      events_.OnFailure(*this, result);
      operation_begin_.reset();
      return Rest(now + kRestAfterFailure);
  }
}

void LoadClient::BeginOperation(Instant now) {
  const SessionState state = client_.state(now);
  const bool has_session = state == SessionState::kSafe || state == SessionState::kJeopardy;
  if (script_->needs_session() && !has_session) {
    client_.Open(now, options_.ttl);
    return;
  }
  operation_begin_ = now;
  script_->Begin(now, client_);
}

void LoadClient::EndOperation(Instant now) {
  operation_begin_.reset();
  if (is_running_) BeginOperation(now);
}

void LoadClient::Rest(Instant until) { rest_until_ = until; }

void LoadClient::OnRested(Instant now) {
  rest_until_ = paxos::kNever;
  if (operation_begin_) {
    script_->OnRested(now, client_);
  } else if (is_running_) {
    BeginOperation(now);
  }
}

}  // namespace bench
