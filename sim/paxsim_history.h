// Reads the histories of history.h back from their files, whoever wrote them.
#pragma once

#include <istream>

#include "paxos/result.h"
#include "sim/history.h"

namespace paxos::sim {

// kDamaged names the first line that is none. Lines of kinds that are not known are left out.
Result<History> LoadHistory(std::istream& in);

}  // namespace paxos::sim
