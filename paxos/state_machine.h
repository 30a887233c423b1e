// What an embedding program replicates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paxos/result.h"
#include "paxos/session_id.h"
#include "paxos/types.h"

namespace paxos {

// Where in the log a command is applied. The only time a state machine may use is the log's.
struct ApplyContext {
  CommandIndex index{};
  LogTime log_time{};
};

// A final reply to the request (session, seq), which may be another than the one just applied: the
// release of one client's lock answers another client's acquire.
struct SessionReply {
  SessionId session{};
  std::uint64_t seq = 0;
  std::string reply{};
  friend bool operator==(const SessionReply&, const SessionReply&) = default;
};

template <class Archive>
void serialize(Archive& ar, SessionReply& r, unsigned /*version*/) {
  ar& Named("session", r.session) & Named("seq", r.seq) & Named("reply", r.reply);
}

// What applying a command gave: a reply to whoever proposed it (nothing yet = it waits), and
// replies that became final through it.
struct Applied {
  std::optional<std::string> reply{};
  std::vector<SessionReply> session_replies{};
  friend bool operator==(const Applied&, const Applied&) = default;
};

template <class Archive>
void serialize(Archive& ar, Applied& a, unsigned /*version*/) {
  ar& Named("reply", a.reply) & Named("session_replies", a.session_replies);
}

// Deterministic: the same commands in the same order give the same replies and the same snapshot
// on every node. No clock, no I/O, no chance, no address, no iteration over unordered containers.
class StateMachine {
 public:
  virtual ~StateMachine() = default;
  virtual Applied Apply(const ApplyContext& context, std::string_view command) = 0;
  // The whole state as bytes, equal on equal states.
  [[nodiscard]] virtual std::string Snapshot() const = 0;
  virtual Status Restore(std::string_view snapshot) = 0;
};

}  // namespace paxos
