// The leader's duties towards sessions: it gathers keep-alives into few Renew commands (LOCKS S3)
// and proposes a Tick when its log time has passed a deadline. Both are requests to the log; what
// they do is decided in Apply. A Tick also records the time of a log that stands still: the next
// leader counts from the last entry, and without one, leaders that change more often than a dead
// session's TTL would keep it alive for ever.
//
//   KeepAlive* --> gathered --round--> RenewSessions proposed --chosen here, applied--> kAlive or
//       |                                       |                                       kExpired
//       '------------- leadership lost ---------'-- any other outcome --> kRetry
//
// Rounds: one per period = min(renew_period_max, shortest TTL / 10), the first keep-alive after a
// quiet period at once, and none before the previous round has its outcome. A keep-alive is
// answered only by an entry that this leader saw chosen in its own ballot and applied:
// ProposalChosen, and nothing else, says so. Thus no deposed leader can tell a client that its
// session lives.
//
// Pure: time is an argument, answers are taken out. Its owner calls, each turn:
//
//   keeper.KeepAlive(session, tag);                             for each request while leading
//   while (auto command = keeper.NextCommand(id, now, leader_log_time, table)) {
//     node.Propose(now, id, EncodeCommand(*command));           id: fresh for each call
//   }
//   keeper.OnProposal(now, outcome, reply);                     for each outcome of the node
//   keeper.OnLeadershipLost();                                  when the node leads no more
//   for (answer : keeper.TakeAnswers()) ...;
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "paxos/output.h"
#include "paxos/session_command.h"
#include "paxos/session_table.h"
#include "paxos/time.h"

namespace paxos {

struct SessionKeeperOptions {
  // The longest that a keep-alive is gathered.
  Duration renew_period_max = std::chrono::seconds{1};

  // Sessions in one Renew; more make several commands. An id takes at most 10 bytes, so this many
  // fit a batch (ReplicaOptions::batch_bytes_max) of 256 KiB.
  std::size_t sessions_per_renew_max = 16'384;

  // Keep-alives that have no answer yet; more are answered kRetry at once.
  std::size_t keep_alives_max = 400'000;

  // Between two Ticks, so that ending many sessions leaves room for everyone else's commands
  // (LOCKS S26).
  Duration tick_interval = std::chrono::milliseconds{10};

  // After a command of ours was refused or lost, while still leading.
  Duration retry_interval = std::chrono::milliseconds{50};
};

// Names a keep-alive; chosen by the caller, echoed in its answer.
using KeepAliveTag = StrongId<struct KeepAliveTagTag>;

enum class KeepAliveOutcome : std::uint8_t {
  kAlive,    // renewed
  kExpired,  // the session has ended
  kRetry,    // unknown here: ask again, perhaps another node
};
const char* Name(KeepAliveOutcome outcome);
inline std::string ShortText(KeepAliveOutcome outcome) { return Name(outcome); }

struct KeepAliveAnswer {
  KeepAliveTag tag{};
  SessionId session{};
  KeepAliveOutcome outcome = KeepAliveOutcome::kRetry;
  CommandIndex index{};  // of the Renew that says so; 0 with kRetry
  friend bool operator==(const KeepAliveAnswer&, const KeepAliveAnswer&) = default;
};

class SessionKeeper {
 public:
  explicit SessionKeeper(const SessionKeeperOptions& options);

  // Each keep-alive gets exactly one answer, in TakeAnswers.
  void KeepAlive(SessionId session, KeepAliveTag tag);

  // The next command to propose now, under `id`; none when there is nothing more to do.
  // `leader_log_time` is what this leader would stamp on an entry now; none while it cannot
  // propose.
  std::optional<SessionCommand> NextCommand(ProposalId id, Instant now,
                                            std::optional<LogTime> leader_log_time,
                                            const SessionTable& table);

  // The outcome of any proposal and the reply of its Apply, as NodeEvents::OnProposal gets them;
  // each command must get one. False: the proposal is not one of the keeper's.
  bool OnProposal(Instant now, const Done& outcome, const std::optional<std::string>& reply);

  // Everything without an answer is answered kRetry. Outcomes of what was proposed may follow.
  void OnLeadershipLost();

  // The answers since the last call, in order.
  [[nodiscard]] std::vector<KeepAliveAnswer> TakeAnswers();

  // When NextCommand may have something to say if nothing else happens until then.
  [[nodiscard]] Instant NextWakeup(Instant now, std::optional<LogTime> leader_log_time,
                                   const SessionTable& table) const;

 private:
  using Gathered = std::map<SessionId, std::vector<KeepAliveTag>>;

  [[nodiscard]] bool MayBeginRound() const;
  [[nodiscard]] Duration RenewPeriod(const SessionTable& table) const;
  [[nodiscard]] std::optional<LogTime> TickDue(const SessionTable& table) const;
  RenewSessions NextRenew(ProposalId id);
  void AnswerRenewed(const Gathered& asked, const SessionsRenewed& renewed, CommandIndex index);
  void AnswerRetry(const Gathered& asked);
  void Answer(SessionId session, const std::vector<KeepAliveTag>& tags, KeepAliveOutcome outcome,
              CommandIndex index);

  SessionKeeperOptions options_;
  Gathered gathered_;                        // for the next round
  Gathered round_;                           // of this round, not yet proposed
  std::map<ProposalId, Gathered> renewing_;  // of this round, proposed
  std::size_t unanswered_ = 0;               // tags in the three
  Instant next_round_{};                     // not before
  std::optional<ProposalId> ticking_;
  Instant next_tick_{};  // not before
  std::vector<KeepAliveAnswer> answers_;
};

}  // namespace paxos
