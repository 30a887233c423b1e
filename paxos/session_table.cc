#include "paxos/session_table.h"

#include <algorithm>

#include "paxos/check.h"

namespace paxos {
namespace {

Applied Reply(const SessionResult& result) { return Applied{EncodeResult(result), {}}; }

}  // namespace

Status SessionTableOptions::Validate() const {
  const auto wrong = [](const char* why) { return Status(ErrorCode::kInvalidArgument, why); };
  if (drift.parts < 0 || drift.per <= drift.parts) return wrong("drift: not a fraction below one");
  if (ttl_min.count() <= 0) return wrong("ttl_min: not positive");
  if (ttl_max < ttl_min) return wrong("ttl_max: less than ttl_min");
  if (sessions_max == 0) return wrong("sessions_max: 0");
  if (calls_per_session_max == 0) return wrong("calls_per_session_max: 0");
  if (reply_bytes_per_session_max == 0) return wrong("reply_bytes_per_session_max: 0");
  if (reply_bytes_max == 0) return wrong("reply_bytes_max: 0");
  if (ends_per_tick_max == 0) return wrong("ends_per_tick_max: 0");
  if (weight_per_tick_max == 0) return wrong("weight_per_tick_max: 0");
  return Status::Ok();
}

SessionTable::SessionTable(const SessionTableOptions& options, SessionStateMachine& inner)
    : options_(options), inner_(inner) {
  PAXOS_CHECK("OPTIONS", options_.Validate().ok(), options_.Validate());
}

Applied SessionTable::Apply(const ApplyContext& context, std::string_view command) {
  log_time_ = context.log_time;
  const Result<SessionCommand> decoded = Decode<SessionCommand>(command);
  if (!decoded) return Reply(SessionError::kBadCommand);
  return std::visit([&](const auto& alternative) { return On(context, alternative); }, *decoded);
}

// ---- commands -------------------------------------------------------------------------------

Applied SessionTable::On(const ApplyContext& context, const OpenSession& open) {
  const auto opened = by_nonce_.find(open.nonce);
  if (opened != by_nonce_.end()) {
    return Reply(SessionOpened{opened->second, sessions_.at(opened->second).ttl});
  }
  if (sessions_.size() >= options_.sessions_max) return Reply(SessionError::kTableFull);
  const SessionId id(context.index.value());
  PAXOS_CHECK("X1", sessions_.empty() || sessions_.rbegin()->first < id, id);
  Session& session = sessions_.emplace_hint(sessions_.end(), id, Session{})->second;
  session.nonce = open.nonce;
  session.ttl = std::clamp(open.ttl, options_.ttl_min, options_.ttl_max);  // S17
  session.deadline = context.log_time + options_.drift.Lengthen(session.ttl);
  AddToIndexes(id, session);
  return Reply(SessionOpened{id, session.ttl});
}

Applied SessionTable::On(const ApplyContext& context, const SessionCall& call) {
  const auto found = sessions_.find(call.session);
  if (found == sessions_.end()) return Reply(SessionError::kExpired);
  Session& session = found->second;
  DropAnswered(session, call);
  if (auto seen = WithoutExecuting(session, call.seq, options_.calls_per_session_max)) {
    return *std::move(seen);
  }
  Renew(session, context.log_time);
  session.calls.emplace(call.seq, std::nullopt);
  CallOutcome outcome = inner_.Apply(
      CallContext{context.index, context.log_time, call.session, call.seq}, call.payload);
  Applied applied;
  if (outcome.reply.has_value()) {
    applied.reply = EncodeResult(CallAnswered{*std::move(outcome.reply)});
    Keep(session, call.seq, *applied.reply);
  }
  AnswerLate(std::move(outcome.late), applied);
  return applied;
}

Applied SessionTable::On(const ApplyContext& context, const CancelCall& cancel) {
  if (cancel.target >= cancel.seq) return Reply(SessionError::kBadCommand);
  const auto found = sessions_.find(cancel.session);
  if (found == sessions_.end()) return Reply(SessionError::kExpired);
  Session& session = found->second;
  DropAnswered(session, cancel);
  if (auto seen = WithoutExecuting(session, cancel.seq, 2 * options_.calls_per_session_max)) {
    return *std::move(seen);
  }
  Renew(session, context.log_time);
  const CallContext call{context.index, context.log_time, cancel.session, cancel.seq};
  Applied applied;
  applied.reply = EncodeResult(CallCancelled{CancelTarget(call, session, cancel.target, applied)});
  Keep(session, cancel.seq, *applied.reply);
  return applied;
}

Applied SessionTable::On(const ApplyContext& context, const RenewSessions& renew) {
  SessionsRenewed renewed;
  for (const SessionId id : renew.sessions) {
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) continue;
    Renew(session->second, context.log_time);
    renewed.alive.push_back(id);
  }
  return Reply(std::move(renewed));
}

