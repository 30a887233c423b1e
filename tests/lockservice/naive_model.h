// What sessions and locks mean, written down once more: lists searched from front to back, no
// index, no cleverness, words instead of types. Slow, and meant to be obviously right. Tests run it
// beside the real tables and compare every word.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lockservice/lock_table.h"
#include "paxos/session_table.h"

namespace lockservice {

struct NaiveLimits {
  std::uint64_t window = 0;
  std::size_t ends_per_tick = 0;
  std::size_t waiters = 0;
  std::size_t locks_per_session = 0;
  std::size_t waits_per_session = 0;
  std::size_t weight_per_tick = 0;
};

class NaiveModel {
 public:
  struct Call {
    std::uint64_t seq = 0;
    std::string reply{};  // empty: waits
  };
  struct Session {
    std::uint64_t id = 0;
    paxos::Nonce nonce{};
    std::chrono::milliseconds ttl{};
    paxos::LogTime renewed{};
    std::uint64_t below = 1;
    std::vector<Call> calls{};
  };
  struct Ask {
    std::uint64_t session = 0;
    std::uint64_t seq = 0;
    std::uint64_t owner = 0;
  };
  struct Lock {
    std::string name{};
    Ask holder{};
    std::uint64_t token = 0;
    std::uint32_t count = 0;
    std::vector<Ask> queue{};
  };

  explicit NaiveModel(const NaiveLimits& limits) : limits_(limits) {}

  // "reply" or "reply; 3/7 late reply; ..." in order.
  std::string Apply(std::uint64_t index, paxos::LogTime now, const paxos::SessionCommand& command) {
    late_.clear();
    index_ = index;
    now_ = now;
    std::string text = std::visit([this](const auto& c) { return On(c); }, command);
    for (const std::string& late : late_) text += "; " + late;
    return text;
  }

  [[nodiscard]] const std::vector<Session>& sessions() const { return sessions_; }
  // In order of names.
  [[nodiscard]] std::vector<Lock> locks() const {
    std::vector<Lock> sorted = locks_;
    std::sort(sorted.begin(), sorted.end(),
              [](const Lock& a, const Lock& b) { return a.name < b.name; });
    return sorted;
  }
  [[nodiscard]] std::uint64_t last_token() const { return last_token_; }

 private:
  // ---- sessions
  std::string On(const paxos::OpenSession& open) {
    for (const Session& s : sessions_) {
      if (s.nonce == open.nonce) return Opened(s);
    }
    sessions_.push_back(Session{index_, open.nonce, open.ttl, now_, 1, {}});
    return Opened(sessions_.back());
  }

  static std::string Opened(const Session& s) {
    return "Opened{session=" + std::to_string(s.id) + " ttl=" + std::to_string(s.ttl.count()) +
           "ms}";
  }

  std::string On(const paxos::SessionCall& call) {
    Session* s = Find(call.session.value());
    if (s == nullptr) return "session expired";
    Forget(*s, call.answered_below, call.unanswered);
    if (const auto known = Known(*s, call.seq, limits_.window)) return *known;
    s->renewed = now_;
    s->calls.push_back(Call{call.seq, ""});
    const Operation operation = *paxos::Decode<Operation>(call.payload);
    const Ask ask{s->id, call.seq, 0};
    const std::string reply = std::visit([&](const auto& op) { return Do(ask, op); }, operation);
    CallOf(*s, call.seq)->reply = reply;
    FlushLate();
    return reply;
  }

  std::string On(const paxos::CancelCall& cancel) {
    if (cancel.target >= cancel.seq) return "bad command";
    Session* s = Find(cancel.session.value());
    if (s == nullptr) return "session expired";
    Forget(*s, cancel.answered_below, cancel.unanswered);
    if (const auto known = Known(*s, cancel.seq, 2 * limits_.window)) return *known;
    s->renewed = now_;
    std::string target = "cancelled";
    Call* call = CallOf(*s, cancel.target);
    if (call == nullptr && cancel.target < s->below) {
      target = "answered";
    } else if (call == nullptr) {
      s->calls.push_back(Call{cancel.target, "cancelled"});
    } else if (call->reply.empty()) {
      call->reply = "cancelled";
      Say(s->id, cancel.target, "cancelled");
      Leave(s->id, cancel.target);
    } else {
      target = call->reply;
    }
    s->calls.push_back(Call{cancel.seq, "cancel: " + target});
    return "cancel: " + target;
  }

