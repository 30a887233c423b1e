#include "paxos/session_keeper.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "paxos/check.h"

namespace paxos {
namespace {

// None: the outcome of a read.
std::optional<ProposalId> ProposalOf(const Done& outcome) {
  return std::visit(
      [](const auto& done) -> std::optional<ProposalId> {
        if constexpr (std::is_same_v<decltype(done.id), ProposalId>) return done.id;
        return std::nullopt;
      },
      outcome);
}

// A Renew of ours decodes and its reply is what it says: anything else is a bug of the table.
SessionsRenewed RenewedIn(const std::optional<std::string>& reply) {
  PAXOS_CHECK("S03", reply.has_value());
  Result<SessionResult> result = Decode<SessionResult>(*reply);
  PAXOS_CHECK("S03", result.has_value() && std::holds_alternative<SessionsRenewed>(*result));
  return std::get<SessionsRenewed>(*std::move(result));
}

}  // namespace

const char* Name(KeepAliveOutcome outcome) {
  switch (outcome) {
    case KeepAliveOutcome::kAlive:
      return "alive";
    case KeepAliveOutcome::kExpired:
      return "expired";
    case KeepAliveOutcome::kRetry:
      return "retry";
  }
  return "unknown";
}

SessionKeeper::SessionKeeper(const SessionKeeperOptions& options) : options_(options) {}

void SessionKeeper::KeepAlive(SessionId session, KeepAliveTag tag) {
  ++unanswered_;
  if (unanswered_ > options_.keep_alives_max) {
    return Answer(session, {tag}, KeepAliveOutcome::kRetry, CommandIndex{});
  }
  gathered_[session].push_back(tag);
}

// ---- proposing ------------------------------------------------------------------------------

// Renewals go first: a session whose keep-alive is here should not be ended by the Tick behind it.
std::optional<SessionCommand> SessionKeeper::NextCommand(ProposalId id, Instant now,
                                                         std::optional<LogTime> leader_log_time,
                                                         const SessionTable& table) {
  if (!leader_log_time.has_value()) return std::nullopt;
  if (MayBeginRound() && now >= next_round_) {
    round_ = std::exchange(gathered_, {});
    next_round_ = now + RenewPeriod(table);
  }
  if (!round_.empty()) return NextRenew(id);
  const std::optional<LogTime> due = TickDue(table);
  const bool is_due = due.has_value() && *due <= *leader_log_time;
  if (!is_due || ticking_.has_value() || now < next_tick_) return std::nullopt;
  ticking_ = id;
  next_tick_ = now + options_.tick_interval;
  return Tick{};
}

bool SessionKeeper::MayBeginRound() const {
  return !gathered_.empty() && round_.empty() && renewing_.empty();
}

Duration SessionKeeper::RenewPeriod(const SessionTable& table) const {
  const auto ttl = table.shortest_ttl();
  if (!ttl.has_value()) return options_.renew_period_max;
  return std::min<Duration>(options_.renew_period_max, *ttl / 10);
}

// Strictly past the earliest deadline, or when the log has stood still for a tenth of the shortest
// TTL; a Renew on its way will move it. None: there are no sessions.
std::optional<LogTime> SessionKeeper::TickDue(const SessionTable& table) const {
  const std::optional<LogTime> deadline = table.earliest_deadline();
  if (!deadline.has_value()) return std::nullopt;
  const LogTime end = *deadline + Duration{1};
  if (!renewing_.empty()) return end;
  return std::min<LogTime>(end, table.log_time() + *table.shortest_ttl() / 10);
}

// The ids ascend, and with them those in the reply.
RenewSessions SessionKeeper::NextRenew(ProposalId id) {
  Gathered& asked = renewing_[id];
  RenewSessions renew;
  while (!round_.empty() && renew.sessions.size() < options_.sessions_per_renew_max) {
    renew.sessions.push_back(round_.begin()->first);
    asked.insert(asked.end(), round_.extract(round_.begin()));
  }
  return renew;
}

Instant SessionKeeper::NextWakeup(Instant now, std::optional<LogTime> leader_log_time,
                                  const SessionTable& table) const {
  if (!leader_log_time.has_value()) return kNever;
  Instant wakeup = kNever;
  if (!round_.empty()) wakeup = now;
  if (MayBeginRound()) wakeup = next_round_;
  const std::optional<LogTime> due = TickDue(table);
  if (due.has_value() && !ticking_.has_value())
    wakeup = std::min(wakeup, std::max(now + (*due - *leader_log_time), next_tick_));
  return std::max(now, wakeup);
}

// ---- outcomes -------------------------------------------------------------------------------

bool SessionKeeper::OnProposal(Instant now, const Done& outcome,
                               const std::optional<std::string>& reply) {
  const std::optional<ProposalId> id = ProposalOf(outcome);
  if (!id.has_value()) return false;
  const auto* chosen = std::get_if<ProposalChosen>(&outcome);
  if (ticking_ == id) {
    ticking_.reset();
    if (chosen == nullptr) next_tick_ = now + options_.retry_interval;
    return true;
  }
  auto renewing = renewing_.extract(*id);
  if (renewing.empty()) return false;
  if (chosen != nullptr) {
    AnswerRenewed(renewing.mapped(), RenewedIn(reply), chosen->index);
  } else {
    AnswerRetry(renewing.mapped());
    next_round_ = std::max(next_round_, now + options_.retry_interval);
  }
  return true;
}

void SessionKeeper::AnswerRenewed(const Gathered& asked, const SessionsRenewed& renewed,
                                  CommandIndex index) {
  for (const auto& [session, tags] : asked) {
    const bool is_alive = std::binary_search(renewed.alive.begin(), renewed.alive.end(), session);
    Answer(session, tags, is_alive ? KeepAliveOutcome::kAlive : KeepAliveOutcome::kExpired, index);
  }
}

void SessionKeeper::AnswerRetry(const Gathered& asked) {
  for (const auto& [session, tags] : asked) {
    Answer(session, tags, KeepAliveOutcome::kRetry, CommandIndex{});
  }
}

void SessionKeeper::Answer(SessionId session, const std::vector<KeepAliveTag>& tags,
                           KeepAliveOutcome outcome, CommandIndex index) {
  for (const KeepAliveTag tag : tags) {
    answers_.push_back(KeepAliveAnswer{tag, session, outcome, index});
  }
  unanswered_ -= tags.size();
}

// What was proposed stays in `renewing_`, owing nothing to anyone, until its outcome is known.
void SessionKeeper::OnLeadershipLost() {
  for (auto& [id, asked] : renewing_) AnswerRetry(std::exchange(asked, {}));
  AnswerRetry(std::exchange(round_, {}));
  AnswerRetry(std::exchange(gathered_, {}));
}

std::vector<KeepAliveAnswer> SessionKeeper::TakeAnswers() { return std::exchange(answers_, {}); }

}  // namespace paxos
