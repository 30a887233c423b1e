#include "tests/sim/history_maker.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>

#include "paxos/random.h"

namespace paxos::sim {
namespace {

constexpr std::size_t kClients = 5;
constexpr std::uint64_t kOwner = 1;
constexpr std::uint64_t kTokenStep = 10;  // room for tokens that were never granted
constexpr int kTicks = 150;

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed), clients_(kClients) {
    for (std::size_t i = 0; i < kClients; ++i) clients_[i].session = ++sessions_;
  }

  History Run() {
    for (now_ = 1; now_ <= kTicks; ++now_) {
      EndDeadSessions();
      for (std::size_t i = 0; i < kClients; ++i) Step(random_.Below(kClients));
    }
    for (Client& client : clients_) Die(client);
    return history_;
  }

 private:
  enum class Stage : std::uint8_t { kIdle, kCalled, kWaiting, kReturning };
  struct Client {
    std::uint64_t session = 0;
    Stage stage = Stage::kIdle;
    std::size_t deal = 0;  // under way
    int due = 0;
    std::string lock{};  // held, as it was told
    std::uint64_t token = 0;
    std::uint32_t count = 0;
    Time since{};
  };
  struct Lock {
    std::uint64_t session = 0;
    std::uint64_t token = 0;
    std::uint32_t count = 0;
    std::deque<std::size_t> queue{};  // deals
  };
  struct DeadSession {
    std::uint64_t session = 0;
    int ends = 0;
    std::optional<std::size_t> call{};  // may still take effect
  };

  // Every step has a moment of its own.
  [[nodiscard]] Time Now() const { return Time{std::chrono::milliseconds{steps_}}; }
  int Soon() { return now_ + static_cast<int>(random_.Below(4)); }
  Deal& DealOf(const Client& client) { return history_.deals[client.deal]; }

  void Step(std::size_t number) {
    Client& client = clients_[number];
    ++steps_;
    if (random_.Chance(1, 150)) return Die(client);
    switch (client.stage) {
      case Stage::kIdle:
        if (random_.Chance(1, 2)) Call(number);
        return;
      case Stage::kCalled:
        if (now_ >= client.due) TakeEffect(client);
        return;
      case Stage::kWaiting:
        return Wait(client);
      case Stage::kReturning:
        if (now_ >= client.due) Return(client);
    }
  }

  // ---- calls

  void Call(std::size_t number) {
    Client& client = clients_[number];
    Deal deal;
    deal.client = number + 1;
    deal.session = client.session;
    deal.owner = kOwner;
    deal.invoked = Now();
    deal.lock = client.count > 0 ? client.lock : random_.Chance(3, 4) ? "a" : "b";
    deal.deed = Choose(client);
    if (deal.deed == Deed::kRelease || deal.deed == Deed::kCheck)
      deal.asked = client.count > 0 ? client.token : kTokenStep * random_.Below(tokens_ + 2);
    const bool gives_up = deal.deed == Deed::kRelease && client.count == 1;
    if (gives_up) Disbelieve(client);
    if (deal.deed == Deed::kEnd) deal.lock.clear();
    client.stage = Stage::kCalled;
    client.due = Soon();
    client.deal = history_.deals.size();
    history_.deals.push_back(deal);
  }

  Deed Choose(const Client& client) {
    const std::uint64_t dice = random_.Below(20);
    if (client.count > 0) {
      if (dice < 10) return Deed::kRelease;
      if (dice < 12) return Deed::kAcquire;
    } else {
      if (dice < 10) return Deed::kAcquire;
      if (dice < 13) return Deed::kTry;
      if (dice < 14) return Deed::kRelease;
      if (dice < 15) return Deed::kEnd;
    }
    return dice < 17 ? Deed::kCheck : Deed::kGet;
  }

  void TakeEffect(Client& client) {
    Deal& deal = DealOf(client);
    client.stage = Stage::kReturning;
    client.due = Soon();
    if (deal.deed == Deed::kEnd) {
      deal.outcome = Outcome::kEnded;
      EndSession(client.session);
    } else {
      Apply(client.deal);
      const bool waits = deal.outcome == Outcome::kOpen;
      if (waits) client.stage = Stage::kWaiting;
    }
  }

  void Wait(Client& client) {
    Deal& deal = DealOf(client);
    if (deal.outcome == Outcome::kGranted) {
      client.stage = Stage::kReturning;
      client.due = Soon();
    } else if (random_.Chance(1, 20)) {
      std::erase(locks_[deal.lock].queue, client.deal);
      deal.outcome = Outcome::kNoEffect;
      client.stage = Stage::kReturning;
      client.due = Soon();
    } else if (!deal.queued && random_.Chance(1, 2)) {
      deal.queued = Now();
    }
  }

  void Return(Client& client) {
    Deal& deal = DealOf(client);
    deal.returned = Now();
    client.stage = Stage::kIdle;
    if (deal.outcome == Outcome::kEnded) client.session = ++sessions_;
    if (deal.outcome == Outcome::kGranted) {
      if (deal.count == 1) client.since = Now();
      client.lock = deal.lock;
      client.token = deal.told;
      client.count = deal.count;
    }
    if (deal.outcome == Outcome::kReleased) client.count = deal.count;
  }

