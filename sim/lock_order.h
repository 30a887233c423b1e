// Checker C: is each lock linearizable? Locks are independent, so each is searched by itself
// (linearizability.h) against what a lock means (lock_model.h). Finds what no pairwise rule finds;
// history.h's checker is faster and knows no bound.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/history.h"

namespace paxos::sim {

// Of one lock. Tokens tell so much that sound histories take two steps per call, however busy the
// lock is. What takes a search are unsound ones, and acquires without an answer: any of them may
// have held the lock.
struct OrderBounds {
  std::size_t operations_max = 100'000;
  std::size_t concurrent_max = 64;  // calls that were answered, under way at one moment
  std::size_t open_max = 4;         // acquires that were not answered
  std::uint64_t steps_max = 100'000;
};

struct OrderVerdict {
  // INV-20: no order explains a lock's history.
  std::optional<Finding> finding{};
  std::uint64_t locks = 0;  // judged
  // Beyond the bounds, the steps of a search included: not judged. To whom nobody else judges, that
  // is as bad as a finding.
  std::uint64_t beyond = 0;
  std::uint64_t operations = 0;
  std::uint64_t steps = 0;
};

OrderVerdict JudgeOrder(const History& history, const OrderBounds& bounds = {});

}  // namespace paxos::sim