Applied SessionTable::On(const ApplyContext& context, const CloseSession& close) {
  if (!IsAlive(close.session)) return Reply(SessionError::kExpired);
  Applied applied = Reply(SessionClosed{});
  End(context, {close.session}, applied);
  return applied;
}

// The only place where time ends anything: the log's, strictly past the deadline (T1, S2).
Applied SessionTable::On(const ApplyContext& context, const Tick& /*tick*/) {
  std::vector<SessionId> due;
  std::size_t weight = 0;
  for (const auto& [deadline, id] : by_deadline_) {
    if (deadline >= context.log_time || due.size() == options_.ends_per_tick_max) break;
    if (weight >= options_.weight_per_tick_max) break;
    due.push_back(id);
    weight += inner_.WeightOf(id);
  }
  Applied applied = Reply(SessionsEnded{due});
  End(context, due, applied);
  return applied;
}

// ---- one session ----------------------------------------------------------------------------

// What a command says was answered stays true for ever, so a delayed duplicate drops no more than
// its client meant. A call that waits has no reply that the client could have: it stays.
template <class Command>
void SessionTable::DropAnswered(Session& session, const Command& command) {
  auto unanswered = command.unanswered.begin();
  for (auto call = session.calls.begin();
       call != session.calls.end() && call->first < command.answered_below;) {
    const auto& [seq, reply] = *call;
    while (unanswered != command.unanswered.end() && *unanswered < seq) ++unanswered;
    const bool is_named = unanswered != command.unanswered.end() && *unanswered == seq;
    if (is_named || !reply.has_value()) {
      ++call;
    } else {
      session.reply_bytes -= reply->size();
      reply_bytes_ -= reply->size();
      call = session.calls.erase(call);
    }
  }
  session.answered_below = std::max(session.answered_below, command.answered_below);
}

// The answer to a call that must not be executed [X1]; none if it must.
std::optional<Applied> SessionTable::WithoutExecuting(const Session& session, std::uint64_t seq,
                                                      std::uint64_t window) const {
  const auto call = session.calls.find(seq);
  if (call != session.calls.end()) return Applied{call->second, {}};
  if (seq < session.answered_below) return Reply(SessionError::kAnswered);
  // A seq below one that was executed always has room: its answer is what lets the rest be dropped.
  const bool fills_gap = !session.calls.empty() && seq < session.calls.rbegin()->first;
  const bool has_bytes = fills_gap || MayKeepMore(session);
  const bool has_room = seq - session.answered_below < window && has_bytes;
  if (!has_room) return Reply(SessionError::kSeqTooFar);
  return std::nullopt;
}

bool SessionTable::MayKeepMore(const Session& session) const {
  const bool is_full = reply_bytes_ >= options_.reply_bytes_max;
  if (is_full && session.reply_bytes > options_.reply_bytes_max / options_.sessions_max)
    return false;
  return session.reply_bytes < options_.reply_bytes_per_session_max;
}

// A final reply: of a call that waits, or of one that was not seen before.
void SessionTable::Keep(Session& session, std::uint64_t seq, std::string reply) {
  SeenCall& call = session.calls[seq];
  PAXOS_CHECK("X1", !call.has_value(), seq);
  session.reply_bytes += reply.size();
  reply_bytes_ += reply.size();
  call = std::move(reply);
}

// The target's final reply. One that was not seen gets its reply before it comes, so that a late
// acquire is never granted (S8).
std::string SessionTable::CancelTarget(const CallContext& context, Session& session,
                                       std::uint64_t target, Applied& applied) {
  const auto call = session.calls.find(target);
  const bool is_seen = call != session.calls.end();
  if (!is_seen && target < session.answered_below) return EncodeResult(SessionError::kAnswered);
  if (is_seen && call->second.has_value()) return *call->second;
  const std::string cancelled = EncodeResult(SessionError::kCancelled);
  Keep(session, target, cancelled);
  if (is_seen) {
    applied.session_replies.push_back(SessionReply{context.session, target, cancelled});
    AnswerLate(inner_.OnCancel(context, target), applied);
  }
  return cancelled;
}

