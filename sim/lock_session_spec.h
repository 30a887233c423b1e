// What sessions mean (rule X1, LOCKS S1-S3, S7, S8), written a second time: plain searches over a
// map of sessions, around the locks of lock_spec.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "paxos/session_command.h"
#include "sim/lock_spec.h"

namespace paxos::sim {

struct SessionLimits {
  ClockDrift drift{};
  std::chrono::milliseconds ttl_min{};
  std::chrono::milliseconds ttl_max{};
  std::size_t sessions_max = 0;
  std::uint64_t calls_per_session_max = 0;
  std::size_t ends_per_tick_max = 0;
  std::size_t weight_per_tick_max = 0;
  std::size_t reply_bytes_per_session_max = 0;
  std::size_t reply_bytes_max = 0;
};

enum class SessionEnd : std::uint8_t { kClosed, kExpired };

class SessionListener : public GrantListener {
 public:
  virtual void OnOpened(SessionId session, std::chrono::milliseconds ttl) = 0;
  virtual void OnEnded(SessionId session, SessionEnd how) = 0;
  // The call took effect: executed now, for the first and only time. `what` is its payload, or the
  // target of a cancel in digits.
  virtual void OnExecuted(const LockSpec::Call& call, std::string_view what) = 0;
  // It has its final reply.
  virtual void OnFinal(const LockSpec::Call& call, const SessionResult& reply) = 0;
};

class SessionSpec {
 public:
  SessionSpec(const SessionLimits& sessions, const LockLimits& locks, SessionListener& listener)
      : limits_(sessions), listener_(listener), locks_(locks, listener) {}

  struct Late {
    LockSpec::Call call{};
    SessionResult reply{};
  };
  // What applying a command must give. `late` is in no order.
  struct Outcome {
    std::optional<SessionResult> reply{};
    std::vector<Late> late{};
  };
  Outcome Apply(CommandIndex index, LogTime now, std::string_view command);

  [[nodiscard]] const LockSpec& locks() const { return locks_; }
  [[nodiscard]] bool IsAlive(SessionId session) const { return sessions_.count(session) != 0; }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    Nonce nonce{};
    std::chrono::milliseconds ttl{};
    LogTime renewed{};
    std::uint64_t answered_below = 1;
    std::size_t reply_bytes = 0;                                    // of `calls`
    std::map<std::uint64_t, std::optional<SessionResult>> calls{};  // none: waits
  };

  Outcome On(const OpenSession& open);
  Outcome On(const SessionCall& call);
  Outcome On(const CancelCall& cancel);
  Outcome On(const RenewSessions& renew);
  Outcome On(const CloseSession& close);
  Outcome On(const Tick& tick);

  template <class Command>
  std::optional<Outcome> Known(Session& session, const Command& command, std::uint64_t window);
  SessionResult CancelTarget(const CancelCall& cancel, Session& session, Outcome& outcome);
  void DropAnswered(Session& session, std::uint64_t below,
                    const std::vector<std::uint64_t>& unanswered);
  [[nodiscard]] bool HasBytes(const Session& session, std::uint64_t seq) const;
  void Finish(const LockSpec::Call& call, const SessionResult& reply);
  void FinishLate(const std::vector<LockSpec::Answer>& answers, Outcome& outcome);
  void End(const std::vector<SessionId>& ended, SessionEnd how, Outcome& outcome);
  [[nodiscard]] LogTime DeadlineOf(const Session& session) const;

  SessionLimits limits_;
  SessionListener& listener_;
  LockSpec locks_;
  std::map<SessionId, Session> sessions_;
  std::size_t reply_bytes_ = 0;  // of all
  CommandIndex index_{};
  LogTime now_{};
};

}  // namespace paxos::sim
