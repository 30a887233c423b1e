// Adds up what seeds did, and keeps what medians need.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/paxsim_marks.h"
#include "sim/paxsim_run.h"

namespace paxos::sim {

class FuzzTotals {
 public:
  void Add(const SeedResult& result);
  [[nodiscard]] std::uint64_t seeds() const { return simulated_.size(); }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }
  [[nodiscard]] double simulated_seconds() const;
  [[nodiscard]] const MarkTotals& marks() const { return marks_; }
  // Marks hit by seeds that are not counted here.
  void AddKnown(const MarkSet& marks) { marks_.AddKnown(marks); }

  // A table: each figure's total and its median per seed; then speed, per second of one core.
  [[nodiscard]] std::string Table(double core_seconds) const;

 private:
  using Column = std::vector<std::uint64_t>;

  std::uint64_t failures_ = 0;
  MarkTotals marks_;
  Column simulated_;  // in milliseconds
  Column idle_;
  Column events_;
  Column leader_changes_;
  Column crashes_;
  Column commands_;
  Column void_entries_;
  Column calls_;
  Column grants_;
  Column expiries_;
  Column reads_;
  Column ordered_;
  Column beyond_bounds_;
  Column conditional_;
};

}  // namespace paxos::sim
