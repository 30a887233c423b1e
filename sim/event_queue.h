// What will happen, in the order it happens: a heap on (virtual time, tie, number).
//
// Nothing waits: time jumps to the next event. Events of one instant run in an order that the seed
// draws, so that no test comes to rely on one; each order is the same whenever the seed is.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/true_time.h"

namespace paxos::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  explicit EventQueue(std::uint64_t tie_seed) : tie_seed_(tie_seed) {}
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  [[nodiscard]] Time now() const { return now_; }

  // `when` in the past means now. Actions may add events; they may not run the queue.
  void At(Time when, Action action);
  void After(Duration delay, Action action) { At(now_ + delay, std::move(action)); }

  // Moves time to the next event and runs it. False if there is none up to `end`; time then stands
  // at `end`, unless that is kEndOfTime.
  bool RunNext(Time end = kEndOfTime);

  [[nodiscard]] std::uint64_t events_run() const { return events_run_; }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  // Small, since the heap moves it around; the action stays where it is.
  struct Item {
    Time when{};
    std::uint64_t tie = 0;
    std::uint64_t number = 0;
    std::size_t action = 0;  // index into actions_
  };
  static bool IsLater(const Item& a, const Item& b);
  std::size_t Keep(Action action);

  std::uint64_t tie_seed_;
  Time now_{};
  std::uint64_t next_number_ = 0;
  std::uint64_t events_run_ = 0;
  std::vector<Item> heap_;
  std::vector<Action> actions_;
  std::vector<std::size_t> free_;
};

}  // namespace paxos::sim
