// Says on stderr how far a long run is: on a terminal one line that is rewritten, otherwise a line
// now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/paxsim_totals.h"
#include "sim/paxsim_workers.h"

namespace paxos::sim {

// "  35 s: 1234 of 5000 seeds, 35.2/s, 22.1 simulated hours, 82 of 90 marks, 0 violations".
std::string ProgressText(const FuzzTotals& totals, std::uint64_t planned, double elapsed);

class Progress {
 public:
  explicit Progress(std::uint64_t planned);
  // Shows where the run is, unless it did so a moment ago.
  void Show(const FuzzTotals& totals);
  // Makes room for other output.
  void Clear();

 private:
  std::uint64_t planned_;
  bool is_terminal_;
  WallClock::time_point begin_ = WallClock::now();
  WallClock::time_point next_;
  bool is_shown_ = false;
};

}  // namespace paxos::sim
