#pragma once

#include <istream>
#include <string>
#include <vector>

#include "bench/lock_history.h"
#include "paxos/result.h"

namespace bench {

struct History {
  std::vector<Belief> beliefs{};
  std::vector<Answer> answers{};
  std::vector<Strike> strikes{};
};

// kDamaged names the first line that is not a HistoryLine.
paxos::Result<History> ReadHistory(std::istream& in);

}  // namespace bench
