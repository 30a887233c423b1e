// `paxsim marks`: what there is to hit, who hits it, and the corpus of those who hit what is rare.
#pragma once

#include <cstdint>
#include <string>

#include "sim/recording.h"

namespace paxos::sim {

struct SurveyOptions {
  Recipe recipe{};  // but for the seed
  std::uint64_t first = 1;
  std::uint64_t seeds = 0;  // 0: only lists the marks
  unsigned jobs = 1;
  std::string corpus{};  // a file to write; empty: none
};

// Prints the table to stdout. False if the corpus cannot be written.
bool SurveyMarks(const SurveyOptions& options);

}  // namespace paxos::sim
