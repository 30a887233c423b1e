// paxsim: runs the shipped code in simulated worlds, from seeds.
//
//   paxsim run --seed 7 --verbose        one seed, as a transcript
//   paxsim fuzz --seeds 5000 --jobs 2    many
//   paxsim replay --seed 7 --hash ...    one that failed, and is it still the same run?
//   paxsim replay FILE                   one that was recorded with run --record FILE
//   paxsim shrink --seed 7 --out x       which of its faults does a failure take?
//   paxsim explain --seed 7 -o x.html    a space-time diagram
//   paxsim marks --seeds 1000            which rare events do seeds hit?
//   paxsim check FILE                    a history, of run --history FILE or of real processes
//   paxsim exhaust                       every history of clusters small enough for that
//
// Exit codes: 0 nothing found; 1 a violation, or a run that differs; 64 usage; 65 a damaged file;
// 71 a file that cannot be written.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "sim/lock_order.h"
#include "sim/lock_transcript.h"
#include "sim/paxsim_case.h"
#include "sim/paxsim_exhaust.h"
#include "sim/paxsim_explain.h"
#include "sim/paxsim_fuzz.h"
#include "sim/paxsim_history.h"
#include "sim/paxsim_run.h"
#include "sim/paxsim_shrink.h"
#include "sim/paxsim_survey.h"

