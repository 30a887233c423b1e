#include "sim/paxsim_exhaust.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "sim/paxsim_progress.h"

namespace paxos::sim {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Planned {
  ExhaustBounds bounds{};
  std::uint64_t states_max = UINT64_MAX;
};

// Small ones first. With instant disks a search gets to what takes heartbeats, three ballots, or
// both gaps and heartbeats, before its share is used up.
std::vector<Planned> PerChange() {
  constexpr auto kInstant = ExhaustDisks::kInstant;
  constexpr std::uint64_t kMillion = 1'000'000;
  return {{{.nodes = 3, .ballots = 1, .slots = 1, .crashes = 1, .beats = 1}},
          {{.nodes = 2, .ballots = 1, .slots = 2, .crashes = 1, .beats = 1}},
          {{.nodes = 3, .ballots = 1, .slots = 2, .crashes = 0, .window = 1, .disks = kInstant}},
          {{.nodes = 3, .ballots = 2, .slots = 1, .crashes = 1, .disks = kInstant}},
          {{.nodes = 3, .ballots = 1, .slots = 2, .crashes = 1}},
          {{.nodes = 3, .ballots = 2, .slots = 1, .crashes = 1}},
          {{.nodes = 3, .ballots = 2, .slots = 1, .crashes = 0, .beats = 1, .disks = kInstant},
           kMillion},
          {{.nodes = 3, .ballots = 3, .slots = 1, .crashes = 0, .disks = kInstant}, kMillion},
          {{.nodes = 3, .ballots = 2, .slots = 2, .crashes = 0, .beats = 1, .disks = kInstant},
           3 * kMillion},
          {{.nodes = 3, .ballots = 2, .slots = 2, .crashes = 0}}};
}

std::vector<Planned> OnDemand() {
  constexpr auto kInstant = ExhaustDisks::kInstant;
  return {{{.nodes = 3, .ballots = 2, .slots = 2, .crashes = 0}},
          {{.nodes = 3, .ballots = 2, .slots = 1, .crashes = 1, .beats = 1, .disks = kInstant}},
          {{.nodes = 3, .ballots = 2, .slots = 2, .crashes = 0, .beats = 1, .disks = kInstant}},
          {{.nodes = 3, .ballots = 3, .slots = 2, .crashes = 1}},
          {{.nodes = 5, .ballots = 2, .slots = 2, .crashes = 0}}};
}

std::vector<Planned> SearchesOf(const ExhaustCommand& command) {
  switch (command.set) {
    case ExhaustSet::kPerChange:
      return PerChange();
    case ExhaustSet::kLong:
      return OnDemand();
    case ExhaustSet::kGiven:
      return {{command.bounds}};
  }
  return {};
}

std::string BoundsText(const ExhaustBounds& b) {
  return fmt::format("{} nodes, {} ballots, {} slots, {} crashes, {} beats, alpha {}{}", b.nodes,
                     b.ballots, b.slots, b.crashes, b.beats, b.alpha(),
                     b.disks == ExhaustDisks::kInstant ? ", instant disks" : "");
}

std::uint64_t PerSecond(std::uint64_t count, milliseconds time) {
  return count * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 1));
}

// Looks at the clock.
class Watch {
 public:
  explicit Watch(SteadyClock::time_point end) : end_(end) {}

  Search Look(const ExhaustProgress& p) {
    if (line_.IsDue()) {
      line_.Show(fmt::format("{:>12} states, {:>8}/s, depth {:>3}, {:>10} wide", p.states,
                             PerSecond(p.states, elapsed()), p.depth, p.frontier));
    }
    return SteadyClock::now() < end_ ? Search::kGoesOn : Search::kStops;
  }

  void Clear() { line_.Clear(); }

  [[nodiscard]] milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begun_);
  }

 private:
  SteadyClock::time_point begun_ = SteadyClock::now();
  SteadyClock::time_point end_;
  StatusLine line_;
};

// The odds that two of the states share a fingerprint, so that one was not looked at.
double OddsOfMissing(std::uint64_t states) {
  const auto n = static_cast<double>(states);
  return n * n / 2 / 18446744073709551616.0;
}

void PrintTotals(const ExhaustReport& report, milliseconds elapsed) {
  const ExhaustProgress& r = report.reached;
  fmt::print("  {}: {} states in {:.1f} s ({}/s), {} steps, depth {}\n",
             report.is_complete ? "complete" : "NOT complete", r.states,
             static_cast<double>(elapsed.count()) / 1000, PerSecond(r.states, elapsed), r.steps,
             r.depth);
  fmt::print(
      "  {} states of single nodes, {} messages, {} relabellings; odds of a missed state {:.0e}\n",
      report.node_states, report.messages, report.relabellings, OddsOfMissing(r.states));
}

// True if it may be so.
bool PrintSometimes(const ExhaustBounds& bounds, const ExhaustReport& report) {
  for (std::size_t i = 0; i < kSometimes; ++i) {
    const auto what = static_cast<Sometimes>(i);
    if (report.sometimes[i] == 0 && !IsPossible(what, bounds)) continue;
    fmt::print("  {:>12} {}\n", report.sometimes[i], ShortText(what));
  }
  if (report.violation || !report.is_complete || report.Missing(bounds).empty()) return true;
  fmt::print("FAILED: something that must happen never does\n");
  return false;
}

bool Print(const ExhaustBounds& bounds, const ExhaustReport& report, milliseconds elapsed) {
  fmt::print("{}\n", BoundsText(bounds));
  PrintTotals(report, elapsed);
  const bool is_alive = PrintSometimes(bounds, report);
  if (!report.violation) return is_alive;
  fmt::print("FAILED [{}] after {} steps, and after no fewer:\n{}", report.violation->tag,
             report.trace_steps, report.trace);
  return false;
}

}  // namespace

bool RunExhaust(const ExhaustCommand& command) {
  const auto end = command.time_limit ? SteadyClock::now() + *command.time_limit
                                      : SteadyClock::time_point::max();
  for (const Planned& planned : SearchesOf(command)) {
    Watch watch(end);
    ExhaustOptions options;
    options.bounds = planned.bounds;
    options.states_max = std::min(command.states_max, planned.states_max);
    options.on_progress = [&watch](const ExhaustProgress& p) { return watch.Look(p); };
    const ExhaustReport report = Exhaust(options);
    watch.Clear();
    if (!Print(planned.bounds, report, watch.elapsed())) return false;
    std::fflush(stdout);
  }
  return true;
}

}  // namespace paxos::sim
