// What a cluster's genesis fixes for all its nodes (rule M1), as one number to compare: two nodes
// that went by different members could form two quorums without a common node, and two that went by
// different windows could report less than they accepted (P3).
#pragma once

#include "paxos/options.h"
#include "paxos/strong_id.h"

namespace paxos {

// Of alpha and the members. 0 is nobody's: not known, and not compared.
using GenesisDigest = StrongId<struct GenesisTag>;

GenesisDigest GenesisOf(std::uint32_t alpha, const Membership& membership);

}  // namespace paxos
