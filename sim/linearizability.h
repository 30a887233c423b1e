// Can operations that overlapped in time be put into one order, each taking effect at one moment
// between its call and its return, so that a sequential specification gives what they gave?
//
// The search is Wing and Gong's (Testing and Verifying Concurrent Objects, 1993): take any
// operation that was called before every operation left has returned, and go on; or go back. What
// failed once is remembered as (operations taken, state) and not tried again (Lowe, Testing for
// Linearizability, 2017). Both are exponential in what overlaps, not in the history's length.
//
// Three things make it fast where it can be:
//  - an operation that is over must be taken; one that is open may be, and is tried last;
//  - what leaves the state as it is takes place at the first moment at which it can: nothing is
//    lost by that, so no other choice is looked at;
//  - a model may hold operations that were taken and have not come to their result, such as those
//    that wait in a queue: it names the time by which they must (DeadlineOf).
//
// The memo keeps 64-bit fingerprints, so a false alarm has a chance of some 2^-64 per pair of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "paxos/random.h"
#include "sim/fingerprint_table.h"
#include "sim/true_time.h"

namespace paxos::sim {

enum class Linearizable : std::uint8_t {
  kYes,
  kNo,
  kUnknown,  // the search was given up
};

// When an operation took effect. Open, if it returns at the end of time: it may never have.
struct Interval {
  Time called{};
  Time returned{kEndOfTime};
  [[nodiscard]] bool is_open() const { return returned == kEndOfTime; }
};

// A Model has, for operations 0, 1, ...:
//
//   using State;                                         with ==
//   State Initial() const;
//   void Take(const State&, std::size_t operation, std::vector<State>& next) const;
//       Appends what the state may be after it; nothing if it cannot happen in this state.
//   Time DeadlineOf(const State&) const;                 kEndOfTime: none
//   std::uint64_t FingerprintOf(const State&) const;
template <class Model>
class LinearizabilitySearch {
 public:
  // Both must outlive it. `operations` are in order of their calls.
  LinearizabilitySearch(const Model& model, const std::vector<Interval>& operations)
      : model_(model), operations_(operations), due_(operations.size()), open_(operations.size()) {
    for (std::size_t i = 0; i < operations.size(); ++i)
      (operations[i].is_open() ? open_ : due_).Append(i);
  }

  Linearizable Run(std::uint64_t steps_max) {
    Enter(kNothing, model_.Initial());
    while (!frames_.empty()) {
      if (IsDone(frames_.back())) return Linearizable::kYes;
      if (++steps_ > steps_max) return Linearizable::kUnknown;
      if (!GoOn()) GoBack();
    }
    return Linearizable::kNo;
  }

  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  // Where it got no further at its best: the operation that had to happen next.
  [[nodiscard]] std::size_t stuck_at() const { return stuck_at_; }

 private:
  using State = typename Model::State;
  static constexpr std::size_t kNothing = std::numeric_limits<std::size_t>::max();

  // Operations not yet taken, in order; taken out and put back last in, first out.
  class Remaining {
   public:
    explicit Remaining(std::size_t operations)
        : end_(operations),
          next_(operations + 1, operations),
          before_(operations + 1, operations) {}
    void Append(std::size_t i) {
      before_[i] = before_[end_];
      next_[before_[i]] = i;
      next_[i] = end_;
      before_[end_] = i;
    }
    void Remove(std::size_t i) {
      next_[before_[i]] = next_[i];
      before_[next_[i]] = before_[i];
    }
    void Restore(std::size_t i) { next_[before_[i]] = before_[next_[i]] = i; }
    [[nodiscard]] bool empty() const { return first() == end_; }
    [[nodiscard]] std::size_t first() const { return next_[end_]; }
    [[nodiscard]] std::size_t end() const { return end_; }
    [[nodiscard]] std::size_t After(std::size_t i) const { return next_[i]; }

   private:
    std::size_t end_;
    std::vector<std::size_t> next_;
    std::vector<std::size_t> before_;
  };

  struct Frame {
    std::size_t taken = kNothing;  // what led here
    State state{};
    Time until{};                        // the next operation must have been called by then
    std::vector<std::size_t> choices{};  // not tried yet, the last one first
    bool has_open_choices = true;        // those were not added yet
    std::size_t chosen = kNothing;
    std::vector<State> results{};  // of the one chosen; not tried yet
  };

