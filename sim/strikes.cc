#include "sim/strikes.h"

namespace paxos::sim {

void Strikes::Restrict(const std::vector<Fault>& only) {
  only_.emplace();
  for (const Fault& each : only) only_->insert(each.choice);
}

bool Strikes::Happens(Time now, FaultClass what, std::uint64_t draw, PerMillion probability) {
  if (draw % 1'000'000 >= probability) return false;
  if (only_ && only_->count(draw) == 0) return false;
  happened_.push_back(Fault{now, what, draw, Duration{}});
  return true;
}

}  // namespace paxos::sim
