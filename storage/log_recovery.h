#pragma once

#include <leveldb/db.h>

#include <vector>

#include "paxos/record.h"
#include "paxos/result.h"
#include "storage/log_state.h"

namespace paxos::storage {

struct RecoveredLog {
  LogState state{};
  Seal seal = 0;                          // of the meta record
  std::vector<AcceptedEntry> accepted{};  // above the prefix, ascending
};

// Reads the whole log of a group and checks that it is exactly what was written: the meta record is
// there, every slot up to the prefix too, each value is sealed under its own key, the sums agree,
// and no accepted ballot is above the promise. kDamaged names the first thing that is wrong.
Result<RecoveredLog> RecoverLog(leveldb::DB& db, GroupId group);

}  // namespace paxos::storage
