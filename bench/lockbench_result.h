// Result lines, with the keys that the scripts of bench/peers print too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/lockbench_load.h"
#include "bench/lockbench_nemesis.h"
#include "paxos/time.h"

namespace bench {

// What the servers used while it was measured.
struct ServerUse {
  double cpu_s = 0;
  std::vector<double> resident_mb{};  // by server, at the end
};

struct LoadResult {
  std::string workload{};
  std::uint32_t conns = 0;
  std::uint32_t round = 0;
  paxos::Duration wall{0};
  double client_cpu_s = 0;
  std::optional<ServerUse> servers{};  // none if they are not ours to look at
  LoadFigures figures{};
};

std::string ToJsonLine(const LoadResult& result);
std::string ToJsonLine(const NemesisReport& report, const NemesisOptions& options);

}  // namespace bench
