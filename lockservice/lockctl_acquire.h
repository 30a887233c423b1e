// Taking a lock from the command line, with a word to the user about what it waits for.
#pragma once

#include <optional>

#include "lockservice/lockctl_cluster.h"

namespace lockservice {

// What became of it: the grant, or the exit code of having none (which has been explained).
struct Acquisition {
  std::optional<Granted> granted{};
  int exit_code = 0;
};

// In the cluster's open session. Interrupted (Cluster::InterruptWhen): no grant, exit code 0.
Acquisition TakeLock(Cluster& cluster, const AcquireFlags& flags);

}  // namespace lockservice
