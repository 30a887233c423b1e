// A path of the exhaustive search as a transcript (tests/README.md): commands that
// tests/scenarios understands, and what was seen.
#pragma once

#include <string>
#include <vector>

#include "sim/exhaust_nodes.h"

namespace paxos::sim {

// Takes the steps again, from the start; the last one breaks the rule.
std::string TraceText(const ExhaustBounds& bounds, ExhaustNodes& nodes,
                      const std::vector<ExhaustStep>& path, const Violation& violation);

}  // namespace paxos::sim
