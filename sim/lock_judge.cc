#include "sim/lock_judge.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "sim/lock_verdict.h"

namespace paxos::sim {

using lockservice::Token;

namespace {

// Late replies in order of (session, seq): which of several comes first means nothing.
Applied Sorted(Applied applied) {
  std::sort(applied.session_replies.begin(), applied.session_replies.end(),
            [](const SessionReply& a, const SessionReply& b) {
              return std::pair(a.session, a.seq) < std::pair(b.session, b.seq);
            });
  return applied;
}

Applied AppliedOf(const SessionSpec::Outcome& outcome) {
  Applied applied;
  if (outcome.reply) applied.reply = EncodeResult(*outcome.reply);
  for (const SessionSpec::Late& late : outcome.late) {
    applied.session_replies.push_back(
        SessionReply{late.call.session, late.call.seq, EncodeResult(late.reply)});
  }
  return Sorted(std::move(applied));
}

std::string TextOf(const std::string& reply) {
  const auto result = Decode<SessionResult>(reply);
  if (!result.has_value()) return "unreadable";
  const auto* answered = std::get_if<CallAnswered>(&*result);
  if (answered == nullptr) return ToText(*result);
  const auto operation = Decode<lockservice::OperationReply>(answered->payload);
  return operation.has_value() ? ToText(*operation) : ToText(*result);
}

// What applying gave, in words.
struct OutcomeText {
  const Applied& applied;
  friend std::string ShortText(const OutcomeText& outcome) {
    std::string text = outcome.applied.reply ? TextOf(*outcome.applied.reply) : "waits";
    for (const SessionReply& late : outcome.applied.session_replies) {
      text += "; to " + std::to_string(late.session.value()) + "/" + std::to_string(late.seq) +
              " " + TextOf(late.reply);
    }
    return text;
  }
};

}  // namespace

void LockJudge::Attach(GlobalLog& log, const EventQueue& queue) {
  queue_ = &queue;
  log_ = &log;
  log.SetListener([this](CommandIndex index, const GlobalLog::Numbered& command) {
    OnCommand(index, command);
  });
}

// ---- the specification moves with G ---------------------------------------------------------

void LockJudge::OnCommand(CommandIndex index, const GlobalLog::Numbered& command) {
  current_ = index;
  const SessionSpec::Outcome outcome = spec_.Apply(index, command.log_time, command.command());
  for (LockSpectator* each : spectators_) each->OnCommand(index, command, outcome);
  expected_.push_back(AppliedOf(outcome));
}

void LockJudge::OnApply(NodeId node, const ApplyContext& context, const Applied& applied) {
  if (context.index != checked_.next()) return;  // equal replies of all nodes are INV-9's
  checked_ = context.index;
  const Applied& expected = expected_.front();
  const Applied sorted = Sorted(applied);
  const bool is_as_specified = sorted == expected;
  const char* tag = is_as_specified               ? ""
                    : log_->FollowsVoid(checked_) ? "INV-18"
                                                  : TagOfDifference(sorted, expected);
  PAXOS_CHECK(tag, is_as_specified, node, context.index, OutcomeText{sorted},
              OutcomeText{expected});
  expected_.pop_front();
}

void LockJudge::OnGranted(const std::string& name, const lockservice::Holder& holder) {
  ++totals_.grants;
  PAXOS_CHECK("INV-13", holder.token == Token{grants_.size() + 1}, name, holder, grants_.size());
  grants_.emplace_back(current_, Grant{name, holder.session, holder.owner});
  changes_[name].push_back(Change{current_, holder});
  for (LockSpectator* each : spectators_) each->OnGranted(name, holder);
}

// From here on another client may be given the lock.
void LockJudge::OnGrantOver(const std::string& name, const lockservice::Holder& holder) {
  changes_[name].push_back(Change{current_, std::nullopt});
  for (LockSpectator* each : spectators_) each->OnGrantOver(name, holder);
  for (const Believer* each : believers_) {
    const bool believes = each->Believes(holder.session, name, holder.owner, holder.token);
    if (MustHold(!believes)) PAXOS_CHECK("INV-15", !believes, name, holder, current_);
  }
}

void LockJudge::OnOpened(SessionId session, std::chrono::milliseconds ttl) {
  ++totals_.opened;
  sessions_[session] = KnownSession{ttl, Time{}, current_, std::nullopt};
}

void LockJudge::OnEnded(SessionId session, SessionEnd how) {
  KnownSession& known = sessions_.at(session);
  known.ended = current_;
  for (LockSpectator* each : spectators_) each->OnSessionEnded(session, how);
  if (how == SessionEnd::kClosed) return;
  ++totals_.expiries;
  const Duration lived = queue_->now() - known.received;
  const bool has_lived = lived + options_.clock_slack >= known.ttl;
  if (MustHold(has_lived)) PAXOS_CHECK("INV-17", has_lived, session, lived, known.ttl);
}

bool LockJudge::MustHold(bool holds) {
  if (options_.clocks_are_bounded) return true;
  if (!holds) OnConditionalBreach();
  return false;
}

void LockJudge::OnExecuted(const LockSpec::Call& call, std::string_view what) {
  const bool is_first = executed_.insert(call).second;
  PAXOS_CHECK("INV-11", is_first, call.session, call.seq, current_);
  PAXOS_CHECK("INV-11", disclaimed_.count(call) == 0, call.session, call.seq, what);
  const auto asked = asked_.find(call);
  PAXOS_CHECK("INV-7", asked != asked_.end(), call.session, call.seq, what);
  PAXOS_CHECK("INV-7", asked->second == what, call.session, call.seq, asked->second, what);
}

void LockJudge::OnFinal(const LockSpec::Call& call, const SessionResult& reply) {
  finals_[call] = Final{reply, current_};
}

const LockJudge::Final* LockJudge::FindFinal(const LockSpec::Call& call) const {
  const auto final = finals_.find(call);
  return final == finals_.end() ? nullptr : &final->second;
}

const LockJudge::Grant* LockJudge::FindGrant(Token token) const {
  if (token == Token{} || token.value() > grants_.size()) return nullptr;
  return &grants_[token.value() - 1].second;
}

// ---- what clients ask and servers receive ---------------------------------------------------

void LockJudge::OnAsked(const lockservice::RequestBody& request) {
  if (const auto* call = std::get_if<lockservice::CallRequest>(&request))
    asked_.try_emplace({call->session, call->seq}, Encode(call->operation));
  if (const auto* cancel = std::get_if<lockservice::CancelRequest>(&request))
    asked_.try_emplace({cancel->session, cancel->seq}, std::to_string(cancel->target));
}

std::optional<LockJudge::Renewal> LockJudge::RenewalOf(const lockservice::RequestBody& request) {
  if (const auto* call = std::get_if<lockservice::CallRequest>(&request))
    return LockSpec::Call{call->session, call->seq};
  if (const auto* cancel = std::get_if<lockservice::CancelRequest>(&request))
    return LockSpec::Call{cancel->session, cancel->seq};
  if (const auto* open = std::get_if<lockservice::OpenRequest>(&request)) return open->nonce;
  return std::nullopt;
}

void LockJudge::OnReceived(const lockservice::RequestBody& request) {
  if (const auto renewal = RenewalOf(request)) first_received_.try_emplace(*renewal, queue_->now());
}

// A repeated request renews nothing: what counts is when it was received first.
void LockJudge::OnRenewed(SessionId session, const lockservice::RequestBody& request,
                          Time received) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return;
  if (const auto renewal = RenewalOf(request)) received = first_received_.at(*renewal);
  known->second.received = std::max(known->second.received, received);
}

