// A file of results: one line of JSON per seed, appended, so that a long run can be stopped, gone
// on with, and read by programs.
//
//   {"world":"5f0c...","workload":"locks","nodes":0,"without":""}        each run begins with one
//   {"seed":17,"hash":"9ab3...","faults":"loss
//   crash","nodes":3,"simulated_ms":64012,"idle_ms":2000,
//    "events":27051,...,"new_marks":["void-no-op"],"tag":"","what":""}
//
// `world` tells builds apart: the hash of a few fixed runs. A mark is new in the first line of the
// file that has it.
#pragma once

#include <cstdint>
#include <fstream>
#include <set>
#include <string>

#include "paxos/result.h"
#include "sim/marks.h"
#include "sim/paxsim_run.h"

namespace paxos::sim {

// What a file holds of runs with the same recipe.
struct EarlierResults {
  std::set<std::uint64_t> seeds{};
  MarkSet marks{};
  std::uint64_t failures = 0;
  bool is_of_another_build = false;  // some of it
};

// A file that is not there is empty. A last line that was cut short does not count.
Result<EarlierResults> LoadResults(const std::string& name, const Recipe& recipe);

class ResultsFile {
 public:
  // Appends; `known` are the marks that are not new.
  ResultsFile(const std::string& name, const Recipe& recipe, const MarkSet& known);
  // False: nothing can be written.
  [[nodiscard]] bool good() const { return file_.good(); }
  void Add(const SeedResult& result);

 private:
  std::ofstream file_;
  MarkSet known_;
};

// The hash of what this build makes of a few seeds.
std::uint64_t WorldHash();

}  // namespace paxos::sim
