// Says on stderr how far a long run is: on a terminal one line that is rewritten, otherwise a line
// now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/paxsim_totals.h"

namespace paxos::sim {

class StatusLine {
 public:
  StatusLine();
  // False if it was shown a moment ago.
  [[nodiscard]] bool IsDue() const;
  void Show(std::string_view text);
  // Makes room for other output.
  void Clear();
  // Seconds.
  [[nodiscard]] double elapsed() const;

 private:
  using SteadyClock = std::chrono::steady_clock;

  bool is_terminal_;
  SteadyClock::time_point begin_ = SteadyClock::now();
  SteadyClock::time_point shown_ = begin_;
  bool is_shown_ = false;
};

// "  35 s: 1234 of 5000 seeds, 35.2/s, 22.1 simulated hours, 82 of 90 marks, 0 violations".
std::string ProgressText(const FuzzTotals& totals, std::uint64_t planned, double elapsed);

// Of a run over seeds.
class Progress {
 public:
  explicit Progress(std::uint64_t planned) : planned_(planned) {}
  // Shows where the run is, unless it did so a moment ago.
  void Show(const FuzzTotals& totals);
  void Clear() { line_.Clear(); }

 private:
  std::uint64_t planned_;
  StatusLine line_;
};

}  // namespace paxos::sim
