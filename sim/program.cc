#include "sim/program.h"

namespace paxos::sim {

Status Workload::Greet(const Greeting& greeting) const {
  if (greeting.durable >= greeting.remembered) return Status::Ok();
  if (greeting.durable_by_now >= greeting.remembered)
    return {ErrorCode::kUnavailable, "a peer had heard of more than the hello said"};
  return {ErrorCode::kDamaged, "a peer remembers more than the disk holds [N1]"};
}

}  // namespace paxos::sim
