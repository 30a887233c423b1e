// A case: a recipe as a text file that people read and a test replays, with the story of the run
// that it was made for as a comment. Lines:
//
//   workload locks
//   seed 7
//   nodes 3                                            0: as the seed says
//   without loss tails                                 classes that are off
//   noise 14345678901                                  nanoseconds
//   fault 4123456000 crash 1f3a9c0b12345678 2100000    at, class, choice in hex, how long
//
// Without any fault line, and without `faults none`, the faults are those of the seed.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "paxos/result.h"
#include "sim/paxsim_run.h"

namespace paxos::sim {

// Its story in a few dozen lines: faults, lives and deaths, leaders, and the last lines before its
// end.
std::vector<std::string> StoryOf(const Recipe& recipe);

// The recipe, with `comments` in front.
std::string CaseText(const Recipe& recipe, const std::vector<std::string>& comments);

Result<Recipe> LoadCase(std::istream& in);

// The class of this name; none if there is none.
std::optional<FaultClass> FaultNamed(const std::string& name);

}  // namespace paxos::sim
