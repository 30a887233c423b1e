// `paxsim shrink`: from a failing run to the few faults that it takes.
//
// A run's faults are a list: each crash, each cut, each message that was lost. Whole classes are
// switched off first, then ever smaller parts of the list, as long as the same invariant still
// fails (delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
// Input", 2002). What a shorter run did not get to is dropped at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/paxsim_run.h"

namespace paxos::sim {

// Runs a recipe, and says which faults happened. Tests bring their own.
using Runner = std::function<SeedResult(const Recipe& recipe, std::vector<Fault>& happened)>;
SeedResult RunForFaults(const Recipe& recipe, std::vector<Fault>& happened);

struct ShrinkOptions {
  Runner run = RunForFaults;
  std::chrono::milliseconds time_limit = std::chrono::seconds{60};
  // Told of each success: how many faults are left after how many runs.
  std::function<void(std::size_t faults, std::uint64_t runs)> on_progress{};
};

struct Shrunk {
  Recipe recipe{};      // with its list of faults
  SeedResult result{};  // the failure
  std::size_t faults_before = 0;
  std::uint64_t runs = 0;
  bool is_minimal = false;  // no single fault of the list can be left out
};

// None: the recipe does not fail.
std::optional<Shrunk> Shrink(const Recipe& recipe, const ShrinkOptions& options = {});

}  // namespace paxos::sim