  std::string On(const paxos::RenewSessions& renew) {
    std::string alive;
    for (const paxos::SessionId id : renew.sessions) {
      Session* s = Find(id.value());
      if (s == nullptr) continue;
      s->renewed = now_;
      alive += (alive.empty() ? "" : " ") + std::to_string(s->id);
    }
    return "Renewed{alive=[" + alive + "]}";
  }

  std::string On(const paxos::CloseSession& close) {
    if (Find(close.session.value()) == nullptr) return "session expired";
    End({close.session.value()});
    return "Closed{}";
  }

  std::string On(const paxos::Tick& /*tick*/) {
    std::vector<std::pair<paxos::LogTime, std::uint64_t>> due;
    for (const Session& s : sessions_) {
      const paxos::LogTime deadline = s.renewed + s.ttl + s.ttl / 100;
      if (deadline < now_) due.emplace_back(deadline, s.id);
    }
    std::sort(due.begin(), due.end());
    if (due.size() > limits_.ends_per_tick) due.resize(limits_.ends_per_tick);
    std::vector<std::uint64_t> ids;
    std::string text;
    std::size_t weight = 0;
    for (const auto& [deadline, id] : due) {
      if (weight >= limits_.weight_per_tick) break;
      weight += HoldsOf(id) + WaitsOf(id);
      ids.push_back(id);
      text += (text.empty() ? "" : " ") + std::to_string(id);
    }
    End(ids);
    return "Ended{ended=[" + text + "]}";
  }

  void End(const std::vector<std::uint64_t>& ids) {
    for (const std::uint64_t id : ids) {
      std::vector<Call> calls = Find(id)->calls;
      std::sort(calls.begin(), calls.end(),
                [](const Call& a, const Call& b) { return a.seq < b.seq; });
      for (const Call& call : calls) {
        if (!call.reply.empty()) continue;
        Say(id, call.seq, "session expired");
        Leave(id, call.seq);
      }
    }
    for (const std::uint64_t id : ids) {
      for (const Lock& lock : locks()) {
        if (lock.holder.session == id) Vacate(lock.name);
      }
      std::erase_if(sessions_, [&](const Session& s) { return s.id == id; });
    }
    FlushLate();
  }

  static void Forget(Session& s, std::uint64_t below, const std::vector<std::uint64_t>& but) {
    std::erase_if(s.calls, [&](const Call& call) {
      const bool is_named = std::find(but.begin(), but.end(), call.seq) != but.end();
      return call.seq < below && !call.reply.empty() && !is_named;
    });
    s.below = std::max(s.below, below);
  }

  static std::optional<std::string> Known(Session& s, std::uint64_t seq, std::uint64_t window) {
    if (const Call* call = CallOf(s, seq)) return call->reply;
    if (seq < s.below) return "answered";
    if (seq >= s.below + window) return "seq too far";
    return std::nullopt;
  }

  Session* Find(std::uint64_t id) {
    for (Session& s : sessions_) {
      if (s.id == id) return &s;
    }
    return nullptr;
  }

  static Call* CallOf(Session& s, std::uint64_t seq) {
    for (Call& call : s.calls) {
      if (call.seq == seq) return &call;
    }
    return nullptr;
  }

  // ---- locks
  std::string Do(Ask ask, const Acquire& acquire) {
    ask.owner = acquire.owner.value();
    if (acquire.name.empty()) return "bad name";
    Lock* lock = LockOf(acquire.name);
    if (lock == nullptr) {
      if (HoldsOf(ask.session) >= limits_.locks_per_session) return "too many locks";
      locks_.push_back(Lock{acquire.name, {}, 0, 0, {}});
      return Grant(locks_.back(), ask);
    }
    if (lock->holder.session == ask.session && lock->holder.owner == ask.owner) {
      return Grant(*lock, ask);
    }
    if (acquire.mode == AcquireMode::kTry) {
      return "Busy by " + std::to_string(lock->token) + " waiting " +
             std::to_string(lock->queue.size());
    }
    if (lock->queue.size() >= limits_.waiters) return "too many waiters";
    if (WaitsOf(ask.session) >= limits_.waits_per_session) return "too many waiters";
    if (HoldsOf(ask.session) >= limits_.locks_per_session) return "too many locks";
    lock->queue.push_back(ask);
    return "";
  }

