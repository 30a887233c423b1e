// A state machine whose commands come through sessions: what SessionTable wraps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paxos/session_id.h"
#include "paxos/state_machine.h"

namespace paxos {

// Where in the log a call is applied, and whose it is. (session, seq) never repeats (rule X1).
struct CallContext {
  CommandIndex index{};
  LogTime log_time{};
  SessionId session{};
  std::uint64_t seq = 0;
};

// The final answer to a call that was left waiting.
struct LateReply {
  SessionId session{};
  std::uint64_t seq = 0;
  std::string payload{};
  friend bool operator==(const LateReply&, const LateReply&) = default;
};

struct CallOutcome {
  std::optional<std::string> reply{};  // none: the call waits
  std::vector<LateReply> late{};       // waiting calls of any session that this one answered
};

// Deterministic like StateMachine. What it answers late must be waiting: each waiting call is
// answered once, by a LateReply, or withdrawn by OnCancel, or goes with its session. The table
// checks that (X1).
class SessionStateMachine {
 public:
  virtual ~SessionStateMachine() = default;

  // A call, for the first and only time. How many of a session's calls may wait is to be bounded
  // here: the table does not count them.
  virtual CallOutcome Apply(const CallContext& context, std::string_view payload) = 0;

  // The call (context.session, target), which waits, is withdrawn; the table answers it.
  // context.seq is the Cancel's own.
  virtual std::vector<LateReply> OnCancel(const CallContext& context, std::uint64_t target) = 0;

  // These sessions end in this command, all of them at once: everything of theirs goes, waiting
  // calls first (the table answers those), so that none of them is given what another one leaves
  // (LOCKS S7). Must not answer calls of theirs. `ended` is in order of their deadlines.
  virtual std::vector<LateReply> OnSessionsEnd(const ApplyContext& context,
                                               const std::vector<SessionId>& ended) = 0;

  // How much OnSessionsEnd has to do for this session, in things of it to hand on. A Tick ends no
  // more than what it can do between two heartbeats.
  [[nodiscard]] virtual std::size_t WeightOf(SessionId /*session*/) const { return 1; }

  [[nodiscard]] virtual std::string Snapshot() const = 0;
  // On failure nothing changes.
  virtual Status Restore(std::string_view snapshot) = 0;
};

}  // namespace paxos
