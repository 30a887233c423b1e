#include "sim/paxsim_run.h"

#include <fmt/format.h>

#include "sim/ledger.h"
#include "sim/lock_marks.h"
#include "sim/lock_world.h"
#include "sim/paxos_marks.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

double SecondsOf(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

void Fill(const RunReport& report, SeedResult& result) {
  result.hash = report.hash;
  result.faults = ShortText(report.swarm.classes);
  result.nodes = report.swarm.nodes;
  result.simulated = report.end.time_since_epoch();
  result.events = report.events;
  result.leader_changes = report.cluster.leader_changes;
  result.crashes = report.cluster.crashes;
  result.commands = report.commands;
  result.void_entries = report.void_entries;
  if (!report.violation) return;
  result.tag = report.violation->tag;
  result.what = report.violation->what;
  result.at = report.violation->at.time_since_epoch();
}

}  // namespace

Swarm SwarmOf(const Recipe& recipe) {
  SwarmOptions options;
  options.allowed = recipe.allowed;
  if (recipe.nodes != 0) options.nodes = recipe.nodes;
  if (recipe.noise) options.noise_min = options.noise_max = *recipe.noise;
  Swarm swarm = DrawSwarm(recipe.seed, options);
  if (!recipe.faults) return swarm;
  swarm.faults.clear();
  swarm.strikes.emplace();
  for (const Fault& fault : *recipe.faults) {
    (HitsOneMessage(fault) ? *swarm.strikes : swarm.faults).push_back(fault);
  }
  return swarm;
}

const std::vector<Mark>& AllMarks() {
  static const std::vector<Mark> marks = [] {
    std::vector<Mark> all = PaxosMarkTable();
    all.insert(all.end(), LockMarkTable().begin(), LockMarkTable().end());
    return all;
  }();
  return marks;
}

SeedResult RunRecipe(const Recipe& recipe, const RunAudience& audience) {
  const Swarm swarm = SwarmOf(recipe);
  SeedResult result;
  result.seed = recipe.seed;
  PaxosMarks paxos_marks;
  LockMarks lock_marks;
  std::vector<Spectator*> spectators = paxos_marks.spectators();
  spectators.insert(spectators.end(), audience.spectators.begin(), audience.spectators.end());
  if (recipe.workload == "ledger") {
    LedgerWorkload ledger({});
    const RunReport report = Simulate(swarm, ledger, spectators);
    Fill(report, result);
    if (audience.faults != nullptr) *audience.faults = report.faults;
    result.marks = paxos_marks.hits();
    result.reads = ledger.reads();
    return result;
  }
  std::vector<LockSpectator*> lock_spectators = audience.lock_spectators;
  lock_spectators.push_back(&lock_marks);
  LockWorld world(swarm, lock_spectators);
  const RunReport report = Simulate(swarm, world, spectators);
  Fill(report, result);
  if (audience.faults != nullptr) *audience.faults = report.faults;
  result.marks = paxos_marks.hits();
  result.marks.AddBehind(PaxosMarkTable().size(), lock_marks.hits());
  result.idle = world.idle();
  result.calls = world.calls();
  result.grants = world.judge().totals().grants;
  result.expiries = world.judge().totals().expiries;
  result.reads = world.judge().totals().reads;
  result.ordered = world.order().operations;
  result.beyond_bounds = world.order().beyond;
  result.conditional = world.judge().totals().conditional;
  if (audience.history != nullptr) *audience.history = world.history();
  return result;
}

std::string HexText(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string FailureLine(const SeedResult& result) {
  return fmt::format("[{}] at {:.6f} s: {}", result.tag, SecondsOf(result.at), result.what);
}

std::string FailureText(const Recipe& recipe, const SeedResult& result) {
  const std::string nodes = recipe.nodes == 0 ? "" : fmt::format(" --nodes {}", recipe.nodes);
  return fmt::format(
      "FAILED {}\n"
      "  {} nodes, faults: {}\n"
      "  replay: paxsim replay --seed {} --workload {}{} --hash {}\n",
      FailureLine(result), result.nodes, result.faults, result.seed, recipe.workload, nodes,
      HexText(result.hash));
}

std::string SummaryText(const SeedResult& result) {
  return fmt::format(
      "seed {} hash {}: {:.1f} s simulated, {} events, {} nodes, {} leader changes, {} crashes, "
      "{} commands, {} grants, {} expiries, {} reads; faults: {}",
      result.seed, HexText(result.hash), SecondsOf(result.simulated), result.events, result.nodes,
      result.leader_changes, result.crashes, result.commands, result.grants, result.expiries,
      result.reads, result.faults);
}

}  // namespace paxos::sim
