#include "sim/timeline.h"

#include <algorithm>

#include "sim/swarm.h"

namespace paxos::sim {
namespace {

// How often a class strikes during a storm, and for how long: bounds, the seed picks within them.
struct Habit {
  FaultClass what{};
  Duration every_min{};
  Duration every_max{};
  Duration lasts_min{};
  Duration lasts_max{};
};

std::vector<Habit> Habits(const Duration& election) {
  return {
      // Many that last about as long as an election: what is elected meanwhile meets what was
      // before.
      {FaultClass::kPartition, seconds{1}, seconds{16}, election / 4, election * 4},
      {FaultClass::kPartition, seconds{5}, seconds{30}, milliseconds{50}, seconds{15}},
      {FaultClass::kCrash, seconds{2}, seconds{16}, milliseconds{5}, seconds{8}},
      {FaultClass::kHarshCrash, election / 4, election * 4, milliseconds{1}, election * 4},
      {FaultClass::kPause, seconds{2}, seconds{20}, milliseconds{5}, seconds{10}},
      {FaultClass::kDiskStall, seconds{3}, seconds{30}, milliseconds{50}, seconds{60}},
      {FaultClass::kDiskFailure, seconds{5}, seconds{40}, milliseconds{50}, seconds{5}},
      {FaultClass::kResign, milliseconds{500}, seconds{10}, Duration{1}, Duration{1}},
      {FaultClass::kClients, milliseconds{500}, seconds{8}, milliseconds{5}, seconds{10}},
      {FaultClass::kOneWay, seconds{1}, seconds{16}, election / 4, election * 4},
      {FaultClass::kOneWay, seconds{5}, seconds{30}, milliseconds{50}, seconds{15}},
      {FaultClass::kClog, seconds{2}, seconds{20}, milliseconds{5}, seconds{8}},
      {FaultClass::kReplay, milliseconds{200}, seconds{10}, Duration{1}, Duration{1}},
      {FaultClass::kClientCut, seconds{5}, seconds{40}, milliseconds{50}, seconds{15}},
      {FaultClass::kDiskFull, seconds{5}, seconds{60}, milliseconds{50}, seconds{15}},
      {FaultClass::kStrobe, milliseconds{100}, seconds{5}, Duration{1}, Duration{1}},
      {FaultClass::kSuspend, seconds{3}, seconds{30}, milliseconds{5}, seconds{20}},
      {FaultClass::kBadClock, seconds{1}, seconds{10}, milliseconds{100}, seconds{30}},
      {FaultClass::kDamage, seconds{10}, seconds{60}, milliseconds{5}, seconds{5}},
      {FaultClass::kLostDisk, seconds{10}, seconds{120}, milliseconds{5}, seconds{5}},
      {FaultClass::kRollback, seconds{2}, seconds{60}, milliseconds{10}, seconds{10}},
  };
}

struct Window {
  Time begin{};
  Time end{};
};

std::vector<Window> DrawStorms(const Chance& chance, Duration noise) {
  Random random = chance.Of(Subject::kTimeline);
  std::vector<Window> storms;
  for (Time at{}; at < Time{noise};) {
    const Time begin = at + LogUniform(random, milliseconds{100}, seconds{10});
    at = begin + LogUniform(random, seconds{5}, seconds{30});
    storms.push_back(Window{begin, std::min(at, Time{noise})});
  }
  return storms;
}

void DrawFaults(Random random, const Habit& habit, const std::vector<Window>& storms,
                std::vector<Fault>& faults) {
  const Duration every = LogUniform(random, habit.every_min, habit.every_max);
  for (const Window& storm : storms) {
    for (Time at = storm.begin;;) {
      at += Exponential(random.Next(), every);
      const std::uint64_t choice = random.Next();
      const Duration lasts = LogUniform(random, habit.lasts_min, habit.lasts_max);
      if (at >= storm.end) break;
      faults.push_back(Fault{at, habit.what, choice, lasts});
    }
  }
}

}  // namespace

std::vector<Fault> DrawTimeline(const Chance& chance, const Swarm& swarm) {
  const std::vector<Window> storms = DrawStorms(chance, swarm.noise);
  std::vector<Fault> faults;
  std::uint64_t number = 0;
  for (const Habit& habit : Habits(swarm.replica.election_timeout_max)) {
    const Random random = chance.Of(Subject::kTimeline, ++number);
    if (swarm.classes.Has(habit.what)) DrawFaults(random, habit, storms, faults);
  }
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return faults;
}

}  // namespace paxos::sim
