#pragma once

#include <map>
#include <string>
#include <vector>

#include "paxos/result.h"
#include "paxos/types.h"

namespace bench {

// What one replica's disk holds of the log.
struct ReplicaLog {
  std::string name{};
  std::vector<paxos::SharedEntry> chosen{};              // slots 1, 2, ...
  std::map<paxos::Slot, paxos::SharedEntry> accepted{};  // above them

  [[nodiscard]] paxos::Slot prefix() const { return paxos::Slot(chosen.size()); }
  // The entry of a slot, chosen or accepted; null if the disk has none.
  [[nodiscard]] const paxos::SharedEntry* Find(paxos::Slot slot) const;
};

// Opens a node's data directory, which no process may be using, as lockd would.
paxos::Result<ReplicaLog> ReadReplica(const std::string& directory);

}  // namespace bench
