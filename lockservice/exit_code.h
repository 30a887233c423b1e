// How lockd and lockctl end: sysexits(3), so that scripts and cron can tell what to do.
#pragma once

#include "paxos/result.h"

namespace lockservice {

enum class ExitCode : int {
  kOk = 0,
  kConflict = 1,      // someone else holds the lock; a token is not the newest; what is to be made
                      // is there already; another process runs as this node
  kUsage = 64,        // the command line
  kDamaged = 65,      // data that breaks its format or checksum; the node must be replaced (N1)
  kNoInput = 66,      // no such directory or file
  kUnreachable = 69,  // no server answers
  kBug = 70,          // a broken invariant
  kSystem = 71,       // the system refused: a port is taken
  kDisk = 74,         // the disk failed
  kTryLater = 75,     // the lock was lost; or something is busy for now
  kForeign = 76,      // of another cluster, node or format version
  kNotPermitted = 77,
  kConfig = 78,  // the configuration makes no sense
};

// From now on a broken invariant (PAXOS_CHECK) prints its line, with the program's name in front,
// and ends the process with kBug: it must not say another word.
void ExitOnBrokenInvariant(const char* program);

// For an error of the kind that its code says, wherever it came up.
ExitCode ExitCodeOf(const paxos::Status& status);

}  // namespace lockservice
