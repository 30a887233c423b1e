// What went wrong in a run, fault by fault. Those that hit a single message, of which a run has
// thousands, are decided here, each by a draw of its own; a run can be told to let only some of
// them happen, as failures shrink.
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

  // A fault of the timeline is carried out.
  void Note(const Fault& fault) { happened_.push_back(fault); }

  // In order of time. Of a fault that hit a single message `choice` is the draw, and it lasts no
  // time.
  [[nodiscard]] const std::vector<Fault>& happened() const { return happened_; }

 private:
  std::optional<std::set<std::uint64_t>> only_;
  std::vector<Fault> happened_;
};

}  // namespace paxos::sim
