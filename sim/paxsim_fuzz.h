// Many seeds, spread over processes that share nothing: a seed that takes its process down costs
// that process alone, and is named.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "sim/recording.h"

namespace paxos::sim {

struct FuzzOptions {
  Recipe recipe{};  // but for the seed
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  unsigned jobs = 1;
  std::optional<std::chrono::seconds> time_limit{};
  std::uint64_t failures_max = 10;  // then it stops
};

// Prints progress to stderr, failures and totals to stdout. True if there was no failure.
bool Fuzz(const FuzzOptions& options);

}  // namespace paxos::sim
