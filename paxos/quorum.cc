#include "paxos/quorum.h"

#include <bit>
#include <utility>

#include "paxos/check.h"

namespace paxos {
namespace {

std::uint64_t BitOf(const Membership& membership, NodeId node) {
  const auto& voters = membership.voters();
  const auto found = std::lower_bound(voters.begin(), voters.end(), node);
  if (found == voters.end() || *found != node) return 0;
  return std::uint64_t{1} << (found - voters.begin());
}

}  // namespace

Membership::Membership(std::vector<NodeId> voters) : voters_(std::move(voters)) {
  std::sort(voters_.begin(), voters_.end());
  PAXOS_CHECK("M1", !voters_.empty() && voters_.size() <= kVotersMax, voters_);
  PAXOS_CHECK("M1", voters_.front() != NodeId{}, voters_);
  PAXOS_CHECK("M1", std::adjacent_find(voters_.begin(), voters_.end()) == voters_.end(), voters_);
}

bool Membership::Lists(NodeId node) const {
  return std::binary_search(voters_.begin(), voters_.end(), node);
}

bool Votes::Add(const Membership& membership, NodeId node) {
  const std::uint64_t bit = BitOf(membership, node);
  bits_ |= bit;
  return bit != 0;
}

bool Votes::Has(const Membership& membership, NodeId node) const {
  return (bits_ & BitOf(membership, node)) != 0;
}

std::size_t Votes::Count() const { return static_cast<std::size_t>(std::popcount(bits_)); }

}  // namespace paxos
