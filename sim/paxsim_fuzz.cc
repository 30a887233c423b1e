#include "sim/paxsim_fuzz.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "sim/paxsim_marks.h"
#include "sim/paxsim_progress.h"
#include "sim/paxsim_results.h"
#include "sim/paxsim_totals.h"
#include "sim/paxsim_workers.h"

namespace paxos::sim {
namespace {

std::set<std::uint64_t> SeedsOf(const Corpus& corpus) {
  std::set<std::uint64_t> seeds;
  for (const Corpus::Seed& each : corpus.seeds) seeds.insert(each.seed);
  return seeds;
}

// The corpus, then as many seeds as wanted, from the first on, that the results do not have yet.
std::vector<std::uint64_t> Plan(const FuzzOptions& options, const std::set<std::uint64_t>& corpus,
                                const EarlierResults& earlier) {
  std::vector<std::uint64_t> plan(corpus.begin(), corpus.end());
  const std::size_t seeds = plan.size() + options.seeds;
  for (std::uint64_t seed = options.first; plan.size() < seeds; ++seed) {
    if (earlier.seeds.count(seed) == 0 && corpus.count(seed) == 0) plan.push_back(seed);
  }
  return plan;
}

class Fuzzer {
 public:
  Fuzzer(const FuzzOptions& options, const Corpus& corpus, const EarlierResults& earlier)
      : options_(options),
        corpus_(corpus),
        corpus_seeds_(SeedsOf(corpus)),
        plan_(Plan(options, corpus_seeds_, earlier)),
        progress_(plan_.size()) {
    totals_.AddKnown(earlier.marks);
    if (!options.results.empty())
      results_ = std::make_unique<ResultsFile>(options.results, options.recipe, earlier.marks);
  }

  FuzzVerdict Run() {
    if (results_ && !results_->good()) return FuzzVerdict::kCannotWrite;
    const auto deadline = options_.time_limit ? WallClock::now() + *options_.time_limit
                                              : WallClock::time_point::max();
    Workers workers(
        options_.recipe, plan_, options_.jobs, deadline,
        {[&](const SeedResult& result) { OnResult(result, workers); },
         [&](std::uint64_t seed, const std::string& of_what) { OnDeath(seed, of_what); }});
    while (workers.ReadSome()) progress_.Show(totals_);
    progress_.Clear();
    std::fputs(totals_.Table(CoreSecondsOfChildren()).c_str(), stdout);
    std::fputs(totals_.marks().Summary().c_str(), stdout);
    if (!options_.corpus.empty()) ReportCorpus();
    if (results_ && !results_->good()) return FuzzVerdict::kCannotWrite;
    return totals_.failures() == 0 && !has_died_ ? FuzzVerdict::kNothingFound
                                                 : FuzzVerdict::kFailures;
  }

 private:
  void OnResult(const SeedResult& result, Workers& workers) {
    totals_.Add(result);
    if (corpus_seeds_.count(result.seed) != 0) corpus_hits_.Add(result.marks);
    if (results_) results_->Add(result);
    if (result.tag.empty()) return;
    progress_.Clear();
    std::fputs(FailureText(options_.recipe, result).c_str(), stdout);
    std::fflush(stdout);
    if (totals_.failures() >= options_.failures_max) workers.Stop();
  }

  void OnDeath(std::uint64_t seed, const std::string& of_what) {
    has_died_ = true;
    progress_.Clear();
    fmt::print(
        "FAILED [CRASH] the process died of {} at seed {}\n  replay: paxsim replay --seed {} "
        "--workload {}\n",
        of_what, seed, seed, options_.recipe.workload);
  }

  void ReportCorpus() const {
    const std::vector<std::string> missing = MissingMarks(corpus_, corpus_hits_);
    fmt::print("corpus: {} seeds, chosen {}; {} of their marks missing{}\n", corpus_.seeds.size(),
               corpus_.world == HexText(WorldHash()) ? "for this build" : "for another build",
               missing.size(), missing.empty() ? "" : ":");
    for (const std::string& name : missing) fmt::print("  {}\n", name);
  }

  const FuzzOptions& options_;
  const Corpus& corpus_;
  const std::set<std::uint64_t> corpus_seeds_;
  MarkSet corpus_hits_;
  const std::vector<std::uint64_t> plan_;
  FuzzTotals totals_;
  Progress progress_;
  std::unique_ptr<ResultsFile> results_;  // null: none wanted
  bool has_died_ = false;
};

}  // namespace

FuzzVerdict Fuzz(const FuzzOptions& options) {
  Corpus corpus;
  if (!options.corpus.empty()) {
    Result<Corpus> loaded = LoadCorpus(options.corpus);
    if (!loaded.has_value()) {
      fmt::print(stderr, "paxsim: {}\n", loaded.error().ToString());
      return FuzzVerdict::kDamagedFile;
    }
    corpus = *std::move(loaded);
  }
  EarlierResults earlier;
  if (options.resumes) {
    Result<EarlierResults> loaded = LoadResults(options.results, options.recipe);
    if (!loaded.has_value()) {
      fmt::print(stderr, "paxsim: {}\n", loaded.error().ToString());
      return FuzzVerdict::kDamagedFile;
    }
    earlier = *std::move(loaded);
    fmt::print("{} has {} seeds, {} violations{}\n", options.results, earlier.seeds.size(),
               earlier.failures, earlier.is_of_another_build ? ", some of another build" : "");
  }
  return Fuzzer(options, corpus, earlier).Run();
}

}  // namespace paxos::sim
