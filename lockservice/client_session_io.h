// Locks for programs: blocking calls, from any thread.
//
//   auto session = Session::Open({.client = {.endpoints = {"10.0.0.1:7201", "10.0.0.2:7201"}}});
//   if (!session.has_value()) return session.error();
//   auto lock = (*session)->Acquire("jobs/nightly", {.note = "backup of db1"});
//   if (!lock.has_value()) return lock.error();
//   while (!lock->stop_token().stop_requested() && more()) write(step, lock->token());
//
// A Session has a thread and a connection of its own, which every lock of it shares: a process
// needs one. Its locks live as long as it is kept alive, which it does by itself.
//
// Errors say what to do by their code: kConflict, kTimeout: somebody else holds it, the message
// says who; kUnavailable: the session has ended and its locks are gone, open another; kOverloaded:
// nothing was done, later; kNotFound: no server answers; kInvalidArgument: do not try again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "lockservice/client.h"
#include "paxos/result.h"

namespace lockservice {

struct SessionOptions {
  ClientOptions client{};  // a seed of 0: drawn

  // The session ends so long after the process was last heard; its locks with it. The servers may
  // raise it.
  std::chrono::milliseconds ttl{10'000};

  // How long to try to reach a server, for what needs only an answer.
  std::chrono::milliseconds patience{10'000};

  // S15, on the session's thread within 50 ms; must not block, nor call the session.
  std::function<void(const StateChange&)> when_state_changes{};
};

struct LockOptions {
  std::string note{};  // who and why, readable by all
  // Give up after this long; 0: at once if it is not free; none: never.
  std::optional<std::chrono::milliseconds> timeout{};
  // Withdraws the wait.
  std::stop_token cancel{};
};

class SessionThread;

// A lock that is held, until it is released or destroyed. Move-only; one thread at a time.
class Lock {
 public:
  Lock(Lock&&) noexcept = default;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

  [[nodiscard]] const std::string& name() const { return name_; }
  // For whatever the lock protects: it refuses lower tokens than it has seen (guard.h).
  [[nodiscard]] Token token() const { return token_; }
  // Surely held now. A few nanoseconds; ask before each step that must be exclusive.
  [[nodiscard]] bool valid() const;
  // Asked to stop when validity ends, for good: even if the session is confirmed again, the
  // critical section that was told to stop has stopped.
  [[nodiscard]] std::stop_token stop_token() const { return stop_token_; }

  // Gives it back and waits for the answer. Not released for certain: it is tried on, and ends with
  // the session at the latest.
  paxos::Status Release();

 private:
  friend class Session;
  Lock(std::shared_ptr<SessionThread> thread, std::string name, OwnerId owner, Token token,
       std::stop_token stop_token);
  void Abandon();

  std::shared_ptr<SessionThread> thread_;  // null: released, or moved from
  std::string name_;
  OwnerId owner_;
  Token token_;
  std::stop_token stop_token_;
};

class Session {
 public:
  // Blocks until the session is open.
  static paxos::Result<std::unique_ptr<Session>> Open(SessionOptions options);
  // Closes it: its locks are free at once if a server can be reached, else with its TTL.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Waits in line. Each call is a holder of its own (S10): two locks of one name exclude each
  // other.
  paxos::Result<Lock> Acquire(const std::string& name, const LockOptions& options = {});
  // A linearizable look at the locks.
  paxos::Result<QueryReply> Read(Query query);
  // Returns once that much validity is left (S16).
  paxos::Status Ensure(std::chrono::milliseconds min_remaining);

  [[nodiscard]] paxos::SessionId id() const { return id_; }
  // Locks of it are valid until then, on CLOCK_BOOTTIME.
  [[nodiscard]] paxos::Instant valid_until() const;

 private:
  Session(std::shared_ptr<SessionThread> thread, paxos::SessionId id)
      : thread_(std::move(thread)), id_(id) {}

  std::shared_ptr<SessionThread> thread_;
  paxos::SessionId id_;
};

}  // namespace lockservice
