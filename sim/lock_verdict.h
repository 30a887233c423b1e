// Which promise is broken when a reply is not what the specification says? Names the invariant that
// a reader should think of first; INV-9 if the difference is none of the well-known ones.
#pragma once

#include "paxos/state_machine.h"

namespace paxos::sim {

// INV-12 granted while another holds it or waits for it. INV-13 another token. INV-16 another
// waiter. INV-17 other sessions ended or lived. `actual` and `expected` differ; their late replies
// are in order of (session, seq).
const char* TagOfDifference(const Applied& actual, const Applied& expected);

}  // namespace paxos::sim
