// Many seeds, spread over processes that share nothing: a seed that takes its process down costs
// that process alone, and is named.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/recording.h"

namespace paxos::sim {

struct FuzzOptions {
  Recipe recipe{};  // but for the seed
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  unsigned jobs = 1;
  std::optional<std::chrono::seconds> time_limit{};
  std::uint64_t failures_max = 10;  // then it stops
  std::string results{};            // a file to append one line of JSON per seed to; empty: none
  bool resumes = false;             // leaves out the seeds that the file has already
  std::string corpus{};             // a file of seeds to run first; empty: none
};

enum class FuzzVerdict : std::uint8_t { kNothingFound, kFailures, kDamagedFile, kCannotWrite };

// Prints progress to stderr, failures and totals to stdout.
FuzzVerdict Fuzz(const FuzzOptions& options);

}  // namespace paxos::sim
