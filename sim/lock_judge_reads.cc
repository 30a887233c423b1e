// What reads must say (INV-20): the state at the index that they name, which is not too old.
#include <algorithm>

#include "paxos/check.h"
#include "sim/lock_judge.h"

namespace paxos::sim {

using lockservice::Token;
using lockservice::TokenStanding;

void LockJudge::OnReadResult(CommandIndex asked, const lockservice::Query& query,
                             const lockservice::ReadResult& result) {
  ++totals_.reads;
  PAXOS_CHECK("INV-20", result.index >= asked, query, result, asked);
  PAXOS_CHECK("INV-20", result.index <= current_, query, result, current_);
  if (const auto* check = std::get_if<lockservice::Check>(&query))
    Check(result.index, *check, std::get<TokenStanding>(result.reply));
  if (const auto* get = std::get_if<lockservice::GetLock>(&query))
    Check(result.index, *get, std::get<lockservice::LockView>(result.reply));
  if (const auto* get = std::get_if<lockservice::GetSession>(&query))
    Check(result.index, *get, std::get<lockservice::SessionView>(result.reply));
}

std::optional<lockservice::Holder> LockJudge::HolderAt(CommandIndex index,
                                                       const std::string& name) const {
  const auto changes = changes_.find(name);
  if (changes == changes_.end()) return std::nullopt;
  const auto after = std::partition_point(changes->second.begin(), changes->second.end(),
                                          [index](const Change& c) { return c.from <= index; });
  return after == changes->second.begin() ? std::nullopt : std::prev(after)->holder;
}

Token LockJudge::LastTokenAt(CommandIndex index) const {
  const auto after = std::partition_point(grants_.begin(), grants_.end(),
                                          [index](const auto& g) { return g.first <= index; });
  return Token{static_cast<std::uint64_t>(after - grants_.begin())};
}

// S5.
void LockJudge::Check(CommandIndex index, const lockservice::Check& check,
                      const TokenStanding& standing) const {
  const auto holder = HolderAt(index, check.name);
  TokenStanding expected = TokenStanding::kNotHeld;
  if (check.token == Token{} || check.token > LastTokenAt(index)) {
    expected = TokenStanding::kUnknown;
  } else if (holder) {
    expected = check.token == holder->token  ? TokenStanding::kValid
               : check.token > holder->token ? TokenStanding::kUnknown
                                             : TokenStanding::kStale;
  }
  PAXOS_CHECK("INV-20", standing == expected, index, check, standing, expected);
}

void LockJudge::Check(CommandIndex index, const lockservice::GetLock& get,
                      const lockservice::LockView& view) const {
  const auto holder = HolderAt(index, get.name);
  const Token expected = holder ? holder->token : Token{};
  const Token told = view.holder ? view.holder->token : Token{};
  PAXOS_CHECK("INV-20", told == expected, index, get, view, expected);
}

void LockJudge::Check(CommandIndex index, const lockservice::GetSession& get,
                      const lockservice::SessionView& view) const {
  const auto known = sessions_.find(get.session);
  const bool is_alive = known != sessions_.end() && known->second.opened <= index &&
                        (!known->second.ended || *known->second.ended > index);
  PAXOS_CHECK("INV-20", view.alive == is_alive, index, get, view, is_alive);
}

// ---- answers as they leave ------------------------------------------------------------------

namespace {

using lockservice::LockView;

LockView ViewOf(const LockSpec& locks, const std::string& name) {
  const LockSpec::Lock* lock = locks.Find(name);
  return lock == nullptr ? LockView{name, std::nullopt, 0}
                         : LockView{name, lock->holder, lock->queue.size()};
}

// What each query must be answered: searched for from front to back.
struct Answers {
  const SessionSpec& spec;

  lockservice::QueryReply operator()(const lockservice::Check& check) const {
    const LockSpec::Lock* lock = spec.locks().Find(check.name);
    if (check.token == Token{} || check.token > spec.locks().last_token())
      return TokenStanding::kUnknown;
    if (lock == nullptr) return TokenStanding::kNotHeld;
    if (check.token == lock->holder.token) return TokenStanding::kValid;
    return check.token < lock->holder.token ? TokenStanding::kStale : TokenStanding::kUnknown;
  }
  lockservice::QueryReply operator()(const lockservice::GetLock& get) const {
    return ViewOf(spec.locks(), get.name);
  }
  lockservice::QueryReply operator()(const lockservice::ListLocks& list) const {
    lockservice::LockViews views;
    for (const auto& [name, lock] : spec.locks().locks()) {
      if (!name.starts_with(list.prefix) || name <= list.after) continue;
      views.more = list.limit != 0 && views.locks.size() == list.limit;
      if (views.more) break;
      views.locks.push_back(ViewOf(spec.locks(), name));
    }
    return views;
  }
  lockservice::QueryReply operator()(const lockservice::GetQueue& get) const {
    lockservice::QueueView view;
    const LockSpec::Lock* lock = spec.locks().Find(get.name);
    if (lock == nullptr) return view;
    view.holder = lock->holder;
    view.waiting = lock->queue.size();
    for (const LockSpec::Wait& wait : lock->queue) {
      view.waiters.push_back({wait.call.session, wait.call.seq, wait.owner, wait.since, wait.note});
    }
    return view;
  }
  lockservice::QueryReply operator()(const lockservice::GetSession& get) const {
    lockservice::SessionView view;
    view.alive = spec.IsAlive(get.session);
    for (const auto& [name, lock] : spec.locks().locks()) {
      if (lock.holder.session == get.session) view.holds.push_back(ViewOf(spec.locks(), name));
    }
    return view;
  }
  lockservice::QueryReply operator()(const lockservice::GetTotals& /*get*/) const {
    lockservice::Totals totals{spec.size(), spec.locks().locks().size(), 0,
                               spec.locks().last_token()};
    for (const auto& [name, lock] : spec.locks().locks()) totals.waiting += lock.queue.size();
    return totals;
  }
};

}  // namespace

// Down to the last field, where the specification is at the same command. Answers that do not fit
// a frame are cut; no simulated state is that large.
void LockJudge::CheckWhole(const lockservice::Query& query,
                           const lockservice::ReadResult& result) const {
  if (result.index != current_) return;
  const lockservice::QueryReply expected = std::visit(Answers{spec_}, query);
  PAXOS_CHECK("INV-20", result.reply == expected, result.index, query, result.reply, expected);
}

}  // namespace paxos::sim