  void Enter(std::size_t taken, State state) {
    Frame& frame = frames_.emplace_back();
    frame.taken = taken;
    frame.state = std::move(state);
    ListChoices(frame);
    if (frames_.size() <= deepest_) return;
    deepest_ = frames_.size();
    stuck_at_ = FirstToReturn(taken);
  }

  // Those that were called before any that is left has returned.
  void ListChoices(Frame& frame) {
    frame.until = model_.DeadlineOf(frame.state);
    for (std::size_t i = due_.first(); i != due_.end(); i = due_.After(i)) {
      if (operations_[i].called > frame.until) break;
      frame.until = std::min(frame.until, operations_[i].returned);
      frame.choices.push_back(i);
    }
    for (const std::size_t i : frame.choices) {
      if (!LeavesAsItIs(frame.state, i)) continue;
      frame.choices = {i};
      frame.has_open_choices = false;
      return;
    }
    std::reverse(frame.choices.begin(), frame.choices.end());
  }

  bool LeavesAsItIs(const State& state, std::size_t operation) {
    scratch_.clear();
    model_.Take(state, operation, scratch_);
    return scratch_.size() == 1 && scratch_.front() == state;
  }

  void AddOpenChoices(Frame& frame) {
    frame.has_open_choices = false;
    for (std::size_t i = open_.first(); i != open_.end(); i = open_.After(i)) {
      if (operations_[i].called > frame.until) break;
      frame.choices.push_back(i);
    }
    std::reverse(frame.choices.begin(), frame.choices.end());
  }

  // False if there is nothing left to try from here.
  bool GoOn() {
    Frame& frame = frames_.back();
    while (frame.results.empty()) {
      if (frame.choices.empty() && frame.has_open_choices) AddOpenChoices(frame);
      if (frame.choices.empty()) return false;
      frame.chosen = frame.choices.back();
      frame.choices.pop_back();
      model_.Take(frame.state, frame.chosen, frame.results);
    }
    State next = std::move(frame.results.back());
    frame.results.pop_back();
    Mark(frame.chosen);
    if (failed_.size() > 0 && failed_.Find(FingerprintWith(next)) != nullptr)
      Unmark(frame.chosen);
    else
      Enter(frame.chosen, std::move(next));
    return true;
  }

  void GoBack() {
    failed_.Insert(FingerprintWith(frames_.back().state));
    const std::size_t taken = frames_.back().taken;
    frames_.pop_back();
    if (taken != kNothing) Unmark(taken);
  }

  void Mark(std::size_t operation) {
    (operations_[operation].is_open() ? open_ : due_).Remove(operation);
    taken_ ^= FingerprintOf(operation);
  }
  void Unmark(std::size_t operation) {
    (operations_[operation].is_open() ? open_ : due_).Restore(operation);
    taken_ ^= FingerprintOf(operation);
  }

  static std::uint64_t FingerprintOf(std::size_t operation) {
    return random_internal::Scramble(operation + 1);
  }
  [[nodiscard]] std::uint64_t FingerprintWith(const State& state) const {
    return random_internal::Scramble(taken_ ^ model_.FingerprintOf(state));
  }

  [[nodiscard]] bool IsDone(const Frame& frame) const {
    return due_.empty() && model_.DeadlineOf(frame.state) == kEndOfTime;
  }

  [[nodiscard]] std::size_t FirstToReturn(std::size_t if_none) const {
    std::size_t first = due_.first();
    for (std::size_t i = first; i != due_.end(); i = due_.After(i)) {
      if (operations_[i].called > operations_[first].returned) break;
      if (operations_[i].returned < operations_[first].returned) first = i;
    }
    return first == due_.end() ? if_none : first;
  }

  const Model& model_;
  const std::vector<Interval>& operations_;
  Remaining due_;
  Remaining open_;
  std::uint64_t taken_ = 0;  // a fingerprint of the operations taken
  std::vector<Frame> frames_;
  FingerprintTable<> failed_;
  std::vector<State> scratch_;
  std::uint64_t steps_ = 0;
  std::size_t deepest_ = 0;
  std::size_t stuck_at_ = kNothing;
};

}  // namespace paxos::sim
