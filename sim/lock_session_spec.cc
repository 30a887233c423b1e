#include "sim/lock_session_spec.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

SessionResult ResultOf(const lockservice::OperationReply& reply) {
  return CallAnswered{Encode(reply)};
}

}  // namespace

SessionSpec::Outcome SessionSpec::Apply(CommandIndex index, LogTime now, std::string_view command) {
  index_ = index;
  now_ = now;
  const Result<SessionCommand> decoded = Decode<SessionCommand>(command);
  PAXOS_CHECK("SPEC", decoded.has_value(), index, command);
  return std::visit([this](const auto& each) { return On(each); }, *decoded);
}

// TTL (1 + rho), rounded up, after the last renewal.
LogTime SessionSpec::DeadlineOf(const Session& session) const {
  const std::int64_t ttl = Duration{session.ttl}.count();
  const std::int64_t extra =
      (ttl * limits_.drift.parts + limits_.drift.per - 1) / limits_.drift.per;
  return session.renewed + Duration{ttl + extra};
}

// ---- commands -------------------------------------------------------------------------------

SessionSpec::Outcome SessionSpec::On(const OpenSession& open) {
  for (const auto& [id, session] : sessions_) {
    if (session.nonce == open.nonce) return {SessionOpened{id, session.ttl}, {}};
  }
  if (sessions_.size() >= limits_.sessions_max) return {SessionError::kTableFull, {}};
  const SessionId id{index_.value()};
  const auto ttl = std::min(std::max(open.ttl, limits_.ttl_min), limits_.ttl_max);
  sessions_[id] = Session{open.nonce, ttl, now_, 1, {}};
  listener_.OnOpened(id, ttl);
  return {SessionOpened{id, ttl}, {}};
}

SessionSpec::Outcome SessionSpec::On(const SessionCall& call) {
  const auto found = sessions_.find(call.session);
  if (found == sessions_.end()) return {SessionError::kExpired, {}};
  if (auto known = Known(found->second, call, limits_.calls_per_session_max)) return *known;
  const LockSpec::Call id{call.session, call.seq};
  found->second.renewed = now_;
  found->second.calls[call.seq] = std::nullopt;
  listener_.OnExecuted(id, call.payload);
  const auto operation = Decode<lockservice::Operation>(call.payload);
  PAXOS_CHECK("SPEC", operation.has_value(), call);
  std::vector<LockSpec::Answer> late;
  Outcome outcome;
  if (const auto reply = locks_.Apply(now_, id, *operation, late)) {
    outcome.reply = ResultOf(*reply);
    Finish(id, *outcome.reply);
  }
  FinishLate(late, outcome);
  return outcome;
}

SessionSpec::Outcome SessionSpec::On(const CancelCall& cancel) {
  if (cancel.target >= cancel.seq) return {SessionError::kBadCommand, {}};
  const auto found = sessions_.find(cancel.session);
  if (found == sessions_.end()) return {SessionError::kExpired, {}};
  if (auto known = Known(found->second, cancel, 2 * limits_.calls_per_session_max)) return *known;
  found->second.renewed = now_;
  const LockSpec::Call id{cancel.session, cancel.seq};
  listener_.OnExecuted(id, std::to_string(cancel.target));
  Outcome outcome;
  const SessionResult target = CancelTarget(cancel, found->second, outcome);
  outcome.reply = CallCancelled{Encode(target)};
  Finish(id, *outcome.reply);
  return outcome;
}

// S8: a call that was never seen is forbidden for ever.
SessionResult SessionSpec::CancelTarget(const CancelCall& cancel, Session& session,
                                        Outcome& outcome) {
  const LockSpec::Call target{cancel.session, cancel.target};
  const auto call = session.calls.find(cancel.target);
  if (call == session.calls.end()) {
    if (cancel.target < session.answered_below) return SessionError::kAnswered;
    Finish(target, SessionError::kCancelled);
    return SessionError::kCancelled;
  }
  if (call->second.has_value()) return *call->second;
  locks_.Withdraw(target);
  Finish(target, SessionError::kCancelled);
  outcome.late.push_back(Late{target, SessionError::kCancelled});
  return SessionError::kCancelled;
}

SessionSpec::Outcome SessionSpec::On(const RenewSessions& renew) {
  SessionsRenewed renewed;
  for (const SessionId id : renew.sessions) {
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) continue;
    session->second.renewed = now_;
    renewed.alive.push_back(id);
  }
  return {renewed, {}};
}

