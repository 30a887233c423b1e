// paxsim exhaust: every history of small clusters (exhaust.h), one search after the other.
#pragma once

#include <chrono>
#include <optional>

#include "sim/exhaust.h"

namespace paxos::sim {

// Which searches: one of the bounds given, or a set of them.
enum class ExhaustSet : std::uint8_t {
  kPerChange,  // what every change is checked against
  kLong,       // on demand: hours, and a few GiB
  kGiven,
};

struct ExhaustCommand {
  ExhaustSet set = ExhaustSet::kPerChange;
  ExhaustBounds bounds{};  // kGiven
  std::uint64_t states_max = UINT64_MAX;
  std::optional<std::chrono::seconds> time_limit{};  // of all searches together
};

// Prints progress to stderr and a table to stdout; of a violation, the trace and what it breaks.
// False if there was one, or if a finished search never saw something that it must.
bool RunExhaust(const ExhaustCommand& command);

}  // namespace paxos::sim
