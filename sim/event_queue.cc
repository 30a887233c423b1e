#include "sim/event_queue.h"

#include <algorithm>
#include <utility>

#include "paxos/random.h"

namespace paxos::sim {

bool EventQueue::IsLater(const Item& a, const Item& b) {
  if (a.when != b.when) return a.when > b.when;
  if (a.tie != b.tie) return a.tie > b.tie;
  return a.number > b.number;
}

void EventQueue::At(Time when, Action action) {
  const std::uint64_t number = next_number_++;
  heap_.push_back(
      Item{std::max(when, now_), Mix(tie_seed_, number), number, Keep(std::move(action))});
  std::push_heap(heap_.begin(), heap_.end(), IsLater);
}

std::size_t EventQueue::Keep(Action action) {
  if (free_.empty()) {
    actions_.push_back(std::move(action));
    return actions_.size() - 1;
  }
  const std::size_t place = free_.back();
  free_.pop_back();
  actions_[place] = std::move(action);
  return place;
}

bool EventQueue::RunNext(Time end) {
  if (heap_.empty() || heap_.front().when > end) {
    if (end != kEndOfTime) now_ = std::max(now_, end);
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), IsLater);
  const Item next = heap_.back();
  heap_.pop_back();
  now_ = next.when;
  ++events_run_;
  const Action action = std::exchange(actions_[next.action], nullptr);
  free_.push_back(next.action);
  action();
  return true;
}

}  // namespace paxos::sim
