// Judges one life of a client from outside: from what its user asks, what it sends and what it is
// answered, the judge works out a second time what the client must believe and may say, tick by
// tick of the client's own clock.
//
// S01 its session is valid until TTL (1 - rho) - epsilon after the latest first sending that an
// answer proved it alive for: no longer, and no shorter. S10 it holds what it was granted and has
// not given back. S14 each call ends once, as the log has it and by its deadline; a client without
// calls under way holds in the log what it thinks it holds. S15 it says at once what has become of
// its session, lost only on a server's word; and with a connection it does not let half a TTL pass
// without asking. S16 what was ensured is there. X1 a call is the same each time that it is sent,
// and nothing is called answered that was not.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "lockservice/client.h"
#include "sim/lock_judge.h"

namespace paxos::sim {

class ClientJudge {
 public:
  ClientJudge(LockJudge& judge, const lockservice::ClientOptions& options)
      : judge_(judge), options_(options) {}

  // ---- its user
  // What the user made of a call.
  struct Asked {
    enum class Kind : std::uint8_t { kOther, kAcquire, kRelease, kClose };
    Kind kind = Kind::kOther;
    std::optional<Duration> timeout{};
    lockservice::HoldingKey lock{};     // kRelease
    lockservice::Token token{};         // kRelease
    std::optional<Duration> ensured{};  // how much validity
  };
  void OnAsked(Instant now, lockservice::CallId call, const Asked& asked);
  void OnAskedToCancel(lockservice::CallId acquire);
  void OnAdopted(SessionId session, std::chrono::milliseconds ttl, bool may_call);

  // ---- its connection
  void OnSent(Instant now, const lockservice::Request& request);
  void OnAnswer(Instant now, const lockservice::Response& response);
  // It stood still, or its clock was set.
  void OnAway() { was_away_ = true; }

  // ---- what it says, and what it is like after each turn
  void OnState(Instant now, const lockservice::StateChange& change);
  void OnCompletion(Instant now, const lockservice::Client& client,
                    const lockservice::Completion& completion);
  void OnSettled(Instant now, const lockservice::Client& client, bool is_connected);

 private:
  struct Sent {
    lockservice::RequestBody body{};
    Instant first{};
    bool is_given_up = false;  // its user was told something else meanwhile
  };
  struct Pending {
    Asked asked{};
    Instant deadline = kNever;
    bool is_cancelled = false;
    bool ended_a_hold = false;
  };

  // ---- beliefs
  [[nodiscard]] lockservice::SessionState StateAt(Instant now) const;
  [[nodiscard]] bool IsOpen() const { return session_ && end_ == lockservice::SessionState::kNone; }
  void Begin(SessionId session, std::chrono::milliseconds ttl);
  void End(lockservice::SessionState how);
  void Prove(Instant first_sent);
  void Hold(const lockservice::HoldingKey& lock, lockservice::Token token);
  bool EndHold(const lockservice::HoldingKey& lock, lockservice::Token token);
  void On(lockservice::RequestId id, const Sent& sent, const lockservice::Result& result);
  void OnCallResult(lockservice::RequestId id, const Sent& sent, const SessionResult& result);
  void OnCancelResult(lockservice::RequestId id, const Sent& sent, const SessionResult& result);
  void OnSessionError(lockservice::RequestId id, SessionError error);
  void OnReply(const Sent& sent, const CallAnswered& answered);
  void CheckAsking(Instant now) const;

  // ---- calls
  void CheckRepeated(const lockservice::Request& request, const Sent& earlier) const;
  void CheckAnswered(std::uint64_t below, const std::vector<std::uint64_t>& unanswered) const;
  void CheckCompletion(Instant now, const Pending& pending, const Sent* sent,
                       const lockservice::CallResult& result);
  void CheckFailure(Instant now, const Pending& pending, const Sent* sent,
                    const lockservice::CallError& error);
  void CheckReply(const Sent* sent, const lockservice::OperationReply& reply) const;
  void CheckDeadlines(Instant now, bool is_connected) const;
  void CheckAwaited() const;
  void CheckAgainstLog(const lockservice::Client& client) const;

  LockJudge& judge_;
  lockservice::ClientOptions options_;

  // ---- the session
  std::optional<SessionId> session_;
  std::chrono::milliseconds ttl_{};
  lockservice::SessionState end_ = lockservice::SessionState::kNone;
  lockservice::SessionState told_ = lockservice::SessionState::kNone;
  bool is_adopted_ = false;
  bool may_call_ = true;
  Instant proved_ = Instant::min();
  Instant valid_until_ = Instant::min();
  Instant asked_ = Instant::min();  // by a keep-alive; or when the next may go
  std::map<lockservice::HoldingKey, lockservice::Holding> held_;
  bool was_away_ = false;

  // ---- calls
  std::map<lockservice::CallId, Pending> pending_;
  std::map<lockservice::RequestId, Sent> sent_;           // all of them
  std::map<lockservice::RequestId, std::uint64_t> open_;  // of these, without a final answer: seqs
  std::optional<lockservice::RequestId> keep_alive_;      // the last one; no other is answered
  std::set<LockSpec::Call> withdrawn_;                    // a cancel of it was sent
};

}  // namespace paxos::sim