  std::string Do(const Ask& ask, const Release& release) {
    if (release.name.empty()) return "bad name";
    Lock* lock = LockOf(release.name);
    if (lock == nullptr) return "not held";
    const bool is_owner =
        lock->holder.session == ask.session && lock->holder.owner == release.owner.value();
    if (!is_owner) return "not owner";
    if (lock->token != release.token.value()) return "stale token";
    const std::uint32_t left = --lock->count;
    if (left == 0) Vacate(release.name);
    return "Released{count=" + std::to_string(left) + "}";
  }

  std::string Do(const Ask& /*ask*/, const Touch& /*touch*/) { return "Touched{}"; }

  std::string Grant(Lock& lock, const Ask& ask) {
    if (lock.count == 0) {
      lock.holder = ask;
      lock.token = ++last_token_;
    }
    ++lock.count;
    return "Granted{token=" + std::to_string(lock.token) + " count=" + std::to_string(lock.count) +
           "}";
  }

  // Nobody holds it: the first in the queue does, and with it the same owner's other asks.
  void Vacate(const std::string& name) {
    Lock& lock = *LockOf(name);
    lock.count = 0;
    if (lock.queue.empty()) {
      std::erase_if(locks_, [&](const Lock& l) { return l.name == name; });
      return;
    }
    const Ask first = lock.queue.front();
    lock.queue.erase(lock.queue.begin());
    pending_.push_back({first, Grant(lock, first)});
    std::vector<Ask> same;
    for (const Ask& ask : lock.queue) {
      if (ask.session == first.session && ask.owner == first.owner) same.push_back(ask);
    }
    std::sort(same.begin(), same.end(), [](const Ask& a, const Ask& b) { return a.seq < b.seq; });
    for (const Ask& ask : same) {
      Leave(ask.session, ask.seq);
      pending_.push_back({ask, Grant(lock, ask)});
    }
  }

  void Leave(std::uint64_t session, std::uint64_t seq) {
    for (Lock& lock : locks_) {
      std::erase_if(lock.queue,
                    [&](const Ask& ask) { return ask.session == session && ask.seq == seq; });
    }
  }

  // Late grants become the final replies of their calls.
  void FlushLate() {
    for (const auto& [ask, reply] : std::exchange(pending_, {})) {
      CallOf(*Find(ask.session), ask.seq)->reply = reply;
      Say(ask.session, ask.seq, reply);
    }
  }

  void Say(std::uint64_t session, std::uint64_t seq, const std::string& reply) {
    late_.push_back(std::to_string(session) + "/" + std::to_string(seq) + " " + reply);
  }

  Lock* LockOf(const std::string& name) {
    for (Lock& lock : locks_) {
      if (lock.name == name) return &lock;
    }
    return nullptr;
  }

  [[nodiscard]] std::size_t HoldsOf(std::uint64_t session) const {
    return static_cast<std::size_t>(std::count_if(
        locks_.begin(), locks_.end(), [&](const Lock& l) { return l.holder.session == session; }));
  }

  [[nodiscard]] std::size_t WaitsOf(std::uint64_t session) const {
    std::size_t waits = 0;
    for (const Lock& lock : locks_) {
      for (const Ask& ask : lock.queue) waits += ask.session == session ? 1 : 0;
    }
    return waits;
  }

  NaiveLimits limits_;
  std::vector<Session> sessions_;
  std::vector<Lock> locks_;
  std::uint64_t last_token_ = 0;
  std::uint64_t index_ = 0;
  paxos::LogTime now_{};
  std::vector<std::pair<Ask, std::string>> pending_;
  std::vector<std::string> late_;
};

}  // namespace lockservice
