// The queries of LockTable. They change nothing.
#include <algorithm>

#include "lockservice/lock_table.h"

namespace lockservice {
namespace {

// What a listed thing adds to an answer: its bytes and an upper bound for the numbers.
constexpr std::size_t kNumberBytesMax = 64;

std::size_t SizeOf(const LockView& view) {
  return kNumberBytesMax + view.name.size() + (view.holder ? view.holder->note.size() : 0);
}
std::size_t SizeOf(const Waiter& waiter) { return kNumberBytesMax + waiter.note.size(); }

// Lists things until the answer is full. The first always fits.
template <class Thing>
class BoundedList {
 public:
  explicit BoundedList(std::vector<Thing>& list) : list_(list) {}

  // False: no room.
  bool Add(Thing thing) {
    bytes_ += SizeOf(thing);
    if (bytes_ > kAnswerBytesMax) return false;
    list_.push_back(std::move(thing));
    return true;
  }

 private:
  std::vector<Thing>& list_;
  std::size_t bytes_ = 0;
};

}  // namespace

QueryReply LockTable::Answer(const Query& query) const {
  return std::visit([this](const auto& alternative) { return On(alternative); }, query);
}

// See TokenStanding.
QueryReply LockTable::On(const Check& check) const {
  if (check.token == Token{} || check.token > last_token_) return TokenStanding::kUnknown;
  const auto lock = locks_.find(check.name);
  if (lock == locks_.end()) return TokenStanding::kNotHeld;
  const Token held = lock->second.holder.token;
  if (check.token > held) return TokenStanding::kUnknown;
  return check.token == held ? TokenStanding::kValid : TokenStanding::kStale;
}

LockView LockTable::ViewOf(Locks::const_iterator lock) {
  return LockView{lock->first, lock->second.holder, lock->second.queue.size()};
}

QueryReply LockTable::On(const GetLock& get) const {
  const auto lock = locks_.find(get.name);
  return lock == locks_.end() ? LockView{get.name, std::nullopt, 0} : ViewOf(lock);
}

QueryReply LockTable::On(const ListLocks& list) const {
  LockViews views;
  BoundedList<LockView> bounded(views.locks);
  auto lock =
      list.after < list.prefix ? locks_.lower_bound(list.prefix) : locks_.upper_bound(list.after);
  for (; lock != locks_.end() && lock->first.starts_with(list.prefix); ++lock) {
    const bool is_full = list.limit != 0 && views.locks.size() >= list.limit;
    views.more = is_full || !bounded.Add(ViewOf(lock));
    if (views.more) break;
  }
  return views;
}

QueryReply LockTable::On(const GetQueue& get) const {
  QueueView view;
  const auto lock = locks_.find(get.name);
  if (lock == locks_.end()) return view;
  view.holder = lock->second.holder;
  view.waiting = lock->second.queue.size();
  BoundedList<Waiter> bounded(view.waiters);
  for (const auto& [position, waiter] : lock->second.queue) {
    if (!bounded.Add(waiter)) break;
  }
  return view;
}

QueryReply LockTable::On(const GetSession& get) const {
  SessionView view;
  const auto holds = holds_.find(get.session);
  if (holds == holds_.end()) return view;
  BoundedList<LockView> bounded(view.holds);
  for (const auto& [name, lock] : holds->second) {
    view.more = !bounded.Add(ViewOf(lock));
    if (view.more) break;
  }
  return view;
}

QueryReply LockTable::On(const GetTotals& /*get*/) const {
  return Totals{0, locks_.size(), waiters_, last_token_};
}

std::vector<LockView> LockTable::Held() const {
  std::vector<LockView> held;
  for (auto lock = locks_.begin(); lock != locks_.end(); ++lock) held.push_back(ViewOf(lock));
  return held;
}

}  // namespace lockservice
