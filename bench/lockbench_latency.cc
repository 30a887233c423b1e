#include "bench/lockbench_latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {
namespace {

// Values below 512 have a bucket each. Above, each doubling has 256: the index is the number of
// bits dropped, times 256, plus the 9 that are left.
constexpr std::uint64_t kPerDoubling = 256;
constexpr unsigned kBitsKept = 9;

std::size_t BucketOf(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned dropped = width > kBitsKept ? width - kBitsKept : 0;
  return dropped * kPerDoubling + (value >> dropped);
}

std::uint64_t UpperEnd(std::size_t bucket) {
  if (bucket < 2 * kPerDoubling) return bucket;
  const std::uint64_t dropped = bucket / kPerDoubling - 1;
  const std::uint64_t kept = bucket - dropped * kPerDoubling;
  return ((kept + 1) << dropped) - 1;
}

}  // namespace

void LatencyHistogram::Add(paxos::Duration latency) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  const std::size_t bucket = BucketOf(value);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  max_ = std::max(max_, latency);
}

paxos::Duration LatencyHistogram::Percentile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted)
      return std::min(max_, paxos::Duration{static_cast<std::int64_t>(UpperEnd(bucket))});
  }
  return max_;
}

void LatencyHistogram::WriteTo(std::ostream& out) const {
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket)
    if (buckets_[bucket] > 0) out << UpperEnd(bucket) << ' ' << buckets_[bucket] << '\n';
}

}  // namespace bench