void LockJudge::OnAnswered(const lockservice::RequestBody& request, Time received,
                           const lockservice::ResponseBody& answer) {
  for (LockSpectator* each : spectators_) each->OnAnswer(request, answer);
  if (const auto* read = std::get_if<lockservice::ReadResult>(&answer))
    CheckWhole(std::get<lockservice::ReadRequest>(request).query, *read);
  const auto renewal = RenewalOf(request);
  const auto* call = renewal ? std::get_if<LockSpec::Call>(&*renewal) : nullptr;
  if (call != nullptr && std::holds_alternative<lockservice::Waiting>(answer))
    return OnRenewed(call->session, request, received);
  const auto* result = std::get_if<lockservice::Result>(&answer);
  if (result == nullptr) return;
  if (const auto* opened = std::get_if<SessionOpened>(&result->result))
    return OnRenewed(opened->session, request, received);
  if (const auto* renewed = std::get_if<SessionsRenewed>(&result->result)) {
    for (const SessionId session : renewed->alive) OnRenewed(session, request, received);
  }
  const bool is_answer = std::holds_alternative<CallAnswered>(result->result) ||
                         std::holds_alternative<CallCancelled>(result->result);
  if (call != nullptr && is_answer) OnRenewed(call->session, request, received);
}

// ---- what clients hear ----------------------------------------------------------------------

// [INV-20] Commands are numbered in the order of G, so if each gets a higher number than all that
// were acknowledged before it was asked for, G is an order that real time allows.
void LockJudge::OnAnsweredBy(CommandIndex asked, const lockservice::RequestBody& request,
                             CommandIndex answered_by) const {
  PAXOS_CHECK("INV-20", answered_by > asked, request, answered_by, asked);
  PAXOS_CHECK("INV-20", answered_by <= current_, request, answered_by, current_);
}

void LockJudge::OnResult(const LockSpec::Call& call, const lockservice::Result& result) {
  if (const auto* error = std::get_if<SessionError>(&result.result)) {
    const bool is_dead = !spec_.IsAlive(call.session);
    if (*error == SessionError::kExpired) PAXOS_CHECK("INV-17", is_dead, call.session, call.seq);
    if (*error != SessionError::kCancelled) return;
  }
  const auto final = finals_.find(call);
  PAXOS_CHECK("INV-11", final != finals_.end(), call.session, call.seq, result.result);
  PAXOS_CHECK("INV-11", final->second.reply == result.result, call.session, call.seq,
              final->second.reply, result.result);
  const bool is_after = result.index >= final->second.index && result.index <= current_;
  PAXOS_CHECK("INV-11", is_after, call.session, call.seq, final->second.index, result.index);
}

void LockJudge::OnDisclaimed(const LockSpec::Call& call) {
  disclaimed_.insert(call);
  PAXOS_CHECK("INV-11", executed_.count(call) == 0, call.session, call.seq);
}

void LockJudge::CheckBelief(SessionId session, const std::string& name, lockservice::OwnerId owner,
                            Token token) {
  const LockSpec::Lock* lock = spec_.locks().Find(name);
  const lockservice::Holder holder = lock == nullptr ? lockservice::Holder{} : lock->holder;
  const bool is_held = holder.session == session && holder.owner == owner && holder.token == token;
  if (MustHold(is_held)) PAXOS_CHECK("INV-15", is_held, name, session, owner, token, holder);
}

}  // namespace paxos::sim
