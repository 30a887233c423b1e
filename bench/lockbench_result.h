// Result lines, with the keys that the scripts of bench/peers print too.
#pragma once

#include <string>

#include "bench/lockbench_measurement.h"
#include "bench/lockbench_nemesis.h"

namespace bench {

std::string ToJsonLine(const LoadResult& result);
std::string ToJsonLine(const NemesisReport& report, const NemesisOptions& options);

}  // namespace bench
