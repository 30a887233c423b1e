#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include "paxos/time.h"

namespace bench {

// How long operations took: counts in buckets that are at most 1/256 of their value wide, so a
// percentile is right to 0.4 % and memory does not grow with the run.
class LatencyHistogram {
 public:
  void Add(paxos::Duration latency);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] paxos::Duration max() const { return max_; }
  // The latency that `share` (0 to 1) of the operations did not exceed; 0 if there are none.
  [[nodiscard]] paxos::Duration Percentile(double share) const;

  // A line "NANOSECONDS COUNT" for each bucket that is not empty, by its upper end.
  void WriteTo(std::ostream& out) const;

 private:
  std::vector<std::uint64_t> buckets_;  // grows to the largest latency seen: at most 15,000
  std::uint64_t count_ = 0;
  paxos::Duration max_{0};
};

}  // namespace bench
