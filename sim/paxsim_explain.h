// `paxsim explain`: a run as one page that needs nothing but a browser.
#pragma once

#include <string>
#include <string_view>

#include "sim/paxsim_run.h"

namespace paxos::sim {

// sim/explain.html, as it is when the program is built.
std::string_view ExplainTemplate();

// The whole page.
std::string ExplainPage(const Recipe& recipe);

}  // namespace paxos::sim
