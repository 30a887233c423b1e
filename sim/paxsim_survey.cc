#include "sim/paxsim_survey.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <numeric>

#include "sim/paxsim_progress.h"
#include "sim/paxsim_results.h"
#include "sim/paxsim_workers.h"

namespace paxos::sim {
namespace {

// A mark that at most one seed in so many hits is rare.
constexpr std::uint64_t kRare = 20;

void ListMarks() {
  for (const Mark& mark : AllMarks()) fmt::print("{:<30}{}\n", mark.name, mark.meaning);
  fmt::print("{} marks\n", AllMarks().size());
}

bool WriteCorpus(const std::string& name, Corpus corpus) {
  corpus.world = HexText(WorldHash());
  std::ofstream file(name);
  file << ToText(corpus) << std::flush;
  fmt::print("{}: {} seeds{}\n", name, corpus.seeds.size(), file ? "" : " could not be written");
  return file.good();
}

}  // namespace

bool SurveyMarks(const SurveyOptions& options) {
  if (options.seeds == 0) return ListMarks(), true;
  std::vector<std::uint64_t> seeds(options.seeds);
  std::iota(seeds.begin(), seeds.end(), options.first);
  FuzzTotals totals;
  CorpusPicker picker;
  Progress progress(seeds.size());
  Workers workers(options.recipe, seeds, options.jobs, WallClock::time_point::max(),
                  {[&](const SeedResult& result) {
                     totals.Add(result);
                     picker.Add(result);
                   },
                   [](std::uint64_t seed, const std::string& of_what) {
                     fmt::print("the process died of {} at seed {}\n", of_what, seed);
                   }});
  while (workers.ReadSome()) progress.Show(totals);
  progress.Clear();
  std::fputs(totals.marks().Table().c_str(), stdout);
  std::fputs(totals.marks().Summary().c_str(), stdout);
  return options.corpus.empty() || WriteCorpus(options.corpus, picker.Pick(kRare));
}

}  // namespace paxos::sim
