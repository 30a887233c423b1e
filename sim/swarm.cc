#include "sim/swarm.h"

#include <algorithm>

#include "sim/timeline.h"

namespace paxos::sim {
namespace {

// Each draws from a stream of its own: what one draws does not move the others.
enum class Part : std::uint64_t {
  kClasses,
  kNodes,
  kReplica,
  kNetwork,
  kDisk,
  kTurns,
  kNoise,
  kSockets,
  kAtlas
};

Random Draws(std::uint64_t seed, Part part) {
  return Chance(seed).Of(Subject::kSwarm, static_cast<std::uint64_t>(part));
}

// Crashes more often than the rest, since little happens without.
std::uint64_t PercentOf(FaultClass fault) {
  switch (fault) {
    case FaultClass::kCrash:
      return 80;
    case FaultClass::kHarshCrash:
      return 20;
    case FaultClass::kMinimalQuorum:  // slows everything down
    case FaultClass::kStrangers:
    case FaultClass::kBabble:
      return 25;
    case FaultClass::kDamage:  // each may cost a node for good
    case FaultClass::kLostDisk:
    case FaultClass::kRollback:
      return 12;
    case FaultClass::kBadClock:  // less is demanded of such runs
      return 12;
    default:
      return 50;
  }
}

// 10 % of the seeds have no fault, 10 % every one, the others each by its percentage.
FaultClasses DrawClasses(std::uint64_t seed) {
  Random random = Draws(seed, Part::kClasses);
  const std::uint64_t mode = random.Below(10);
  FaultClasses classes;
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    const auto fault = static_cast<FaultClass>(i);
    const bool is_on = random.Below(100) < PercentOf(fault);
    if (mode == 1 || (mode > 1 && is_on)) classes.Add(fault);
  }
  return classes;
}

FaultClasses Intersection(const FaultClasses& a, const FaultClasses& b) {
  FaultClasses both;
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    const auto fault = static_cast<FaultClass>(i);
    if (a.Has(fault) && b.Has(fault)) both.Add(fault);
  }
  return both;
}

// Mostly three and five.
std::size_t DrawNodes(Random random) {
  constexpr std::size_t kSizes[] = {3, 3, 3, 3, 5, 5, 1, 2, 4, 6, 7, 3};
  return kSizes[random.Below(std::size(kSizes))];
}

void DrawTimes(Random& random, ReplicaOptions& options) {
  options.heartbeat_interval = LogUniform(random, milliseconds{40}, milliseconds{160});
  options.election_timeout_min =
      options.heartbeat_interval * static_cast<int>(random.Between(3, 6));
  options.election_timeout_max = options.election_timeout_min * 2;
  options.retransmit_interval = LogUniform(random, milliseconds{20}, milliseconds{400});
  options.own_disk_stall_max = LogUniform(random, milliseconds{200}, seconds{4});
}

void DrawTinyKnobs(Random& random, ReplicaOptions& options) {
  options.alpha = static_cast<std::uint32_t>(LogUniform(random, 1, 64));
  options.batch_bytes_max = LogUniform(random, 256, 8192);
  options.batch_commands_max = LogUniform(random, 1, 32);
  options.window_bytes_max = options.batch_bytes_max * random.Between(1, 8);
  options.pending_bytes_max = options.batch_bytes_max * random.Between(1, 16);
  options.pending_commands_max = LogUniform(random, 4, 64);
  options.reads_max = LogUniform(random, 1, 16);
  options.fetch_bytes_max = LogUniform(random, 1, 4096);
  options.tail_bytes_max = LogUniform(random, 1, 8192);
  options.disk_batches_max = LogUniform(random, 8, 256);
  options.disk_bytes_max = LogUniform(random, 16 * 1024, 1024 * 1024);
}

