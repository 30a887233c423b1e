#include "lockservice/client_session_io.h"

#include <utility>

#include "lockservice/client_session_thread_io.h"
#include "net/runtime.h"

namespace lockservice {

using paxos::ErrorCode;
using paxos::Instant;
using paxos::Status;

namespace {

Status ToStatus(const CallError& error) {
  switch (error.why) {
    case CallFailure::kTimedOut:
      return {ErrorCode::kTimeout, error.message};
    case CallFailure::kCancelled:
      return {ErrorCode::kConflict, "the wait was withdrawn"};
    case CallFailure::kSessionLost:
    case CallFailure::kNoSession:
      return {ErrorCode::kUnavailable, error.message + "; open another session"};
    case CallFailure::kUnreachable:
      return {ErrorCode::kNotFound, "no leader answers: " + error.message};
    case CallFailure::kOverloaded:
      return {ErrorCode::kOverloaded, error.message};
    case CallFailure::kRefused:
      return {ErrorCode::kInvalidArgument, error.message};
  }
  return {ErrorCode::kInternal, error.message};
}

Status ToStatus(const Busy& busy) {
  std::string who = "somebody waits for it";
  if (busy.holder) {
    who = "held by session " + ShortText(busy.holder->session) + " with token " +
          ShortText(busy.holder->token);
    if (!busy.holder->note.empty()) who += " (" + busy.holder->note + ")";
  }
  return {ErrorCode::kConflict, who + "; " + std::to_string(busy.waiting) + " waiting"};
}

Status ToStatus(LockError error) {
  const bool is_bound = error == LockError::kTooManyLocks || error == LockError::kTooManyWaiters;
  return {is_bound ? ErrorCode::kOverloaded : ErrorCode::kInvalidArgument, Name(error)};
}

// Why a call did not give what it was made for.
Status WhyNot(const CallResult& result) {
  if (const auto* error = std::get_if<CallError>(&result)) return ToStatus(*error);
  if (const auto* busy = std::get_if<Busy>(&result)) return ToStatus(*busy);
  if (const auto* refused = std::get_if<LockError>(&result)) return ToStatus(*refused);
  return {ErrorCode::kInternal, "an answer of another kind"};
}

}  // namespace

// ---- Session --------------------------------------------------------------------------------

paxos::Result<std::unique_ptr<Session>> Session::Open(SessionOptions options) {
  if (Status valid = options.client.Validate(); !valid.ok()) return valid;
  const auto thread = std::make_shared<SessionThread>(std::move(options));
  const CallResult opened = thread->Call([&](Client& client, Instant now) {
    return client.Open(now, thread->options().ttl, thread->options().patience);
  });
  if (const auto* session = std::get_if<paxos::SessionOpened>(&opened))
    return std::unique_ptr<Session>(new Session(thread, session->session));
  thread->Stop();
  return WhyNot(opened).Annotate("open a session");
}

Session::~Session() {
  thread_->Call([this](Client& client, Instant now) {
    return client.Close(now, thread_->options().patience);
  });
  thread_->Stop();
}

paxos::Result<Lock> Session::Acquire(const std::string& name, const LockOptions& options) {
  const OwnerId owner = thread_->NextOwner();
  AcquireOptions acquire;
  acquire.name = name;
  acquire.owner = owner;
  acquire.note = options.note;
  const bool tries = options.timeout && options.timeout->count() == 0;
  acquire.mode = tries ? AcquireMode::kTry : AcquireMode::kWait;
  if (!tries) acquire.timeout = options.timeout;
  const CallResult result = thread_->Call(
      [&](Client& client, Instant now) { return client.Acquire(now, acquire); }, options.cancel);
  if (const auto* granted = std::get_if<Granted>(&result))
    return Lock(thread_, name, owner, granted->token, thread_->stop_token());
  return WhyNot(result).Annotate(name);
}

paxos::Result<QueryReply> Session::Read(Query query) {
  const CallResult result = thread_->Call([&](Client& client, Instant now) {
    return client.Read(now, std::move(query), thread_->options().patience);
  });
  if (const auto* read = std::get_if<ReadResult>(&result)) return read->reply;
  return WhyNot(result);
}

Status Session::Ensure(std::chrono::milliseconds min_remaining) {
  const CallResult result = thread_->Call([&](Client& client, Instant now) {
    return client.Ensure(now, min_remaining, thread_->options().patience);
  });
  return std::holds_alternative<Ensured>(result) ? Status::Ok() : WhyNot(result);
}

Instant Session::valid_until() const { return thread_->valid_until(); }

// ---- Lock -----------------------------------------------------------------------------------

Lock::Lock(std::shared_ptr<SessionThread> thread, std::string name, OwnerId owner, Token token,
           std::stop_token stop_token)
    : thread_(std::move(thread)),
      name_(std::move(name)),
      owner_(owner),
      token_(token),
      stop_token_(std::move(stop_token)) {}

Lock& Lock::operator=(Lock&& other) noexcept {
  if (this == &other) return *this;
  Abandon();
  thread_ = std::move(other.thread_);
  name_ = std::move(other.name_);
  owner_ = other.owner_;
  token_ = other.token_;
  stop_token_ = std::move(other.stop_token_);
  return *this;
}

Lock::~Lock() { Abandon(); }

bool Lock::valid() const {
  return thread_ != nullptr && paxos::net::Now() < thread_->valid_until();
}

Status Lock::Release() {
  if (thread_ == nullptr) return {ErrorCode::kInvalidArgument, name_ + ": not held by this handle"};
  const auto thread = std::exchange(thread_, nullptr);
  const CallResult result = thread->Call([&](Client& client, Instant now) {
    return client.Release(now, ReleaseOptions{name_, owner_, token_, thread->options().patience});
  });
  return std::holds_alternative<Released>(result) ? Status::Ok() : WhyNot(result).Annotate(name_);
}

// Without waiting: a destructor has nobody to tell.
void Lock::Abandon() {
  if (thread_ == nullptr) return;
  const auto thread = std::exchange(thread_, nullptr);
  thread->Begin([name = name_, owner = owner_, token = token_](Client& client, Instant now) {
    return client.Release(now, ReleaseOptions{name, owner, token, std::nullopt});
  });
}

}  // namespace lockservice
