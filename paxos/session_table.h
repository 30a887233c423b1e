// Sessions: exactly-once commands (rule X1) and clients that may die (rule T1), as a state machine
// wrapped around the user's.
//
//   Open(nonce, ttl)  -> SessionId          a retried Open is one session: the nonce finds it
//   Call(session, seq, answered_below, payload)
//                     -> the user's Apply   once per (session, seq); later a cached reply
//   Cancel(session, seq, answered_below, target)
//                     -> withdraws a waiting call, or forbids one that is still to come
//   Renew(sessions)   -> one entry for many keep-alives
//   Close(session)    -> ends it as expiry would
//   Tick              -> ends the sessions whose deadline the log's time has passed
//
// What a command with (session, seq) gets, by what the table knows of that seq:
//
//   final reply kept                        the same reply again
//   waiting                                 no reply: it re-attaches
//   unseen, below answered_below            kAnswered
//   unseen, answered_below + window or up   kSeqTooFar
//   unseen                                  executed; its reply is kept, or that it waits
//
// A waiting call gets its final reply later (from another command, a Cancel, or kExpired when its
// session ends); that reply leaves in Applied::session_replies and is kept like any other. Replies
// are dropped on the client's word alone (SessionCall::answered_below), which never falls.
//
// A session's deadline is the log time of its last renewal + TTL (1 + rho). Open, Renew, and the
// first execution of a Call or Cancel renew; a repeated one does not, nor one that was refused.
// Only Close and Tick end sessions (any command's apply sees the log's time, but no other ends
// anybody), a Tick at most `ends_per_tick_max` in order of deadline, so that a dead rack delays
// nobody (LOCKS S26). Sessions that end in one command end together: first each of their waiting
// calls is answered kExpired, then the user's machine hands on what they leave (LOCKS S7).
//
// Each command costs O(log n) of the sessions, plus what it ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paxos/session_command.h"
#include "paxos/session_state_machine.h"
#include "paxos/time.h"

namespace paxos {

// The same on every node of a cluster: they decide what commands do.
struct SessionTableOptions {
  ClockDrift drift{};

  // A TTL below the floor is raised to it, above the cap lowered; the reply says so (LOCKS S17).
  // The floor must leave room for an election and a renewal round.
  std::chrono::milliseconds ttl_min{1000};
  std::chrono::milliseconds ttl_max{24 * 60 * 60 * 1000};

  // More: kTableFull. An idle session takes about 300 bytes.
  std::size_t sessions_max = 200'000;

  // How far a Call's seq may be above answered_below; more: kSeqTooFar. A Cancel has twice the
  // room, so that a session whose calls all wait can still withdraw them. Waits that are named
  // below answered_below do not count: they must never keep a session from giving back what others
  // wait for. How many calls may wait is for the machine inside to bound.
  std::uint64_t calls_per_session_max = 1024;

  // Replies kept for one session, in bytes; with as much or more, new calls get kSeqTooFar.
  std::size_t reply_bytes_per_session_max = 1024 * 1024;
  // Of all sessions; with as much or more, sessions above their share (this / sessions_max) get
  // kSeqTooFar until they say what was answered. The others never notice.
  std::size_t reply_bytes_max = std::size_t{1} << 30;

  // Sessions that one Tick ends at most; and it ends no further one when those that it ends weigh
  // this much (SessionStateMachine::WeightOf). The others wait for the next.
  std::size_t ends_per_tick_max = 500;
  std::size_t weight_per_tick_max = 2000;

  // The first option that makes no sense, and why.
  [[nodiscard]] Status Validate() const;
};

class SessionTable final : public StateMachine {
 public:
  // `inner` must outlive the table and be told nothing by anyone else.
  SessionTable(const SessionTableOptions& options, SessionStateMachine& inner);
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;

  Applied Apply(const ApplyContext& context, std::string_view command) override;
  // Of the table and of the machine inside.
  [[nodiscard]] std::string Snapshot() const override;
  // On failure nothing changes.
  Status Restore(std::string_view snapshot) override;

  // For the leader, which proposes a Tick when its log time has passed it.
  [[nodiscard]] std::optional<LogTime> earliest_deadline() const;
  // The log's time at the last command, whatever it was.
  [[nodiscard]] LogTime log_time() const { return log_time_; }
  // The shortest TTL of the sessions that live (for the renewal period).
  [[nodiscard]] std::optional<std::chrono::milliseconds> shortest_ttl() const;
  // When the log's time ends it unless it is renewed; none if it does not live.
  [[nodiscard]] std::optional<LogTime> deadline(SessionId session) const;
  [[nodiscard]] bool IsAlive(SessionId session) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  // A call that was seen: its final reply (an encoded SessionResult), or none while it waits.
  using SeenCall = std::optional<std::string>;

  using ByDeadline = std::set<std::pair<LogTime, SessionId>>;

  struct Session {
    Nonce nonce{};
    std::chrono::milliseconds ttl{};
    LogTime deadline{};
    std::uint64_t answered_below = 1;
    std::size_t reply_bytes = 0;  // of `calls`
    std::map<std::uint64_t, SeenCall> calls{};
    ByDeadline::iterator indexed{};  // where it stands in by_deadline_

    template <class Archive>
    friend void serialize(Archive& ar, Session& s, unsigned /*version*/) {
      ar& Named("nonce", s.nonce) & Named("ttl", s.ttl) & Named("deadline", s.deadline) &
          Named("answered_below", s.answered_below) & Named("calls", s.calls);
    }
  };
  using Sessions = std::map<SessionId, Session>;

  Applied On(const ApplyContext& context, const OpenSession& open);
  Applied On(const ApplyContext& context, const SessionCall& call);
  Applied On(const ApplyContext& context, const CancelCall& cancel);
  Applied On(const ApplyContext& context, const RenewSessions& renew);
  Applied On(const ApplyContext& context, const CloseSession& close);
  Applied On(const ApplyContext& context, const Tick& tick);

  // ---- one session
  template <class Command>
  void DropAnswered(Session& session, const Command& command);
  [[nodiscard]] bool MayKeepMore(const Session& session) const;
  [[nodiscard]] std::optional<Applied> WithoutExecuting(const Session& session, std::uint64_t seq,
                                                        std::uint64_t window) const;
  void Keep(Session& session, std::uint64_t seq, std::string reply);
  std::string CancelTarget(const CallContext& context, Session& session, std::uint64_t target,
                           Applied& applied);
  void Renew(Session& session, LogTime log_time);

  // ---- many sessions
  void AnswerLate(std::vector<LateReply> late, Applied& applied);
  void End(const ApplyContext& context, const std::vector<SessionId>& ended, Applied& applied);
  void AddToIndexes(SessionId id, Session& session);
  void RemoveFromIndexes(const Session& session);
  void RebuildIndexes();

  SessionTableOptions options_;
  SessionStateMachine& inner_;
  LogTime log_time_{};
  Sessions sessions_;
  // ---- derived from sessions_
  std::map<Nonce, SessionId> by_nonce_;
  ByDeadline by_deadline_;
  std::map<std::chrono::milliseconds, std::size_t> ttls_;  // how many sessions have it
  std::size_t reply_bytes_ = 0;                            // of all sessions
};

}  // namespace paxos
