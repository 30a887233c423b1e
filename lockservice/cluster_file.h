// The cluster file: who the nodes of a cluster are and where they are reached. Written once by
// `lockd genesis`, the same on every node, read at each start.
//
//   {
//     "format": 1,
//     "cluster": 184467440737,
//     "alpha": 64,
//     "nodes": [
//       {"name": "n1", "id": 70368744177, "peer": "10.0.0.1:7101", "client": "10.0.0.1:7201"},
//       ...
//     ]
//   }
//
// Ids stay below 2^53, so that every JSON reader keeps them. A field that is missing, unknown or
// makes no sense is an error that names it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "paxos/genesis.h"
#include "paxos/options.h"
#include "paxos/quorum.h"
#include "paxos/result.h"
#include "paxos/types.h"

namespace lockservice {

struct ClusterNode {
  std::string name{};  // for people: 1..64 letters, digits, '-', '_' or '.'
  paxos::NodeId id{};
  paxos::net::Address peer{};    // other nodes reach it here
  paxos::net::Address client{};  // clients reach it here
  friend bool operator==(const ClusterNode&, const ClusterNode&) = default;
};

struct ClusterFile {
  paxos::ClusterId cluster{};
  std::uint32_t alpha = paxos::ReplicaOptions{}.alpha;  // rule M1
  std::vector<ClusterNode> nodes{};
  friend bool operator==(const ClusterFile&, const ClusterFile&) = default;

  [[nodiscard]] const ClusterNode* FindById(paxos::NodeId id) const;
  [[nodiscard]] const ClusterNode* FindByName(std::string_view name) const;
  [[nodiscard]] paxos::Membership membership() const;
  // What may not differ between its copies, nor change [M1].
  [[nodiscard]] paxos::GenesisDigest genesis() const;
};

// kInvalidArgument names the field: "nodes[1].peer: ...".
paxos::Status Validate(const ClusterFile& file);
paxos::Result<ClusterFile> ParseClusterFile(std::string_view json);
std::string ToJson(const ClusterFile& file);

// kNotFound: no such file. kIo, kInvalidArgument with the path in front.
paxos::Result<ClusterFile> ReadClusterFile(const std::string& path);
// kConflict: there is one already; a cluster is made once.
paxos::Status WriteNewClusterFile(const std::string& path, const ClusterFile& file);

}  // namespace lockservice
