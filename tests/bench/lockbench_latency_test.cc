#include "bench/lockbench_latency.h"

#include <gtest/gtest.h>

#include <sstream>

namespace bench {
namespace {

using paxos::Duration;

TEST(LatencyHistogramTest, IsZeroWithoutOperations) {
  const LatencyHistogram none;
  EXPECT_EQ(none.Percentile(0.5), Duration{0});
  EXPECT_EQ(none.count(), 0U);
}

TEST(LatencyHistogramTest, FindsPercentilesWithinFourInAThousand) {
  LatencyHistogram latency;
  for (int us = 1; us <= 100'000; ++us) latency.Add(std::chrono::microseconds{us});
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double wanted = share * 100e6;
    EXPECT_NEAR(static_cast<double>(latency.Percentile(share).count()), wanted, 0.004 * wanted)
        << share;
  }
}

TEST(LatencyHistogramTest, KnowsTheLargestExactly) {
  LatencyHistogram latency;
  latency.Add(Duration{3});
  latency.Add(Duration{1'234'567'891});
  EXPECT_EQ(latency.max(), Duration{1'234'567'891});
  EXPECT_EQ(latency.Percentile(1.0), latency.max());
  EXPECT_EQ(latency.Percentile(0.5), Duration{3});
}

TEST(LatencyHistogramTest, TakesAnyDuration) {
  LatencyHistogram latency;
  latency.Add(Duration{-1});  // a clock that was read out of order
  latency.Add(Duration::max());
  EXPECT_EQ(latency.count(), 2U);
  EXPECT_EQ(latency.Percentile(1.0), Duration::max());
}

TEST(LatencyHistogramTest, WritesEachBucketThatIsNotEmpty) {
  LatencyHistogram latency;
  for (const int ns : {5, 5, 511, 512, 513, 514}) latency.Add(Duration{ns});
  std::ostringstream out;
  latency.WriteTo(out);
  EXPECT_EQ(out.str(), "5 2\n511 1\n513 2\n515 1\n");
}

}  // namespace
}  // namespace bench
