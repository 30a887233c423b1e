// What paxsim does with one seed, and the figures that come of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "paxos/archive.h"
#include "sim/history.h"
#include "sim/lock_spectator.h"
#include "sim/marks.h"
#include "sim/recording.h"
#include "sim/swarm.h"

namespace paxos::sim {

// Crosses a pipe from the process that ran the seed.
struct SeedResult {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0;
  std::string faults{};
  std::uint64_t nodes = 0;
  Duration simulated{};
  Duration idle{};  // of it: nobody asked for anything, nothing was pending
  std::uint64_t events = 0;
  std::uint64_t leader_changes = 0;
  std::uint64_t crashes = 0;
  std::uint64_t commands = 0;  // in G
  std::uint64_t void_entries = 0;
  std::uint64_t calls = 0;
  std::uint64_t grants = 0;
  std::uint64_t expiries = 0;
  std::uint64_t reads = 0;
  std::uint64_t ordered = 0;        // calls of locks that an order was searched and found for
  std::uint64_t beyond_bounds = 0;  // locks whose calls are too many, or too many at once, for that
  std::uint64_t conditional = 0;    // clock-conditional breaches, under clocks without bound
  MarkSet marks{};                  // places in AllMarks()
  std::string tag{};                // of the violation; empty if there is none
  std::string what{};
  Duration at{};
  friend bool operator==(const SeedResult&, const SeedResult&) = default;
};

template <class Archive>
void serialize(Archive& ar, SeedResult& r, unsigned /*version*/) {
  ar& Named("seed", r.seed) & Named("hash", r.hash) & Named("faults", r.faults) &
      Named("nodes", r.nodes) & Named("simulated", r.simulated) & Named("idle", r.idle) &
      Named("events", r.events) & Named("leader_changes", r.leader_changes) &
      Named("crashes", r.crashes) & Named("commands", r.commands) &
      Named("void_entries", r.void_entries) & Named("calls", r.calls) & Named("grants", r.grants) &
      Named("expiries", r.expiries) & Named("reads", r.reads) & Named("ordered", r.ordered) &
      Named("beyond_bounds", r.beyond_bounds) & Named("conditional", r.conditional) &
      Named("marks", r.marks) & Named("tag", r.tag) & Named("what", r.what) & Named("at", r.at);
}

// Who else sees the run.
struct RunAudience {
  std::vector<Spectator*> spectators{};
  std::vector<LockSpectator*> lock_spectators{};
  History* history = nullptr;            // receives what the clients lived through (locks only)
  std::vector<Fault>* faults = nullptr;  // receives those that happened
};

// Every coverage mark there is: those of consensus, then those of the lock service.
const std::vector<Mark>& AllMarks();

// What the recipe makes of its seed.
Swarm SwarmOf(const Recipe& recipe);

SeedResult RunRecipe(const Recipe& recipe, const RunAudience& audience = {});

// "[INV-1] at 12.345678 s: ...".
std::string FailureLine(const SeedResult& result);
// The lines that a failure prints: what broke, and how to see it again.
std::string FailureText(const Recipe& recipe, const SeedResult& result);
// One line about a run.
std::string SummaryText(const SeedResult& result);
std::string HexText(std::uint64_t hash);

}  // namespace paxos::sim
