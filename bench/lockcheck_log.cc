#include "bench/lockcheck_log.h"

#include <algorithm>
#include <optional>

#include "paxos/archive.h"

namespace bench {

using paxos::Applied;
using paxos::Command;
using paxos::Entry;
using paxos::SessionId;
using paxos::SessionResult;
using paxos::Slot;

namespace {

std::string NameOf(SessionId session, std::uint64_t seq) {
  return "call " + std::to_string(seq) + " of session " + ShortText(session);
}

std::string PayloadText(const std::string& payload) {
  const auto operation = paxos::Decode<lockservice::Operation>(payload);
  return operation ? RequestText(*operation) : "unreadable";
}

// Null if the reply is none that a client may count on, or cannot be read.
std::optional<SessionResult> FinalReply(const std::string& bytes) {
  const auto result = paxos::Decode<SessionResult>(bytes);
  return result && IsFinal(*result) ? std::optional(*result) : std::nullopt;
}

}  // namespace

// ---- replay ---------------------------------------------------------------------------------

LogReplay::LogReplay() : locks_({}), sessions_({}, locks_) {}

void LogReplay::Apply(Slot slot, const Entry& entry) {
  if (entry.first_ballot < last_first_ballot_) return;  // [V1]
  last_first_ballot_ = entry.first_ballot;
  log_time_ = std::max(log_time_, entry.log_time);  // [T1]
  for (const Command& command : entry.commands) Apply(slot, command);
}

void LogReplay::Apply(Slot slot, const Command& command) {
  std::optional<std::pair<CallKey, std::string>> call;
  const auto decoded = paxos::Decode<paxos::SessionCommand>(command);
  if (decoded) {
    if (const auto* made = std::get_if<paxos::SessionCall>(&*decoded))
      call.emplace(CallKey{made->session, made->seq}, PayloadText(made->payload));
    if (const auto* cancel = std::get_if<paxos::CancelCall>(&*decoded))
      call.emplace(CallKey{cancel->session, cancel->seq}, CancelText(cancel->target));
  }
  const Applied applied = sessions_.Apply({++index_, log_time_}, command);
  const bool is_executed = call && (!applied.reply || FinalReply(*applied.reply));
  if (is_executed) outcomes_.emplace(call->first, Outcome{call->second, {}, slot, {}});
  if (is_executed && applied.reply) OnReply(slot, call->first, *applied.reply);
  for (const paxos::SessionReply& late : applied.session_replies)
    OnReply(slot, {late.session, late.seq}, late.reply);
}

void LogReplay::OnReply(Slot slot, const CallKey& key, const std::string& reply) {
  const auto result = FinalReply(reply);
  if (!result) return;
  Outcome& outcome = outcomes_[key];
  const std::string text = ReplyText(*result);
  if (outcome.reply.empty()) {
    outcome.reply = text;
    outcome.answered_at = slot;
  } else if (outcome.reply != text) {
    violations_.push_back("[X1] " + NameOf(key.first, key.second) +
                          " got two replies: " + outcome.reply + " and " + text);
  }
}

const Outcome* LogReplay::Find(SessionId session, std::uint64_t seq) const {
  const auto found = outcomes_.find({session, seq});
  return found == outcomes_.end() ? nullptr : &found->second;
}

// ---- replicas -------------------------------------------------------------------------------

const ReplicaLog& Longest(const std::vector<ReplicaLog>& replicas) {
  return *std::max_element(
      replicas.begin(), replicas.end(),
      [](const ReplicaLog& a, const ReplicaLog& b) { return a.prefix() < b.prefix(); });
}

// Above its own prefix a replica may hold a value that was never chosen: that is no disagreement,
// but then it does not have the chosen one.
Violations CheckAgreement(const std::vector<ReplicaLog>& replicas) {
  Violations violations;
  const ReplicaLog& longest = Longest(replicas);
  for (const ReplicaLog& replica : replicas) {
    for (Slot slot{1}; slot <= replica.prefix(); ++slot) {
      if (*replica.Find(slot) == *longest.Find(slot)) continue;
      violations.push_back("[C1] " + replica.name + " and " + longest.name +
                           " differ in chosen slot " + ShortText(slot));
      break;  // what follows is a consequence
    }
  }
  return violations;
}

// ---- answers --------------------------------------------------------------------------------

namespace {

bool Has(const ReplicaLog& replica, Slot slot, const ReplicaLog& longest) {
  const paxos::SharedEntry* own = replica.Find(slot);
  return own != nullptr && *own == *longest.Find(slot);
}

void CheckAnswer(const Answer& answer, const Outcome* outcome,
                 const std::vector<ReplicaLog>& replicas, Violations& violations) {
  const std::string name = NameOf(answer.session, answer.seq);
  if (outcome == nullptr || outcome->executed_at == Slot{}) {
    violations.push_back("acknowledged and lost: " + name + ", " + answer.request + ", was told " +
                         answer.reply + ", but no replica has it");
    return;
  }
  if (outcome->request != answer.request || outcome->reply != answer.reply) {
    violations.push_back(name + ", " + answer.request + ", was told " + answer.reply +
                         ", but the log says " + outcome->request + ": " + outcome->reply);
    return;
  }
  const ReplicaLog& longest = Longest(replicas);
  for (const ReplicaLog& replica : replicas) {
    if (Has(replica, outcome->executed_at, longest) && Has(replica, outcome->answered_at, longest))
      continue;
    violations.push_back("acknowledged and not on " + replica.name + ": " + name + " of slot " +
                         ShortText(outcome->executed_at));
  }
}

}  // namespace

Violations CheckAnswers(const std::vector<Answer>& answers, const LogReplay& replay,
                        const std::vector<ReplicaLog>& replicas) {
  Violations violations;
  for (const Answer& answer : answers)
    CheckAnswer(answer, replay.Find(answer.session, answer.seq), replicas, violations);
  return violations;
}

}  // namespace bench
