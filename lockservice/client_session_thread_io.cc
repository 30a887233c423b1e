#include "lockservice/client_session_thread_io.h"

#include <memory>
#include <random>
#include <utility>

#include "paxos/check.h"

namespace lockservice {

using paxos::Instant;
using paxos::net::Now;

namespace {

SessionOptions Seeded(SessionOptions options) {
  if (options.client.seed != 0) return options;
  std::random_device device;
  const std::uint64_t high = device();
  options.client.seed = high << 32 | device();
  return options;
}

}  // namespace

SessionThread::SessionThread(SessionOptions options)
    : options_(Seeded(std::move(options))),
      valid_until_(Instant::min().time_since_epoch().count()),
      loop_(runtime_, options_.client, *this),
      thread_([this] { runtime_.Run(); }) {}

SessionThread::~SessionThread() { PAXOS_CHECK("CLIENT", !thread_.joinable()); }

// The promise is kept before the turn ends, and completions come at its end.
CallResult SessionThread::Call(std::function<CallId(Client&, Instant)> begin,
                               const std::stop_token& cancel) {
  const auto promise = std::make_shared<Promise>();
  const auto id = std::make_shared<CallId>();
  std::future<CallResult> result = promise->get_future();
  const bool is_posted = Post([this, promise, id, begin = std::move(begin)] {
    *id = begin(loop_.client(), Now());
    promises_.emplace(*id, promise);
  });
  if (!is_posted) return CallError{CallFailure::kNoSession, "the session is closed"};
  const std::stop_callback withdraw(
      cancel, [this, id] { Post([this, id] { loop_.client().Cancel(Now(), *id); }); });
  return result.get();
}

void SessionThread::Begin(std::function<CallId(Client&, Instant)> begin) {
  Post([this, begin = std::move(begin)] { begin(loop_.client(), Now()); });
}

void SessionThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_stopped_, true)) return;
    // Behind everything that was posted, so that whoever waits has a promise to be kept.
    runtime_.Post([this] { runtime_.Stop(); });
  }
  thread_.join();
  valid_until_ = Instant::min().time_since_epoch().count();
  std::stop_source(stop_source_).request_stop();
  for (const auto& [id, promise] : promises_)
    promise->set_value(CallError{CallFailure::kNoSession, "the session is closed"});
  promises_.clear();
}

std::stop_token SessionThread::stop_token() {
  const std::lock_guard lock(mutex_);
  return stop_source_.get_token();
}

// Under the lock, so that nothing is posted to a loop that will not run again.
bool SessionThread::Post(std::function<void()> function) {
  const std::lock_guard lock(mutex_);
  if (!is_stopped_) runtime_.Post(std::move(function));
  return !is_stopped_;
}

// ---- on the thread --------------------------------------------------------------------------

void SessionThread::OnCompletion(const Completion& completion) {
  auto promise = promises_.extract(completion.call);
  if (!promise.empty()) promise.mapped()->set_value(completion.result);
}

// What was told to stop stays told; what is granted once the session is safe again is not (S15).
void SessionThread::OnStateChange(const StateChange& change) {
  OnTurnEnd();
  std::stop_source source;
  {
    const std::lock_guard lock(mutex_);
    if (change.to == SessionState::kSafe) stop_source_ = source;
    source = stop_source_;
  }
  if (change.to != SessionState::kSafe) source.request_stop();
  if (options_.when_state_changes) options_.when_state_changes(change);
}

void SessionThread::OnTurnEnd() {
  const SessionState state = loop_.client().state(Now());
  const bool is_over = state == SessionState::kLost || state == SessionState::kClosed;
  const Instant until = is_over ? Instant::min() : loop_.client().valid_until();
  valid_until_ = until.time_since_epoch().count();
}

}  // namespace lockservice