  // ---- the lock

  void Apply(std::size_t number) {
    Deal& deal = history_.deals[number];
    Lock& lock = locks_[deal.lock];
    const bool is_own = lock.count > 0 && lock.session == deal.session;
    switch (deal.deed) {
      case Deed::kAcquire:
      case Deed::kTry:
        if (lock.count == 0) return Grant(lock, number);
        if (is_own) return Tell(deal, Outcome::kGranted, lock.token, ++lock.count);
        if (deal.deed == Deed::kTry) return Tell(deal, Outcome::kHeldBy, lock.token, 0);
        return lock.queue.push_back(number);
      case Deed::kRelease:
        if (lock.count == 0) return Tell(deal, Outcome::kHeldBy, 0, 0);
        if (!is_own) return Tell(deal, Outcome::kNotOwner, 0, 0);
        if (lock.token != deal.asked) return Tell(deal, Outcome::kStale, 0, 0);
        Tell(deal, Outcome::kReleased, 0, --lock.count);
        return HandOn(lock);
      case Deed::kGet:
        return Tell(deal, Outcome::kHeldBy, lock.count > 0 ? lock.token : 0, 0);
      case Deed::kCheck:
        return Check(lock, deal);
      case Deed::kEnd:
        return;
    }
  }

  void Check(const Lock& lock, Deal& deal) {
    const bool is_unknown = deal.asked == 0 || deal.asked > kTokenStep * tokens_ ||
                            (lock.count > 0 && deal.asked > lock.token);
    if (is_unknown) return Tell(deal, Outcome::kNoSuchGrant, 0, 0);
    if (lock.count == 0) return Tell(deal, Outcome::kHeldBy, 0, 0);
    if (deal.asked < lock.token) return Tell(deal, Outcome::kStale, 0, 0);
    Tell(deal, Outcome::kHeldBy, lock.token, 0);
  }

  // Of a dead client's call nobody is told.
  void Tell(Deal& deal, Outcome outcome, std::uint64_t token, std::uint32_t count) {
    if (IsDead(deal.session)) return;
    deal.outcome = outcome;
    deal.told = token;
    deal.count = count;
    const bool tells_holder = outcome == Outcome::kHeldBy && token != 0 && random_.Chance(1, 2);
    if (!tells_holder) return;
    deal.holder_session = locks_[deal.lock].session;
    deal.holder_owner = kOwner;
  }

  void Grant(Lock& lock, std::size_t number) {
    Deal& deal = history_.deals[number];
    lock.session = deal.session;
    lock.token = kTokenStep * ++tokens_;
    lock.count = 1;
    Tell(deal, Outcome::kGranted, lock.token, 1);
  }

  void HandOn(Lock& lock) {
    if (lock.count > 0 || lock.queue.empty()) return;
    const std::size_t first = lock.queue.front();
    lock.queue.pop_front();
    Grant(lock, first);
  }

  // ---- the end of clients and sessions

  void Disbelieve(Client& client) {
    if (client.count > 0 && client.since < Now())
      history_.beliefs.push_back({static_cast<std::uint64_t>(&client - clients_.data()) + 1,
                                  client.lock, client.token, client.since, Now()});
  }

  void Die(Client& client) {
    const bool believes = client.stage == Stage::kIdle || DealOf(client).deed != Deed::kRelease;
    if (believes) Disbelieve(client);
    DeadSession dead{client.session, now_ + 5 + static_cast<int>(random_.Below(20)), {}};
    if (client.stage != Stage::kIdle) {
      Deal& deal = DealOf(client);
      deal.outcome = Outcome::kOpen;
      const bool may_take_effect = client.stage == Stage::kCalled && random_.Chance(1, 2);
      if (may_take_effect) dead.call = client.deal;
    }
    dead_.push_back(dead);
    client = Client{};
    client.session = ++sessions_;
  }

  [[nodiscard]] bool IsDead(std::uint64_t session) const {
    return std::any_of(dead_.begin(), dead_.end(),
                       [session](const DeadSession& dead) { return dead.session == session; });
  }

  void EndDeadSessions() {
    for (DeadSession& dead : dead_) {
      if (dead.call && dead.ends > now_ && random_.Chance(1, 5)) {
        Apply(*dead.call);
        dead.call.reset();
      }
      if (dead.ends == now_) EndSession(dead.session);
    }
  }

  void EndSession(std::uint64_t session) {
    for (auto& [name, lock] : locks_) {
      std::erase_if(lock.queue,
                    [&](std::size_t deal) { return history_.deals[deal].session == session; });
      if (lock.session == session) lock.count = 0;
      HandOn(lock);
    }
  }

  Random random_;
  std::vector<Client> clients_;
  std::map<std::string, Lock> locks_{{"a", {}}, {"b", {}}};
  std::vector<DeadSession> dead_;
  History history_;
  std::uint64_t sessions_ = 0;
  std::uint64_t tokens_ = 0;
  int now_ = 0;  // a tick: a few steps
  int steps_ = 0;
};

}  // namespace

History MakeHistory(std::uint64_t seed) { return Maker(seed).Run(); }

}  // namespace paxos::sim
