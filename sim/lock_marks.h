// Who hits the coverage marks of the lock service: reads the log's commands beside what the
// specification makes of them, and hears what servers answer and clients believe.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/lock_marks_table.h"
#include "sim/lock_spectator.h"

namespace paxos::sim {

class LockMarks final : public LockSpectator {
 public:
  [[nodiscard]] const MarkSet& hits() const { return hits_; }

  void OnCommand(CommandIndex index, const GlobalLog::Numbered& command,
                 const SessionSpec::Outcome& outcome) override;
  void OnGranted(const std::string& name, const lockservice::Holder& holder) override;
  void OnGrantOver(const std::string& name, const lockservice::Holder& holder) override;
  void OnSessionEnded(SessionId session, SessionEnd how) override;
  void OnAnswer(const lockservice::RequestBody& request,
                const lockservice::ResponseBody& answer) override;
  void OnState(ClientId client, const lockservice::StateChange& change) override;
  void OnFenced(const std::string& name, lockservice::Token token) override;

 private:
  // Since the last command.
  struct News {
    std::size_t grants = 0;
    std::map<SessionId, SessionEnd> ended{};
    std::map<SessionId, std::size_t> lost{};  // locks, by sessions that ended
  };
  // A call or cancel that stood in G before.
  struct Known {
    Ballot ballot{};
    bool is_cancelled_unseen = false;
  };

  void HitIf(bool condition, LockMark mark) {
    if (condition) hits_.Hit(static_cast<std::size_t>(mark));
  }
  using Outcome = SessionSpec::Outcome;
  void On(const OpenSession& open, const Outcome& outcome);
  void On(const SessionCall& call, const Outcome& outcome);
  void On(const CancelCall& cancel, const Outcome& outcome);
  void On(const RenewSessions& renew, const Outcome& outcome);
  void On(const CloseSession& close, const Outcome& outcome);
  void On(const Tick& tick, const Outcome& outcome);
  // True if it is the first time.
  bool Meet(const LockSpec::Call& call, const Outcome& outcome, LockMark repeated);
  void OnOperation(const lockservice::OperationReply& reply);
  void OnError(const LockSpec::Call& call, SessionError error);
  void OnExpiries(const Outcome& outcome);

  MarkSet hits_;
  News news_;
  Ballot ballot_{};  // of the command at hand
  CommandIndex index_{};
  std::map<LockSpec::Call, Known> known_;
};

}  // namespace paxos::sim
