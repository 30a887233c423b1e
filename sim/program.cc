#include "sim/program.h"

namespace paxos::sim {

Status Workload::Greet(const Greeting& greeting) const {
  if (greeting.durable >= greeting.remembered) return Status::Ok();
  return {ErrorCode::kDamaged, "a peer remembers more than the disk holds [N1]"};
}

}  // namespace paxos::sim
