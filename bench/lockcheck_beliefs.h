#pragma once

#include <string>
#include <vector>

#include "bench/lock_history.h"

namespace bench {

// What is wrong, one sentence each; empty: nothing.
using Violations = std::vector<std::string>;

// Exclusion and fencing as clients saw them: of one lock, no two beliefs overlap (LOCKS S2), and in
// the order of time tokens grow; a token is one client's grant of one lock (S4).
Violations CheckBeliefs(std::vector<Belief> beliefs);

}  // namespace bench