// The log's time never falls, so among sessions of one TTL the one renewed last is due last: the
// end is where to look first for its new place.
void SessionTable::Renew(Session& session, LogTime log_time) {
  const LogTime deadline = log_time + options_.drift.Lengthen(session.ttl);
  if (deadline == session.deadline) return;
  auto entry = by_deadline_.extract(session.indexed);
  entry.value().first = deadline;
  session.indexed = by_deadline_.insert(by_deadline_.end(), std::move(entry));
  session.deadline = deadline;
}

// ---- many sessions --------------------------------------------------------------------------

void SessionTable::AnswerLate(std::vector<LateReply> late, Applied& applied) {
  for (LateReply& answer : late) {
    const auto session = sessions_.find(answer.session);
    PAXOS_CHECK("X1", session != sessions_.end(), answer.session, answer.seq);
    const auto call = session->second.calls.find(answer.seq);
    PAXOS_CHECK("X1", call != session->second.calls.end(), answer.session, answer.seq);
    std::string reply = EncodeResult(CallAnswered{std::move(answer.payload)});
    Keep(session->second, answer.seq, reply);
    applied.session_replies.push_back(SessionReply{answer.session, answer.seq, std::move(reply)});
  }
}

// S7: first their waiting calls are answered and all of them are gone, then what they leave is
// handed on.
void SessionTable::End(const ApplyContext& context, const std::vector<SessionId>& ended,
                       Applied& applied) {
  if (ended.empty()) return;
  const std::string expired = EncodeResult(SessionError::kExpired);
  for (const SessionId id : ended) {
    const auto session = sessions_.find(id);
    for (const auto& [seq, reply] : session->second.calls) {
      if (!reply.has_value()) applied.session_replies.push_back(SessionReply{id, seq, expired});
    }
    RemoveFromIndexes(session->second);
    reply_bytes_ -= session->second.reply_bytes;
    sessions_.erase(session);
  }
  AnswerLate(inner_.OnSessionsEnd(context, ended), applied);
}

void SessionTable::AddToIndexes(SessionId id, Session& session) {
  const bool is_new = by_nonce_.emplace(session.nonce, id).second;
  PAXOS_CHECK("X1", is_new, id, session.nonce);
  session.indexed = by_deadline_.emplace_hint(by_deadline_.end(), session.deadline, id);
  ++ttls_[session.ttl];
}

void SessionTable::RemoveFromIndexes(const Session& session) {
  by_nonce_.erase(session.nonce);
  by_deadline_.erase(session.indexed);
  const auto ttl = ttls_.find(session.ttl);
  if (--ttl->second == 0) ttls_.erase(ttl);
}

std::optional<LogTime> SessionTable::earliest_deadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

std::optional<std::chrono::milliseconds> SessionTable::shortest_ttl() const {
  if (ttls_.empty()) return std::nullopt;
  return ttls_.begin()->first;
}

std::optional<LogTime> SessionTable::deadline(SessionId session) const {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return std::nullopt;
  return found->second.deadline;
}

bool SessionTable::IsAlive(SessionId session) const { return sessions_.contains(session); }

// ---- snapshots ------------------------------------------------------------------------------

std::string SessionTable::Snapshot() const {
  std::string bytes;
  BinaryWriter writer(&bytes);
  writer.Write(sessions_);
  writer.Write(inner_.Snapshot());
  return bytes;
}

Status SessionTable::Restore(std::string_view snapshot) {
  Sessions sessions;
  std::string inner;
  BinaryReader reader(snapshot);
  reader.Read(sessions);
  reader.Read(inner);
  reader.ExpectEnd();
  if (!reader.ok()) return reader.status().Annotate("restore sessions");
  std::set<Nonce> nonces;
  for (const auto& [id, session] : sessions) {
    if (nonces.insert(session.nonce).second) continue;
    return Status(ErrorCode::kDamaged, "restore sessions: two of one nonce");
  }
  if (Status restored = inner_.Restore(inner); !restored.ok()) return restored;
  sessions_ = std::move(sessions);
  RebuildIndexes();
  return Status::Ok();
}

void SessionTable::RebuildIndexes() {
  by_nonce_.clear();
  by_deadline_.clear();
  ttls_.clear();
  reply_bytes_ = 0;
  for (auto& [id, session] : sessions_) {
    AddToIndexes(id, session);
    session.reply_bytes = 0;
    for (const auto& [seq, reply] : session.calls) {
      if (reply.has_value()) session.reply_bytes += reply->size();
    }
    reply_bytes_ += session.reply_bytes;
  }
}

}  // namespace paxos
