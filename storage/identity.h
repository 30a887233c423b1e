// Whose disk this is (rule N1): the file `identity` of a data directory, written once.
//
//   quorate data directory, format 1
//   cluster 1185913470238414
//   node 77120983
//   name a
//   genesis 7012345678
//   checksum 5ad3c0e1
//
// The checksum is the CRC-32C, in hexadecimal, of the lines above it.
#pragma once

#include <string>
#include <string_view>

#include "paxos/genesis.h"
#include "paxos/result.h"
#include "paxos/types.h"

namespace paxos::storage {

struct Identity {
  ClusterId cluster{};
  NodeId node{};
  std::string name{};       // for people: what the cluster file calls the node; one line
  GenesisDigest genesis{};  // of the members and the window that it was made for; 0: not known
  friend bool operator==(const Identity&, const Identity&) = default;
};

// "node 77120983 (a) of cluster 1185913470238414"
std::string ShortText(const Identity& identity);

std::string ToFileText(const Identity& identity);

// kDamaged, or kForeign if another version of the format wrote it.
Result<Identity> ParseIdentity(std::string_view text);

}  // namespace paxos::storage
