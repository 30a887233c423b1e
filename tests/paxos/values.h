// Short ways to write down the values that tests of the core are made of.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "paxos/options.h"
#include "paxos/types.h"

namespace paxos::values {

using namespace std::chrono_literals;

inline constexpr NodeId n1{1};
inline constexpr NodeId n2{2};
inline constexpr NodeId n3{3};
inline constexpr NodeId n4{4};
inline constexpr NodeId n5{5};
inline constexpr NodeId kStranger{9};

// "2.1" of the texts: round 2 of node 1.
constexpr Ballot B(std::uint64_t round, std::uint64_t node) { return Ballot{round, NodeId{node}}; }
constexpr Slot S(std::uint64_t slot) { return Slot{slot}; }
constexpr PersistSeq Seq(std::uint64_t seq) { return PersistSeq{seq}; }
constexpr ProposalId P(std::uint64_t id) { return ProposalId{id}; }
constexpr Instant At(Duration since_boot) { return Instant{since_boot}; }
constexpr LogTime LogAt(Duration time) { return LogTime{time}; }

inline SharedEntry E(const Ballot& first, std::vector<Command> commands, Duration log_time = {}) {
  return SharedEntry(Entry{first, LogTime{log_time}, std::move(commands)});
}

inline SharedEntry NoOp(const Ballot& first, Duration log_time = {}) {
  return E(first, {}, log_time);
}

// Node `self` of `count`, named 1, 2, 3...
inline ReplicaOptions NodeOf(NodeId self, std::uint64_t count = 3) {
  std::vector<NodeId> voters;
  for (std::uint64_t i = 1; i <= count; ++i) voters.push_back(NodeId{i});
  ReplicaOptions options;
  options.self = self;
  options.membership = Membership(voters);
  options.life = 1000 + self.value();
  return options;
}

}  // namespace paxos::values