SessionSpec::Outcome SessionSpec::On(const CloseSession& close) {
  if (!IsAlive(close.session)) return {SessionError::kExpired, {}};
  Outcome outcome{SessionClosed{}, {}};
  End({close.session}, SessionEnd::kClosed, outcome);
  return outcome;
}

SessionSpec::Outcome SessionSpec::On(const Tick& /*tick*/) {
  std::vector<std::pair<LogTime, SessionId>> due;
  for (const auto& [id, session] : sessions_) {
    if (DeadlineOf(session) < now_) due.emplace_back(DeadlineOf(session), id);
  }
  std::sort(due.begin(), due.end());
  if (due.size() > limits_.ends_per_tick_max) due.resize(limits_.ends_per_tick_max);
  std::vector<SessionId> ended;
  std::size_t weight = 0;
  for (const auto& [deadline, id] : due) {
    if (weight >= limits_.weight_per_tick_max) break;
    ended.push_back(id);
    weight += locks_.WeightOf(id);
  }
  Outcome outcome{SessionsEnded{ended}, {}};
  End(ended, SessionEnd::kExpired, outcome);
  return outcome;
}

// ---- parts ----------------------------------------------------------------------------------

// What a command gets that must not be executed (again).
template <class Command>
std::optional<SessionSpec::Outcome> SessionSpec::Known(Session& session, const Command& command,
                                                       std::uint64_t window) {
  DropAnswered(session, command.answered_below, command.unanswered);
  session.answered_below = std::max(session.answered_below, command.answered_below);
  const auto seen = session.calls.find(command.seq);
  if (seen != session.calls.end()) return Outcome{seen->second, {}};
  if (command.seq < session.answered_below) return Outcome{SessionError::kAnswered, {}};
  const bool is_far = command.seq - session.answered_below >= window;
  if (is_far || !HasBytes(session, command.seq)) return Outcome{SessionError::kSeqTooFar, {}};
  return std::nullopt;
}

void SessionSpec::DropAnswered(Session& session, std::uint64_t below,
                               const std::vector<std::uint64_t>& unanswered) {
  std::erase_if(session.calls, [&](const auto& call) {
    const auto& [seq, reply] = call;
    const bool is_named = std::find(unanswered.begin(), unanswered.end(), seq) != unanswered.end();
    if (seq >= below || !reply.has_value() || is_named) return false;
    session.reply_bytes -= EncodeResult(*reply).size();
    reply_bytes_ -= EncodeResult(*reply).size();
    return true;
  });
}

// Whoever fills a gap always has room; of the others, who keeps too much, or more than its share of
// too much in all, has none.
bool SessionSpec::HasBytes(const Session& session, std::uint64_t seq) const {
  if (!session.calls.empty() && seq < session.calls.rbegin()->first) return true;
  const std::size_t share = limits_.reply_bytes_max / limits_.sessions_max;
  if (reply_bytes_ >= limits_.reply_bytes_max && session.reply_bytes > share) return false;
  return session.reply_bytes < limits_.reply_bytes_per_session_max;
}

void SessionSpec::Finish(const LockSpec::Call& call, const SessionResult& reply) {
  Session& session = sessions_.at(call.session);
  session.calls[call.seq] = reply;
  session.reply_bytes += EncodeResult(reply).size();
  reply_bytes_ += EncodeResult(reply).size();
  listener_.OnFinal(call, reply);
}

void SessionSpec::FinishLate(const std::vector<LockSpec::Answer>& answers, Outcome& outcome) {
  for (const LockSpec::Answer& answer : answers) {
    Finish(answer.call, ResultOf(answer.reply));
    outcome.late.push_back(Late{answer.call, ResultOf(answer.reply)});
  }
}

void SessionSpec::End(const std::vector<SessionId>& ended, SessionEnd how, Outcome& outcome) {
  for (const SessionId id : ended) {
    for (const auto& [seq, reply] : sessions_.at(id).calls) {
      if (!reply.has_value()) outcome.late.push_back(Late{{id, seq}, SessionError::kExpired});
    }
    reply_bytes_ -= sessions_.at(id).reply_bytes;
    sessions_.erase(id);
    listener_.OnEnded(id, how);
  }
  std::vector<LockSpec::Answer> late;
  locks_.End(now_, ended, late);
  FinishLate(late, outcome);
}

}  // namespace paxos::sim
