// Faults that hit a single message: a run has thousands, each decided by a draw of its own. All of
// them are decided here, which notes those that happened; and a run can be told to let only some
// of them happen, as failures shrink.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "sim/fault.h"

namespace paxos::sim {

// The parts of a million, as every probability is given here.
using PerMillion = std::uint32_t;

class Strikes {
 public:
  // Only these happen from now on, and only where chance has them happen.
  void Restrict(const std::vector<Fault>& only);

  // Does the fault happen that `draw`, unlike any other draw of the run, decides?
  bool Happens(Time now, FaultClass what, std::uint64_t draw, PerMillion probability);

  // In order of time: `choice` is the draw, and it lasts no time.
  [[nodiscard]] const std::vector<Fault>& happened() const { return happened_; }

 private:
  std::optional<std::set<std::uint64_t>> only_;
  std::vector<Fault> happened_;
};

}  // namespace paxos::sim