namespace paxos::sim {
namespace {

constexpr int kFound = 1;
constexpr int kUsage = 64;
constexpr int kDamaged = 65;
constexpr int kSystem = 71;

struct Arguments {
  Recipe recipe{};
  std::vector<std::string> without{};
  bool is_verbose = false;
  std::string record{};
  std::string file{};
  std::string history{};
  OrderBounds bounds{};
  std::string hash{};
  std::string out{};
  FuzzOptions fuzz{};
  ExhaustCommand exhaust{};
  bool is_long = false;
  bool has_instant_disks = false;
  int time_limit = 0;
  SurveyOptions survey{};
};

void PrintLine(const std::string& line) { std::puts(line.c_str()); }

int Judge(const Recipe& recipe, const SeedResult& result) {
  PrintLine(SummaryText(result));
  if (result.tag.empty()) return 0;
  std::fputs(FailureText(recipe, result).c_str(), stdout);
  return kFound;
}

template <class Saved>
bool SaveTo(const std::string& name, const Saved& saved) {
  std::ofstream file(name);
  const Status status = Save(saved, file);
  if (!status.ok()) fmt::print(stderr, "paxsim: {}: {}\n", name, status.ToString());
  return status.ok();
}

int RunOne(const Arguments& arguments) {
  LockTranscript transcript(PrintLine);
  Recorder recorder;
  History history;
  RunAudience audience;
  audience.history = &history;
  if (arguments.is_verbose) audience.spectators.push_back(&transcript);
  if (!arguments.record.empty()) audience.spectators.push_back(&recorder);
  const SeedResult result = RunRecipe(arguments.recipe, audience);
  const Recording recording{arguments.recipe, result.hash, result.tag, recorder.Take()};
  if (!arguments.record.empty() && !SaveTo(arguments.record, recording)) return kSystem;
  if (!arguments.history.empty() && !SaveTo(arguments.history, history)) return kSystem;
  return Judge(arguments.recipe, result);
}

int CheckHistory(const Arguments& arguments) {
  std::ifstream file(arguments.file);
  const Result<History> history = LoadHistory(file);
  if (!history.has_value()) {
    fmt::print(stderr, "paxsim: {}: {}\n", arguments.file, history.error().ToString());
    return kDamaged;
  }
  const std::optional<Finding> finding = JudgeHistory(*history);
  if (finding) fmt::print("FAILED [{}] {}\n", finding->tag, finding->what);
  const OrderVerdict order = JudgeOrder(*history, arguments.bounds);
  if (order.finding) fmt::print("FAILED [{}] {}\n", order.finding->tag, order.finding->what);
  fmt::print("{} calls, {} beliefs; an order searched for {} calls of {} locks in {} steps",
             history->deals.size(), history->beliefs.size(), order.operations, order.locks,
             order.steps);
  if (order.beyond > 0) fmt::print("; unknown: {} locks beyond the bounds", order.beyond);
  const bool is_found = finding || order.finding;
  fmt::print(": {}\n", is_found ? "refuted" : "nothing found");
  return is_found || order.beyond > 0 ? kFound : 0;
}

int ReplayRecording(const Recording& recording) {
  Recorder recorder;
  const SeedResult result = RunRecipe(recording.recipe, {{&recorder}});
  const std::string difference = FirstDifference(recording.events, recorder.Take());
  if (!difference.empty()) fmt::print("DIFFERS from the recording: {}\n", difference);
  const int verdict = Judge(recording.recipe, result);
  return difference.empty() ? verdict : kFound;
}

// Of a recording, or of a case (which people read).
Result<Recipe> LoadRecipe(const std::string& name) {
  std::ifstream file(name);
  if (!file) return Status(ErrorCode::kNotFound, "cannot open " + name);
  const Result<Recording> recording = LoadRecording(file);
  if (recording.has_value()) return recording->recipe;
  std::ifstream again(name);
  Result<Recipe> recipe = LoadCase(again);
  if (recipe.has_value()) return recipe;
  return Status(ErrorCode::kDamaged, name + ": neither a recording (" +
                                         recording.error().ToString() + ") nor a case (" +
                                         recipe.error().ToString() + ")");
}

int ReplayFile(const Arguments& arguments) {
  std::ifstream file(arguments.file);
  const Result<Recording> recording = LoadRecording(file);
  if (recording.has_value()) return ReplayRecording(*recording);
  const Result<Recipe> recipe = LoadRecipe(arguments.file);
  if (recipe.has_value()) return Judge(*recipe, RunRecipe(*recipe));
  fmt::print(stderr, "paxsim: {}\n", recipe.error().ToString());
  return kDamaged;
}

int ReplaySeed(const Arguments& arguments) {
  const SeedResult result = RunRecipe(arguments.recipe);
  const bool is_same = arguments.hash.empty() || arguments.hash == HexText(result.hash);
  if (!is_same) fmt::print("DIFFERS: the hash was {}\n", arguments.hash);
  const int verdict = Judge(arguments.recipe, result);
  return is_same ? verdict : kFound;
}

void PrintProgress(std::size_t faults, std::uint64_t runs) {
  fmt::print(stderr, "\r{} faults after {} runs\033[K", faults, runs);
}

bool SaveShrunk(const std::string& name, const Shrunk& shrunk) {
  std::vector<std::string> story = StoryOf(shrunk.recipe);
  story.insert(story.begin(), FailureLine(shrunk.result));
  std::ofstream(name + ".case") << CaseText(shrunk.recipe, story);
  Recorder recorder;
  const SeedResult result = RunRecipe(shrunk.recipe, {{&recorder}});
  return SaveTo(name + ".recording",
                Recording{shrunk.recipe, result.hash, result.tag, recorder.Take()});
}

int ShrinkOne(const Arguments& arguments) {
  ShrinkOptions options;
  options.time_limit = std::chrono::seconds{arguments.time_limit};
  if (::isatty(STDERR_FILENO) == 1) options.on_progress = PrintProgress;
  const auto begin = std::chrono::steady_clock::now();
  const std::optional<Shrunk> shrunk = Shrink(arguments.recipe, options);
  if (options.on_progress) std::fputs("\r\033[K", stderr);
  if (!shrunk) {
    fmt::print("seed {} does not fail: nothing to shrink\n", arguments.recipe.seed);
    return 0;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::fputs(CaseText(shrunk->recipe, {FailureLine(shrunk->result)}).c_str(), stdout);
  fmt::print("{} faults of {} are left{}; {} runs, {:.1f} s\n", shrunk->recipe.faults->size(),
             shrunk->faults_before, shrunk->is_minimal ? ", each of which it takes" : "",
             shrunk->runs, took.count());
  if (arguments.out.empty()) return kFound;
  if (!SaveShrunk(arguments.out, *shrunk)) return kSystem;
  fmt::print("replay: paxsim replay {0}.case, or {0}.recording (every event)\n", arguments.out);
  return kFound;
}

int Explain(const Arguments& arguments) {
  Recipe recipe = arguments.recipe;
  if (!arguments.file.empty()) {
    const Result<Recipe> loaded = LoadRecipe(arguments.file);
    if (!loaded.has_value()) {
      fmt::print(stderr, "paxsim: {}\n", loaded.error().ToString());
      return kDamaged;
    }
    recipe = *loaded;
  }
  std::ofstream file(arguments.out);
  file << ExplainPage(recipe) << std::flush;
  if (!file) fmt::print(stderr, "paxsim: {} could not be written\n", arguments.out);
  return file ? 0 : kSystem;
}

std::string CheckFaultName(const std::string& name) {
  return FaultNamed(name) ? "" : "one of: " + ShortText(FaultClasses::All());
}

int ExitCodeOf(FuzzVerdict verdict) {
  switch (verdict) {
    case FuzzVerdict::kNothingFound:
      return 0;
    case FuzzVerdict::kFailures:
      return kFound;
    case FuzzVerdict::kDamagedFile:
      return kDamaged;
    case FuzzVerdict::kCannotWrite:
      return kSystem;
  }
  return kSystem;
}

void AddRecipe(CLI::App& command, Arguments& arguments) {
  command.add_option("--workload", arguments.recipe.workload, "what runs: locks or ledger")
      ->check(CLI::IsMember({"locks", "ledger"}))
      ->capture_default_str();
  command.add_option("--nodes", arguments.recipe.nodes, "cluster size; 0: as the seed says")
      ->check(CLI::Range(0, 7));
  command.add_option("--without", arguments.without, "fault classes to leave out")
      ->check(CLI::Validator(CheckFaultName, "FAULT"));
}

CLI::App& AddExhaust(CLI::App& app, Arguments& arguments) {
  CLI::App& exhaust = *app.add_subcommand("exhaust", "every history within bounds");
  ExhaustBounds& bounds = arguments.exhaust.bounds;
  exhaust.add_option("--nodes", bounds.nodes)->check(CLI::Range(1U, unsigned{kExhaustNodesMax}));
  exhaust.add_option("--ballots", bounds.ballots, "campaigns, of all nodes");
  exhaust.add_option("--slots", bounds.slots, "the last one proposed for");
  exhaust.add_option("--crashes", bounds.crashes, "of all nodes");
  exhaust.add_option("--beats", bounds.beats, "heartbeats of all leaders")->check(CLI::Range(0, 2));
  exhaust.add_option("--window", bounds.window, "alpha; 0: room for all slots");
  for (CLI::Option* option : exhaust.get_options()) option->capture_default_str();
  exhaust.add_flag("--instant-disks", arguments.has_instant_disks,
                   "what is written is durable at once: fewer states, so wider bounds");
  exhaust.add_flag("--long", arguments.is_long, "the searches that take hours, instead of these");
  exhaust.add_option("--states", arguments.exhaust.states_max, "stop after so many states");
  exhaust.add_option("--time-limit", arguments.time_limit, "stop after so many seconds");
  exhaust.footer("Without bounds: the searches that every change goes through.");
  return exhaust;
}

int RunExhaust(const CLI::App& exhaust, Arguments& arguments) {
  const bool is_given = exhaust.count("--nodes") + exhaust.count("--ballots") +
                            exhaust.count("--slots") + exhaust.count("--crashes") +
                            exhaust.count("--beats") + exhaust.count("--window") +
                            exhaust.count("--instant-disks") >
                        0;
  if (arguments.is_long) arguments.exhaust.set = ExhaustSet::kLong;
  if (is_given) arguments.exhaust.set = ExhaustSet::kGiven;
  if (arguments.has_instant_disks) arguments.exhaust.bounds.disks = ExhaustDisks::kInstant;
  if (arguments.time_limit > 0)
    arguments.exhaust.time_limit = std::chrono::seconds{arguments.time_limit};
  return RunExhaust(arguments.exhaust) ? 0 : kFound;
}

int Main(int argc, char** argv) {
  CLI::App app("Runs Quorate in simulated worlds, from seeds.", "paxsim");
  app.require_subcommand(1);
  Arguments arguments;

  CLI::App& run = *app.add_subcommand("run", "one seed");
  run.add_option("--seed", arguments.recipe.seed, "the seed")->required();
  run.add_flag("--verbose,-v", arguments.is_verbose, "print every event");
  run.add_option("--record", arguments.record, "write every event to this file");
  run.add_option("--history", arguments.history,
                 "write what the clients lived through to this file");
  AddRecipe(run, arguments);

  CLI::App& fuzz = *app.add_subcommand("fuzz", "many seeds");
  fuzz.add_option("--seeds", arguments.fuzz.seeds, "how many")->capture_default_str();
  fuzz.add_option("--first,--start", arguments.fuzz.first, "the first one")->capture_default_str();
  fuzz.add_option("--jobs,-j", arguments.fuzz.jobs, "processes")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  CLI::Option* out = fuzz.add_option("--out", arguments.fuzz.results,
                                     "append a line of JSON per seed to this file");
  fuzz.add_flag("--resume", arguments.fuzz.resumes, "leave out the seeds that --out has already")
      ->needs(out);
  fuzz.add_option("--corpus", arguments.fuzz.corpus, "run the seeds of this file first");
  fuzz.add_option("--time-limit", arguments.time_limit, "stop after so many seconds");
  fuzz.add_option("--failures", arguments.fuzz.failures_max, "stop after so many violations")
      ->capture_default_str();
  AddRecipe(fuzz, arguments);

  CLI::App& marks = *app.add_subcommand("marks", "the coverage marks, and who hits them");
  marks.add_option("--seeds", arguments.survey.seeds, "how many to run; 0: list the marks only");
  marks.add_option("--first", arguments.survey.first, "the first one")->capture_default_str();
  marks.add_option("--jobs,-j", arguments.survey.jobs, "processes")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  marks.add_option("--corpus", arguments.survey.corpus,
                   "write a few seeds that hit the rare marks to this file");
  AddRecipe(marks, arguments);

  CLI::App& replay = *app.add_subcommand("replay", "a seed or a recording, again");
  CLI::Option* file = replay.add_option("FILE", arguments.file, "a recording or a case");
  replay.add_option("--seed", arguments.recipe.seed, "the seed")->excludes(file);
  replay.add_option("--hash", arguments.hash, "what the trace's hash was");
  AddRecipe(replay, arguments);

  CLI::App& shrink = *app.add_subcommand("shrink", "a failing seed's faults, as few as it takes");
  shrink.add_option("--seed", arguments.recipe.seed, "the seed")->required();
  shrink.add_option("--out", arguments.out, "write NAME.case and NAME.recording");
  shrink.add_option("--time-limit", arguments.time_limit, "seconds; 0: 60");
  AddRecipe(shrink, arguments);

  CLI::App& explain = *app.add_subcommand("explain", "a run as a page for a browser");
  CLI::Option* what = explain.add_option("FILE", arguments.file, "a recording or a case");
  explain.add_option("--seed", arguments.recipe.seed, "the seed")->excludes(what);
  explain.add_option("-o,--out", arguments.out, "the page")->required();
  AddRecipe(explain, arguments);

  CLI::App& check = *app.add_subcommand("check", "a history of clients");
  check.add_option("FILE", arguments.file, "the history")->required();
  check
      .add_option("--calls", arguments.bounds.operations_max,
                  "a lock with more of them counts as unknown")
      ->capture_default_str();
  check
      .add_option("--open", arguments.bounds.open_max,
                  "so does one with more acquires that were not answered")
      ->capture_default_str();
  check
      .add_option("--concurrent", arguments.bounds.concurrent_max,
                  "so does one with more of them under way at once")
      ->capture_default_str();

  const CLI::App& exhaust = AddExhaust(app, arguments);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  for (const std::string& name : arguments.without)
    arguments.recipe.allowed.Remove(*FaultNamed(name));
  if (run.parsed()) return RunOne(arguments);
  if (exhaust.parsed()) return RunExhaust(exhaust, arguments);
  if (shrink.parsed()) {
    if (arguments.time_limit == 0) arguments.time_limit = 60;
    return ShrinkOne(arguments);
  }
  if (explain.parsed()) return Explain(arguments);
  if (check.parsed()) return CheckHistory(arguments);
  if (replay.parsed())
    return arguments.file.empty() ? ReplaySeed(arguments) : ReplayFile(arguments);
  if (marks.parsed()) {
    arguments.survey.recipe = arguments.recipe;
    return SurveyMarks(arguments.survey) ? 0 : kSystem;
  }
  arguments.fuzz.recipe = arguments.recipe;
  if (arguments.time_limit > 0)
    arguments.fuzz.time_limit = std::chrono::seconds{arguments.time_limit};
  return ExitCodeOf(Fuzz(arguments.fuzz));
}

}  // namespace
}  // namespace paxos::sim

int main(int argc, char** argv) { return paxos::sim::Main(argc, argv); }