NetworkOptions DrawNetwork(Random random, const FaultClasses& classes) {
  NetworkOptions options;
  const bool is_streams = random.Chance(1, 2);
  options.style = is_streams ? LinkStyle::kStreams : LinkStyle::kDatagrams;
  LinkOptions& link = options.link;
  link.latency_min = LogUniform(random, microseconds{20}, milliseconds{2});
  link.latency_mean = LogUniform(random, microseconds{20}, milliseconds{5});
  link.duplicate_after_max = LogUniform(random, milliseconds{10}, seconds{120});
  const std::uint64_t loss = LogUniform(random, 100, is_streams ? 10'000 : 300'000);
  const std::uint64_t duplication = LogUniform(random, 100, 100'000);
  const std::uint64_t tail = LogUniform(random, 100, 20'000);
  const std::size_t in_flight_max = LogUniform(random, 16, 256);
  const std::uint64_t corruption = LogUniform(random, 10, 10'000);
  const std::size_t replay_memory = LogUniform(random, 1, 64);
  const std::size_t answers_kept = LogUniform(random, 4, 32);
  if (classes.Has(FaultClass::kLoss)) link.loss = static_cast<PerMillion>(loss);
  if (classes.Has(FaultClass::kDuplication))
    link.duplication = static_cast<PerMillion>(duplication);
  if (classes.Has(FaultClass::kTails)) link.tail = static_cast<PerMillion>(tail);
  if (classes.Has(FaultClass::kTinyKnobs)) options.in_flight_max = in_flight_max;
  if (classes.Has(FaultClass::kCorrupt)) link.corruption = static_cast<PerMillion>(corruption);
  if (classes.Has(FaultClass::kReplay)) options.replay_memory = replay_memory;
  if (classes.Has(FaultClass::kStaleAnswers)) options.answers_kept = answers_kept;
  return options;
}

SocketOptions DrawSockets(Random random, const FaultClasses& classes) {
  SocketOptions options;
  options.latency_min = LogUniform(random, microseconds{20}, milliseconds{2});
  options.latency_mean = LogUniform(random, microseconds{20}, milliseconds{5});
  const std::uint64_t reset = LogUniform(random, 10, 10'000);
  const std::uint64_t corruption = LogUniform(random, 10, 10'000);
  if (classes.Has(FaultClass::kClients)) options.reset = static_cast<PerMillion>(reset);
  if (classes.Has(FaultClass::kCorrupt)) options.corruption = static_cast<PerMillion>(corruption);
  return options;
}

DiskOptions DrawDisk(Random random, const FaultClasses& classes) {
  DiskOptions options;
  options.sync_min = LogUniform(random, microseconds{20}, microseconds{500});
  options.sync_mean = LogUniform(random, microseconds{20}, milliseconds{2});
  const Duration slow_mean = LogUniform(random, milliseconds{1}, milliseconds{50});
  const Duration report_max = LogUniform(random, microseconds{10}, milliseconds{50});
  const Duration late_report_max = LogUniform(random, milliseconds{10}, seconds{2});
  if (classes.Has(FaultClass::kSlowDisk)) {
    options.sync_mean = slow_mean;
    options.report_max = report_max;
  }
  if (classes.Has(FaultClass::kLateReports)) options.late_report_max = late_report_max;
  return options;
}

}  // namespace

Swarm DrawSwarm(std::uint64_t seed, const SwarmOptions& options) {
  Swarm swarm;
  swarm.seed = seed;
  swarm.classes = Intersection(DrawClasses(seed), options.allowed);
  swarm.nodes = options.nodes.value_or(DrawNodes(Draws(seed, Part::kNodes)));

  Random replica = Draws(seed, Part::kReplica);
  DrawTimes(replica, swarm.replica);
  ReplicaOptions tiny = swarm.replica;
  DrawTinyKnobs(replica, tiny);
  // A lone node shows what it proposes only as it writes it: with a disk that is far behind, the
  // judge of stamps would see it too late.
  if (swarm.nodes == 1) tiny.disk_batches_max = swarm.replica.disk_batches_max;
  if (swarm.nodes == 1) tiny.disk_bytes_max = swarm.replica.disk_bytes_max;
  if (swarm.classes.Has(FaultClass::kTinyKnobs)) swarm.replica = tiny;

  swarm.network = DrawNetwork(Draws(seed, Part::kNetwork), swarm.classes);
  swarm.sockets = DrawSockets(Draws(seed, Part::kSockets), swarm.classes);
  swarm.disk = DrawDisk(Draws(seed, Part::kDisk), swarm.classes);
  swarm.drift = options.drift;
  for (std::uint64_t node = 1; node <= swarm.nodes; ++node) {
    swarm.clocks.push_back(
        DrawClock(Chance(seed).Of(Subject::kClock, node), options.drift, swarm.classes));
  }
  Random turns = Draws(seed, Part::kTurns);
  const Duration turn_max = LogUniform(turns, microseconds{1}, milliseconds{2});
  const Duration timer_late_max = LogUniform(turns, microseconds{1}, milliseconds{50});
  if (swarm.classes.Has(FaultClass::kSlowTurns)) {
    swarm.turn_max = turn_max;
    swarm.timer_late_max = timer_late_max;
  }
  Random noise = Draws(seed, Part::kNoise);
  swarm.noise = DurationBetween(noise, options.noise_min, options.noise_max);
  swarm.healing_max = 20 * swarm.replica.election_timeout_max;
  // Disks are struck at all in a fifth of the seeds: 1 % of all exceed.
  swarm.exceeds_atlas = Draws(seed, Part::kAtlas).Chance(1, 20);
  swarm.faults = DrawTimeline(Chance(seed), swarm);
  return swarm;
}

}  // namespace paxos::sim
