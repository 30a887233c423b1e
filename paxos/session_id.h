// Sessions give commands exactly-once effect (rule X1).
#pragma once

#include "paxos/strong_id.h"

namespace paxos {

// The index of the command that opened the session: never reused.
using SessionId = StrongId<struct SessionTag>;

}  // namespace paxos
