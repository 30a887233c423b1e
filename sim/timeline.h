// When faults come: a list drawn from the seed, each class from a stream of its own. Storms and
// calm alternate, since a system that is hit without pause never gets far enough to be hurt.
#pragma once

#include <vector>

#include "sim/chance.h"
#include "sim/fault.h"

namespace paxos::sim {

struct Swarm;

// In order of time. Uses the swarm's classes, times and length.
std::vector<Fault> DrawTimeline(const Chance& chance, const Swarm& swarm);

}  // namespace paxos::sim
