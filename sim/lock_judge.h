// Judges the lock service: what nodes apply, what clients are told and what they believe, against
// the specification run over G.
//
// INV-7 what takes effect was asked for. INV-9 every reply equals the specification's, which
// carries INV-12 (exclusion) and INV-16 (FIFO). INV-11 each (session, seq) takes effect once, and
// whoever hears its final reply hears the same. INV-13 tokens strictly grow. INV-15 what a client
// believes held is held. INV-17 no session ends before its TTL has passed since its last renewal
// was received. INV-20 real-time order: whatever is answered names a command after all that were
// acknowledged before it was asked; a read names a state that includes them, and tells the truth
// about it. S08 whoever was told to wait is told of the end by the server that applies it.
//
// INV-15 and INV-17 depend on clocks (C). Where clocks keep no bound they are counted instead.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lockservice/protocol.h"
#include "sim/event_queue.h"
#include "sim/global_log.h"
#include "sim/lock_session_spec.h"
#include "sim/lock_spectator.h"
#include "sim/observer.h"

namespace paxos::sim {

// A client that may hold locks.
class Believer {
 public:
  virtual ~Believer() = default;
  // Is it sure, at this very moment of its clock, to hold the lock under this token?
  [[nodiscard]] virtual bool Believes(SessionId session, const std::string& name,
                                      lockservice::OwnerId owner,
                                      lockservice::Token token) const = 0;
};

struct LockJudgeOptions {
  SessionLimits sessions{};
  LockLimits locks{};
  // What the coarseness of clocks can hide.
  Duration clock_slack{};
  bool clocks_are_bounded = true;
};

class LockJudge final : public Observer, private SessionListener {
 public:
  explicit LockJudge(const LockJudgeOptions& options)
      : options_(options), spec_(options.sessions, options.locks, *this) {}

  // Before the run begins. Both must outlive the judge.
  void Attach(GlobalLog& log, const EventQueue& queue);
  void AddBeliever(const Believer& believer) { believers_.push_back(&believer); }
  void AddSpectator(LockSpectator& spectator) { spectators_.push_back(&spectator); }
  [[nodiscard]] const std::vector<LockSpectator*>& spectators() const { return spectators_; }

  // ---- what clients and servers do
  // A client sends a request, perhaps not for the first time.
  void OnAsked(const lockservice::RequestBody& request);
  // A server received it; and answers what it received at `received`.
  void OnReceived(const lockservice::RequestBody& request);
  void OnAnswered(const lockservice::RequestBody& request, Time received,
                  const lockservice::ResponseBody& answer);
  // A client gets the result of its call or cancel.
  void OnResult(const LockSpec::Call& call, const lockservice::Result& result);
  // A client is told that a command answers a request that it first sent when `asked` was
  // acknowledged.
  void OnAnsweredBy(CommandIndex asked, const lockservice::RequestBody& request,
                    CommandIndex answered_by) const;
  // A client gets the answer to a read that it asked when `asked` was acknowledged.
  void OnReadResult(CommandIndex asked, const lockservice::Query& query,
                    const lockservice::ReadResult& result);
  // A client learned of a command's index: whatever is asked from now on must see it.
  void OnAcknowledged(CommandIndex index) { acknowledged_ = std::max(acknowledged_, index); }
  [[nodiscard]] CommandIndex acknowledged() const { return acknowledged_; }
  // A client tells its user that the call was not done and will not be.
  void OnDisclaimed(const LockSpec::Call& call);
  // A client is sure to hold the lock.
  void CheckBelief(SessionId session, const std::string& name, lockservice::OwnerId owner,
                   lockservice::Token token);
  // A clock-conditional invariant was seen broken by others.
  void OnConditionalBreach() { ++totals_.conditional; }
  [[nodiscard]] bool clocks_are_bounded() const { return options_.clocks_are_bounded; }

  [[nodiscard]] const SessionSpec& spec() const { return spec_; }
  // Whose grant a token was; null: nobody's.
  struct Grant {
    std::string name{};
    SessionId session{};
    lockservice::OwnerId owner{};
  };
  [[nodiscard]] const Grant* FindGrant(lockservice::Token token) const;
  // The call's final reply, and the command that gave it; null: it has none yet.
  struct Final {
    SessionResult reply{};
    CommandIndex index{};
  };
  [[nodiscard]] const Final* FindFinal(const LockSpec::Call& call) const;

  struct Totals {
    std::uint64_t grants = 0;
    std::uint64_t expiries = 0;
    std::uint64_t opened = 0;
    std::uint64_t reads = 0;
    std::uint64_t conditional = 0;  // breaches of what depends on clocks, which had no bound
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }

  // ---- Observer
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied) override;

 private:
  // ---- SessionListener
  void OnGranted(const std::string& name, const lockservice::Holder& holder) override;
  void OnGrantOver(const std::string& name, const lockservice::Holder& holder) override;
  void OnOpened(SessionId session, std::chrono::milliseconds ttl) override;
  void OnEnded(SessionId session, SessionEnd how) override;
  void OnExecuted(const LockSpec::Call& call, std::string_view what) override;
  void OnFinal(const LockSpec::Call& call, const SessionResult& reply) override;

  // Is it to be checked that `holds`? If clocks have no bound, a breach is counted instead.
  bool MustHold(bool holds);
  void OnCommand(CommandIndex index, const GlobalLog::Numbered& command);
  void Check(CommandIndex index, const lockservice::Check& check,
             const lockservice::TokenStanding& standing) const;
  void Check(CommandIndex index, const lockservice::GetLock& get,
             const lockservice::LockView& view) const;
  void Check(CommandIndex index, const lockservice::GetSession& get,
             const lockservice::SessionView& view) const;
  void CheckWhole(const lockservice::Query& query, const lockservice::ReadResult& result) const;

  // Who held a lock from a command on; none: nobody.
  struct Change {
    CommandIndex from{};
    std::optional<lockservice::Holder> holder{};
  };
  [[nodiscard]] std::optional<lockservice::Holder> HolderAt(CommandIndex index,
                                                            const std::string& name) const;
  [[nodiscard]] lockservice::Token LastTokenAt(CommandIndex index) const;

  struct KnownSession {
    Duration ttl{};
    Time received{};  // when the last request that renewed it was received
    CommandIndex opened{};
    std::optional<CommandIndex> ended{};
  };
  // What renewed a session by this request, seen again, does not renew it again: its first receipt.
  using Renewal = std::variant<LockSpec::Call, Nonce>;
  static std::optional<Renewal> RenewalOf(const lockservice::RequestBody& request);
  void OnRenewed(SessionId session, const lockservice::RequestBody& request, Time received);

  LockJudgeOptions options_;
  SessionSpec spec_;
  const EventQueue* queue_ = nullptr;
  const GlobalLog* log_ = nullptr;
  std::vector<const Believer*> believers_;
  std::vector<LockSpectator*> spectators_;
  CommandIndex current_{};        // the command that the specification is at
  std::deque<Applied> expected_;  // of commands that no node has applied yet
  CommandIndex checked_{};

  std::map<LockSpec::Call, std::string> asked_;  // and what
  std::map<Renewal, Time> first_received_;
  std::set<LockSpec::Call> executed_;
  std::map<LockSpec::Call, Final> finals_;
  std::set<LockSpec::Call> disclaimed_;
  std::map<SessionId, KnownSession> sessions_;
  std::map<std::string, std::vector<Change>> changes_;
  std::vector<std::pair<CommandIndex, Grant>> grants_;  // token 1 first
  CommandIndex acknowledged_{};
  Totals totals_;
};

}  // namespace paxos::sim
