// How large a node becomes. INV-23: its tables and queues keep the bounds of ReplicaOptions, or
// those that follow from them. Looked at from outside, through the descriptions that types give of
// themselves (census.h), every few turns.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "paxos/options.h"
#include "sim/census.h"
#include "sim/observer.h"

namespace paxos::sim {

class Bounds final : public Observer {
 public:
  // Of nodes 1..`nodes`, each set up by `options`.
  Bounds(std::size_t nodes, const ReplicaOptions& options);

  void OnTurnEnd(NodeId id, const Node& node) override;

  // The most that a field of the node's description may hold, by the field's name.
  using Limits = std::map<std::string_view, std::uint64_t>;
  [[nodiscard]] const Limits& limits() const { return limits_; }

 private:
  void CheckWindow(NodeId id, const Leading& leading) const;

  ReplicaOptions options_;
  Limits limits_;
  std::uint64_t turns_ = 0;
};

}  // namespace paxos::sim
